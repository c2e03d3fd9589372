"""The camera: which moves a prompt asks for, and where each depth lies in each frame.

Pure arithmetic. The scene is measured in frame pixels: (0, 0) is the frame's upper left corner
when the camera is at rest. A depth goes from 0 (the sky) to 1 (an arm's length away). All moves
keep the picture upright, so that a layer's way to the screen is one scale and one shift.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Move(StrEnum):
    """A camera move; its value is what the titles call it."""

    ZOOM_IN = "zoom in"
    ZOOM_OUT = "zoom out"
    PUSH_IN = "push in"
    PULL_BACK = "pull back"
    PAN_LEFT = "pan left"
    PAN_RIGHT = "pan right"
    TILT_UP = "tilt up"
    TILT_DOWN = "tilt down"
    TRACK_LEFT = "track left"
    TRACK_RIGHT = "track right"
    ORBIT = "orbit"
    CRANE_UP = "crane up"
    CRANE_DOWN = "crane down"
    AERIAL = "aerial"
    HANDHELD = "handheld"
    STATIC = "static"
    DRIFT = "drift"


# The order matters: what one pattern has matched is taken out before the next one looks.
# "slow zoom into a bowl" and "zooms slowly in on" allow one word between verb and direction.
_GAP = r"(?:[ -]+(?:slow|slowly|gently|fast|quickly|steadily|smoothly|shot|camera|then))?[ -]+"
_PATTERNS: Mapping[Move, str] = {
    Move.ZOOM_OUT: rf"\bzoom(?:s|ing|ed)?{_GAP}(?:out|away|back)\b|ズームアウト|缩小|拉远|줌\s*아웃",
    Move.ZOOM_IN: r"\b(?:crash |whip |snap )?zoom(?:s|ing|ed)?\b|ズームイン|ズーム|推近|放大|줌\s*인?",
    Move.PULL_BACK: rf"\b(?:pull(?:s|ing)?|doll(?:y|ies|ying)|track(?:s|ing)?|camera moves)"
    rf"{_GAP}(?:back|out|away|backwards?)\b|\bpullback\b|\breveal(?:s|ing)? shot\b"
    r"|拉镜|拉镜头|后拉|拉出|ドリーアウト|引きの|풀\s*백|달리\s*아웃",
    Move.PUSH_IN: rf"\b(?:push(?:es|ing)?|doll(?:y|ies|ying)|track(?:s|ing)?|mov(?:e|es|ing)|"
    rf"creep(?:s|ing)?|glid(?:e|es|ing)|fl(?:y|ies|ying))"
    rf"{_GAP}(?:in|into|inwards?|forwards?|closer|towards?|through)\b"
    r"|\bdolly(?: shot)?\b(?! left| right)|推镜|推进|前推|推入|缓推|慢推|推向|ドリーイン|ドリー"
    r"|寄り|前進|푸시\s*인|달리",
    Move.PAN_LEFT: rf"\b(?:pan(?:s|ning)?|whip pan|swing(?:s|ing)?){_GAP}(?:to the )?left\b"
    r"|左摇|向左摇|向左横摇|向左平移|左パン|左へパン|左にパン|왼쪽으로\s*팬",
    Move.PAN_RIGHT: r"\bpan(?:s|ning)?(?: shot| across| over| to the right| right)?\b|\bwhip[ -]pan\b"
    r"|右摇|横摇|摇镜|右パン|パン(?!ダ|ツ|ク|屋|を|の|が|と|ケ)|패닝|팬\s*샷",
    Move.TILT_UP: rf"\btilt(?:s|ing)?{_GAP}(?:up|upwards?)\b|上摇|仰摇|ティルトアップ|틸트\s*업",
    Move.TILT_DOWN: rf"\btilt(?:s|ing)?{_GAP}(?:down|downwards?)\b|下摇|俯摇|ティルトダウン"
    r"|틸트\s*다운",
    Move.CRANE_UP: rf"\b(?:crane|boom|jib|pedestal)(?:s|ing)?(?:{_GAP}(?:up|upwards?|shot))?\b"
    r"(?! down| arm)|升镜|升起镜头|クレーンアップ|クレーンショット|크레인(?!\s*다운)",
    Move.CRANE_DOWN: rf"\b(?:crane|boom|jib|pedestal|descend)(?:s|ing)?{_GAP}(?:down|downwards?)\b"
    r"|降镜|クレーンダウン|크레인\s*다운",
    Move.ORBIT: r"\b(?:orbit(?:s|ing|al)?|arc shot|circl(?:e|es|ing) (?:around|the)|360)\b"
    r"|环绕|旋转镜头|環绕|回り込|オービット|周回|오빗|궤도",
    Move.TRACK_LEFT: rf"\b(?:track(?:s|ing)?|truck(?:s|ing)?|doll(?:y|ies|ying)|slid(?:e|es|ing))"
    rf"{_GAP}(?:to the )?left\b|向左跟|左移|左へ移動",
    Move.TRACK_RIGHT: r"\btracking(?: shot| along| right)?\b|\btracks? (?:right|along|alongside|with)\b"
    r"|\btruck(?:s|ing)? right\b|\bdolly right\b|\bslid(?:e|es|ing) (?:right|along|past)\b"
    r"|\b(?:follow(?:s|ing)?(?: shot)?|steadicam|side-?scroll(?:ing)?)\b"
    r"|跟拍|跟镜|跟随|移镜|平移|右移|トラッキング|追いかけ|追う|フォロー|트래킹|따라",
    Move.AERIAL: r"\b(?:aerial|drone|fpv|fly-?over|flyover|bird'?s[- ]eye|helicopter shot)\b"
    r"|航拍|无人机|俯拍|俯瞰|空撮|ドローン|鳥瞰|드론|항공",
    Move.HANDHELD: r"\bhand-?held\b|\bshaky\b|\bhand held\b|手持|手持ち|手ブレ|핸드헬드",
    Move.STATIC: r"\b(?:static|locked?[- ]?(?:off|down)|fixed (?:camera|shot|frame)|tripod|"
    r"still (?:camera|shot)|no camera movement)\b|固定镜头|固定机位|静止镜头|定镜|固定カメラ"
    r"|固定ショット|フィックス|고정",
}
_SLOW = r"\b(?:slow|slowly|gentle|gently|subtle|subtly|gradual|gradually|creeping)\b|缓|慢|ゆっくり|緩|천천히|느린"
_FAST = r"\b(?:fast|quick|quickly|rapid|rapidly|crash|whip|dramatic|swift|sweeping)\b|快速|急|素早|速い|高速|빠르|빠른"


@cache
def _compiled() -> tuple[tuple[Move, re.Pattern[str]], ...]:
    order = list(_PATTERNS)
    # The undirected words ("pan", "crane", "tracking") come after the directed ones.
    order.sort(key=lambda move: move in {Move.PAN_RIGHT, Move.CRANE_UP, Move.TRACK_RIGHT})
    return tuple((move, re.compile(_PATTERNS[move])) for move in order)


def moves_in(prompt: str) -> tuple[Move, ...]:
    """The moves that a lower-case prompt asks for, or a gentle drift."""
    found: dict[Move, int] = {}
    rest = prompt
    for move, pattern in _compiled():
        match = pattern.search(rest)
        if match:
            found[move] = match.start()
            rest = pattern.sub(lambda hit: " " * len(hit.group()), rest)
    if Move.STATIC in found and Move.HANDHELD not in found:
        return (Move.STATIC,)
    found.pop(Move.STATIC, None)
    return tuple(sorted(found, key=lambda move: found[move])) or (Move.DRIFT,)


def pace_in(prompt: str) -> float:
    """How far the moves go: 0.6 for a slow prompt, 1.5 for a fast one, else 1."""
    if re.search(_SLOW, prompt):
        return 0.65
    return 1.45 if re.search(_FAST, prompt) else 1.0


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
        return Placement(scale, -right * self.width * scale, up * self.height * scale)

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
    match move:
        case Move.ZOOM_IN | Move.ZOOM_OUT:
            return {"zoom": _REACH["zoom"] * reach * _forth(eased, move is Move.ZOOM_IN)}
        case Move.PUSH_IN | Move.PULL_BACK:
            return {"push": _REACH["push"] * reach * _forth(eased, move is Move.PUSH_IN)}
        case Move.PAN_LEFT | Move.PAN_RIGHT:
            return {"pan": _REACH["pan"] * swing * (-1 if move is Move.PAN_LEFT else 1)}
        case Move.TILT_UP | Move.TILT_DOWN:
            return {"tilt": _REACH["tilt"] * swing * (-1 if move is Move.TILT_DOWN else 1)}
        case Move.TRACK_LEFT | Move.TRACK_RIGHT:
            return {"truck": _REACH["truck"] * swing * (-1 if move is Move.TRACK_LEFT else 1)}
        case Move.CRANE_UP | Move.CRANE_DOWN:
            return {"crane": _REACH["crane"] * swing * (-1 if move is Move.CRANE_DOWN else 1)}
        case Move.ORBIT:
            return {"orbit": _REACH["orbit"] * swing * way, "push": 0.05 * reach * eased}
        case Move.AERIAL:
            return {
                "push": 0.20 * reach * eased,
                "crane": 0.07 * swing,
                "truck": 0.07 * swing * way,
            }
        case Move.DRIFT:
            return {"push": 0.06 * reach * eased, "truck": 0.045 * swing * way}
        case _:
            return {}


def _forth(eased: float, forward: bool) -> float:
    return eased if forward else 1 - eased


def _tremble(seconds: float, phase: float) -> float:
    """Smooth noise in -1 … 1: a few slow sines that never fall into step."""
    turn = phase * 2 * math.pi
    return (
        0.55 * math.sin(2.1 * seconds + turn)
        + 0.30 * math.sin(4.7 * seconds + 2.3 * turn + 1.1)
        + 0.15 * math.sin(9.3 * seconds + 3.7 * turn + 2.9)
    )
