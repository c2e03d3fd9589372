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

from dataclasses import fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline.errors import RecordsError
from pipeline.rendering.events import (
    Accepted,
    Ended,
    Event,
    Intent,
    Lost,
    Moved,
    Refused,
    Renamed,
    Restored,
    Stored,
    Submitted,
)
from pipeline.rendering.records import (
    HISTORY_MAX,
    LOST,
    WITHOUT_A_CLIP,
    Attempt,
    Failure,
    Record,
    State,
    Status,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

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
        Accepted: frozenset({State.COMPLETED}),
    }
)
"""From which states an event may come. An end is left only by Intent or Lost."""


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
            records[event.render] = _intended(event, record)
        case Renamed():
            assert record is not None  # noqa: S101 (LEGAL lets only Intent and Restored begin)
            replaced = records.get(event.to)
            del records[event.render]
            # What it takes the place of came while it was away, so after its own history.
            records[event.to] = replace(record, history=_bounded(*record.history, *_past(replaced)))
        case Restored():
            records[event.render] = _restored(event, record)
        case _:
            assert record is not None  # noqa: S101 (as above)
            records[event.render] = _advanced(record, event)


def _past(record: Record | None) -> tuple[Attempt, ...]:
    """A record that another one takes the place of, behind those that it took the place of."""
    if record is None:
        return ()
    last = Attempt(**{each.name: getattr(record, each.name) for each in fields(Attempt)})
    return (*record.history, last)


def _bounded(*history: Attempt) -> tuple[Attempt, ...]:
    return history[-HISTORY_MAX:]


def _intended(event: Intent, before: Record | None) -> Record:
    # The same key again is the same attempt: it was refused, or its answer was lost.
    again = before is not None and before.out_task_id == event.out_task_id
    history = before.history if before is not None and again else _past(before)
    return Record(
        status=Status.PENDING,
        digest=event.digest,
        request=event.request,
        out_task_id=event.out_task_id,
        attempt=event.attempt,
        provider=event.provider,
        submitted_at=event.at,
        key_id=event.key_id,
        history=_bounded(*history),
    )


def _restored(event: Restored, before: Record | None) -> Record:
    return Record(
        status=Status.COMPLETED,
        digest=event.digest,
        request=event.request,
        out_task_id=event.out_task_id,
        attempt=event.attempt,
        provider=event.provider,
        completed_at=event.at,
        clip=event.clip,
        history=_bounded(*_past(before)),
    )


def _advanced(
    record: Record, event: Submitted | Refused | Ended | Lost | Stored | Moved | Accepted
) -> Record:
    match event:
        case Submitted():
            after = replace(record, task_id=event.task_id, submitted_at=event.at)
        case Refused():
            status = Status.BLOCKED if event.blocked else Status.FAILED
            after = replace(record, status=status, completed_at=event.at, error=event.error)
        case Ended():
            # Completed at the provider is still pending here until the clip is stored.
            done = event.outcome is Status.COMPLETED
            after = replace(
                record,
                status=Status.PENDING if done else event.outcome,
                completed_at=event.at,
                credits=event.credits,
                error=event.error,
            )
        case Lost():
            message = f"the provider no longer knows {record.task_id}"
            failure = Failure(LOST, message, retryable=True)
            after = replace(record, status=Status.FAILED, clip=None, error=failure, accepted=None)
        case Accepted():
            after = replace(record, accepted=event.digest)
        case Stored():
            after = replace(record, status=Status.COMPLETED, clip=event.clip, error=event.error)
        case Moved():
            clip = record.clip and replace(record.clip, path=event.path)
            after = replace(record, clip=clip)
    return after
