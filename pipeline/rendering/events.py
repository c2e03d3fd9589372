"""What can happen to a take, as the journal has it. Which may follow which: `states.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.rendering.records import Clip, Failure, Status


@dataclass(frozen=True, slots=True)
class Intent:
    """About to submit: journaled and synced before the POST."""

    render: str
    at: str
    provider: str
    digest: str
    request: Mapping[str, Any]
    out_task_id: str
    attempt: int
    reserved_credits: float | None
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The provider has the task."""

    render: str
    at: str
    task_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no to the submit, so nothing was bought."""

    render: str
    at: str
    blocked: bool
    error: Failure


@dataclass(frozen=True, slots=True)
class Ended:
    """The task reached its end at the provider; `outcome` is completed, failed, …"""

    render: str
    at: str
    outcome: Status
    credits: float | None
    error: Failure | None


@dataclass(frozen=True, slots=True)
class Lost:
    """The provider knows neither the task nor its key any more, and its clip is not here."""

    render: str
    at: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The clip is in its place; `error` says what is not as it was asked for."""

    render: str
    at: str
    clip: Clip
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Renamed:
    """The record goes by `to` now: into `kept/` when another request takes its place, or back."""

    render: str
    at: str
    to: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The clip lies at `path` now."""

    render: str
    at: str
    path: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A clip that lay there without a record is the take's; where it was bought is unknown, if it
    was. `attempt` is the number that goes with its `out_task_id`.
    """

    render: str
    at: str
    provider: str
    digest: str
    request: Mapping[str, Any]
    out_task_id: str
    clip: Clip
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody has called the clip good for the request with this digest, too."""

    render: str
    at: str
    digest: str


Event = Intent | Submitted | Refused | Ended | Lost | Stored | Renamed | Moved | Restored | Accepted


def names_of(event: Event) -> set[str]:
    """The names of the records that an event makes, changes or takes away."""
    return {event.render, event.to} if isinstance(event, Renamed) else {event.render}
