"""Doing what the plans say: the only concurrency.

A slot is held from a submit to the task's end, as the provider counts tasks in flight; downloads
have a bound of their own. One take's failure never stops the others. What no take can survive
(the journal can't be written, the key is refused) ends the run with that error, everything in
flight being on record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from pipeline.errors import MediaError, ShotmakeError
from pipeline.rendering.budget import Budget
from pipeline.rendering.errand import Errand
from pipeline.rendering.notices import Kind
from pipeline.rendering.slots import Slots
from pipeline.rendering.states import Status
from pipeline.rendering.steps import UP_TO_DATE, Action
from pipeline.rendering.work import Assignment, Circumstances, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pipeline.rendering.board import Board
    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.notices import Notice, Report
    from pipeline.rendering.slots import Slot
    from pipeline.rendering.steps import Plan
    from pipeline.rendering.work import Terms

_DOWNLOADS_AT_ONCE = 8

_ORDER = (Action.RESUME, Action.RECOVER, Action.RENDER)
"""What is paid for already comes home first."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A board and what is to be done for it."""

    board: Board
    plan: Plan


def settle(boards: Sequence[Planned], report: Report) -> list[Work]:
    """Do at once what needs no provider; answers with the rest, in the order to begin it."""
    rest = []
    for planned in boards:
        for step in planned.plan.steps:
            work = Work(planned.board, planned.plan, step)
            if step.action is Action.SKIP:
                report.tell(_skipped(work))
            elif step.action is Action.RESTORE:
                left = _restore(work, report)
                rest += [left] if left else []
            else:
                if step.action is not Action.RENDER:
                    planned.board.make_room(step)
                rest.append(work)
    return sorted(rest, key=lambda work: _ORDER.index(work.step.action))


def _skipped(work: Work) -> Notice:
    step = work.step
    if step.reason == UP_TO_DATE:
        return work.notice(Kind.SKIPPED, step.reason)
    blocked = step.status is Status.BLOCKED
    return work.notice(Kind.BLOCKED if blocked else Kind.PENDING, step.reason)


def _restore(work: Work, report: Report) -> Work | None:
    """Bring an earlier clip back. What is left to do: where it is damaged, ask for its task."""
    step = work.step
    try:
        clip = work.board.restore(work.plan, step)
    except MediaError as error:
        record = work.board.book.records.get(step.render)
        if record is not None and record.task_id is not None and record.digest == step.digest:
            reason = f"{error}, its task is known"
            return replace(work, step=replace(step, action=Action.RECOVER, reason=reason))
        report.tell(work.notice(Kind.FAILED, f"{error}; run again to render it"))
        return None
    report.tell(work.notice(Kind.RESTORED, step.reason, clip=clip.path))
    return None


async def run(
    rest: Sequence[Work],
    gateway: Gateway,
    terms: Terms,
    report: Report,
    now: Callable[[], datetime],
) -> None:
    """Do every step that needs the provider, `terms.concurrency` at a time.

    Raises what no take can survive. Cancelled, it leaves everything on record.
    """
    budget = _budget(rest, terms)
    downloads = anyio.Semaphore(_DOWNLOADS_AT_ONCE)
    try:
        await _perform_all(rest, Circumstances(gateway, terms, report, budget, now, downloads))
    finally:
        report.summary.in_flight_credits = budget.reserved


async def _perform_all(rest: Sequence[Work], shared: Circumstances) -> None:
    gateway, terms = shared.gateway, shared.terms
    slots = Slots(terms.concurrency, _spacing_seconds(rest, gateway, terms.concurrency))
    fatal: list[ShotmakeError] = []
    async with anyio.create_task_group() as crew:

        async def perform(work: Work, slot: Slot, heard: anyio.Event) -> None:
            try:
                await Errand(Assignment(work, shared, slot)).run()
            except ShotmakeError as error:
                fatal.append(error)
                crew.cancel_scope.cancel()
            finally:
                slot.release()
                heard.set()

        for work in rest:
            slot, heard = await slots.acquire(), anyio.Event()
            crew.start_soon(perform, work, slot, heard)
            # A wrong key or address is found out by one request, and not by as many as fit.
            gateway.client.when_met(heard.set)
            await heard.wait()
    if fatal:
        raise fatal[0]


def _budget(rest: Sequence[Work], terms: Terms) -> Budget:
    """The run's budget, with what earlier runs have bought and this one will be billed for."""
    budget = Budget(terms.max_credits)
    for work in rest:
        if work.step.action is Action.RESUME:
            budget.commit(work.key, work.step.reserve)
    return budget


def _spacing_seconds(rest: Sequence[Work], gateway: Gateway, concurrency: int) -> float:
    """How far apart tasks begin, so that the polls of a full house share the fastest cadence."""
    paces = [
        window.every_seconds
        for model in {work.asked["model"] for work in rest}
        for window in gateway.cadence(model)
    ]
    return min(paces, default=0.0) / concurrency
