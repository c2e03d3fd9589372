"""Checks which takes each shot has: counts, seeds, picks, in every pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.storyboard.boards import BUILT_IN_PASSES
from pipeline.storyboard.choosing import choice, layers
from pipeline.storyboard.messages import MAX_SEED
from pipeline.storyboard.takes import TAKE_FIELDS, TakesError

if TYPE_CHECKING:
    from pipeline.storyboard.boards import Board, BoardReader
    from pipeline.storyboard.layers import Layer, Shot
    from pipeline.storyboard.takes import Choice


class TakeReader:
    """Goes through one board's shots."""

    def __init__(self, board: Board, reader: BoardReader) -> None:
        self._board = board
        self._reader = reader

    def check(self) -> set[str]:
        """Notes what is wrong, each where it stands; answers with the shots whose takes can't be
        known for it, by their ids.
        """
        board = self._board
        shared = [board.defaults, *board.passes.values()]
        fit = self._are_fit(shared)
        everywhere = any(TAKE_FIELDS & layer.values.keys() for layer in shared)
        unknown: set[str] = set()
        for shot in board.shots:
            own = [shot.layer, *shot.passes.values()]
            said = shot.picked or any(TAKE_FIELDS & layer.values.keys() for layer in own)
            picks = any("pick" in layer.values for layer in shot.passes.values())
            if not (everywhere or said or picks):
                continue
            if self._are_fit(own) and fit:
                self._check_shot(shot)
            else:
                unknown.add(shot.id)
        return unknown

    def _are_fit(self, layers: list[Layer]) -> bool:
        """Whether the layers' own words on takes can be used at all; each is judged."""
        return False not in [self._is_fit(layer) for layer in layers]

    def _is_fit(self, layer: Layer) -> bool:
        fit = True
        for field in ("takes", "seeds", "pick"):
            if layer.values.get(field) is not None:
                fit = self._reader.check_value(layer, field) and fit
        seed: Any = layer.values.get("seed")
        return fit and (seed is None or (isinstance(seed, int) and 0 <= seed <= MAX_SEED))

    def _check_shot(self, shot: Shot) -> None:
        base = self._choice(shot, "draft")
        if base is None:
            return
        if shot.picked is not None and shot.pick is not None and shot.pick > len(base.seeds):
            shot.picked[0].note(shot.picked[1], _too_high(shot.pick, len(base.seeds)))
        for name in self._board.pass_names:
            found = self._choice(shot, name)
            own = shot.passes.get(name)
            pick = own.values.get("pick") if own is not None else None
            if found is not None and own is not None and pick is not None:
                if name not in BUILT_IN_PASSES and found.undecided:
                    own.note("pick", f"pass {name} has no takes yet to pick from; remove it")
                elif pick > len(found.seeds):
                    own.note("pick", _too_high(pick, len(found.seeds)))

    def _choice(self, shot: Shot, pass_name: str) -> Choice | None:
        try:
            found = choice(self._board, shot, pass_name)
        except TakesError as error:
            of_shot = error.layer in [shot.layer, *shot.passes.values()]
            context = "" if of_shot else f" (in shot {shot.id or shot.layer.path})"
            error.layer.note(error.field, f"{error}{context}")
            return None
        highest = max((seed for seed in found.seeds if seed is not None), default=0)
        if highest > MAX_SEED:
            message = f"with {len(found.seeds)} takes the seed goes to {highest}, over {MAX_SEED}"
            for layer in layers(self._board, shot, pass_name):
                for field in {"seed", "seeds"} & layer.values.keys():
                    layer.note(field, message)
        return found


def _too_high(pick: int, takes: int) -> str:
    there = "1 take" if takes == 1 else f"{takes} takes"
    return f"take {pick} is picked, and the shot has {there}; pick one of those, or raise takes"
