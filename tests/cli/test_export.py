"""`shotmake export`: files, exit codes and what is said; the forms have tests of their own."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

# It says nothing of its types.
import opentimelineio as otio  # type: ignore[import-untyped]
import pytest

from pipeline.cli.main import command
from tests.support.world import PROVIDER, World

pytestmark = pytest.mark.anyio

BOARD = """\
title: Noodles
model: veo-3.1-fast
defaults: {duration: 2}
passes: {final: {model: veo-3.1}}
shots:
  - {id: zoom, prompt: Slow zoom, seed: 7, takes: 2, pick: 2}
  - {id: pour, prompt: "=Broth poured"}
  - {id: sea, prompt: Waves, duration: 3}
"""
FOLDER = Path("outputs/film/draft")
FORMS = ["otio", "edl", "csv"]


@pytest.fixture(autouse=True)
def _folder(at_home: World) -> None:
    """The world's own folder."""
    at_home.board(BOARD)


def export(form: str, *options: str) -> int:
    """Export the draft."""
    return command(["export", "--pass", "draft", "--to", form, *options])


@pytest.mark.parametrize("form", FORMS)
async def test_a_complete_film_is_exit_0(
    world: World, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """The file lies beside the clips, the last line says where it is and how long; no key is asked
    for, nothing else changes, and a second export writes the same bytes.
    """
    await world.run(Path("specs/film.yaml"))
    before = {path: path.read_bytes() for path in FOLDER.rglob("*")}
    assert export(form) == 0
    path = FOLDER / f"film.{form}"
    what = "shot list" if form == "csv" else "timeline"
    said = capsys.readouterr().out.splitlines()
    assert said[1:] == [f"{what}: {path}  3 shots, 00:00:07:00"]
    content = path.read_bytes()
    assert export(form) == 0
    assert {path: path.read_bytes() for path in FOLDER.rglob("*")} == before | {path: content}
    for secret in (world.key, "signature=", str(world.root), PROVIDER):
        assert secret.encode() not in content


@pytest.mark.parametrize("form", FORMS)
async def test_missing_shots_are_told_and_exit_1(
    world: World, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """The file is written all the same; `--quiet` still says what is missing, and no more."""
    world.faults("{on: submit, shot: sea, do: {failed: api_error, message: overloaded}}")
    await world.run(Path("specs/film.yaml"))
    assert export(form) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "sea: missing: failed: overloaded"
    assert said[2].endswith("  3 shots, 00:00:07:00")
    assert (FOLDER / f"film.{form}").exists()
    assert export(form, "--quiet") == 1
    assert capsys.readouterr().out == "sea: missing: failed: overloaded\n"


async def test_a_film_that_is_yet_to_be_rendered_can_be_planned_with(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing rendered: a timeline of placeholders, in a folder that is made for it; exit 1."""
    assert export("otio") == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith("film.otio  3 shots, 00:00:07:00")
    made = otio.adapters.read_from_file(str(FOLDER / "film.otio"))
    assert [clip.media_reference.is_missing_reference for clip in made.find_clips()] == [True] * 3


async def test_what_changed_since_is_told(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The clip stands in the edit, as there is none better, and the shot is named; exit 0."""
    await world.run(Path("specs/film.yaml"))
    world.board(BOARD.replace("Waves", "High waves"))
    assert export("csv") == 0
    assert "sea: changed since it was rendered: prompt changed" in capsys.readouterr().out
    with (FOLDER / "film.csv").open(encoding="utf-8-sig", newline="") as file:
        row = [*csv.DictReader(file)][2]
    assert (row["prompt"], row["status"], row["note"]) == ("Waves", "changed", "prompt changed")


async def test_a_clip_that_is_gone_or_broken_is_missing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Deleted: a run fetches it. Overwritten by as many bytes of something else: named, too."""
    await world.run(Path("specs/film.yaml"))
    (FOLDER / "sea.mp4").unlink()
    pour = FOLDER / "pour.mp4"
    pour.write_bytes(b"x" * pour.stat().st_size)
    assert export("edl") == 1
    said = capsys.readouterr().out
    assert "sea: missing: to fetch\n" in said
    assert "pour: missing: its clip can't be used: it is no MP4 that can be played" in said


async def test_several_boards_each_have_a_file(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line a board; one that isn't complete makes the exit 1."""
    world.board(BOARD, "other")
    await world.run(Path("specs/film.yaml"))
    assert export("csv") == 1
    said = capsys.readouterr().out
    assert "film/draft/film.csv  3 shots" in said
    assert "other/draft/other.csv  3 shots" in said


async def test_other_passes_have_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    """A pass that there isn't is exit 2, before anything is written."""
    assert export("otio", "--pass", "final") == 1
    assert Path("outputs/film/final/film.otio").exists()
    assert export("otio", "--pass", "finale") == 2
    assert "no storyboard has a pass finale" in capsys.readouterr().err


async def test_lists_of_an_earlier_longer_film_go(capsys: pytest.CaptureFixture[str]) -> None:
    """1,000 shots are two EDLs, both named; with one shot less the second goes. Nobody else's file
    is touched.
    """
    shots = "".join(f"  - {{id: s{n}, prompt: Rain}}\n" for n in range(1000))
    head = "model: veo-3.1-fast\ndefaults: {duration: 2}\nshots:\n"
    path = Path("specs/film.yaml")
    path.write_text(head + shots, "utf-8")
    assert export("edl", "--quiet") == 1
    capsys.readouterr()
    assert sorted(each.name for each in FOLDER.glob("*.edl")) == ["film.2.edl", "film.edl"]
    (FOLDER / "film.4.edl").write_text("mine")
    path.write_text(head + shots.rpartition("  -")[0], "utf-8")
    assert export("edl") == 1
    assert sorted(each.name for each in FOLDER.glob("*.edl")) == ["film.4.edl", "film.edl"]
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"timeline: {FOLDER}/film.edl  999")
    (FOLDER / "film.2.edl").write_text("TITLE: mine\n")
    assert export("edl") == 1
    assert (FOLDER / "film.2.edl").read_text() == "TITLE: mine\n"


@pytest.mark.parametrize(
    ("library", "form"),
    [("opentimelineio", "otio"), ("opentimelineio", "edl"), ("otio_cmx3600_adapter", "edl")],
)
async def test_a_library_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], library: str, form: str
) -> None:
    """Exit 2 with what brings it, and nothing is written."""
    monkeypatch.setitem(sys.modules, library, None)  # as Python itself marks what can't be had
    assert export(form) == 2
    assert "pip install 'shotmake[edit]'" in capsys.readouterr().err
    assert not FOLDER.exists()


async def test_a_shot_list_needs_no_library() -> None:
    """A process that can't import OpenTimelineIO writes one."""
    blocked = "sys.modules['opentimelineio'] = sys.modules['otio_cmx3600_adapter'] = None; "
    run = "from pipeline.cli.main import main; main(['export', '--pass', 'draft', '--to', 'csv'])"
    root = str(Path(__file__).parents[2])
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r}); {blocked}{run}"],
        check=False,
    )
    assert ended.returncode == 1
    assert (FOLDER / "film.csv").exists()


async def test_links_are_not_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that leads elsewhere is refused; a file that does is replaced, and what it led to is
    as it was.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    FOLDER.parent.mkdir(parents=True)
    FOLDER.symlink_to(elsewhere)
    assert export("csv") == 2
    assert "symbolic link" in capsys.readouterr().err
    assert [*elsewhere.iterdir()] == []
    FOLDER.unlink()
    FOLDER.mkdir()
    (elsewhere / "mine.csv").write_text("mine")
    (FOLDER / "film.csv").symlink_to(elsewhere / "mine.csv")
    assert export("csv") == 1
    assert (elsewhere / "mine.csv").read_text() == "mine"
    assert not (FOLDER / "film.csv").is_symlink()
