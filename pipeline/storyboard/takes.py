"""Which takes a shot has in a pass, and with which seeds. Pure.

`takes`, `seed` and `seeds` may stand in several layers (defaults, shot, pass, the shot's own words
for the pass), the nearer ones winning. A seed makes the takes `seed`, `seed + 1`, …; a list of
seeds is a take each; without either the takes differ by their number only.

`animatic` and `draft` render every take. Any other pass is for what was chosen among those: it
renders the picked take's seed, or as many takes as it says itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.storyboard.layers import Layer

TAKE_FIELDS: Final = frozenset({"takes", "seeds"})
"""Fields that say how many requests there are, and are no part of one."""

_OWN: Final = TAKE_FIELDS | {"seed"}


class TakesError(ValueError):
    """Takes and seeds that don't go together; the text is the whole message."""

    def __init__(self, layer: Layer, field: str, message: str) -> None:
        super().__init__(message)
        self.layer = layer
        self.field = field


@dataclass(frozen=True, slots=True)
class Choice:
    """The takes of a shot in one pass: a seed each, None for a take that has none.

    `picked` is the number of the circled one. `undecided`: so many takes were made, and this pass
    renders one that is not picked yet; then there are no seeds. `origin`: this pass renders that
    take of the board's own pass, and no other.
    """

    seeds: tuple[int | None, ...]
    picked: int | None = None
    undecided: int = 0
    origin: int | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What the layers so far say together; `seeds` and `seed` never stand side by side."""

    seeds: tuple[int, ...] | None = None
    seed: int | None = None
    takes: int | None = None


def drafted(layers: Iterable[Layer], pick: int | None) -> Choice:
    """The takes of the board's own pass; `layers` begin with the farthest. Raises `TakesError`."""
    return Choice(_seeds(_said(layers, _Said())), pick)


def promoted(
    base: Iterable[Layer], own: Iterable[Layer], pick: int | None, own_pick: int | None
) -> Choice:
    """The takes of a pass that goes on from the board's own.

    `own` are the layers of the pass, `base` the board's. Raises `TakesError`.
    """
    said, own = _said(base, _Said()), tuple(own)
    seeds = _seeds(said)
    has_own = not all(_OWN.isdisjoint(layer.values) for layer in own)
    if pick is not None:
        seed = seeds[min(pick, len(seeds)) - 1]
        chosen = _seeds(_said(own, _Said(seed=seed)))
        return Choice(chosen, own_pick or 1, origin=None if has_own else pick)
    if len(seeds) > 1 and not has_own:
        return Choice((), undecided=len(seeds))
    return Choice(_seeds(_said(own, said)), own_pick)


def _said(layers: Iterable[Layer], begin: _Said) -> _Said:
    said = begin
    for layer in layers:
        values = layer.values
        if _OWN.isdisjoint(values):
            continue
        seeds, takes = values.get("seeds"), _whole(values.get("takes"))
        if seeds is not None and values.get("seed") is not None:
            raise TakesError(layer, "seeds", "seed stands beside it; write one of the two")
        if seeds is not None and takes is not None and takes != len(seeds):
            there = f"there {'is 1 seed' if len(seeds) == 1 else f'are {len(seeds)} seeds'}"
            raise TakesError(layer, "takes", f"{takes} takes, and {there}; leave takes out")
        if "seeds" in values:
            said = _Said(seeds=None if seeds is None else tuple(map(int, seeds)))
        if "seed" in values:
            seed = _whole(values["seed"])
            said = _Said(said.seeds if seed is None else None, seed, said.takes)
        if "takes" in values:
            said = _Said(said.seeds, said.seed, takes)
        if said.seeds is not None and (said.takes or 0) > len(said.seeds):
            message = (
                f"{said.takes} takes are asked for, and there are {len(said.seeds)} seeds; "
                "write more seeds, or fewer takes"
            )
            raise TakesError(layer, "takes" if "takes" in values else "seeds", message)
    return said


def _seeds(said: _Said) -> tuple[int | None, ...]:
    if said.seeds is not None:
        return said.seeds[: said.takes]
    count = said.takes or 1
    if said.seed is None:
        return (None,) * count
    return tuple(range(said.seed, said.seed + count))


def _whole(value: float | None) -> int | None:
    """Where a schema allows an integer, 7.0 is one, too."""
    return None if value is None else int(value)
