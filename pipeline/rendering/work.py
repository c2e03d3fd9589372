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
    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.notices import Report
    from pipeline.rendering.steps import Plan, Step


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run behaves: how many tasks in flight, how long one is waited for, …"""

    concurrency: int = 5
    timeout_seconds: float = 900.0
    retries: int = 2
    fail_fast: bool = False
    resubmit_uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """One step of one board's plan."""

    board: Board
    plan: Plan
    step: Step

    @property
    def render(self) -> str:
        """The record that the step is about."""
        return self.step.render

    @property
    def asked(self) -> Mapping[str, Any]:
        """The request's fields: the take's, or those of what was bought before."""
        if self.step.wanted is not None:
            return self.step.wanted.fields
        return self.board.record(self.render).request

    def notice(self, kind: Kind, message: str = "", **more: Any) -> Notice:
        """A notice about this step."""
        return Notice(
            kind=kind,
            storyboard=self.plan.storyboard,
            render=self.render,
            message=message,
            estimated_credits=self.step.estimated_credits,
            model=self.asked["model"],
            duration=self.asked["duration"],
            **more,
        )


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all errands of a run share. `now` is for the age of keys."""

    gateway: Gateway
    terms: Terms
    report: Report
    now: Callable[[], datetime]
    downloads: anyio.Semaphore
