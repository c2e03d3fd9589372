"""Which camera moves a prompt asks for, in English, Chinese, Japanese and Korean."""

from __future__ import annotations

import re
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


# "Slow zoom into a bowl", "zooms slowly in on": one word may stand between verb and direction.
_GAP = (
    r"(?:[ -]+(?:slow|slowly|gently|fast|quickly|steadily|smoothly|shot|camera|then))?"
    r"[ -]+(?:to[ ]the[ ])?"
)
_SIDEWAYS = r"(?:pan(?:s|ning)?|whip[ ]pan|swing(?:s|ing)?)"
_TRAVEL = r"(?:track(?:s|ing)?|truck(?:s|ing)?|doll(?:y|ies|ying)|slid(?:e|es|ing))"
_RISE = r"(?:crane|boom|jib|pedestal)(?:s|ing)?"
# In this order: what one pattern has matched is taken out before the next one looks, so the
# words without a direction ("pan", "crane", "tracking") come after those with one. Spaces are
# spelt `[ ]`, as the patterns are verbose ones.
_PATTERNS: Mapping[Move, str] = {
    Move.ZOOM_OUT: rf"""
        \bzoom(?:s|ing|ed)?{_GAP}(?:out|away|back)\b
        | ズームアウト | 缩小 | 拉远 | 줌\s*아웃""",
    Move.ZOOM_IN: r"""
        \b(?:crash[ ]|whip[ ]|snap[ ])?zoom(?:s|ing|ed)?\b
        | ズーム(?:イン)? | 推近 | 放大 | 줌\s*인?""",
    Move.PULL_BACK: rf"""
        \b(?:pull(?:s|ing)?|doll(?:y|ies|ying)|track(?:s|ing)?|camera[ ]moves){_GAP}
        (?:back|out|away|backwards?)\b
        | \bpullback\b | \breveal(?:s|ing)?[ ]shot\b
        | 拉镜 | 后拉 | 拉出 | ドリーアウト | 引きの | 풀\s*백 | 달리\s*아웃""",
    Move.PUSH_IN: rf"""
        \b(?:push(?:es|ing)?|doll(?:y|ies|ying)|track(?:s|ing)?|mov(?:e|es|ing)|creep(?:s|ing)?
        |glid(?:e|es|ing)|fl(?:y|ies|ying)){_GAP}
        (?:in|into|inwards?|forwards?|closer|towards?|through)\b
        | \bdolly(?:[ ]shot)?\b(?![ ](?:to[ ]the[ ])?(?:left|right))
        | 推镜 | 推进 | 前推 | 推入 | 缓推 | 慢推 | 推向
        | ドリー(?:イン)? | 寄り | 푸시\s*인 | 달리""",
    Move.PAN_LEFT: rf"""
        \b{_SIDEWAYS}{_GAP}left\b
        | 左摇 | 向左横摇 | 向左平移 | 左(?:へ|に)?パン | 왼쪽으로\s*팬""",
    Move.TILT_UP: rf"""
        \btilt(?:s|ing)?{_GAP}(?:up|upwards?)\b
        | 上摇 | 仰摇 | ティルトアップ | 틸트\s*업""",
    Move.TILT_DOWN: rf"""
        \btilt(?:s|ing)?{_GAP}(?:down|downwards?)\b
        | 下摇 | 俯摇 | ティルトダウン | 틸트\s*다운""",
    Move.CRANE_DOWN: rf"""
        \b(?:{_RISE}|descend(?:s|ing)?){_GAP}(?:down|downwards?)\b
        | 降镜 | クレーンダウン | 크레인\s*다운""",
    Move.ORBIT: r"""
        \b(?:orbit(?:s|ing|al)?|arc[ ]shot|circl(?:e|es|ing)[ ](?:around|the)|360)\b
        | 环绕 | 環绕 | 旋转镜头 | 回り込 | オービット | 周回 | 오빗 | 궤도""",
    Move.TRACK_LEFT: rf"\b{_TRAVEL}{_GAP}left\b | 向左跟 | 左移 | 左へ移動",
    Move.AERIAL: r"""
        \b(?:aerial|drone|fpv|fly-?over|bird'?s[- ]eye|helicopter[ ]shot)\b
        | 航拍 | 无人机 | 俯拍 | 俯瞰 | 空撮 | ドローン | 鳥瞰 | 드론 | 항공""",
    Move.HANDHELD: r"\bhand[ -]?held\b | \bshaky\b | 手持 | 手ブレ | 핸드헬드",
    Move.STATIC: r"""
        \b(?:static|locked?[- ]?(?:off|down)|fixed[ ](?:camera|shot|frame)|tripod
        |still[ ](?:camera|shot)|no[ ]camera[ ]movement)\b
        | 固定镜头 | 固定机位 | 静止镜头 | 定镜 | 固定カメラ | 固定ショット | フィックス | 고정""",
    Move.PAN_RIGHT: r"""
        \bpan(?:s|ning)?(?:[ ](?:shot|across|over|to[ ]the[ ]right|right))?\b | \bwhip[ -]pan\b
        | 右摇 | 横摇 | 摇镜 | 右パン | パン(?![ァ-ヺダツク屋をのがとケ]) | 패닝 | 팬\s*샷""",
    Move.CRANE_UP: rf"""
        \b{_RISE}(?:{_GAP}(?:up|upwards?|shot))\b
        | 升镜 | 升起镜头 | クレーン(?:アップ|ショット) | 크레인""",
    Move.TRACK_RIGHT: rf"""
        \btracking(?:[ ](?:shot|along|right))?\b | \btracks?[ ](?:right|along|alongside|with)\b
        | \b{_TRAVEL}{_GAP}(?:right|along|past)\b
        | \b(?:follow(?:s|ing)?(?:[ ]shot)?|steadicam|side-?scroll(?:ing)?)\b
        | 跟拍 | 跟镜 | 跟随 | 移镜 | 平移 | 右移
        | トラッキング | 追いかけ | 追う | フォロー | 트래킹 | 따라""",
}
_TOWARDS = re.compile(
    r"\b(?:from )?(?:the )?(?:left|right|top|bottom) to (?:the )?(?P<to>left|right|top|bottom)\b"
)
_GOES = {"top": "up", "bottom": "down"}
_SLOW = r"""
    \b(?:slow|slowly|gentle|gently|subtle|subtly|gradual|gradually|creeping)\b
    | 缓 | 慢 | ゆっくり | 緩 | 천천히 | 느린"""
_FAST = r"""
    \b(?:fast|quick|quickly|rapid|rapidly|crash|whip|dramatic|swift|sweeping)\b
    | 快速 | 急 | 素早 | 速い | 高速 | 빠르 | 빠른"""


@cache
def _compiled() -> tuple[tuple[Move, re.Pattern[str]], ...]:
    return tuple((move, re.compile(text, re.VERBOSE)) for move, text in _PATTERNS.items())


def moves_in(prompt: str) -> tuple[Move, ...]:
    """The moves that a prompt asks for, in its order, or a gentle drift.

    The prompt is one that `words.plain` has prepared.
    """
    found: dict[Move, int] = {}
    rest = _TOWARDS.sub(lambda hit: _GOES.get(hit.group("to"), hit.group("to")), prompt)
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
    """How far the moves go: less in a slow prompt, more in a fast one; 1 if it doesn't say."""
    if re.search(_SLOW, prompt, re.VERBOSE):
        return 0.65
    return 1.45 if re.search(_FAST, prompt, re.VERBOSE) else 1.0
