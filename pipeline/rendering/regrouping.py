"""Takes of one shot that have changed places: a seed put before others, or taken away. Pure.

A take is its number, and so a list of seeds that loses its first one asks for another request
under every number. Each clip goes where it is asked for now, and nothing is bought again: first
all records in question go out of the way into `kept/`, then each comes back under its new name.
Without a seed two takes have equal requests and different pictures, and none takes another's place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline.rendering.decision import must_be_kept
from pipeline.rendering.digest import differences
from pipeline.rendering.kept import is_worth_having
from pipeline.rendering.steps import Action

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.rendering.decision import Decision
    from pipeline.rendering.records import Record
    from pipeline.rendering.steps import Step, Wanted


@dataclass(frozen=True, slots=True)
class _Claim:
    """A take that finds what it asks for under another one's name. A `step` that skips is for a
    task that another provider has: it stays where it is, and nothing is bought beside it.
    """

    wanted: Wanted
    source: str
    step: Step


@dataclass(frozen=True, slots=True)
class Regrouped:
    """`steps` are those of the takes that find their clip at another one, by their keys; `gone` are
    the names whose records go elsewhere. `away` are the moves that come before all of them, and
    `collects` the steps for tasks that gave way.
    """

    steps: Mapping[str, Step] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    away: tuple[tuple[str, str], ...] = ()
    collects: tuple[Step, ...] = ()

    def in_front_of(self, decided: Mapping[str, list[Step]]) -> None:
        """Put what comes before all of them before the first step of the shot that moves things at
        once; a render does so only when its turn comes.
        """
        if not self.steps:
            return
        for steps in decided.values():
            for at, step in enumerate(steps):
                if step.action not in {Action.SKIP, Action.RENDER}:
                    steps[at] = replace(step, moves=(*self.away, *step.moves))
                    steps[at + 1 : at + 1] = self.collects
                    return


def regrouped(
    wants: Sequence[Wanted], records: Mapping[str, Record], decision: Decision
) -> Regrouped:
    """Who takes whose place in a shot. `records` are those of the shot alone, by take key."""
    found = list(_claims(wants, records, decision))
    claims = [claim for claim in found if claim.step.action is not Action.SKIP]
    gone = frozenset(claim.source for claim in claims)
    kept = {name: decision.free_name(records[name]) for name in sorted(gone)}
    away = list(kept.items())
    collects: list[Step] = []
    for claim in claims:
        key = claim.wanted.take.key
        own = records.get(key)
        if own is not None and key not in gone and must_be_kept(own):
            name = decision.free_name(own)
            away.append((key, name))
            collects += decision.collected(name, own)
    steps = {claim.wanted.take.key: claim.step for claim in found}
    steps |= {
        claim.wanted.take.key: replace(
            claim.step, moves=((kept[claim.source], claim.wanted.take.key),)
        )
        for claim in claims
    }
    return Regrouped(steps, gone, tuple(away), tuple(collects))


def _claims(
    wants: Sequence[Wanted], records: Mapping[str, Record], decision: Decision
) -> Iterator[_Claim]:
    asked = {wanted.take.key: wanted for wanted in wants}
    worth = {
        name: record
        for name, record in records.items()
        if is_worth_having(record, decision.size)
        and not (name in asked and record.is_for(asked[name].digest))
    }
    free = {record.accepted: name for name, record in worth.items()}
    free |= {record.digest: name for name, record in worth.items()}
    used: set[str] = set()
    for wanted in wants:
        key = wanted.take.key
        source = free.get(wanted.digest)
        own = records.get(key)
        at_home = own is not None and own.is_for(wanted.digest)
        if source is None or source in used or at_home or "seed" not in wanted.fields:
            continue
        used.add(source)
        news = "new" if own is None else ", ".join(differences(own.request, wanted.fields))
        step = decision.taken_over(wanted, source, f"{news}; rendered before, as {source}")
        yield _Claim(wanted, source, step)
