"""The checked-in schemas, read by a validator that knows nothing of shotmake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from pipeline.storyboard.catalog import read_schema, schemas_folder
from pipeline.storyboard.schemas import schema_text, storyboard_schema, write_storyboard_schema

if TYPE_CHECKING:
    from pipeline.storyboard.catalog import Catalog

EXAMPLES = Path(__file__).parents[1] / "examples"
VALID = sorted((EXAMPLES / "valid").glob("*.yaml"))

# Invalid examples whose fault a JSON Schema can express: an editor underlines these too.
UNDERLINED = [
    "aspect-by-x",
    "blank-prompt",
    "default-breaks-a-limit-of-the-board",
    "defaults-list",
    "defaults-null",
    "duration-0",
    "duration-21",
    "duration-6",
    "duration-list",
    "duration-nan",
    "duration-negative",
    "duration-null",
    "duration-text",
    "duration-true",
    "duration-two-and-a-half",
    "empty-shots",
    "extra-of-another-model",
    "ids-that-are-no-file-names",
    "ids-that-are-no-text",
    "init-image-mapping",
    "list-at-the-top",
    "many-at-once",
    "missing-duration",
    "missing-duration-everywhere",
    "missing-id",
    "missing-model",
    "missing-model-of-one",
    "missing-prompt",
    "missing-shots",
    "null-shots",
    "pass-names",
    "pass-breaks-a-limit-of-its-model",
    "resolution-the-model-lacks",
    "scalar-at-the-top",
    "seed-huge",
    "seed-negative",
    "shot-a-scalar",
    "shot-fields-at-the-top",
    "shots-a-mapping",
    "shots-a-scalar",
    "title-number",
    "unknown-aspect",
    "unknown-enum-value",
    "unknown-keys",
    "unknown-model",
    "unknown-model-of-a-shot",
    "unknown-resolution",
]


def check_jsonschema(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the independent validator."""
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_schemas_are_schemas() -> None:
    """Every schema file is valid against its metaschema."""
    files = sorted(schemas_folder().rglob("*.json"))
    assert len(files) == 12
    done = check_jsonschema("--check-metaschema", *files)
    assert done.returncode == 0, done.stdout


def test_valid_examples_pass_elsewhere_too() -> None:
    """The storyboard schema, as it is checked in, accepts what shotmake accepts."""
    done = check_jsonschema("--schemafile", schemas_folder() / "storyboard.json", *VALID)
    assert done.returncode == 0, done.stdout


def test_bundled_schema_stands_alone(tmp_path: Path) -> None:
    """`shotmake schema` prints one file that needs no other, with the same meaning."""
    alone = tmp_path / "storyboard.json"
    alone.write_text(schema_text("storyboard"), encoding="utf-8")
    done = check_jsonschema("--schemafile", alone, *VALID)
    assert done.returncode == 0, done.stdout
    wrong = EXAMPLES / "invalid" / "duration-6.yaml"
    done = check_jsonschema("--schemafile", alone, wrong)
    assert "6 is greater than the maximum of 5" in done.stdout


def test_invalid_examples_are_rejected_elsewhere_too() -> None:
    """What a schema can say about a wrong storyboard, ours says: in one run over them all."""
    files = [EXAMPLES / "invalid" / f"{name}.yaml" for name in UNDERLINED]
    done = check_jsonschema(
        "-o", "json", "--schemafile", schemas_folder() / "storyboard.json", *files
    )
    report = json.loads(done.stdout)
    rejected = {Path(error["filename"]).stem for error in report["errors"]}
    rejected |= {Path(error["filename"]).stem for error in report.get("parse_errors", [])}
    assert rejected == set(UNDERLINED)


def test_checked_in_schema_is_up_to_date(catalog: Catalog) -> None:
    """storyboard.json is what the models' files make of it; else run `write_storyboard_schema`."""
    text = (schemas_folder() / "storyboard.json").read_text(encoding="utf-8")
    derived = storyboard_schema(catalog)
    assert json.dumps(derived, indent=2, ensure_ascii=False) + "\n" == text


