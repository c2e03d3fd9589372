"""What a task's end means for the record and for the bill. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.rendering.records import Failure, Status
from pipeline.tasks_api.wire import BLOCKED_CODES

if TYPE_CHECKING:
    from pipeline.rendering.records import Record
    from pipeline.tasks_api.wire import Task

KEY_KEPT = timedelta(hours=24)
"""How long an `out_task_id` is trusted to be remembered; the provider publishes no figure."""

_CORRECTION = timedelta(minutes=5)
"""By so much a clock may be set back, as time servers do it, without casting a doubt."""


def doubt(record: Record, now: datetime, key_id: str, *, resend: bool) -> str | None:
    """Why something may have been bought of which the provider knows nothing; None: it wasn't.

    `key_id` is the present API key's. `resend`: a submit that is young would go out once more under
    its own `out_task_id`, which buys nothing twice.
    """
    other = record.key_id not in {None, key_id}
    if record.task_id is not None:
        whose = "it was bought with another API key" if other else "is this the key that bought it?"
        known = f"the provider knows nothing of {record.task_id}: {whose}"
    elif other:
        known = "sent with another API key than this one, and never answered"
    elif key_may_be_forgotten(record, now):
        known = "sent over a day ago, never answered, and the provider no longer knows its key"
    elif resend:
        return None
    else:
        known = "sent, never answered, and the provider doesn't know its key so far"
    end = "" if known.endswith("?") else "."
    return f"{known}{end} It may have been billed; it stays on record, and the next run asks again"


def key_may_be_forgotten(record: Record, now: datetime) -> bool:
    """Whether the provider may know a key no more that it did act on.

    A submit from the future tells nothing about its age: the clock was wrong then, or is now.
    """
    sent = datetime.fromisoformat(record.submitted_at) if record.submitted_at else None
    return sent is None or not -_CORRECTION <= now - sent <= KEY_KEPT


def billed(task: Task) -> float | None:
    """What an ended task cost; a failed one nothing, a cancelled one nothing unless it says so."""
    if task.phase == "failed" or (task.phase == "cancelled" and task.credits is None):
        return 0.0
    return task.credits


def outcome(task: Task) -> tuple[Status, Failure]:
    """What a task that brought no clip means. Content policy is final, as is a cancel."""
    code, message = task.error_code, task.error_message
    if task.phase == "cancelled":
        return Status.CANCELLED, Failure("cancelled", "cancelled at the provider", retryable=False)
    blocked = code in BLOCKED_CODES
    failure = Failure(
        code or "failed", message or code or "the provider gave no reason", retryable=not blocked
    )
    return (Status.BLOCKED if blocked else Status.FAILED), failure
