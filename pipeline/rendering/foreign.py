"""What may stand in records: they are foreign input, committed, merged and edited by hand.

Names become paths, requests become prices and frames, times become ages: what can't be one must be
found out when it is read, and not when it is used. Each check gives the value back, in our types;
what is wrong raises `ValueError`, `TypeError` or `KeyError`, in words where Python has none.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.rendering.records import HISTORY_MAX, Attempt, Clip, Failure, Status
from pipeline.tasks_api.wire import TASK_ID

if TYPE_CHECKING:
    from collections.abc import Callable

_RENDER = re.compile(r"(kept/[0-9a-f]{12}(-[0-9]+)?|[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.t[0-9]+)?)")
_CLIP = re.compile(rf"({_RENDER.pattern})\.mp4")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ASPECT = re.compile(r"[1-9][0-9]{0,2}:[1-9][0-9]{0,2}")
_RESOLUTION = re.compile(r"[1-9][0-9]{1,4}p")
_SECONDS_MAX = 3600
_ATTEMPTS_MAX = 1_000_000
_CREDITS_MAX = 1e12
_NUMBER_MAX = 1e15


def render_name(name: Any) -> str:
    """The name of a record: a take's key, or `kept/<digest12>`."""
    return _fitting(_RENDER, name, "the name of a render")


def clip_path(path: Any) -> str:
    """A clip's path within its folder."""
    return _fitting(_CLIP, path, "the path of a clip")


def task_id(value: Any) -> str | None:
    """A task's id, or nothing: it goes into the paths of requests."""
    return None if value is None else _fitting(TASK_ID, value, "the id of a task")


def digest(text: Any) -> str:
    """sha256 in hex: names in `kept/` are cut from it."""
    return _fitting(_DIGEST, text, "a digest")


def text(value: Any) -> str:
    """Any text."""
    return str(_typed(value, str))


def optional_text(value: Any) -> str | None:
    """Any text, or nothing."""
    return None if value is None else text(value)


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} stands where it can't")
    return value


def attempt(value: Any) -> int:
    """A count, from 1."""
    count: int = _typed(value, int)
    if not 1 <= count <= _ATTEMPTS_MAX:
        raise ValueError("such an attempt can't be")
    return count


def time(value: Any) -> str | None:
    """RFC 3339 with its zone, or nothing."""
    said = optional_text(value)
    if said is not None and datetime.fromisoformat(said).tzinfo is None:
        raise ValueError(f"{said!r} has no time zone")
    return said


def credits(value: Any) -> float | None:
    """A sum of credits, or nothing."""
    amount: float | None = None if value is None else _number(value)
    if amount is not None and not 0 <= amount < _CREDITS_MAX:  # NaN, too
        raise ValueError("such a sum of credits can't be")
    return amount


def request(value: Any) -> dict[str, Any]:
    """The fields that prices, frames and cadences are worked out from; the rest is text to us."""
    shown: dict[str, Any] = _typed(value, dict)
    _typed(shown["model"], str)
    _typed(shown["prompt"], str)
    if not 1 <= _typed(shown["duration"], int) <= _SECONDS_MAX:
        raise ValueError("a clip of such a duration can't be")
    _frame(_typed(shown["aspect"], str), _typed(shown["resolution"], str))
    still = shown.get("init_image")
    if isinstance(still, dict):
        _typed(still["sha256"], str)
        for name in ("path", "shot", "pass", "frame", "clip_sha256"):
            optional_text(still.get(name))
    elif still is not None:
        text(still)  # a URL
    return shown


@cache
def _frame(aspect: str, resolution: str) -> None:
    """A shape that clips can have; ten thousand records have a handful of them."""
    if not _ASPECT.fullmatch(aspect) or not _RESOLUTION.fullmatch(resolution):
        raise ValueError(f"{aspect} in {resolution} can't be a frame")


def clip(value: Any) -> Clip | None:
    """A clip, or nothing."""
    if not value:
        return None
    made: Clip = _made(Clip, value)
    clip_path(made.path)
    _typed(made.sha256, str)
    for number in (made.bytes, made.width, made.height, made.duration_seconds):
        if not 0 <= _number(number) < _NUMBER_MAX:  # NaN, too
            raise ValueError("such a clip can't be")
    return made


def failure(value: Any) -> Failure | None:
    """A failure, or nothing."""
    if not value:
        return None
    made: Failure = _made(Failure, value)
    _typed(made.code, str)
    _typed(made.message, str)
    return made


def optional_digest(value: Any) -> str | None:
    """sha256 in hex, or nothing."""
    return None if value is None else digest(value)


def history(value: Any) -> tuple[Attempt, ...]:
    """Earlier attempts, or none."""
    if not value:
        return ()
    earlier = _typed(value, list)
    if len(earlier) > HISTORY_MAX:
        raise ValueError(f"a history goes back {HISTORY_MAX} attempts at most")
    return tuple(_attempt(shown) for shown in earlier)


def _attempt(value: Any) -> Attempt:
    shown = _typed(value, dict)
    made: Attempt = _made(Attempt, {name: CHECKS[name](each) for name, each in shown.items()})
    return made


CHECKS: dict[str, Callable[[Any], Any]] = {
    "render": render_name,
    "to": render_name,
    "path": clip_path,
    "digest": digest,
    "sha256": text,
    "provider": text,
    "out_task_id": text,
    "task_id": task_id,
    "key_id": optional_text,
    "at": time,
    "submitted_at": time,
    "completed_at": time,
    "attempt": attempt,
    "credits": credits,
    "reserved_credits": credits,
    "request": request,
    "clip": clip,
    "error": failure,
    "accepted": optional_digest,
    "history": history,
    "status": Status,
    "outcome": Status,
    "blocked": flag,
}
"""By the name of a field, in the manifest as in the journal."""


def _made(kind: Any, value: Any) -> Any:
    shown = _typed(value, dict)
    try:
        return kind(**shown)
    except TypeError:
        fields = ", ".join(shown) or "nothing"
        raise ValueError(f"a {kind.__name__.lower()} can't be made of {fields}") from None


def _fitting(form: re.Pattern[str], value: Any, said: str) -> str:
    if not form.fullmatch(_typed(value, str)):
        raise ValueError(f"{value!r} can't be {said}")
    return str(value)


def _number(value: Any) -> Any:
    return value if type(value) is int or type(value) is float else _typed(value, float)


def _typed(value: Any, kind: type) -> Any:
    """JSON has no subclasses: a bool is no int here."""
    if type(value) is not kind:
        raise TypeError(f"{value!r} stands where it can't")
    return value
