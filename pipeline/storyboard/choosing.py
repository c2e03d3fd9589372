"""The layers of a shot in a pass, and which takes they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard.boards import BUILT_IN_PASSES
from pipeline.storyboard.takes import TAKE_FIELDS, Choice, drafted, promoted

if TYPE_CHECKING:
    from pipeline.storyboard.boards import Board
    from pipeline.storyboard.layers import Layer, Shot

_BASE: Final = "draft"
"""The pass whose takes are picked from."""


def layers(board: Board, shot: Shot, pass_name: str) -> list[Layer]:
    """Who says what about a shot in a pass, the farthest first."""
    whole = [board.defaults, shot.layer]
    if not (board.passes or shot.passes):
        return whole
    own = (board.passes.get(pass_name), shot.passes.get(pass_name))
    return [*whole, *(layer for layer in own if layer is not None)]


def nearest(board: Board, shot: Shot, pass_name: str, field: str) -> Any:
    """What a field of a shot is in a pass; None where nobody says."""
    for layer in reversed(layers(board, shot, pass_name)):
        if field in layer.values:
            return layer.values[field]
    return None


def choice(board: Board, shot: Shot, pass_name: str) -> Choice:
    """The takes of a shot in a pass. Raises `TakesError` where its layers don't go together."""
    whole = layers(board, shot, pass_name)
    own_pick = _own_pick(shot, pass_name)
    if pass_name in BUILT_IN_PASSES:
        return drafted(whole, own_pick or shot.pick)
    base = layers(board, shot, _BASE)
    if shot.pick is None and not any(TAKE_FIELDS & layer.values.keys() for layer in base):
        return drafted(whole, own_pick)  # one take, whose seed each layer may change
    return promoted(base, whole[2:], shot.pick, own_pick)


def _own_pick(shot: Shot, pass_name: str) -> int | None:
    layer = shot.passes.get(pass_name)
    pick = None if layer is None else layer.values.get("pick")
    return None if pick is None else int(pick)
