"""What a task's end means for the record and for the bill. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.rendering.states import Failure, Status
from pipeline.tasks_api.wire import BLOCKED_CODES

if TYPE_CHECKING:
    from pipeline.rendering.states import Record
    from pipeline.tasks_api.wire import Task

KEY_KEPT = timedelta(hours=24)
"""How long an `out_task_id` is trusted to be remembered; the provider publishes no figure."""

_CORRECTION = timedelta(minutes=5)
"""By so much a clock may be set back, as time servers do it, without casting a doubt."""

UNCERTAIN = (
    "sent over a day ago, never answered, and the provider no longer knows its key: it may have "
    "been billed. --resubmit-uncertain buys it anew"
)

UNCERTAIN_UNASKED = (
    "sent over a day ago, never answered, and the provider no longer knows its key: it may have "
    "been billed. No shot asks for it any more; --resubmit-uncertain lets go of it"
)


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
