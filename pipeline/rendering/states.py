"""The life of a take: which event may follow which, and what each one makes of the record.

    (none) ──intent──▶ INTENDED ──submitted──▶ OPEN ──ended──▶ DELIVERABLE ──stored──▶ COMPLETED
                          │                     │                    │                     │
                       refused                ended                 lost                  lost
                          ▼                     ▼                    ▼                     ▼
                       FAILED · BLOCKED · CANCELLED ──intent──▶ INTENDED (the next attempt)

A state is derived from the record and never stored beside it. The journal's replay and the
running program go through the same `apply`, so what is recorded is what happened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.errors import RecordsError

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

KEPT = "kept/"
"""Names of records that no take asks for any more begin with this, as do their clips' paths."""


class Status(StrEnum):
    """What `results.json` says of a take."""

    COMPLETED = "completed"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    PENDING = "pending"


class State(StrEnum):
    """Where a take stands; `Status.PENDING` covers the three that are under way."""

    NONE = "none"
    INTENDED = "intended"
    OPEN = "open"
    DELIVERABLE = "deliverable"
    COMPLETED = "completed"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Clip:
    """A verified clip: `path` relative to the pass's folder, sizes in pixels and bytes."""

    path: str
    sha256: str
    bytes: int
    duration_seconds: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt brought no clip; `code` is the API's, or our own word for it."""

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the last attempt at one take. Times are UTC, RFC 3339.

    `key_id` tells the API key that it was bought with from others: nobody else's shows its task.
    """

    status: Status
    digest: str
    request: Mapping[str, Any]
    out_task_id: str
    attempt: int
    provider: str
    task_id: str | None = None
    submitted_at: str | None = None
    completed_at: str | None = None
    credits: float | None = None
    clip: Clip | None = None
    error: Failure | None = None
    key_id: str | None = None


LOST = "task_lost"
"""The failure's code when the provider knows a task no more."""


def is_lost(record: Record) -> bool:
    """Whether a task was bought that the provider says it doesn't know: to whom, it doesn't say."""
    lost = record.error is not None and record.error.code == LOST
    return lost and record.task_id is not None


Records = dict[str, Record]
"""By take key, and by `kept/<digest12>` for what is kept."""


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
    """A clip that lay in `kept/` without a record is the take's; where it was bought is unknown."""

    render: str
    at: str
    provider: str
    digest: str
    request: Mapping[str, Any]
    out_task_id: str
    clip: Clip


Event = Intent | Submitted | Refused | Ended | Lost | Stored | Renamed | Moved | Restored

WITHOUT_A_CLIP = frozenset({State.FAILED, State.BLOCKED, State.CANCELLED})
"""Ends that brought nothing to keep."""

_ANY = frozenset(State) - {State.NONE}

LEGAL: Mapping[type, frozenset[State]] = MappingProxyType(
    {
        # A completed take is rendered anew only beside its record (Renamed comes first) or after
        # Lost; an intended one is sent again with the same key.
        Intent: frozenset({State.NONE, State.INTENDED}) | WITHOUT_A_CLIP,
        # From the later states: found again by its key under another task id.
        Submitted: frozenset({State.INTENDED, State.OPEN, State.DELIVERABLE, State.COMPLETED}),
        Refused: frozenset({State.INTENDED}),
        Ended: frozenset({State.OPEN}),
        Lost: frozenset({State.OPEN, State.DELIVERABLE, State.COMPLETED}),
        # COMPLETED: the clip was missing on disk and has been fetched again.
        Stored: frozenset({State.DELIVERABLE, State.COMPLETED}),
        Renamed: _ANY,
        Moved: _ANY,
        Restored: frozenset({State.NONE, State.COMPLETED}) | WITHOUT_A_CLIP,
    }
)
"""From which states an event may come. An end is left only by Intent or Lost."""


def state_of(record: Record | None) -> State:
    """The state that a record stands for."""
    if record is None:
        return State.NONE
    if record.status is not Status.PENDING:
        return State(record.status.value)
    if record.task_id is None:
        return State.INTENDED
    return State.OPEN if record.completed_at is None else State.DELIVERABLE


def require_legal(records: Mapping[str, Record], event: Event) -> None:
    """Raises `RecordsError` when the event can't follow what is recorded."""
    state = state_of(records.get(event.render))
    if state not in LEGAL[type(event)]:
        raise RecordsError(
            f"{event.render}: “{type(event).__name__.lower()}” can't follow “{state}”"
        )
    if isinstance(event, Renamed):
        there = state_of(records.get(event.to))
        if there is not State.NONE and there not in WITHOUT_A_CLIP:
            raise RecordsError(f"{event.render}: the name {event.to} is taken")


def apply(records: MutableMapping[str, Record], event: Event) -> None:
    """Change `records` by one event. Raises `RecordsError` when it can't follow."""
    require_legal(records, event)
    record = records.get(event.render)
    match event:
        case Intent():
            records[event.render] = _intended(event)
        case Renamed():
            records[event.to] = records.pop(event.render)
        case Restored():
            records[event.render] = _restored(event)
        case _:
            assert record is not None  # noqa: S101 (LEGAL lets only Intent and Restored begin)
            records[event.render] = _advanced(record, event)


def _intended(event: Intent) -> Record:
    return Record(
        status=Status.PENDING,
        digest=event.digest,
        request=event.request,
        out_task_id=event.out_task_id,
        attempt=event.attempt,
        provider=event.provider,
        submitted_at=event.at,
        key_id=event.key_id,
    )


def _restored(event: Restored) -> Record:
    return Record(
        status=Status.COMPLETED,
        digest=event.digest,
        request=event.request,
        out_task_id=event.out_task_id,
        attempt=1,
        provider=event.provider,
        completed_at=event.at,
        clip=event.clip,
    )


def _advanced(record: Record, event: Submitted | Refused | Ended | Lost | Stored | Moved) -> Record:
    match event:
        case Submitted():
            return replace(record, task_id=event.task_id, submitted_at=event.at)
        case Refused():
            status = Status.BLOCKED if event.blocked else Status.FAILED
            return replace(record, status=status, completed_at=event.at, error=event.error)
        case Ended():
            # Completed at the provider is still pending here until the clip is stored.
            done = event.outcome is Status.COMPLETED
            return replace(
                record,
                status=Status.PENDING if done else event.outcome,
                completed_at=event.at,
                credits=event.credits,
                error=event.error,
            )
        case Lost():
            message = f"the provider no longer knows {record.task_id}"
            failure = Failure(LOST, message, retryable=True)
            return replace(record, status=Status.FAILED, clip=None, error=failure)
        case Stored():
            return replace(record, status=Status.COMPLETED, clip=event.clip, error=event.error)
        case Moved():
            clip = record.clip and replace(record.clip, path=event.path)
            return replace(record, clip=clip)
