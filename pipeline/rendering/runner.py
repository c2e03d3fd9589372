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
from pipeline.rendering.errand import Errand
from pipeline.rendering.notices import Kind
from pipeline.rendering.states import Status
from pipeline.rendering.steps import UP_TO_DATE, Action
from pipeline.rendering.work import Circumstances, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pipeline.rendering.board import Board
    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.notices import Notice, Report
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
        if record is not None and record.task_id is not None:
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
    slots = anyio.Semaphore(terms.concurrency)
    shared = Circumstances(gateway, terms, report, now, anyio.Semaphore(_DOWNLOADS_AT_ONCE))
    fatal: list[ShotmakeError] = []
    async with anyio.create_task_group() as crew:

        async def perform(work: Work, slot: _Slot) -> None:
            try:
                await Errand(work, shared, slot.release).run()
            except ShotmakeError as error:
                fatal.append(error)
                crew.cancel_scope.cancel()
            finally:
                slot.release()

        for work in rest:
            await slots.acquire()
            crew.start_soon(perform, work, _Slot(slots))
    if fatal:
        raise fatal[0]


class _Slot:
    """A place among the tasks in flight, given back once."""

    def __init__(self, slots: anyio.Semaphore) -> None:
        self._slots = slots
        self._held = True

    def release(self) -> None:
        if self._held:
            self._held = False
            self._slots.release()
