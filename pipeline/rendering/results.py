"""The manifest, `results.json`: what every take came to. Sorted, diffable, without secrets."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from pipeline.errors import RecordsError
from pipeline.rendering import names
from pipeline.rendering.states import KEPT, Clip, Failure, Record, Records, Status

VERSION = 1

_ASPECT = re.compile(r"[1-9][0-9]{0,2}:[1-9][0-9]{0,2}")
_RESOLUTION = re.compile(r"[1-9][0-9]{1,4}p")
_SECONDS_MAX = 3600
_CREDITS_MAX = 1e12
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
_REMEDY = (
    "Nothing was submitted. Take it back from git (git checkout), or repair it by hand. Failing "
    "that, move it away: what was bought is found again by its keys, as long as the provider knows "
    "them"
)


@dataclass(slots=True)
class Results:
    """One pass of one storyboard. `provider` is where its newest tasks were bought."""

    storyboard: str
    pass_name: str
    provider: str
    records: Records = field(default_factory=dict)


def dump(results: Results) -> str:
    """The manifest as JSON text (schemas/results.json).

    Every render names its provider: two branches that bought at different ones are merged by git.
    """
    records = results.records
    document = {
        "version": VERSION,
        "storyboard": results.storyboard,
        "pass": results.pass_name,
        "provider": results.provider,
        "renders": {name: asdict(r) for name, r in records.items() if not name.startswith(KEPT)},
        "kept": {
            name.removeprefix(KEPT): asdict(r)
            for name, r in records.items()
            if name.startswith(KEPT)
        },
    }
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if _HALF_PAIR.search(
        text
    ):  # out of an escape in a merged file: it can stand there as an escape alone
        text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    return text


def parse(text: str, place: str) -> Results:
    """Read a manifest back; `place` names the file in messages.

    Raises `RecordsError` on anything that `dump` wouldn't have written.
    """
    try:
        document = json.loads(text, object_pairs_hook=_unique)
        version = document["version"]
        if version != VERSION:
            raise RecordsError(
                f"{place}: written by another shotmake (version {version}; this one reads "
                f"{VERSION}). Use that one, or move the folder away to begin anew."
            )
        provider = _typed(document["provider"], str)
        renders = document["renders"].items()
        kept = ((KEPT + name, shown) for name, shown in document.get("kept", {}).items())
        return Results(
            _typed(document["storyboard"], str),
            _typed(document["pass"], str),
            provider,
            {name: _record(name, shown, provider) for name, shown in chain(renders, kept)},
        )
    except RecordsError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecordsError(f"{place}{_damage(text, error)}. {_REMEDY}.") from error


def _damage(text: str, error: Exception) -> str:
    """Where it is and what, to stand behind the file's name."""
    if isinstance(error, json.JSONDecodeError):
        if conflict := _CONFLICT.search(text):
            line = text.count("\n", 0, conflict.start()) + 1
            return f":{line}: damaged: a merge conflict that was never resolved"
        return f":{error.lineno}:{error.colno}: damaged: {error.msg}"
    if isinstance(error, _DamagedRecordError):
        return f": {error.name}: damaged: {_words(error.__cause__)}"
    return f": damaged: {_words(error)}"


def _words(error: BaseException | None) -> str:
    match error:
        case KeyError():
            return f"{error} is missing"
        case AttributeError() | RecursionError():
            return "something else stands where names and values belong"
        case _:
            return str(error)


class _DamagedRecordError(ValueError):
    """What is wrong with a render is its cause."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name if name.startswith(KEPT) else f"renders/{name}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name that stands in it twice, as after a careless merge, is damage."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names_found = [name for name, _value in pairs]
        twice = next(name for name in names_found if names_found.count(name) > 1)
        raise ValueError(f"{twice!r} stands there twice")
    return found


def _record(name: str, shown: dict[str, Any], provider: str) -> Record:
    """A render as it stands in the file, which is foreign input: it is committed and merged."""
    try:
        names.render_name(name)
        clip, error = shown.get("clip"), shown.get("error")
        return Record(
            status=Status(shown["status"]),
            digest=names.digest(shown["digest"]),
            request=_request(_typed(shown["request"], dict)),
            out_task_id=_typed(shown["out_task_id"], str),
            attempt=_typed(shown["attempt"], int),
            provider=_typed(shown.get("provider", provider), str),
            task_id=_optional(shown.get("task_id"), str),
            submitted_at=_time(shown.get("submitted_at")),
            completed_at=_time(shown.get("completed_at")),
            credits=_credits(shown.get("credits")),
            clip=_clip(_typed(clip, dict)) if clip else None,
            error=_failure(_typed(error, dict)) if error else None,
            key_id=_optional(shown.get("key_id"), str),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise _DamagedRecordError(name) from wrong


def _request(shown: dict[str, Any]) -> dict[str, Any]:
    """The fields that prices, frames and cadences are worked out from; the rest is text to us."""
    for name in ("model", "prompt", "aspect", "resolution"):
        _typed(shown[name], str)
    if not 1 <= _typed(shown["duration"], int) <= _SECONDS_MAX:
        raise ValueError(f"a clip of {shown['duration']} s can't be")
    if not _ASPECT.fullmatch(shown["aspect"]) or not _RESOLUTION.fullmatch(shown["resolution"]):
        raise ValueError(f"{shown['aspect']} in {shown['resolution']} can't be a frame")
    still = _optional(shown.get("init_image"), dict | str)  # a URL is a text
    if isinstance(still, dict):
        _typed(still["sha256"], str)
    return shown


def _credits(value: object) -> float | None:
    amount: float | None = _optional(value, int | float)
    if amount is not None and not 0 <= amount < _CREDITS_MAX:  # NaN, too
        raise ValueError("such a sum of credits can't be")
    return amount


def _clip(shown: dict[str, Any]) -> Clip:
    clip: Clip = _made(Clip, shown)
    names.clip_path(clip.path)
    _typed(clip.sha256, str)
    _typed(clip.bytes, int)
    return clip


def _failure(shown: dict[str, Any]) -> Failure:
    failure: Failure = _made(Failure, shown)
    _typed(failure.code, str)
    _typed(failure.message, str)
    return failure


def _made(kind: Any, shown: dict[str, Any]) -> Any:
    try:
        return kind(**shown)
    except TypeError:
        fields = ", ".join(shown) or "nothing"
        raise ValueError(f"a {kind.__name__.lower()} can't be made of {fields}") from None


def _time(value: object) -> str | None:
    text: str | None = _optional(value, str)
    if text is not None and datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return text


def _typed(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} stands where it can't")
    return value


def _optional(value: Any, kind: Any) -> Any:
    return None if value is None else _typed(value, kind)
