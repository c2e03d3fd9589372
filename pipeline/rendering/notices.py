"""What a run tells whoever watches: one notice a change, and the sum at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(StrEnum):
    """What has just happened to a take. The second half are ends.

    `held`: not submitted, as the run had stopped buying; `waiting`: not submitted, as the frame
    that it begins with isn't there.
    """

    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    RESUMED = "resumed"
    RUNNING = "running"
    DELAYED = "delayed"
    DOWNLOADING = "downloading"
    RETRYING = "retrying"
    WARNING = "warning"

    RENDERED = "rendered"
    RECOVERED = "recovered"
    RESTORED = "restored"
    SKIPPED = "skipped"
    FAILED = "failed"
    BLOCKED = "blocked"
    PENDING = "pending"
    HELD = "held"
    WAITING = "waiting"


ENDS = frozenset(
    {
        Kind.RENDERED,
        Kind.RECOVERED,
        Kind.RESTORED,
        Kind.SKIPPED,
        Kind.FAILED,
        Kind.BLOCKED,
        Kind.PENDING,
        Kind.HELD,
        Kind.WAITING,
    }
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One change of one take.

    `credits` is what it was billed, None while nobody knows; `estimated_credits` what the plan
    expected; `duration` the clip's seconds; `clip` its path in the pass's folder.
    """

    kind: Kind
    storyboard: str
    render: str
    message: str = ""
    task_id: str | None = None
    credits: float | None = None
    estimated_credits: float | None = None
    model: str | None = None
    duration: int | None = None
    clip: str | None = None


@dataclass(slots=True)
class Summary:
    """What a run came to. `credits` is what is known to be billed by its tasks."""

    counts: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(sorted(ENDS), 0))
    credits: float = 0.0
    unknown_credits: int = 0
    """How many tasks ended without saying what they cost."""
    earlier_credits: float = 0.0
    """What tasks cost that had ended before they were submitted: an earlier run's, it seems."""
    in_flight_credits: float = 0.0
    """The most that is yet to be billed for what was left in flight, as far as it is known."""
    halted: str = ""
    recalled: str = ""
    out_of_money: bool = False
    warned_of_quota: bool = False

    def halt(self, reason: str, *, out_of_money: bool = False, recall: bool = True) -> None:
        """Nothing more is bought; the first reason stays.

        With `recall` that goes for submits, too, that have begun and wait for another try.
        """
        self.halted = self.halted or reason
        if recall:
            self.recalled = self.recalled or reason
        self.out_of_money = self.out_of_money or out_of_money

    def bill(self, credits: float | None) -> None:
        """Add what one task was billed."""
        if credits is None:
            self.unknown_credits += 1
        else:
            self.credits = round(self.credits + credits, 6)

    def bill_earlier(self, credits: float | None) -> None:
        """The same of a task that an earlier run seems to have bought and paid for."""
        if credits is None:
            self.unknown_credits += 1
        else:
            self.earlier_credits = round(self.earlier_credits + credits, 6)

    @property
    def exact(self) -> bool:
        """Whether `credits` is all that this run was billed, without a doubt."""
        return not self.unknown_credits and not self.earlier_credits

    @property
    def complete(self) -> bool:
        """Every selected take is rendered."""
        open_ends = (Kind.FAILED, Kind.BLOCKED, Kind.PENDING, Kind.HELD, Kind.WAITING)
        return not any(self.counts[kind] for kind in open_ends)


@dataclass(slots=True)
class Report:
    """Where a run's notices go: to `watch`, and into the summary."""

    watch: Callable[[Notice], None]
    summary: Summary = field(default_factory=Summary)

    def tell(self, notice: Notice) -> None:
        """Pass a notice on; an end is counted.

        A terminal or a pipe that goes away ends the watching, not what is paid for.
        """
        if notice.kind in ENDS:
            self.summary.counts[notice.kind] += 1
        try:
            self.watch(notice)
        except (OSError, ValueError):  # ValueError: what a closed file says
            self.watch = _nobody


def _nobody(_notice: Notice) -> None:
    """Nobody is watching any more."""
