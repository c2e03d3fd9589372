"""The passes of a board side by side: what is drafted, what is picked, what is final. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.rendering.records import Clip, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.rendering.plan import Planner
    from pipeline.rendering.records import Record
    from pipeline.storyboard.shots import Storyboard


@dataclass(frozen=True, slots=True)
class PassView:
    """One pass of a board as it stands."""

    board: Storyboard
    planner: Planner
    records: Mapping[str, Record]


@dataclass(slots=True)
class Standing:
    """How a shot stands in one pass: of `asked` takes so many are `current`, the others `behind`.

    `behind` counts by what they are: `changed` since they were rendered, `to fetch` as their clip
    is gone, `failed`, `blocked`, `cancelled`, `pending`, or `missing`. `undecided`: so many takes,
    and none is picked.
    """

    asked: int = 0
    current: int = 0
    behind: Counter[str] = field(default_factory=Counter)
    undecided: int = 0


@dataclass(slots=True)
class ShotRow:
    """A shot in all passes, by their names; `pick` is the number of the circled take."""

    shot: str
    pick: int | None = None
    passes: dict[str, Standing] = field(default_factory=dict)


def compare(views: Iterable[PassView]) -> list[ShotRow]:
    """A row a shot, in cutting order."""
    rows: dict[str, ShotRow] = {}
    for view in views:
        name = view.board.pass_name
        for take in view.board.takes:
            row = rows.setdefault(take.shot, ShotRow(take.shot, view.board.picks.get(take.shot)))
            standing = row.passes.setdefault(name, Standing())
            standing.asked += 1
            if isinstance(view.planner.current(take.key), Clip):
                standing.current += 1
            else:
                standing.behind[_word(view, take.key)] += 1
        for each in view.board.undecided:
            row = rows.setdefault(each.shot, ShotRow(each.shot))
            row.passes[name] = Standing(undecided=each.takes)
    return list(rows.values())


def _word(view: PassView, key: str) -> str:
    record, wanted = view.records.get(key), view.planner.known(key)
    if record is None:
        return "missing"
    if record.status is not Status.COMPLETED:
        return record.status.value
    return "to fetch" if wanted is not None and record.is_for(wanted.digest) else "changed"
