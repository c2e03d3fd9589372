"""Following a task to its end: asked about when its model's published cadence says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import anyio

from pipeline.errors import ApiError, BalanceError, CredentialsError, TaskNotFoundError
from pipeline.rendering.notices import Kind
from pipeline.rendering.outcomes import billed, outcome
from pipeline.rendering.records import State, Status, state_of
from pipeline.tasks_api.cadence import moments, upcoming

if TYPE_CHECKING:
    from pipeline.rendering.work import Assignment
    from pipeline.tasks_api.wire import Task

_AGE_MAX_SECONDS = 3600.0
"""Every cadence has long come to its last pace by then."""


class TimeUpError(Exception):
    """A task didn't end within the timeout; it is still paid for."""


async def follow(errand: Assignment, task: Task, age_seconds: float = 0.0) -> Task:
    """Poll on the model's cadence until the task ends. The end goes on record.

    `age_seconds` is how long ago the submit was answered: a task that is taken up again is asked
    about at the moments that are left. No 5xx, timeout or reset ends it, only the errand's own
    timeout: `TimeUpError`.
    """
    if state_of(errand.record) is not State.OPEN:
        return replace(task, phase="completed")  # an end on record is never left again
    task = await _poll(errand, task, age_seconds)
    status, failure = Status.COMPLETED, None
    if task.phase != "completed":
        status, failure = outcome(task)
    errand.work.board.ended(errand.name, status, billed(task), failure)
    errand.slot.task_ended()
    return task


async def _poll(errand: Assignment, task: Task, age_seconds: float) -> Task:
    gateway, timeout = errand.shared.gateway, errand.shared.terms.timeout_seconds
    begun = anyio.current_time() - age_seconds
    due = moments(gateway.cadence(errand.work.asked["model"]))
    status = task.status
    while task.phase == "open":
        moment = upcoming(due, anyio.current_time() - begun)
        if moment > age_seconds + timeout:
            raise TimeUpError
        await anyio.sleep_until(begun + moment)
        try:
            task = await gateway.client.query(task.task_id)
        except (CredentialsError, TaskNotFoundError):
            raise
        except ApiError as error:
            if isinstance(error, BalanceError):
                errand.shared.report.summary.halt(str(error), out_of_money=True)
            errand.tell(Kind.DELAYED, str(error), task_id=task.task_id)
            continue
        if task.status != status:
            status = task.status
            errand.tell(Kind.RUNNING, status, task_id=task.task_id)
    return task


def age(errand: Assignment) -> float:
    """Seconds since the recorded submit was answered; a clock that was set back makes it 0."""
    at = errand.record.submitted_at
    if at is None:
        return 0.0
    seconds = (errand.shared.now() - datetime.fromisoformat(at)).total_seconds()
    return min(max(seconds, 0.0), _AGE_MAX_SECONDS)
