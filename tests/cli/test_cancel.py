"""`shotmake cancel` as people call it: at a gateway on this machine, beside other runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.cli.main import command
from pipeline.rendering.folder import Folder
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from tests.support.served import KEY, quick_house, served

BOARD = """\
model: veo-3.1-fast
defaults: {duration: 1}
shots:
  - {id: sea, prompt: The ocean at dawn}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh folder with one storyboard, and no key in the environment."""
    monkeypatch.chdir(tmp_path)
    for variable in (KEY_VARIABLE, BASE_URL_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    Path("specs").mkdir()
    Path("specs/film.yaml").write_text(BOARD, "utf-8")


def test_what_was_cancelled_is_in_the_manifest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its records are folded when it ends, as a run's are: results.json says so, and no journal
    is left."""
    house = quick_house(latency_seconds=lambda _job: 600.0)
    with served(Studio(load_catalog(), house, free=False)) as url:
        monkeypatch.setenv(BASE_URL_VARIABLE, url)
        monkeypatch.setenv(KEY_VARIABLE, KEY)
        assert command(["run", "--timeout", "1"]) == 1
        capsys.readouterr()
        assert command(["cancel"]) == 0
    assert "1 free" in capsys.readouterr().out
    folder = Path("outputs/film/draft")
    record = json.loads((folder / "results.json").read_text("utf-8"))["renders"]["sea"]
    assert (record["status"], record["credits"]) == ("cancelled", 0.0)
    assert not (folder / "journal.jsonl").exists()


def test_what_is_drawn_on_this_machine_is_let_be(capsys: pytest.CaptureFixture[str]) -> None:
    """An animatic that is being drawn holds nobody's credits: its folder isn't even asked for."""
    with Folder(Path("outputs"), "film", "animatic").lock("2026-11-23T12:00:00.000Z"):
        Path("outputs/film/animatic/journal.jsonl").touch()
        assert command(["cancel"]) == 0
        assert "nothing is in flight" in capsys.readouterr().out
