"""What a plan is made of: takes with their identity, one step for each, and the sum of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from pipeline.rendering.prices import FREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.rendering.digest import Fields
    from pipeline.rendering.prices import Price
    from pipeline.rendering.records import Status
    from pipeline.storyboard.shots import Take

UP_TO_DATE = "up to date"
"""The reason of a skip that leaves nothing to be wished for."""


class Action(StrEnum):
    """What is done for one take."""

    RENDER = "render"
    RESUME = "resume"
    RECOVER = "recover"
    RESTORE = "restore"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A take with its identity worked out."""

    take: Take
    digest: str

    @property
    def fields(self) -> Fields:
        """The request as records have it: made when it is asked for, as ten thousand would be
        kept for the few that are.
        """
        from pipeline.rendering.digest import request_fields  # noqa: PLC0415 (a run with nothing to do asks for none)

        return request_fields(self.take.request)


@dataclass(frozen=True, slots=True)
class Step:
    """What the plan decides for one record.

    `status` is what `results.json` says now. `moves` are records that get another name before
    anything else happens: out of the way into `kept/`, or back from there. `source` is a clip
    without a record that a restore takes. `wanted` is missing where no take asks for the record.
    `price` is what the step may newly cost; `reserve` is the most that may be billed while it is
    done, the bill of a task that was bought before included (None: nobody knows). `anew` is what
    takes the step's place if the provider knows the task no more; only `--resubmit-uncertain` has
    one. `lost`: such a task is given up before.

    A step with `after` waits until those renders have ended, and is decided again then: its request
    begins with a frame of one of them, so it has no digest yet. `waits`: nothing is done, as what
    it depends on isn't there.
    """

    render: str
    action: Action
    reason: str
    digest: str
    attempt: int
    price: Price = FREE
    reserve: float | None = 0.0
    status: Status | None = None
    source: str | None = None
    moves: tuple[tuple[str, str], ...] = ()
    wanted: Wanted | None = None
    anew: Step | None = None
    lost: bool = False
    after: tuple[str, ...] = ()
    waits: bool = False

    @property
    def asked(self) -> bool:
        """Whether the storyboard asks for the render, and nothing is only collected for it."""
        return self.wanted is not None or self.waits

    @property
    def shot(self) -> str | None:
        """The shot that asks for it, if one does."""
        if self.wanted is not None:
            return self.wanted.take.shot
        return self.render if self.waits else None

    @property
    def estimated_credits(self) -> float | None:
        """What the step may newly cost; None where nobody knows."""
        return self.price.expected


@dataclass(frozen=True, slots=True)
class Selection:
    """Which takes a command is about, and what it insists on."""

    shots: tuple[str, ...] = ()
    failed: bool = False
    force: bool = False
    retry_blocked: bool = False
    resubmit_uncertain: bool = False
    only_picked: bool = False

    def includes_take(self, take: Take) -> bool:
        """Whether a take is meant."""
        named = self.includes(take.shot) or self.includes(take.key) or self._names_first(take)
        return (take.picked or not self.only_picked) and named

    def _names_first(self, take: Take) -> bool:
        """Whether a glob means a first take, whose key has no number, by saying `.t1` itself.

        `*1` means shots that end so, and `*.t*` takes that have a number: not all first takes.
        """
        first = [glob.removesuffix(".t1") for glob in self.shots if glob.endswith(".t1")]
        return take.number == 1 and any(fnmatchcase(take.shot, glob) for glob in first)

    def includes_undecided(self, shot: str) -> bool:
        """Whether a shot is meant that none of its takes is picked of."""
        return not self.only_picked and not self.failed and self.includes(shot)

    def includes(self, shot: str) -> bool:
        """Whether one of the globs (none: all) names the shot, or the take by its key."""
        return not self.shots or any(fnmatchcase(shot, glob) for glob in self.shots)


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the storyboard's order, then those for tasks nobody asks for any more."""

    storyboard: str
    pass_name: str
    provider: str
    steps: tuple[Step, ...]
    unasked: tuple[str, ...] = field(default=())
    """Records that no take asks for: shots that were removed or renamed."""

    @property
    def settled(self) -> bool:
        """There are takes, and every one is up to date."""
        return bool(self.steps) and self.up_to_date == len(self.steps)

    @property
    def up_to_date(self) -> int:
        """How many steps leave nothing to be wished for."""
        return sum(step.reason == UP_TO_DATE for step in self.steps)

    def counts(self) -> Counter[Action]:
        """How many steps of each kind."""
        return Counter(step.action for step in self.steps)

    @property
    def estimated_credits(self) -> float | None:
        """What the renders may cost; None where a price is unknown."""
        costs = [step.estimated_credits for step in self.steps]
        known = [cost for cost in costs if cost is not None]
        return round(sum(known), 6) if len(known) == len(costs) else None

    @property
    def in_flight_credits(self) -> float | None:
        """The most that is still to be billed for tasks bought before; None: nobody knows."""
        owed = [
            step.reserve
            for step in self.steps
            if step.action is Action.RESUME and step.estimated_credits == 0
        ]
        known = [amount for amount in owed if amount is not None]
        return round(sum(known), 6) if len(known) == len(owed) else None


def as_json(made: Plan) -> list[dict[str, Any]]:
    """The steps as `plan --json` prints them."""
    return [
        {
            "storyboard": made.storyboard,
            "render": step.render,
            "shot": step.shot,
            "take": step.wanted.take.number if step.wanted else None,
            "action": step.action.value,
            "reason": step.reason,
            "digest": step.digest or None,
            "estimated_credits": step.estimated_credits,
            "estimate_from": step.price.source,
        }
        for step in made.steps
    ]


def merged_totals(plans: Sequence[Plan]) -> dict[str, Any]:
    """How many steps of each kind in all plans, and what they may cost together."""
    counts = sum((made.counts() for made in plans), Counter[Action]())
    costs = [made.estimated_credits for made in plans]
    known = [cost for cost in costs if cost is not None]
    return {
        **{action.value: counts[action] for action in Action},
        "estimated_credits": round(sum(known), 6) if len(known) == len(costs) else None,
    }