def test_refreshing_twice_changes_nothing(tmp_path: Path) -> None:
    """The derived part is replaced and not piled up."""
    import shutil  # noqa: PLC0415 - beside its only use

    folder = Path(shutil.copytree(schemas_folder(), tmp_path / "schemas"))
    first = write_storyboard_schema(folder).read_bytes()
    assert write_storyboard_schema(folder).read_bytes() == first


def test_everything_has_a_description(catalog: Catalog) -> None:
    """An editor has something to show over every field."""
    schema = storyboard_schema(catalog)
    for name, field in schema["properties"].items():
        target = field if "description" in field else schema["$defs"][field["$ref"][8:]]
        assert target["description"], name
    for name in ("prompt", "duration", "aspect", "resolution", "seed", "init_image", "model"):
        assert schema["$defs"][name]["description"]
        assert schema["$defs"][name]["examples"]
    for model in catalog.values():
        for name, field in model.fields["properties"].items():
            assert field["description"], (model.name, name)


RENDER: dict[str, Any] = {
    "status": "completed",
    "digest": "ab" * 32,
    "request": {
        "model": "sora-2-pro",
        "prompt": "Steam rises.",
        "duration": 4,
        "aspect": "16:9",
        "resolution": "720p",
        "seed": 7,
        "init_image": {"path": "stills/bowl.jpg", "sha256": "cd" * 32},
        "style_preset": "anime",
    },
    "task_id": "task_1",
    "out_task_id": "pour.t1.a1.0123",
    "attempt": 1,
    "submitted_at": "2026-11-23T19:00:00Z",
    "completed_at": "2026-11-23T19:00:30.5Z",
    "credits": 0.18,
    "clip": {
        "path": "pour.mp4",
        "sha256": "ef" * 32,
        "bytes": 12345,
        "duration_seconds": 4.0,
        "width": 1280,
        "height": 720,
    },
    "error": None,
}


def results(**renders: Any) -> dict[str, Any]:
    """A manifest with these renders."""
    head = {"version": 1, "storyboard": "ramen", "pass": "draft", "provider": "studio"}
    return {**head, "renders": renders}


def is_valid(document: Any) -> bool:
    """Does results.json's schema take it?"""
    schema = read_schema(schemas_folder() / "results.json")
    return Draft202012Validator(schema).is_valid(document)


def test_results_schema_takes_what_runs_record() -> None:
    """Completed, pending and failed renders, of first and later takes, are all valid."""
    pending = {key: RENDER[key] for key in ("digest", "request", "out_task_id", "attempt")}
    failed = {
        **RENDER,
        "status": "failed",
        "provider": "https://llm.bytespike.ai",
        "clip": None,
        "credits": None,
        "error": {"code": "api_error", "message": "upstream", "retryable": True},
    }
    document = results(**{"pour": RENDER, "pour.t2": {**pending, "status": "pending"}, "a": failed})
    assert is_valid(document)
    assert is_valid({**document, "kept": {"0123456789ab": RENDER}})


@pytest.mark.parametrize(
    "document",
    [
        {**results(), "secret": "sk-byts-1"},
        {**results(), "version": 2},
        results(pour={**RENDER, "url": "https://cdn/x?signature"}),
        results(pour={**RENDER, "status": "done"}),
        results(pour={**RENDER, "digest": "ab"}),
        results(**{"pour.t1": RENDER}),
        results(**{"a/b": RENDER}),
        results(pour={**RENDER, "request": {}}),
        results(pour={**RENDER, "submitted_at": "yesterday"}),
        results(pour={**RENDER, "clip": {"path": "pour.mp4"}}),
    ],
    ids=str,
)
def test_results_schema_takes_nothing_else(document: dict[str, Any]) -> None:
    """Unknown fields, states, names and shapes are refused."""
    assert not is_valid(document)


def test_results_of_this_program_are_valid() -> None:
    """What `rendering.results` writes is what the schema describes."""
    from pipeline.rendering import results as manifest  # noqa: PLC0415 - another wing's

    text = json.dumps(results(pour={**RENDER, "credits": 1}))
    assert is_valid(json.loads(manifest.dump(manifest.parse(text, "results.json"))))
