"""Buying one attempt: reserved, on record, submitted, on record again – in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import get_cancelled_exc_class

from pipeline.errors import (
    ApiError,
    BalanceError,
    BlockedError,
    FolderError,
    GatewayError,
    RefusedError,
    TaskNotFoundError,
)
from pipeline.rendering.budget import OVER_CAP
from pipeline.rendering.notices import Kind
from pipeline.rendering.outcomes import billed, outcome
from pipeline.rendering.records import Failure
from pipeline.tasks_api.patience import Patience
from pipeline.tasks_api.wire import DUPLICATE_KEY, WAITING_STATUSES, encode_submit

if TYPE_CHECKING:
    from pipeline.rendering.steps import Wanted
    from pipeline.rendering.work import Assignment
    from pipeline.tasks_api.wire import Task


async def buy(
    errand: Assignment, wanted: Wanted, image: str | None, attempt: int, *, make_room: bool
) -> Task:
    """Buy one attempt; the task may be an older one, if its key was known.

    `make_room`: earlier records give way first, but not before it is sure that the cap allows it.

    Raises `BalanceError` when `--max-credits` forbids it: nothing is bought then, or it is
    cancelled again; other `ApiError`s as `TasksClient.submit` does.
    """
    board, budget, step = errand.work.board, errand.shared.budget, errand.work.step
    budget.reserve(errand.work.key, step.reserve)
    if make_room:
        board.make_room(step)
    key_id = errand.shared.gateway.client.key_id
    key = board.intend(errand.work.plan, wanted, attempt, step.reserve, key_id)
    errand.tell(Kind.SUBMITTING)
    task = await _submit(errand, wanted, image, key)
    try:
        board.submitted(errand.name, task.task_id)
    except FolderError as error:
        found = f"{errand.name} is bought: {task.task_id}, which the next run finds by its key"
        said = f"{error}. {found}"
        raise FolderError(said) from error
    errand.tell(Kind.SUBMITTED, task_id=task.task_id)
    _warn_of_quota(errand)
    if is_replayed(task):
        errand.settle_replayed(task.credits if task.phase == "completed" else 0.0)
    elif task.estimated_credits is not None and not budget.correct(
        errand.work.key, task.estimated_credits
    ):
        await _think_better_of_it(errand, task, task.estimated_credits)
    return task


def is_replayed(task: Task) -> bool:
    """Whether a submit was answered with an end at once: an older task's, by all that is known."""
    return task.phase != "open" and not task.recovered


async def _submit(errand: Assignment, wanted: Wanted, image: str | None, key: str) -> Task:
    client = errand.shared.gateway.client
    doubt = False

    def note(doubtful: bool) -> None:
        nonlocal doubt
        doubt = doubtful

    patience = Patience(
        errand.shared.terms.throttle_seconds,
        errand.tell_wait,
        errand.slot.step_back,
        lambda: errand.shared.report.summary.recalled,
        note,
    )
    try:
        return await client.submit(encode_submit(wanted.fields, key, image), patience)
    except ApiError as error:
        if error.code == DUPLICATE_KEY:
            return await _bought_before(errand, key, error)
        if error.uncertain:
            errand.shared.report.summary.bill(None)  # on record, and in the budget, as intended
        else:
            _refused(errand, error)
        raise
    except get_cancelled_exc_class():
        if not doubt:  # it was told to wait, so the next run has nothing to ask for
            _refused(errand, ApiError("interrupted before it was bought", code="interrupted"))
        raise


async def _bought_before(errand: Assignment, key: str, refused: ApiError) -> Task:
    """The key has bought this request before, in bytes that differ: an image that was encoded by
    another version, say. Another attempt would buy it twice.
    """
    try:
        return await errand.shared.gateway.client.find(key, Patience(on_wait=errand.tell_wait))
    except TaskNotFoundError as error:
        both = f"{refused}; yet asked for it: {error}. The next run uses another key"
        unknown = RefusedError(both, code=DUPLICATE_KEY, status=refused.status)
        _refused(errand, unknown)
        raise unknown from error


def _refused(errand: Assignment, error: ApiError) -> None:
    """Nothing was bought: that goes on record, and its reserve back."""
    errand.shared.budget.settle(errand.work.key, 0.0)
    retryable = isinstance(error, GatewayError) or error.code in {"interrupted", "called_off"}
    failure = Failure(error.code, str(error), retryable=retryable)
    errand.work.board.refused(errand.name, failure, blocked=isinstance(error, BlockedError))


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
