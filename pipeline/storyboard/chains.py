"""Shots that begin where another one ends: `init_image: {shot: zoom, frame: last}`.

Which frame is meant is worked out a pass at a time; that no shot waits for itself is seen over all
passes together, as one may begin with a frame of another pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard.boards import ANIMATIC, unknown_shot
from pipeline.storyboard.choosing import choice, nearest
from pipeline.storyboard.keys import INIT_IMAGE
from pipeline.storyboard.layers import Layer
from pipeline.storyboard.messages import shown
from pipeline.storyboard.names import did_you_mean, listed
from pipeline.storyboard.places import Map
from pipeline.storyboard.shots import FrameOf
from pipeline.storyboard.takes import TakesError
from pipeline.storyboard.timecode import canonical_frame, frame_seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pipeline.storyboard.boards import Board, BoardReader
    from pipeline.storyboard.layers import Shot

Node = tuple[str, str]
"""Pass and shot."""

_DEFAULT_FRAME: Final = "last"


def frame_of(board: Board, by_id: dict[str, Shot], asked: Map, pass_name: str) -> FrameOf:
    """The frame that a well-formed `init_image` names, for the pass that is rendered.

    In the animatic everything is drawn: its frames are its own, whatever pass is named. Raises
    `TakesError` where the other shot's takes don't go together.
    """
    source = pass_name if pass_name == ANIMATIC else asked.get("pass") or pass_name
    shot = by_id[asked["shot"]]
    number = asked.get("take")
    if number is None:
        found = choice(board, shot, source)
        several = len(found.seeds) != 1 and source != ANIMATIC
        number = found.picked or (None if several else 1)
    frame = canonical_frame(asked.get("frame", _DEFAULT_FRAME))
    return FrameOf(source, shot.id, number, frame)


class ChainReader:
    """Checks the frames that shots begin with, once all shots are read."""

    def __init__(self, board: Board, reader: BoardReader) -> None:
        self._board = board
        self._reader = reader
        self._by_id = {shot.id: shot for shot in board.shots if shot.id}
        self._edges: dict[Node, tuple[Node, Layer]] = {}
        self._judged: dict[tuple[str, Any], bool] = {}

    def add(self, shot: Shot, pass_name: str, layer: Layer) -> None:
        """Check the frame that `shot` begins with in a pass; `layer` is who says so."""
        asked = Layer(layer.path_of("init_image"), layer.values["init_image"], layer.findings)
        if not self._is_well_formed(asked):
            return
        try:
            found = frame_of(self._board, self._by_id, asked.values, pass_name)
            other = choice(self._board, self._by_id[found.shot], found.pass_name)
        except TakesError:
            return  # noted where it stands
        number = asked.values.get("take")
        if number is not None and not other.undecided and number > len(other.seeds):
            self._note_take(asked, found, len(other.seeds))
        elif other.undecided and number is not None:
            message = (
                f"pass {found.pass_name} renders the picked take of {found.shot}, and none is "
                "picked; leave take out, or name another pass"
            )
            asked.note("take", message)
        self._check_time(asked, found)
        if shot.id:
            self._edges[pass_name, shot.id] = ((found.pass_name, found.shot), asked)

    def note_circles(self) -> None:
        """Note every circle of shots that wait for each other, once."""
        done: set[Node] = set()
        for start in self._edges:
            path: dict[Node, None] = {}
            node = start
            while node in self._edges and node not in done and node not in path:
                path[node] = None
                node = self._edges[node][0]
            if node in path:
                self._note_circle([*path][[*path].index(node) :])
            done.update(path)

    def _note_circle(self, circle: list[Node]) -> None:
        first = min(circle, key=lambda node: self._edges[node][1].values.place)
        turn = circle.index(first)
        circle = circle[turn:] + circle[:turn]
        passes = {pass_name for pass_name, _shot in circle}
        names = [
            shot if len(passes) == 1 else f"{shot} ({pass_name})"
            for pass_name, shot in [*circle, circle[0]]
        ]
        told = (
            f"{names[0]} would begin with a frame of its own clip"
            if len(circle) == 1
            else f"these wait for each other: {' ← '.join(names)}"
        )
        asked = self._edges[first][1]
        asked.note("shot", f"{told}; one shot has to begin without the others")

    def _is_well_formed(self, asked: Layer) -> bool:
        spot = (asked.findings.file, asked.values.place)
        if spot not in self._judged:
            self._judged[spot] = all([*self._judge(asked)])
        return self._judged[spot]

    def _judge(self, asked: Layer) -> Iterator[bool]:
        """Whether each part of it is fit for use; what isn't is noted."""
        self._reader.check_keys(asked, INIT_IMAGE)
        values = asked.values
        if "shot" not in values:
            asked.note_lack("which shot's frame? Write it as in {shot: zoom, frame: last}")
            yield False
        else:
            yield self._is_known(asked, "shot", self._by_id)
        if "pass" in values:
            yield self._is_known(asked, "pass", self._board.pass_names)
        if "take" in values:
            yield self._reader.check_value(asked, "take", "pick")
        try:
            canonical_frame(values.get("frame", _DEFAULT_FRAME))
        except ValueError as error:
            asked.note("frame", str(error))
            yield False

    def _is_known(self, asked: Layer, key: str, known: Collection[str]) -> bool:
        name = asked.values[key]
        if isinstance(name, str) and name in known:
            return True
        if not isinstance(name, str):
            asked.note(key, f"{shown(name)} stands here; write the name of a {key}")
        elif key == "shot":
            asked.note(key, unknown_shot(name, list(known)))
        else:
            guess = did_you_mean(name, known) or f"; there are {listed(known)}"
            asked.note(key, f"the board has no pass {name}{guess}")
        return False

    def _note_take(self, asked: Layer, found: FrameOf, takes: int) -> None:
        has = "1 take" if takes == 1 else f"{takes} takes"
        why = ""
        if found.pass_name not in {"draft", ANIMATIC}:
            why = ", the picked one" if takes == 1 else ""
        message = f"{found.shot} has {has} in pass {found.pass_name}{why}; write another number"
        asked.note("take", f"{message}, or leave take out")

    def _check_time(self, asked: Layer, found: FrameOf) -> None:
        seconds = frame_seconds(found.frame)
        length = nearest(self._board, self._by_id[found.shot], found.pass_name, "duration")
        if seconds is not None and isinstance(length, int | float) and seconds >= length:
            where = f" in pass {found.pass_name}" if self._board.passes else ""
            asked.note(
                "frame", f"{found.shot} is {length:g} s long{where}; write an earlier time, or last"
            )


def is_frame(value: Any) -> bool:
    """Whether an `init_image` names a frame of another shot."""
    return isinstance(value, Map)
