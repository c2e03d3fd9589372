"""The parts of the documentation that are made from the schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.storyboard.catalog import load_catalog, schemas_folder
from pipeline.storyboard.keys import Keys
from pipeline.tasks_api.cadence import AFTERWARDS_SECONDS
from tests.docs.schema_words import Described, code, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.storyboard.catalog import CadenceWindow, Model

CATALOG = load_catalog()
STORYBOARD = Described.read(schemas_folder() / "storyboard.json")
RESULTS = Described.read(schemas_folder() / "results.json")
FAULTS = Described.read(schemas_folder() / "faults.json")
_HOLDERS = {
    "a shot": "shot",
    "`defaults`": "defaults",
    "a pass": "pass",
    "a shot's pass": "shot pass",
}
"""Where fields of shots may stand, and what the schema calls that."""


def top() -> str:
    """A storyboard's keys."""
    return STORYBOARD.table(None, head="at the top")


def shot() -> str:
    """A shot's fields, wherever they stand."""
    return STORYBOARD.table("shot", head="of a shot")


def frame() -> str:
    """A frame of another shot."""
    return STORYBOARD.table("frame", head="of a frame", note=" (must be there)")


def places() -> str:
    """Which field may stand where; fields that may stand in the same places share a row."""
    shot = STORYBOARD.fields("shot")
    columns = Keys(CATALOG).columns
    alike: dict[tuple[bool, ...], list[str]] = {}
    for name, field in shot.items():
        stands = [name in STORYBOARD.fields(holder) for holder in _HOLDERS.values()]
        in_table = name in columns
        stands += [in_table and not STORYBOARD.is_mapping(field), in_table]
        stands.append(STORYBOARD.may_be_null(field))
        alike.setdefault(tuple(stands), []).append(f"`{name}`")
    head = ["field", *_HOLDERS, "a `.csv` column", "a `.jsonl` key", "may be `null`"]
    rows = [[", ".join(names), *map(_tick, stands)] for stands, names in alike.items()]
    return table(head, rows)


def _tick(stands: object) -> str:
    return "✓" if stands else ""


def limits() -> str:
    """What each model can do."""
    head = ("model", "vendor", "seconds", "resolutions", "aspects", "own fields", "prompts")
    return table(head, map(_limits, CATALOG.values()))


def _limits(model: Model) -> tuple[str, ...]:
    return (
        code(model.name),
        model.vendor,
        f"1–{model.max_duration_seconds}",
        _codes(model.resolutions),
        _codes(model.aspects),
        _codes(model.extras),
        model.languages,
    )


def _codes(values: Iterable[str]) -> str:
    return " ".join(map(code, values))


def prices() -> str:
    """What each model takes of money and time, as the provider publishes it."""
    head = ("model", "example", "credits a second", "typical wait", "asked about")
    return table(head, map(_price, CATALOG.values()))


def _price(model: Model) -> tuple[str, ...]:
    low, high = model.latency_seconds
    rate = model.example_credits / model.example_seconds
    return (
        code(model.name),
        f"{model.example_credits:.2f} credits for {model.example_seconds} s",
        f"≈ {rate:.3f}",
        f"{low}–{high} s for {model.latency_clip_seconds} s",
        _cadence(model.cadence),
    )


def _cadence(windows: tuple[CadenceWindow, ...]) -> str:
    """When the provider wants to be asked, counted from the submit's answer."""
    parts = [
        f"every {window.every_seconds:g} s until {window.until_seconds:g} s"
        for window in windows
        if window.until_seconds is not None and window.every_seconds != AFTERWARDS_SECONDS
    ]
    last = windows[-1].every_seconds if windows[-1].until_seconds is None else AFTERWARDS_SECONDS
    return ", then ".join([*parts, f"every {last:g} s"])


def records() -> str:
    """results.json, from the outside in."""
    parts = [
        ("The file", None),
        ("A render", "render"),
        ("A request", "request"),
        ("A clip", "clip"),
        ("An error", "error"),
        ("An earlier attempt", "attempt"),
    ]
    made = []
    for title, holder in parts:
        says = RESULTS.schema if holder is None else RESULTS.schema["$defs"][holder]
        made.append(f"### {title}\n\n{says['description']}\n\n")
        made.append(RESULTS.table(holder, head="key", note=" \\*", null=True) + "\n")
    return "".join(made).rstrip("\n") + "\n"


def rule() -> str:
    """The keys of a rule of faults."""
    return FAULTS.table("rule", head="of a rule", note=" (must be there)")
