"""The models' files say what the provider publishes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.errors import ShotmakeError, UsageError
from pipeline.storyboard.catalog import (
    CadenceWindow,
    Catalog,
    frame_size,
    load_catalog,
    schemas_folder,
)
from pipeline.storyboard.schemas import schema_of, schema_text

HD, FULL = "720p", "1080p"
STYLES = ["cinematic", "anime", "documentary", "none"]
MOTION = ["low", "medium", "high"]

# tasks-api.md, "Models", row by row: vendor, longest, resolutions (default first), cadence,
# latency and its clip, credits and their clip, extras.
PUBLISHED = {
    "veo-3.1-fast": (
        ("Google", 5, (HD,), ((1, 30), (2, 60))),
        ((20, 40), 4, 0.18, 4, {}),
    ),
    "veo-3.1": (
        ("Google", 8, (FULL, HD), ((2, 60), (5, 180))),
        ((60, 120), 5, 0.55, 5, {}),
    ),
    "sora-2": (
        ("OpenAI", 10, (HD, FULL), ((2, 180), (5, None))),
        ((60, 120), 5, 0.42, 5, {}),
    ),
    "sora-2-pro": (
        ("OpenAI", 20, (FULL, HD), ((2, 90), (5, 240))),
        ((120, 180), 8, 1.85, 8, {"style_preset": STYLES}),
    ),
    "seedance-fast": (
        ("ByteDance", 5, (HD,), ((1, 30), (2, 60))),
        ((15, 25), 4, 0.12, 4, {"motion_intensity": MOTION}),
    ),
    "seedance-1.5-pro": (
        ("ByteDance", 6, (FULL, HD), ((2, 60), (5, 180))),
        ((60, 90), 5, 0.42, 5, {"motion_intensity": MOTION}),
    ),
    "seedance-2.0": (
        ("ByteDance", 8, (FULL, HD), ((2, 60), (5, 180))),
        ((60, 90), 6, 0.36, 6, {"motion_intensity": MOTION}),
    ),
    "seedance-2.0-pro": (
        ("ByteDance", 10, (FULL, HD), ((2, 90), (5, 240))),
        ((90, 150), 8, 1.20, 8, {"motion_intensity": MOTION}),
    ),
    "seedance-2.0-pro-fast": (
        ("ByteDance", 8, (FULL, HD), ((2, 60), (5, 120))),
        ((45, 75), 6, 0.72, 6, {"motion_intensity": MOTION}),
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_model_is_as_published(name: str, catalog: Catalog) -> None:
    """Every figure of the provider's table is in the model's file."""
    model = catalog[name]
    (vendor, longest, resolutions, cadence), (latency, of, credits, seconds, extras) = PUBLISHED[
        name
    ]
    assert model.name == name
    assert (model.vendor, model.max_duration_seconds) == (vendor, longest)
    assert model.aspects == ("16:9", "9:16", "1:1")
    assert model.resolutions == resolutions
    assert model.cadence == tuple(CadenceWindow(every, until) for every, until in cadence)
    assert (model.latency_seconds, model.latency_clip_seconds) == (latency, of)
    assert (model.example_credits, model.example_seconds) == (credits, seconds)
    assert model.extras == tuple(extras)
    properties = model.fields["properties"]
    assert {extra: properties[extra]["enum"] for extra in extras} == extras
    assert properties["duration"]["minimum"] == 1


def test_there_are_these_models(catalog: Catalog) -> None:
    """The catalog has the provider's nine models and no other."""
    assert set(catalog) == set(PUBLISHED)
    assert len(catalog) == 9


def test_languages_and_notes(catalog: Catalog) -> None:
    """Veo and Sora are English-tuned; Seedance takes Chinese, Japanese and Korean natively."""
    for model in catalog.values():
        native = "Chinese, Japanese and Korean natively" in model.languages
        assert native is (model.vendor == "ByteDance")
        assert ("English-tuned" in model.languages) is not native
    assert "drafts" in catalog["veo-3.1-fast"].notes


def test_motion_intensity_is_medium_by_default(catalog: Catalog) -> None:
    """The default that the provider fills in is written in the file."""
    assert catalog["seedance-fast"].fields["properties"]["motion_intensity"]["default"] == "medium"


def test_estimates_go_by_the_example(catalog: Catalog) -> None:
    """Credits and latency grow in proportion from the published example."""
    assert catalog["veo-3.1-fast"].estimate_credits(4) == 0.18
    assert catalog["veo-3.1-fast"].estimate_credits(3) == 0.135
    assert catalog["sora-2-pro"].estimate_credits(20) == 4.625
    assert catalog["veo-3.1-fast"].typical_latency_seconds(4) == 30
    assert catalog["veo-3.1-fast"].typical_latency_seconds(2) == 15


@pytest.mark.parametrize(
    ("aspect", "resolution", "size"),
    [
        ("16:9", "720p", (1280, 720)),
        ("9:16", "720p", (720, 1280)),
        ("1:1", "720p", (720, 720)),
        ("16:9", "1080p", (1920, 1080)),
        ("9:16", "1080p", (1080, 1920)),
        ("1:1", "1080p", (1080, 1080)),
    ],
)
def test_frame_size(aspect: str, resolution: str, size: tuple[int, int]) -> None:
    """The resolution is the shorter side, in pixels."""
    assert frame_size(aspect, resolution) == size


def test_adding_a_model_is_adding_a_file(tmp_path: Path) -> None:
    """A tenth file is a tenth model, and schema-checked, with nothing else changed."""
    folder = copied(tmp_path)
    new = json.loads((folder / "models/veo-3.1.json").read_text(encoding="utf-8"))
    new["properties"]["duration"]["maximum"] = 30
    new["properties"]["mood"] = {"type": "string", "enum": ["calm", "wild"]}
    (folder / "models/next-1.json").write_text(json.dumps(new), encoding="utf-8")
    model = load_catalog(folder)["next-1"]
    assert (model.max_duration_seconds, model.extras) == (30, ("mood",))
    derived = schema_of("storyboard", folder)
    assert "next-1" in derived["$defs"]["model"]["enum"]
    assert "mood" in derived["$defs"]["shot"]["properties"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "damaged"),
        ("[]", "no JSON object"),
        ("{}", "does not describe a model: 'properties' is missing"),
        ('{"properties": {"seed": {"$ref": "x"}}}', "may not use $ref"),
    ],
)
def test_damaged_model_file_is_named(tmp_path: Path, text: str, reason: str) -> None:
    """A model's file that can't be used stops the program with its path and the reason."""
    folder = copied(tmp_path)
    (folder / "models/veo-3.1.json").write_text(text, encoding="utf-8")
    with pytest.raises(ShotmakeError) as caught:
        load_catalog(folder)
    assert "veo-3.1.json" in str(caught.value)
    assert reason in str(caught.value)


def test_no_model_files(tmp_path: Path) -> None:
    """An installation that lost its schemas says so."""
    with pytest.raises(ShotmakeError, match="no model files"):
        load_catalog(tmp_path)


def test_schema_text_is_json_for_each_name(catalog: Catalog) -> None:
    """`shotmake schema NAME` prints a schema for each name there is, and names them otherwise."""
    for name in ("storyboard", "results", *catalog):
        assert json.loads(schema_text(name))["$schema"].endswith("2020-12/schema")
    with pytest.raises(UsageError, match="there are storyboard, results, faults, seedance"):
        schema_text("nothing")


def copied(tmp_path: Path) -> Path:
    """A copy of the schemas that a test may change."""
    return Path(shutil.copytree(schemas_folder(), tmp_path / "schemas"))
