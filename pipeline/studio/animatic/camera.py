"""The camera: where each depth of a scene lies in each frame.

Pure arithmetic. The scene is measured in frame pixels: (0, 0) is the frame's upper left corner
when the camera is at rest. A depth goes from 0 (the sky) to 1 (an arm's length away). All moves
keep the picture upright, so that a layer's way to the screen is one scale and one shift.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.studio.animatic.moves import Move


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the camera is in one frame; lengths in frame widths and heights, at rest all zero.

    Positive `pan` and `truck` look and go right, `tilt` and `crane` up, `push` forward.
    """

    zoom: float = 0.0
    push: float = 0.0
    pan: float = 0.0
    tilt: float = 0.0
    truck: float = 0.0
    crane: float = 0.0
    orbit: float = 0.0
    shake_x: float = 0.0
    shake_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Placement:
    """A depth's way to the screen: `screen = centre + scale * (scene - centre) + shift`."""

    scale: float
    shift_x: float
    shift_y: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the scene, in frame pixels."""

    left: float
    top: float
    right: float
    bottom: float


# How far a full move goes within a clip of four seconds.
_REACH = {
    "zoom": 0.30,
    "push": 0.34,
    "pan": 0.20,
    "tilt": 0.16,
    "truck": 0.26,
    "crane": 0.20,
    "orbit": 0.24,
}
_SWINGS = {
    Move.PAN_LEFT: ("pan", -1),
    Move.PAN_RIGHT: ("pan", 1),
    Move.TILT_DOWN: ("tilt", -1),
    Move.TILT_UP: ("tilt", 1),
    Move.TRACK_LEFT: ("truck", -1),
    Move.TRACK_RIGHT: ("truck", 1),
    Move.CRANE_DOWN: ("crane", -1),
    Move.CRANE_UP: ("crane", 1),
}
_WAYS_IN = {
    Move.ZOOM_IN: ("zoom", True),
    Move.ZOOM_OUT: ("zoom", False),
    Move.PUSH_IN: ("push", True),
    Move.PULL_BACK: ("push", False),
}


@dataclass(frozen=True)
class Camera:
    """The camera's way through a clip of `frames` frames of `width` × `height` pixels.

    `phase` (0 to 1) picks the drift's direction and the hand's tremble.
    """

    moves: tuple[Move, ...]
    pace: float
    frames: int
    width: int
    height: int
    phase: float = 0.0
    _boxes: dict[tuple[float, bool], Box] = field(default_factory=dict, repr=False, compare=False)

    @property
    def centre(self) -> tuple[float, float]:
        """The vanishing point: pushes go towards it."""
        return self.width / 2, self.height * 0.5

    def pose(self, frame: int) -> Pose:
        """The camera in one frame: the sum of all moves, eased in and out."""
        return self._poses[min(max(frame, 0), self.frames - 1)]

    @cached_property
    def _poses(self) -> tuple[Pose, ...]:
        return tuple(self._pose(frame) for frame in range(self.frames))

    def _pose(self, frame: int) -> Pose:
        last = max(self.frames - 1, 1)
        at = min(max(frame / last, 0.0), 1.0)
        eased = at * at * (3 - 2 * at)
        # Long clips travel further, but not in proportion: nobody plans a pan of five screens.
        reach = self.pace * min(1.35, max(0.6, math.sqrt(self.frames / 96)))
        total = dict.fromkeys(Pose.__dataclass_fields__, 0.0)
        for move in self.moves:
            for name, value in _offsets(move, eased, reach, self.phase).items():
                total[name] += value
        if Move.HANDHELD in self.moves:
            seconds = frame / 24
            total["shake_x"] += 0.011 * _tremble(seconds, self.phase)
            total["shake_y"] += 0.012 * _tremble(seconds, self.phase + 0.37)
            total["push"] += 0.012 * (1 + _tremble(seconds * 0.6, self.phase + 0.71))
        return Pose(**total)

    def place(self, frame: int, depth: float, *, followed: bool = False) -> Placement:
        """Where a depth lies in one frame; a followed layer keeps up with a tracking camera."""
        pose = self.pose(frame)
        scale = (1 + pose.zoom) * (1 + pose.push * (0.22 + 0.78 * depth))
        truck = 0.0 if followed else pose.truck
        right = (
            pose.pan * (0.62 + 0.38 * depth)
            + truck * (0.10 + 0.90 * depth)
            + pose.orbit * (depth - 0.55) * 1.5
            + pose.shake_x * (0.7 + 0.3 * depth)
        )
        up = (
            pose.tilt * (0.70 + 0.30 * depth)
            + pose.crane * (0.12 + 0.88 * depth)
            + pose.shake_y * (0.7 + 0.3 * depth)
        )
        # The picture goes the other way than the camera; screen rows count downwards.
        # The whole composition stands a little high: the titles lie below it.
        rise = 0.045 * self.height
        return Placement(scale, -right * self.width * scale, up * self.height * scale - rise)

    def bounds(self, depth: float, *, followed: bool = False) -> Box:
        """The part of a depth that comes into the frame at any time of the clip."""
        key = (depth, followed)
        if key not in self._boxes:
            self._boxes[key] = self._bounds(depth, followed=followed)
        return self._boxes[key]

    def _bounds(self, depth: float, *, followed: bool) -> Box:
        centre_x, centre_y = self.centre
        lefts, tops, rights, bottoms = [], [], [], []
        for frame in range(self.frames):
            place = self.place(frame, depth, followed=followed)
            lefts.append(centre_x + (0 - centre_x - place.shift_x) / place.scale)
            rights.append(centre_x + (self.width - centre_x - place.shift_x) / place.scale)
            tops.append(centre_y + (0 - centre_y - place.shift_y) / place.scale)
            bottoms.append(centre_y + (self.height - centre_y - place.shift_y) / place.scale)
        return Box(min(lefts), min(tops), max(rights), max(bottoms))


def _offsets(move: Move, eased: float, reach: float, phase: float) -> dict[str, float]:
    """What one move adds to the pose. Turns and slides swing around the rest position."""
    swing = (eased - 0.5) * reach
    way = 1.0 if phase < 0.5 else -1.0
    if move in _SWINGS:
        name, sign = _SWINGS[move]
        return {name: _REACH[name] * swing * sign}
    if move in _WAYS_IN:
        name, forward = _WAYS_IN[move]
        return {name: _REACH[name] * reach * (eased if forward else 1 - eased)}
    match move:
        case Move.ORBIT:
            return {"orbit": _REACH["orbit"] * swing * way, "push": 0.05 * reach * eased}
        case Move.AERIAL:
            aside = 0.07 * swing * way
            return {"push": 0.20 * reach * eased, "crane": 0.07 * swing, "truck": aside}
        case Move.DRIFT:
            return {"push": 0.06 * reach * eased, "truck": 0.045 * swing * way}
        case _:
            return {}


def _tremble(seconds: float, phase: float) -> float:
    """Smooth noise in -1 … 1: a few slow sines that never fall into step."""
    turn = phase * 2 * math.pi
    return (
        0.55 * math.sin(2.1 * seconds + turn)
        + 0.30 * math.sin(4.7 * seconds + 2.3 * turn + 1.1)
        + 0.15 * math.sin(9.3 * seconds + 3.7 * turn + 2.9)
    )
