"""The models, read from `schemas/models/`: adding a model is adding a file.

A model's file is a JSON Schema of one resolved request in a storyboard's own names. What is no
limit of a request (vendor, polling cadence, latency, example rate) stands under one annotation
key, `x-shotmake`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipeline.errors import ShotmakeError

ANNOTATION: Final = "x-shotmake"

COMMON_FIELDS: Final = ("prompt", "duration", "aspect", "resolution", "seed", "init_image")
"""The fields that a request has by itself; a model's others are its extras."""

_MODEL_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class CadenceWindow:
    """Poll every `every_seconds` up to `until_seconds` after the submit's answer (None: on)."""

    every_seconds: float
    until_seconds: float | None


@dataclass(frozen=True, slots=True)
class Model:
    """One model: its limits, and what its page says about time and money (tasks-api.md).

    `resolutions` and `aspects` have the default first. `latency_seconds` is the range that is
    typical for a clip of `latency_clip_seconds`; `example_credits` the price of one of
    `example_seconds`. `fields` is the file itself: the JSON Schema of a request.
    """

    name: str
    vendor: str
    max_duration_seconds: int
    aspects: tuple[str, ...]
    resolutions: tuple[str, ...]
    cadence: tuple[CadenceWindow, ...]
    latency_seconds: tuple[int, int]
    latency_clip_seconds: int
    example_credits: float
    example_seconds: int
    languages: str
    notes: str
    extras: tuple[str, ...]
    fields: Mapping[str, Any] = field(repr=False, compare=False)

    def estimate_credits(self, duration_seconds: int) -> float:
        """Credits for a clip at the example's rate; an estimate, the live rate is the server's."""
        return round(self.example_credits / self.example_seconds * duration_seconds, 4)

    def typical_latency_seconds(self, duration_seconds: int) -> float:
        """The middle of the published range, in proportion to the clip's length."""
        return sum(self.latency_seconds) / 2 * duration_seconds / self.latency_clip_seconds


class Catalog(Mapping[str, Model]):
    """All models by name, in the order of their names."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = dict(sorted(models.items()))

    def __getitem__(self, name: str) -> Model:
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)


def frame_size(aspect: str, resolution: str) -> tuple[int, int]:
    """Width and height in pixels: `("9:16", "720p")` is 720 × 1280.

    The resolution names the shorter side; the longer one is rounded to an even number.
    """
    across, down = (int(part) for part in aspect.split(":"))
    short = int(resolution.removesuffix("p"))
    long = round(short * max(across, down) / min(across, down) / 2) * 2
    return (long, short) if across >= down else (short, long)


def load_catalog(schemas: Path | None = None) -> Catalog:
    """Reads every model's file; raises `ShotmakeError` for one that is damaged."""
    folder = (schemas or schemas_folder()) / "models"
    models = {path.stem: _model(path) for path in sorted(folder.glob("*.json"))}
    if not models:
        raise ShotmakeError(f"{folder} has no model files; reinstall shotmake")
    return Catalog(models)


def schemas_sha256() -> str:
    """sha256 (hex) of all schema files: other limits and defaults make other requests."""
    content = hashlib.sha256()
    folder = schemas_folder()
    for path in sorted((*folder.glob("*.json"), *folder.glob("models/*.json"))):
        content.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
    return content.hexdigest()


def schemas_folder() -> Path:
    """Where the schemas lie: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "schemas", package.parent / "schemas"):
        if (folder / "models").is_dir():
            return folder
    raise ShotmakeError(f"{package} has lost its schemas; reinstall shotmake")


def read_schema(path: Path) -> dict[str, Any]:
    """One of our own schema files; raises `ShotmakeError` when it can't be read."""
    try:
        schema = json.loads(path.read_bytes())
    except OSError as error:
        raise ShotmakeError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ShotmakeError(f"{path} is damaged: {error}") from error
    if not isinstance(schema, dict):
        raise ShotmakeError(f"{path} is damaged: it is no JSON object")
    return schema


def _model(path: Path) -> Model:
    fields = read_schema(path)
    if not _MODEL_NAME.fullmatch(path.stem):
        raise ShotmakeError(f"{path}: {path.stem} can't be the name of a model")
    if _has_reference(fields):
        raise ShotmakeError(f"{path}: a model's file stands alone; it may not use $ref")
    try:
        return _described(path.stem, fields)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ShotmakeError(f"{path} does not describe a model: {what}") from error


def _described(name: str, fields: dict[str, Any]) -> Model:
    properties, notes = fields["properties"], fields[ANNOTATION]
    latency, example = notes["latency"], notes["example"]
    low, high = latency["seconds"]
    return Model(
        name=name,
        vendor=str(notes["vendor"]),
        max_duration_seconds=int(properties["duration"]["maximum"]),
        aspects=_default_first(properties["aspect"]),
        resolutions=_default_first(properties["resolution"]),
        cadence=tuple(
            CadenceWindow(window["every_seconds"], window["until_seconds"])
            for window in notes["cadence"]
        ),
        latency_seconds=(int(low), int(high)),
        latency_clip_seconds=int(latency["clip_seconds"]),
        example_credits=float(example["credits"]),
        example_seconds=int(example["clip_seconds"]),
        languages=str(notes["languages"]),
        notes=str(notes["notes"]),
        extras=tuple(sorted(set(properties) - set(COMMON_FIELDS))),
        fields=fields,
    )


def _has_reference(node: Any) -> bool:
    if isinstance(node, dict):
        return "$ref" in node or any(_has_reference(value) for value in node.values())
    return isinstance(node, list) and any(_has_reference(item) for item in node)


def _default_first(field_schema: Mapping[str, Any]) -> tuple[str, ...]:
    default = field_schema["default"]
    if default not in field_schema["enum"]:
        raise ValueError(f"the default {default} is not one of those it allows")
    return (default, *(value for value in field_schema["enum"] if value != default))
