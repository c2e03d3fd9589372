"""Shots that begin where another one ends: `init_image: {shot: zoom, frame: last}`.

Which frame is meant is worked out a pass at a time; that no shot waits for itself is seen over all
passes together, as one may begin with a frame of another pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard.boards import ANIMATIC, BUILT_IN_PASSES, unknown_shot
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
    from collections.abc import Collection, Iterator, Mapping

    from pipeline.storyboard.boards import Board, BoardReader
    from pipeline.storyboard.layers import Shot
    from pipeline.storyboard.takes import Choice

Node = tuple[str, str]
"""Pass and shot."""

_DEFAULT_FRAME: Final = "last"
_CHANGES_MAX: Final = 20


def frame_of(board: Board, by_id: Mapping[str, Shot], asked: Map, pass_name: str) -> FrameOf:
    """The frame that a well-formed `init_image` names, for the pass that is rendered.

    In the animatic everything is drawn: its frames are its own, whatever pass is named. Where a
    pass renders the picked take alone, that is the one which has its number in the board's own.
    Raises `TakesError` where the other shot's takes don't go together.
    """
    source = pass_name if pass_name == ANIMATIC else asked.get("pass") or pass_name
    shot = by_id[asked["shot"]]
    found = choice(board, shot, source)
    number = None if asked.get("take") is None else int(asked["take"])
    if found.undecided:
        number = None
    elif number is None:
        several = len(found.seeds) > 1 and source != ANIMATIC
        number = found.picked or (None if several else 1)
    elif number == found.origin:
        number = 1
    frame = canonical_frame(asked.get("frame", _DEFAULT_FRAME))
    return FrameOf(source, shot.id, number, frame)


class ChainReader:
    """Checks the frames that shots begin with, once all shots are read."""

    def __init__(self, board: Board, reader: BoardReader, unknown: set[str]) -> None:
        """`unknown` are the shots whose takes can't be told, as something is wrong with them."""
        self._board = board
        self._reader = reader
        self._unknown = unknown
        self._by_id = {shot.id: shot for shot in board.shots if shot.id}
        self._edges: dict[Node, tuple[Node, Layer]] = {}
        self._changes: dict[Node, int] = {}
        """How often the chain that ends at a shot goes from one pass to another."""
        self._judged: dict[tuple[str, Any], bool] = {}
        self._noted: set[tuple[Any, ...]] = set()

    def add(self, shot: Shot, pass_name: str, layer: Layer) -> None:
        """Check the frame that `shot` begins with in a pass; `layer` is who says so."""
        asked = Layer(layer.path_of("init_image"), layer.values["init_image"], layer.findings)
        if not self._is_well_formed(asked) or asked.values["shot"] in self._unknown:
            return
        try:
            found = frame_of(self._board, self._by_id, asked.values, pass_name)
        except TakesError:
            return  # noted where it stands
        if asked.values.get("take") is not None:
            other = choice(self._board, self._by_id[found.shot], found.pass_name)
            if not other.undecided:
                self._check_take(asked, found, other)
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
            else:
                self._count_changes([*path])
            done.update(path)

    def _count_changes(self, path: list[Node]) -> None:
        """A plan goes from pass to pass one within the other, which has to have an end."""
        for node in reversed(path):
            before = self._edges[node][0]
            self._changes[node] = self._changes.get(before, 0) + (before[0] != node[0])
            if self._changes[node] == _CHANGES_MAX + 1:
                message = f"this chain goes from pass to pass more than {_CHANGES_MAX} times"
                self._edges[node][1].note("shot", f"{message}; end it earlier")

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
            asked.note_lack(
                "which shot's frame? Write it as in {shot: zoom, frame: last}; for a file or an "
                "https URL write its name alone"
            )
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
            if not self._board.lacks_shots:
                asked.note(key, unknown_shot(name, list(known)))
        else:
            guess = did_you_mean(name, known) or f"; there are {listed(known)}"
            asked.note(key, f"the board has no pass {name}{guess}")
        return False

    def _check_take(self, asked: Layer, found: FrameOf, other: Choice) -> None:
        number, takes = int(asked.values["take"]), len(other.seeds)
        if other.origin is not None and number != other.origin:
            message = (
                f"{found.shot} is rendered from its picked take, which is {other.origin}; "
                "pick that one, leave take out, or write `pass: draft`"
            )
        elif other.origin is None and number > takes:
            has = "1 take" if takes == 1 else f"{takes} takes"
            message = f"{found.shot} has {has}; write another number, or leave take out"
        else:
            return
        self._note(asked, "take", message, found.pass_name)

    def _check_time(self, asked: Layer, found: FrameOf) -> None:
        seconds = frame_seconds(found.frame)
        length = nearest(self._board, self._by_id[found.shot], found.pass_name, "duration")
        if seconds is not None and isinstance(length, int | float) and seconds >= length:
            message = f"{found.shot} is {length:g} s long; write an earlier time, or last"
            self._note(asked, "frame", message, found.pass_name)

    def _note(self, asked: Layer, key: str, message: str, pass_name: str) -> None:
        """Notes what is wrong in a pass; once, where it is so in the board's own already."""
        known = (*asked.spot(key), message)
        if known not in self._noted:
            self._noted.add(known)
            context = "" if pass_name in BUILT_IN_PASSES else f" (in pass {pass_name})"
            asked.note(key, message + context)


def is_frame(value: Any) -> bool:
    """Whether an `init_image` names a frame of another shot."""
    return isinstance(value, Map)
