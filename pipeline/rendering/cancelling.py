"""`shotmake cancel`: ending what is in flight, and what that cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import TaskNotFoundError
from pipeline.rendering.errand import billed, outcome
from pipeline.rendering.states import LOST, Failure, State, Status, state_of

if TYPE_CHECKING:
    from pipeline.rendering.board import Board
    from pipeline.tasks_api.client import TasksClient


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of one open task. `credits` is what it was billed, None if nobody says."""

    render: str
    task_id: str | None
    status: str
    credits: float | None


async def cancel_open(board: Board, client: TasksClient, provider: str) -> list[Cancelled]:
    """Cancel every open task of a board that was bought at `provider`; the ends go on record.

    Raises `ApiError` when the gateway can't be asked; what was cancelled before stays on record.
    """
    ended = []
    for name, record in sorted(board.book.records.items()):
        state = state_of(record)
        if record.provider != provider or state not in {State.INTENDED, State.OPEN}:
            continue
        task_id = record.task_id
        try:
            if task_id is None:
                task_id = (await client.query_key(record.out_task_id)).task_id
                board.submitted(name, task_id)
            task = await client.cancel(task_id)
        except TaskNotFoundError:
            if state is State.INTENDED:
                failure = Failure(LOST, "it never arrived at the provider", retryable=True)
                board.refused(name, failure)
            else:
                board.lost(name)
            ended.append(Cancelled(name, task_id, "unknown to the provider", None))
            continue
        if task.phase == "completed":
            board.ended(name, Status.COMPLETED, task.credits, None)
        elif task.phase != "open":
            status, failure = outcome(task)
            board.ended(name, status, billed(task), failure)
        ended.append(Cancelled(name, task_id, task.status, billed(task)))
    return ended
