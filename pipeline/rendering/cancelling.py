"""`shotmake cancel`: ending what is in flight, and what that cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import ApiError, CredentialsError, TaskNotFoundError
from pipeline.rendering.outcomes import billed, doubt, outcome
from pipeline.rendering.records import State, Status, state_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime

    from pipeline.rendering.board import Board
    from pipeline.rendering.records import Record
    from pipeline.tasks_api.client import TasksClient


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of one open task.

    `status` is the provider's word for it; `credits` what it was billed, None if nobody says;
    `trouble` why nothing is known of it.
    """

    render: str
    task_id: str | None
    status: str
    credits: float | None
    trouble: str = ""

    @property
    def free(self) -> bool:
        """Ended without a bill."""
        return not self.trouble and self.credits == 0


def open_tasks(board: Board, provider: str) -> Iterator[tuple[str, Record]]:
    """The records of tasks that were bought at `provider` and haven't ended, by name."""
    for name, record in sorted(board.book.records.items()):
        if record.provider == provider and state_of(record) in {State.INTENDED, State.OPEN}:
            yield name, record


async def cancel_open(
    board: Board, client: TasksClient, provider: str, now: datetime
) -> AsyncIterator[Cancelled]:
    """Cancel every open task of a board that was bought at `provider`; the ends go on record.

    One task's trouble keeps no other from being cancelled. Raises `CredentialsError`.
    """
    for name, record in list(open_tasks(board, provider)):
        try:
            one = await _cancel(board, client, name, now)
        except CredentialsError:
            raise
        except ApiError as error:
            one = Cancelled(name, record.task_id, "unknown", None, str(error))
        yield one


async def _cancel(board: Board, client: TasksClient, name: str, now: datetime) -> Cancelled:
    record = board.record(name)
    task_id = record.task_id
    try:
        if task_id is None:
            task_id = (await client.find(record.out_task_id)).task_id
            board.submitted(name, task_id)
        task = await client.cancel(task_id)
    except TaskNotFoundError:
        # Another account's key is answered just so, and the task may be running.
        trouble = doubt(board.record(name), now, client.key_id, resend=False) or ""
        return Cancelled(name, task_id, "unknown to the provider", None, trouble)
    if task.phase == "completed":
        board.ended(name, Status.COMPLETED, task.credits, None)
    elif task.phase != "open":
        status, failure = outcome(task)
        board.ended(name, status, billed(task), failure)
    else:
        still = f"still {task.status} after the cancel; try again, or let a run collect it"
        return Cancelled(name, task_id, task.status, None, still)
    return Cancelled(name, task_id, task.status, billed(task))
