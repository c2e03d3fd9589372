"""Local stills, as a user edits them: what is rendered again, and what is read again."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from pipeline.cli import boards
from pipeline.cli.main import command
from pipeline.errors import MediaError
from pipeline.rendering import hashes

BOARD = """\
model: veo-3.1-fast
shots:
  - {id: a, prompt: Rain., duration: 1, init_image: bowl.png}
  - {id: b, prompt: Snow., duration: 1}
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("specs").mkdir()
    Path("specs/film.yaml").write_text(BOARD, "utf-8")
    draw("red")


def draw(colour: str, seconds_ago: float = 60) -> None:
    path = Path("specs/bowl.png")
    Image.new("RGB", (64, 64), colour).save(path)
    then = time.time() - seconds_ago
    os.utime(path, (then, then))


def reasons(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    assert command(["plan", "--json", "--pass", "animatic"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    return {step["render"]: step["reason"] for step in steps}


def test_editing_an_image_renders_its_shots_and_touching_it_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By its bytes, whatever its times say; another shot is left alone."""
    assert command(["run", "--pass", "animatic"]) == 0
    os.utime("specs/bowl.png")
    assert reasons(capsys) == {"a": "up to date", "b": "up to date"}
    draw("blue")
    assert reasons(capsys) == {"a": "init image changed", "b": "up to date"}
    draw("red")
    assert reasons(capsys) == {"a": "up to date", "b": "up to date"}


def test_an_image_that_has_not_changed_is_not_read_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither decoded nor hashed, at the next start; once it has changed, it is."""
    monkeypatch.setattr(hashes, "SETTLED_SECONDS", -1e9)  # its status has changed just now
    for _run in range(2):  # the first has no outputs/ yet to remember anything in
        assert command(["run", "--pass", "animatic"]) == 0

    def nobody(_path: Path) -> None:
        raise MediaError("was looked at")

    monkeypatch.setattr(boards, "inspect", nobody)
    assert reasons(capsys) == {"a": "up to date", "b": "up to date"}
    draw("blue")
    assert command(["check"]) == 2
    assert "was looked at" in capsys.readouterr().err


def test_a_command_that_looks_makes_no_outputs() -> None:
    """What it would remember has no place yet."""
    assert command(["check"]) == 0
    assert command(["plan", "--pass", "animatic"]) == 0
    assert not Path("outputs").exists()
