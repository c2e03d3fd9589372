"""The manifest, `results.json`: what every take came to. Sorted, diffable, without secrets."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pipeline.errors import RecordsError
from pipeline.rendering import names
from pipeline.rendering.states import KEPT, Clip, Failure, Record, Records, Status

VERSION = 1

_ASPECT = re.compile(r"[1-9][0-9]{0,2}:[1-9][0-9]{0,2}")
_RESOLUTION = re.compile(r"[1-9][0-9]{1,4}p")
_SECONDS_MAX = 3600
"""Names become paths: one that leads elsewhere must not be believed."""


@dataclass(slots=True)
class Results:
    """One pass of one storyboard. `provider` is where its newest tasks were bought."""

    storyboard: str
    pass_name: str
    provider: str
    records: Records = field(default_factory=dict)


def dump(results: Results) -> str:
    """The manifest as JSON text (schemas/results.json).

    A render names its provider only where it is another than the manifest's.
    """

    def render(record: Record) -> dict[str, Any]:
        shown = asdict(record)
        if record.provider == results.provider:
            del shown["provider"]
        return shown

    records = results.records
    document = {
        "version": VERSION,
        "storyboard": results.storyboard,
        "pass": results.pass_name,
        "provider": results.provider,
        "renders": {name: render(r) for name, r in records.items() if not name.startswith(KEPT)},
        "kept": {
            name.removeprefix(KEPT): render(r)
            for name, r in records.items()
            if name.startswith(KEPT)
        },
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def parse(text: str, place: str) -> Results:
    """Read a manifest back; `place` names the file in messages.

    Raises `RecordsError` on anything that `dump` wouldn't have written.
    """
    try:
        document = json.loads(text)
        version = document["version"]
        if version != VERSION:
            raise RecordsError(
                f"{place}: written by another shotmake (version {version}; this one reads "
                f"{VERSION}). Use that one, or move the folder away to begin anew."
            )
        provider = _typed(document["provider"], str)
        records = {
            **{name: _record(name, shown, provider) for name, shown in document["renders"].items()},
            **{
                KEPT + name: _record(KEPT + name, shown, provider)
                for name, shown in document.get("kept", {}).items()
            },
        }
        return Results(
            _typed(document["storyboard"], str), _typed(document["pass"], str), provider, records
        )
    except RecordsError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecordsError(
            f"{place}: damaged ({type(error).__name__}: {error}). Nothing was submitted. "
            "Take it back from git (git checkout), or repair it by hand."
        ) from error


def _record(name: str, shown: dict[str, Any], provider: str) -> Record:
    """A render as it stands in the file, which is foreign input: it is committed and merged."""
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
    )


def _request(shown: dict[str, Any]) -> dict[str, Any]:
    """The fields that prices, frames and cadences are worked out from; the rest is text to us."""
    for name in ("model", "prompt", "aspect", "resolution"):
        _typed(shown[name], str)
    if not 1 <= _typed(shown["duration"], int) <= _SECONDS_MAX:
        raise ValueError(f"a clip of {shown['duration']} s can't be")
    if not _ASPECT.fullmatch(shown["aspect"]) or not _RESOLUTION.fullmatch(shown["resolution"]):
        raise ValueError(f"{shown['aspect']} in {shown['resolution']} can't be a frame")
    if (still := _optional(shown.get("init_image"), dict)) is not None:
        _typed(still["sha256"], str)
    return shown


def _credits(value: object) -> float | None:
    amount: float | None = _optional(value, int | float)
    if amount is not None and not 0 <= amount < math.inf:
        raise ValueError(f"{amount} credits can't be")
    return amount


def _clip(shown: dict[str, Any]) -> Clip:
    clip = Clip(**shown)
    names.clip_path(clip.path)
    _typed(clip.sha256, str)
    _typed(clip.bytes, int)
    return clip


def _failure(shown: dict[str, Any]) -> Failure:
    failure = Failure(**shown)
    _typed(failure.code, str)
    _typed(failure.message, str)
    return failure


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
