"""What an errand is given: its step, the run's terms, and what all errands share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.rendering.notices import Kind, Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import anyio

    from pipeline.rendering.board import Board
    from pipeline.rendering.budget import Budget, Key
    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.notices import Report
    from pipeline.rendering.plan import Planner
    from pipeline.rendering.records import Record
    from pipeline.rendering.slots import Slot
    from pipeline.rendering.steps import Plan, Step


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run behaves: how many tasks in flight, how long one is waited for, …

    `throttle_seconds` is how long a submit waits at 429s: a five-hour bucket fills up in it.
    `max_credits` None: no cap.
    """

    concurrency: int = 5
    timeout_seconds: float = 900.0
    retries: int = 2
    fail_fast: bool = False
    resubmit_uncertain: bool = False
    max_credits: float | None = None
    throttle_seconds: float = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Planned:
    """A board and what is to be done for it; `planner` decides the steps that wait for others."""

    board: Board
    plan: Plan
    planner: Planner


@dataclass(frozen=True, slots=True)
class Work:
    """One step of one board's plan."""

    planned: Planned
    step: Step

    @property
    def board(self) -> Board:
        """Whose records it is about."""
        return self.planned.board

    @property
    def plan(self) -> Plan:
        """The plan that it is part of."""
        return self.planned.plan

    @property
    def render(self) -> str:
        """The record that the step is about."""
        return self.step.render

    @property
    def key(self) -> Key:
        """The render among those of all boards."""
        return self.plan.storyboard, self.step.render

    @property
    def asked(self) -> Mapping[str, Any]:
        """The request's fields: the take's, or those of what was bought before."""
        if self.step.wanted is not None:
            return self.step.wanted.fields
        record = self.board.book.records.get(self.render)
        return record.request if record is not None else {}

    def notices_of_what_was_in_the_way(self) -> list[Notice]:
        """What lay where a clip belongs isn't there any more: each is told once."""
        told = [
            self.notice(
                Kind.WARNING,
                f"the file that lay at {was} is {now} now; `shotmake accept` would have left it",
            )
            for was, now in self.board.folder.set_aside
        ]
        self.board.folder.set_aside.clear()
        return told

    def notice(self, kind: Kind, message: str = "", **more: Any) -> Notice:
        """A notice about this step."""
        return Notice(
            kind=kind,
            storyboard=self.plan.storyboard,
            render=self.render,
            message=message,
            estimated_credits=self.step.estimated_credits,
            model=self.asked.get("model"),
            duration=self.asked.get("duration"),
            **more,
        )


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all errands of a run share. `now` is for the age of keys and tasks."""

    gateway: Gateway
    terms: Terms
    report: Report
    budget: Budget
    now: Callable[[], datetime]
    downloads: anyio.Semaphore


@dataclass(frozen=True, slots=True)
class Assignment:
    """One step with all that it takes to do it; `slot` is its place among the tasks in flight."""

    work: Work
    shared: Circumstances
    slot: Slot

    @property
    def name(self) -> str:
        """The render's name."""
        return self.work.render

    @property
    def record(self) -> Record:
        """What is known of the render by now."""
        return self.work.board.record(self.work.render)

    def tell(self, kind: Kind, message: str = "", **more: Any) -> None:
        """Let whoever watches know."""
        self.shared.report.tell(self.work.notice(kind, message, **more))

    def tell_wait(self, reason: str, seconds: float) -> None:
        """Let whoever watches know why it takes longer."""
        self.tell(Kind.DELAYED, f"{reason}; again in {seconds:.0f} s")

    def settle_replayed(self, credits: float | None) -> None:
        """A submit was answered with the end of what seems to be an older task.

        Its bill is an older one, then; as nobody can be sure, it counts against the cap, and the
        run's sum is not called exact.
        """
        self.shared.budget.settle(self.work.key, credits)
        self.shared.report.summary.bill_earlier(credits)

    def settle(self, credits: float | None) -> None:
        """A task's bill has come: what it cost, None where it doesn't say."""
        self.shared.report.summary.bill(credits)
        self.shared.budget.settle(self.work.key, credits)
