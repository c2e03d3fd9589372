"""What an answer that is no task means: every row of tasks-api.md's "Errors". Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import (
    ApiError,
    BalanceError,
    BlockedError,
    CredentialsError,
    GatewayError,
    ProtocolError,
    RefusedError,
    TaskNotFoundError,
)
from pipeline.tasks_api.redaction import redacted
from pipeline.tasks_api.retry import CONCURRENCY_LIMIT, throttle_wait
from pipeline.tasks_api.wire import BLOCKED_CODES, parse_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.tasks_api.wire import ErrorAnswer

THROTTLED = 429

_NEVER_BETTER = {501, 505}
"""Not implemented, no such HTTP: what answers so has no fault that passes."""

CHECK_ADDRESS = "Is SHOTMAKE_BASE_URL the tasks API's address, with no proxy's page before it?"
CHECK_KEY = "Check BYTESPIKE_API_KEY."


class ThrottledError(GatewayError):
    """A 429; `wait_seconds` says how long to hold back.

    `crowded`: too many tasks are in flight on the account, so fewer are sent at once.
    """

    def __init__(self, message: str, *, code: str, wait_seconds: float) -> None:
        super().__init__(message, code=code or str(THROTTLED), status=THROTTLED)
        self.wait_seconds = wait_seconds
        self.crowded = code == CONCURRENCY_LIMIT


class LostAnswerError(GatewayError):
    """The request was sent, and no answer came that could be read."""

    uncertain = True


class CalledOffError(ApiError):
    """The run has stopped buying while this submit was waiting for its turn."""


class WrongAddressError(ProtocolError):
    """What answers there has never answered like the tasks API: nothing more is sent to it."""


def refusal(
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    key: str,
    unix_now: float,
    jitter: float,
) -> ApiError:
    """The error that an answer other than 2xx stands for; `jitter` is in [0, 1)."""
    said = parse_error(content)
    code, message = redacted(said.code, key), redacted(said.message, key)
    text = f"{status} {code}".strip() + (f": {message}" if message else _without_words(content))
    if status == THROTTLED:
        wait = throttle_wait(code, headers, unix_now, jitter)
        return ThrottledError(text, code=code, wait_seconds=wait)
    kind, remedy = _meaning(status, said)
    if remedy:
        text = f"{text.rstrip('.')}. {remedy}"
    return kind(text, code=code or str(status), status=status)


def is_of_the_api(content: bytes) -> bool:
    """Whether a refusal carries the API's envelope; a proxy's before it doesn't."""
    return bool(parse_error(content).code)


def _meaning(status: int, said: ErrorAnswer) -> tuple[type[ApiError], str]:
    """The error's kind, and what to do about it."""
    code = said.code
    not_for_this_model = status == 403 and code == "model_not_in_group"
    rows: tuple[tuple[bool, type[ApiError], str], ...] = (
        (status in {401, 403} and not not_for_this_model, CredentialsError, CHECK_KEY),
        (status == 402, BalanceError, "Top up, or raise the key's cap."),
        (status == 451 or code in BLOCKED_CODES, BlockedError, ""),
        (status == 404 and code == "task_not_found", TaskNotFoundError, ""),
        (status < 400, ProtocolError, CHECK_ADDRESS),
        (status >= 500 and status not in _NEVER_BETTER, GatewayError, ""),
        (not code or status == 404, RefusedError, CHECK_ADDRESS),
    )
    return next(((kind, remedy) for fits, kind, remedy in rows if fits), (RefusedError, ""))


def is_page(content: bytes) -> bool:
    """Whether that is a page for people and not an answer for programs."""
    begins = content.lstrip()[:200].lower()
    return begins.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body"))


def _without_words(content: bytes) -> str:
    """What stands in the place of an error message; nothing where the envelope is there."""
    if parse_error(content).code or not content.strip():
        return ""
    return " with a page for people" if is_page(content) else " with an answer not of the API's"
