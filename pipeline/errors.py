"""Every exception that shotmake raises on purpose.

ShotmakeError
├── UsageError              the command line asks for something that can't be (exit 2)
│   └── EditError           (storyboard/edit.py) a pick can't be written without the author
├── StoryboardError         storyboards are wrong; carries the violations (exit 2)
├── FolderError             an outputs folder can't be read or written (exit 2)
├── FolderBusyError         another run holds the folder (exit 5)
├── RecordsError            results.json or the journal is damaged (exit 6)
├── MediaError              an image or a clip can't be read
├── AddressError            a URL that must not be fetched
├── UnreachableError        (web/) a host can't be reached, or its answer is of no use
├── EngineError             (studio/engine.py) a clip can't be drawn
└── ApiError                the gateway's answer, or the lack of one, ended a request
    ├── CredentialsError    401, or 403 for the whole key: stops the run (exit 4)
    ├── BalanceError        402: stops new submits (exit 3)
    ├── RefusedError        any other 4xx: this request will never be accepted as it is
    │   ├── BlockedError        451, or a content policy code
    │   └── TaskNotFoundError   404 for a task
    ├── GatewayError        429, 5xx, a lost connection: it may work later
    └── ProtocolError       an answer that is none of those the API documents
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    class Violation(Protocol):
        """What `storyboard.validation` finds; only its text matters here."""

        def __str__(self) -> str: ...


class ShotmakeError(Exception):
    """The root. Its text is a whole message for people: place, reason, remedy."""


class UsageError(ShotmakeError):
    """The command line asks for something that can't be."""


class StoryboardError(ShotmakeError):
    """Storyboards break their rules.

    `violations` are all that were found, in the order of files and places.
    """

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("\n".join(str(violation) for violation in violations))
        self.violations = tuple(violations)


class FolderError(ShotmakeError):
    """An outputs folder can't be read or written."""


class FolderBusyError(ShotmakeError):
    """Another run holds the folder."""


class RecordsError(ShotmakeError):
    """`results.json` or the journal is damaged; nothing may be submitted on top of it."""


class MediaError(ShotmakeError):
    """An image or a clip can't be read."""


class AddressError(ShotmakeError):
    """A URL that must not be fetched: its form, its host, or where that leads."""


class ApiError(ShotmakeError):
    """The gateway's answer, or the lack of one, ended a request.

    `code` is the API's own error code where there was one, `status` the HTTP status.
    `uncertain`: nobody knows whether the gateway acted on the request.
    """

    uncertain = False

    def __init__(self, message: str, *, code: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class CredentialsError(ApiError):
    """The key is missing, revoked, or not allowed here."""


class BalanceError(ApiError):
    """The wallet or the key's cap is empty."""


class RefusedError(ApiError):
    """This request will never be accepted as it is."""


class BlockedError(RefusedError):
    """The content policy blocked the prompt."""


class TaskNotFoundError(RefusedError):
    """The provider knows no such task."""


class GatewayError(ApiError):
    """The gateway or the connection failed in a way that may pass."""


class ProtocolError(ApiError):
    """An answer that the API doesn't document."""
