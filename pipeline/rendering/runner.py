"""Doing what the plans say: the only concurrency.

A slot is held from a submit to the task's end, as the provider counts tasks in flight; downloads
have a bound of their own. One take's failure never stops the others. What no take can survive
(the journal can't be written, the key is refused) ends the run with that error, everything in
flight being on record.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from pipeline.errors import MediaError, ShotmakeError
from pipeline.rendering.agenda import Agenda
from pipeline.rendering.budget import Budget
from pipeline.rendering.errand import Errand
from pipeline.rendering.notices import Kind
from pipeline.rendering.records import Status
from pipeline.rendering.slots import Slots
from pipeline.rendering.steps import UP_TO_DATE, Action
from pipeline.rendering.work import Assignment, Circumstances, Planned, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.notices import Notice, Report
    from pipeline.rendering.slots import Slot
    from pipeline.rendering.steps import Step
    from pipeline.rendering.work import Terms

_DOWNLOADS_AT_ONCE = 8


def settle(boards: Sequence[Planned], report: Report) -> Agenda:
    """Do at once what needs no provider; answers with the rest."""
    agenda = Agenda()
    for planned in boards:
        agenda.add(_settled(planned, planned.plan.steps, report))
    _go_on(agenda, report)
    return agenda


def _go_on(agenda: Agenda, report: Report, budget: Budget | None = None) -> None:
    """Decide the steps that waited for what has ended by now, and do what can be done at once."""
    while due := agenda.due():
        boards = {work.plan.storyboard: work.planned for work in due}
        for name, planned in boards.items():
            waited = (work.step for work in due if work.plan.storyboard == name)
            steps = planned.planner.later(waited, planned.board.book.changed())
            works = _settled(planned, steps, report)
            if budget is not None:
                _commit(budget, name, steps)
            agenda.add(works)


def _settled(planned: Planned, steps: Sequence[Step], report: Report) -> list[Work]:
    """Do the steps that need no provider; answers with the others."""
    rest = []
    for step in steps:
        work = Work(planned, step)
        if step.action is Action.SKIP:
            report.tell(_skipped(work))
        elif step.action is Action.RESTORE:
            left = _restore(work, report)
            rest += [left] if left else []
        else:
            if step.action is not Action.RENDER:
                planned.board.make_room(step)
            rest.append(work)
    return rest


def _skipped(work: Work) -> Notice:
    step = work.step
    if step.reason == UP_TO_DATE:
        return work.notice(Kind.SKIPPED, step.reason)
    if step.waits:
        return work.notice(Kind.WAITING, step.reason)
    blocked = step.status is Status.BLOCKED
    return work.notice(Kind.BLOCKED if blocked else Kind.PENDING, step.reason)


def _restore(work: Work, report: Report) -> Work | None:
    """Bring an earlier clip back. What is left to do: where it is damaged, ask for its task."""
    step = work.step
    try:
        clip = work.board.restore(work.plan, step)
    except MediaError as error:
        record = work.board.book.records.get(step.render)
        if record is not None and record.task_id is not None and record.is_for(step.digest):
            reason = f"{error}, its task is known"
            return replace(work, step=replace(step, action=Action.RECOVER, reason=reason))
        report.tell(work.notice(Kind.FAILED, f"{error}; run again to render it"))
        return None
    for notice in work.notices_of_what_was_in_the_way():
        report.tell(notice)
    report.tell(work.notice(Kind.RESTORED, step.reason, clip=clip.path))
    return None


async def run(
    agenda: Agenda,
    gateway: Gateway,
    terms: Terms,
    report: Report,
    now: Callable[[], datetime],
) -> None:
    """Do every step that needs the provider, `terms.concurrency` at a time.

    Raises what no take can survive. Cancelled, it leaves everything on record.
    """
    budget = _budget(agenda, terms)
    if terms.max_credits is None:  # else the storyboard's order says what the money is for
        agenda.longest_first(partial(_likely_seconds, gateway))
    downloads = anyio.Semaphore(_DOWNLOADS_AT_ONCE)
    try:
        await _perform_all(agenda, Circumstances(gateway, terms, report, budget, now, downloads))
    finally:
        report.summary.in_flight_credits = budget.reserved


def _likely_seconds(gateway: Gateway, work: Work) -> float:
    return gateway.typical_seconds(work.asked["model"], work.asked["duration"])


async def _perform_all(agenda: Agenda, shared: Circumstances) -> None:
    gateway, terms = shared.gateway, shared.terms
    slots = Slots(terms.concurrency, _spacing_seconds(agenda, gateway, terms.concurrency))
    fatal: list[ShotmakeError] = []
    async with anyio.create_task_group() as crew:

        async def perform(work: Work, slot: Slot, heard: anyio.Event) -> None:
            try:
                await Errand(Assignment(work, shared, slot)).run()
                agenda.end(work)
                _go_on(agenda, shared.report, shared.budget)
            except ShotmakeError as error:
                fatal.append(error)
                crew.cancel_scope.cancel()
            finally:
                slot.release()
                heard.set()

        while work := await agenda.next():
            try:
                slot, heard = await slots.acquire(), anyio.Event()
            except anyio.get_cancelled_exc_class():
                agenda.put_back(work)
                raise
            crew.start_soon(perform, work, slot, heard)
            # A wrong key or address is found out by one request, and not by as many as fit.
            gateway.client.when_met(heard.set)
            await heard.wait()
    if fatal:
        raise fatal[0]


def _budget(agenda: Agenda, terms: Terms) -> Budget:
    """The run's budget, with what earlier runs have bought and this one will be billed for."""
    budget = Budget(terms.max_credits)
    for work in agenda.ready:
        _commit(budget, work.plan.storyboard, [work.step])
    return budget


def _commit(budget: Budget, storyboard: str, steps: Iterable[Step]) -> None:
    """Count what is yet to be billed for tasks that are taken up again, by the names they have now:
    one may have given way, in this very run, to what is bought next under its name.
    """
    for step in steps:
        if step.action is not Action.RENDER:  # that makes room when its turn comes
            for name, _to in step.moves:
                budget.forget((storyboard, name))
        if step.action is Action.RESUME:
            budget.commit((storyboard, step.render), step.reserve)


def _spacing_seconds(agenda: Agenda, gateway: Gateway, concurrency: int) -> float:
    """How far apart tasks begin, so that the polls of a full house share the fastest cadence."""
    paces = [
        window.every_seconds
        for model in {work.asked["model"] for work in agenda.all()}
        for window in gateway.cadence(model)
    ]
    return min(paces, default=0.0) / concurrency
