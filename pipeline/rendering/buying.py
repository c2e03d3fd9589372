"""Buying one attempt: reserved, on record, submitted, on record again – in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import ApiError, BalanceError, BlockedError, GatewayError
from pipeline.rendering.budget import OVER_CAP
from pipeline.rendering.notices import Kind
from pipeline.rendering.outcomes import billed, outcome
from pipeline.rendering.states import Failure
from pipeline.tasks_api.client import Patience
from pipeline.tasks_api.wire import DUPLICATE_KEY, WAITING_STATUSES, encode_submit

if TYPE_CHECKING:
    from pipeline.rendering.steps import Wanted
    from pipeline.rendering.work import Assignment
    from pipeline.tasks_api.wire import Task


async def buy(errand: Assignment, wanted: Wanted, image: str | None, attempt: int) -> Task:
    """Buy one attempt; the task may be an older one, if its key was known.

    Raises `BalanceError` when `--max-credits` forbids it: nothing is bought then, or it is
    cancelled again; other `ApiError`s as `TasksClient.submit` does.
    """
    board, budget, step = errand.work.board, errand.shared.budget, errand.work.step
    budget.reserve(errand.work.key, step.reserve)
    key = board.intend(errand.work.plan, wanted, attempt, step.reserve)
    errand.tell(Kind.SUBMITTING)
    task = await _submit(errand, wanted, image, key)
    board.submitted(errand.name, task.task_id)
    errand.tell(Kind.SUBMITTED, task_id=task.task_id)
    _warn_of_quota(errand)
    if is_replayed(task):
        budget.settle(errand.work.key, 0.0)
    elif task.estimated_credits is not None and not budget.correct(
        errand.work.key, task.estimated_credits
    ):
        await _think_better_of_it(errand, task, task.estimated_credits)
    return task


def is_replayed(task: Task) -> bool:
    """Whether a submit was answered with the end of an older task, whose bill came long ago."""
    return task.phase != "open" and not task.recovered


async def _submit(errand: Assignment, wanted: Wanted, image: str | None, key: str) -> Task:
    client = errand.shared.gateway.client
    patience = Patience(
        errand.shared.terms.throttle_seconds, errand.tell_wait, errand.slot.step_back
    )
    try:
        return await client.submit(encode_submit(wanted.fields, key, image), patience)
    except ApiError as error:
        if error.code == DUPLICATE_KEY:
            # The key has bought this request before, in bytes that differ: an image that was
            # encoded by another version, say. Another attempt would buy it twice.
            return await client.find(key, patience)
        if not error.uncertain:  # else it stays on record, and in the budget, as intended
            errand.shared.budget.settle(errand.work.key, 0.0)
            failure = Failure(error.code, str(error), retryable=isinstance(error, GatewayError))
            blocked = isinstance(error, BlockedError)
            errand.work.board.refused(errand.name, failure, blocked=blocked)
        raise


async def _think_better_of_it(errand: Assignment, task: Task, estimated: float) -> None:
    """The provider asks for more than the cap has room for: cancel, as long as that is free."""
    cap = errand.shared.budget.cap
    said = f"the provider estimates {estimated:g} credits, and --max-credits is {cap:g}"
    errand.shared.report.summary.halt(said, out_of_money=True)
    if task.status not in WAITING_STATUSES:
        errand.tell(Kind.WARNING, f"{said}; it is running already, so it is collected")
        return
    try:
        task = await errand.shared.gateway.client.cancel(task.task_id)
    except ApiError as error:
        errand.tell(Kind.WARNING, f"{said}; it could not be cancelled: {error}")
        return
    if task.phase != "cancelled":
        return  # too late: it runs, or is done, and is brought home
    ended, failure = outcome(task)
    errand.work.board.ended(errand.name, ended, billed(task), failure)
    errand.settle(billed(task))
    raise BalanceError(f"{said}; cancelled", code=OVER_CAP)


def _warn_of_quota(errand: Assignment) -> None:
    """Once a run: the account has less than what is in flight may cost."""
    summary, budget = errand.shared.report.summary, errand.shared.budget
    left = errand.shared.gateway.client.account.remaining_credits
    if left is None or left >= budget.reserved or summary.warned_of_quota:
        return
    summary.warned_of_quota = True
    errand.tell(
        Kind.WARNING,
        f"the account has {left:g} credits left, and what is in flight may cost "
        f"{budget.reserved:g}",
    )
