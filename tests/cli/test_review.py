"""`shotmake review`, and the page at the end of a run."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.cli.main import command

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path("outputs/film/animatic/index.html")
BOARD = """\
title: By the sea
model: veo-3.1-fast
defaults: {duration: 1}
passes: {final: {model: veo-3.1}}
shots:
  - {id: sea, prompt: The ocean at dawn}
"""
TAKES = BOARD.replace("dawn}", "dawn, takes: 2}")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh folder with one storyboard, and no key in the environment."""
    monkeypatch.chdir(tmp_path)
    for variable in (KEY_VARIABLE, BASE_URL_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    Path("specs").mkdir()
    Path("specs/film.yaml").write_text(BOARD, "utf-8")


def test_a_run_ends_with_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    """Of all takes, with their posters; the next run, with nothing to do, leaves it alone; one that
    renders something, or finds a storyboard that has changed, writes it anew.
    """
    Path("specs/film.yaml").write_text(TAKES, "utf-8")
    assert command(["run", "--shot", "sea.t2"]) == 0
    assert f"page: {PAGE}" in capsys.readouterr().out
    assert PAGE.read_text("utf-8").count('class="tile"') == 2
    assert Path("outputs/film/animatic/posters/sea.t2.jpg").exists()
    before = PAGE.stat().st_ino
    assert command(["run", "--shot", "sea.t2"]) == 0
    assert "page:" not in capsys.readouterr().out
    assert PAGE.stat().st_ino == before
    assert command(["run"]) == 0
    assert PAGE.stat().st_ino != before
    Path("specs/film.yaml").write_text(TAKES.replace("By the", "On the"), "utf-8")
    assert command(["run"]) == 0
    assert "On the sea" in PAGE.read_text("utf-8")


def test_a_page_of_somebody_s_own_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Runs made none once, and somebody may have: it is told, and changes nothing else."""
    PAGE.parent.mkdir(parents=True)
    PAGE.write_text("<title>My notes</title>", "utf-8")
    assert command(["run"]) == 0
    assert f"no review page: {PAGE}: is no page of shotmake's" in capsys.readouterr().out
    assert command(["review"]) != 0
    assert PAGE.read_text("utf-8") == "<title>My notes</title>"


def test_no_review_writes_none() -> None:
    """For those who don't look at pages: CI, or thousands of clips."""
    assert command(["run", "--no-review"]) == 0
    assert not PAGE.exists()
    assert not Path("outputs/film/animatic/posters").exists()


def test_a_page_of_another_version_is_written_anew() -> None:
    """It may lack what this one shows."""
    assert command(["run"]) == 0
    PAGE.write_text(re.sub('content="shotmake [^"]+"', 'content="shotmake 0"', PAGE.read_text()))
    assert command(["run"]) == 0
    assert 'content="shotmake 0"' not in PAGE.read_text("utf-8")


def test_a_page_that_cant_be_written_is_no_fault_of_the_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 0, the clips are there, and why there is no page is said."""
    PAGE.mkdir(parents=True)
    assert command(["run"]) == 0
    assert f"no review page: {PAGE}: " in capsys.readouterr().out
    assert Path("outputs/film/animatic/sea.mp4").exists()


def test_interrupted_at_its_page_the_run_is_what_it_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while posters are made: all is on record, and the exit code is the run's own."""

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.cli.pages.make_posters", interrupted)
    assert command(["run"]) == 0
    assert "no review page: interrupted" in capsys.readouterr().out


def test_review_writes_the_page_of_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Also where nothing is rendered yet: a board to look at. With --sheet a picture besides."""
    assert command(["review", "--sheet"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"page: {PAGE}",
        "sheet: outputs/film/animatic/sheet.png",
    ]
    assert PAGE.read_text("utf-8").count('data-state="not rendered"') > 2
    with Image.open("outputs/film/animatic/sheet.png") as sheet:
        assert sheet.format == "PNG"
    assert command(["review", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_an_undecided_board_has_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    """It says what to pick."""
    Path("specs/film.yaml").write_text(TAKES, "utf-8")
    assert command(["review", "--pass", "final"]) == 0
    capsys.readouterr()
    text = Path("outputs/film/final/index.html").read_text("utf-8")
    assert "2 takes, and none is picked" in text


def test_what_is_wrong_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit codes as everywhere, a message, and no page."""
    for arguments, code, says in (
        (["review", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["review", "--pass", "finale"], 2, "did you mean final"),
        (["review", "--serve", "--pass", "finale"], 2, "did you mean final"),
        (["review", "--serve", "--sheet"], 2, "leave one of them out"),
    ):
        assert command(arguments) == code
        assert says in capsys.readouterr().err
    results = Path("outputs/film/animatic/results.json")
    results.parent.mkdir(parents=True)
    results.write_text("{", "utf-8")
    for arguments in (["review"], ["review", "--serve", "--port", "0"]):
        assert command(arguments) == 6
        assert "results.json" in capsys.readouterr().err
    assert not PAGE.exists()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_is_taken_is_told(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    """With what to do."""
    assert command(["review", "--serve", "--port", str(taken)]) == 2
    assert "choose another with --port" in capsys.readouterr().err


def test_no_link_is_followed() -> None:
    """A page that was planted as a link elsewhere is replaced, and what it leads to stays."""
    elsewhere = Path("mine.html")
    elsewhere.write_text("mine", "utf-8")
    PAGE.parent.mkdir(parents=True)
    PAGE.symlink_to(elsewhere.absolute())
    assert command(["review"]) == 0
    assert elsewhere.read_text("utf-8") == "mine"
    assert not PAGE.is_symlink()
