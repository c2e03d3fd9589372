"""The manifest, `results.json`: what every take came to. Sorted, diffable, without secrets."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.errors import RecordsError
from pipeline.rendering.states import KEPT, Clip, Failure, Record, Records, Status

VERSION = 1


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
        provider = document["provider"]
        records = {
            **{name: _record(shown, provider) for name, shown in document["renders"].items()},
            **{
                KEPT + name: _record(shown, provider)
                for name, shown in document.get("kept", {}).items()
            },
        }
        return Results(document["storyboard"], document["pass"], provider, records)
    except RecordsError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecordsError(
            f"{place}: damaged ({type(error).__name__}: {error}). Nothing was submitted. "
            "Take it back from git (git checkout), or repair it by hand."
        ) from error


def _record(shown: dict[str, Any], provider: str) -> Record:
    clip, error = shown.get("clip"), shown.get("error")
    if not isinstance(shown["request"], dict):
        raise TypeError("a request is a mapping")
    return Record(
        status=Status(shown["status"]),
        digest=_text(shown["digest"]),
        request=shown["request"],
        out_task_id=_text(shown["out_task_id"]),
        attempt=int(shown["attempt"]),
        provider=_text(shown.get("provider", provider)),
        task_id=_optional_text(shown.get("task_id")),
        submitted_at=_optional_text(shown.get("submitted_at")),
        completed_at=_optional_text(shown.get("completed_at")),
        credits=shown.get("credits"),
        clip=Clip(**clip) if clip else None,
        error=Failure(**error) if error else None,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)
