"""A journal's fields made odd, under a checksum that is right: what damage doesn't look like."""

from __future__ import annotations

import copy
import json
import math
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.errors import RecordsError
from pipeline.rendering import results
from pipeline.rendering.events import (
    Ended,
    Intent,
    Lost,
    Moved,
    Refused,
    Renamed,
    Restored,
    Stored,
    Submitted,
)
from pipeline.rendering.journal import Folded, encode, replay
from pipeline.rendering.records import Clip, Failure, Status
from pipeline.rendering.results import Results
from pipeline.rendering.states import apply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.rendering.journal import Entry

_AT = "2026-11-23T12:00:00Z"
_REQUEST = {
    "model": "veo-3.1-fast",
    "prompt": "a bowl",
    "duration": 4,
    "aspect": "16:9",
    "resolution": "720p",
    "init_image": {"sha256": "a" * 64, "mime": "image/png"},
}
_KEPT = "kept/0123456789ab"
_WRONG = Failure("upstream_error", "overloaded", retryable=True)
_CLIP = Clip("a.mp4", "b" * 64, 1000, 4.0, 1280, 720)


def _intent(render: str, attempt: int) -> Intent:
    key = f"{render}.t1.a{attempt}.{'c' * 12}"
    return Intent(render, _AT, "https://g.test", "d" * 64, _REQUEST, key, attempt, 0.18, "01234567")


LIFE: tuple[Entry, ...] = (
    _intent("a", 1),
    Submitted("a", _AT, "task_1"),
    Ended("a", _AT, Status.COMPLETED, 0.18, None),
    Stored("a", _AT, _CLIP, _WRONG),
    Renamed("a", _AT, _KEPT),
    Moved(_KEPT, _AT, f"{_KEPT}.mp4"),
    _intent("a", 1),
    Refused("a", _AT, False, _WRONG),
    _intent("a", 2),
    Submitted("a", _AT, "task_2"),
    Ended("a", _AT, Status.FAILED, 0.0, _WRONG),
    Folded("e" * 64),
    Restored("a", _AT, "https://g.test", "d" * 64, _REQUEST, "a.t1.a1.f", _CLIP),
    Lost(_KEPT, _AT),
)
"""Every kind of entry, each where it may stand."""

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**63, 10**400, 0.5, -0.0, 1e308, 1e-320),
    *(math.nan, math.inf, -math.inf),
    *("", " ", "..", "../../evil", "/etc/passwd", "a\0b", "\ud800", "\x1b[2J", "x" * 10_000, "NaN"),
    *("2026-99-99T12:00:00Z", "2026-11-23T12:00:00", "completed", "kept/0123456789ac", "0" * 64),
    *([], [None], [[[]]], ["completed"], {}, {"path": "a.mp4"}, {"code": 1}, {"": {}}),
)
"""JSON that may stand in any field after somebody's repair by hand."""


def summed(fields: dict[str, Any]) -> bytes:
    """A line with a checksum that is right, whatever stands in it."""
    rest = json.dumps(fields, separators=(",", ":"))[1:].encode("ascii")
    return b'{"sum":"%08x",' % zlib.crc32(rest) + rest + b"\n"


def _objects(at: dict[str, Any], path: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every field at every depth: where it stands, its name, the object that it is in."""
    for name, value in at.items():
        yield f"{path}{name}", name, at
        if isinstance(value, dict):
            yield from _objects(value, f"{path}{name}.")


def odd_lines(line: bytes) -> Iterator[tuple[str, bytes]]:
    """A line with each of its fields replaced by everything odd, left out, or joined by another;
    each with what was done to it.
    """
    fields = json.loads(line)
    del fields["sum"]
    for number in range(len([*_objects(fields)])):
        for value in (*ODD, ...):
            made = copy.deepcopy(fields)
            path, name, holder = [*_objects(made)][number]
            if value is ...:
                del holder[name]
                yield f"{path} left out", summed(made)
            else:
                holder[name] = value
                yield f"{path} = {value!r:.40}", summed(made)
        made = copy.deepcopy(fields)
        path, name, holder = [*_objects(made)][number]
        holder[f"more_{name}"] = holder[name]
        yield f"{path} and another", summed(made)


@dataclass
class Found:
    """How many journals there were, what came of them, and which came to no good."""

    journals: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def fuzz_fields(life: Sequence[Entry] = LIFE) -> Found:
    """Each entry of a life made odd in each way: refused by name, or records that the manifest
    can hold.
    """
    found = Found()
    lines = [encode(entry, number) for number, entry in enumerate(life, 1)]
    for number, line in enumerate(lines):
        kind = type(life[number]).__name__.lower()
        for done, odd in odd_lines(line):
            found.journals += 1
            try:
                came = _read(b"".join([*lines[:number], odd]))
            except Exception as error:
                came = "raised"
                found.wrong.append(f"{kind}: {done}: {type(error).__name__}: {error!s:.80}")
            found.ends[came] += 1
    return found


def _read(content: bytes) -> str:
    """What a run does with a journal, and the next one with what it has folded of it."""
    known = Results("film", "draft", "https://g.test")
    try:
        entries, _good = replay(content, "journal.jsonl")
    except RecordsError as error:
        return "refused" if str(error).startswith("journal.jsonl:") else "refused without a place"
    try:
        for entry in entries:
            if not isinstance(entry, Folded):
                apply(known.records, entry)
    except RecordsError:
        return "can't follow"
    text = results.dump(known)
    text.encode()
    assert results.parse(text, "results.json") == known, "the manifest says something else"
    return "read"
