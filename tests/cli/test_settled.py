"""Runs that have nothing to do, and know it: whatever has changed, they look again."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import pipeline.rendering.settled
from pipeline.cli import running
from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.cli.main import command
from pipeline.rendering import hashes
from pipeline.rendering.settled import SOURCE_BYTES_MAX, recall
from pipeline.storyboard import documents

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from pipeline.cli.exits import Exit
    from pipeline.cli.terminal import Terminal

FILM = """\
model: veo-3.1-fast
defaults: {duration: 1}
shots:
  - {id: a, prompt: Rain., init_image: bowl.png}
shots_from: more.csv
"""
OTHER = "model: veo-3.1-fast\nshots:\n  - {id: z, prompt: Snow., duration: 1}\n"
RUN = ["run", "--pass", "animatic"]
SPEC, TABLE, STILL = Path("specs/film.yaml"), Path("specs/more.csv"), Path("specs/bowl.png")
FOLDER = Path("outputs/film/animatic")
CACHE = Path("outputs/.cache/settled")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two boards, rendered, and found to be so by a second run."""
    root = tmp_path_factory.mktemp("settled")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv(KEY_VARIABLE, raising=False)
        patch.delenv(BASE_URL_VARIABLE, raising=False)
        patch.setattr(hashes, "SETTLED_SECONDS", -1e9)  # the image was drawn just now
        Path("specs").mkdir()
        SPEC.write_text(FILM, "utf-8")
        TABLE.write_text("id,prompt\nb,Fog.\n", "utf-8")
        Image.new("RGB", (64, 64), "red").save(STILL)
        Path("specs/other.yaml").write_text(OTHER, "utf-8")
        for _run in range(2):
            assert command(RUN) == 0
    return root


@pytest.fixture
def project(rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Those boards in a folder of one's own, where their images are known again."""
    monkeypatch.setattr(hashes, "SETTLED_SECONDS", -1e9)
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.delenv(BASE_URL_VARIABLE, raising=False)
    shutil.copytree(rendered, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    assert command(RUN) == 0  # inodes and times are others
    return tmp_path


@pytest.fixture
def long_ways(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one with each run that does not know that there is nothing to do."""
    assert project == Path.cwd()
    taken: list[str] = []
    run = running.run

    def watched(args: argparse.Namespace, terminal: Terminal) -> Exit:
        taken.append("run")
        return run(args, terminal)

    monkeypatch.setattr(running, "run", watched)
    return taken


def test_what_is_known_is_said_as_if_it_had_been_found_out(
    long_ways: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Word by word, but for the seconds; nothing on the disk changes."""
    shutil.move(CACHE, "elsewhere")
    assert command(RUN) == 0
    found_out = capsys.readouterr()
    assert long_ways == ["run"]
    before = {path: path.stat() for path in Path().rglob("*")}
    assert command(RUN) == 0
    known = capsys.readouterr()
    assert long_ways == ["run"]
    assert _timeless(known.out) == _timeless(found_out.out)
    assert known.err == found_out.err == ""
    assert "3 up to date · free" in known.out
    assert {path: path.stat() for path in Path().rglob("*")} == before


def _timeless(text: str) -> str:
    return re.sub(r"[0-9]+\.[0-9] s", "s", text)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def _redraw() -> None:
    Image.new("RGB", (64, 64), "blue").save(STILL)


CHANGES: dict[str, Callable[[], object]] = {
    "prompt": lambda: _edit(SPEC, "Rain.", "Hail."),
    "a comment": lambda: _edit(SPEC, "shots:\n", "shots:  # all\n"),
    "the table": lambda: _edit(TABLE, "Fog.", "Mist."),
    "the image": _redraw,
    "the image is gone": STILL.unlink,
    "the image leads to itself": lambda: _loop(STILL),
    "the table has no end": lambda: os.truncate(TABLE, SOURCE_BYTES_MAX + 1),
    "the other board": lambda: _edit(Path("specs/other.yaml"), "Snow.", "Ice."),
    "the records": lambda: _edit(FOLDER / "results.json", '"attempt": 1', '"attempt": 2'),
    "no records": (FOLDER / "results.json").unlink,
    "a clip is gone": (FOLDER / "b.mp4").unlink,
    "a clip is cut": lambda: (FOLDER / "b.mp4").write_bytes(b"0"),
    "one clip more": lambda: shutil.copy(FOLDER / "b.mp4", FOLDER / "c.mp4"),
    "a clip in kept": lambda: _write(FOLDER / "kept" / "0123456789ab.mp4"),
    "a journal": (FOLDER / "journal.jsonl").touch,
    "somebody holds the folder": (FOLDER / ".lock-owner.json").touch,
    "no page": (FOLDER / "index.html").unlink,
    "a board more": lambda: Path("specs/third.yaml").write_text(OTHER, "utf-8"),
    "what is known": lambda: shutil.rmtree(CACHE),
    "another's link": lambda: _lead_away(CACHE),
}


def _write(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"0")


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _lead_away(path: Path) -> None:
    moved = path.rename("elsewhere")
    path.symlink_to(moved.absolute())


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_has_changed_is_looked_at(change: str, long_ways: list[str]) -> None:
    """Of all that a plan is made of nothing can change without being seen, whatever times say: a
    page older than that would be made anew anyway.
    """
    quietly = [*RUN, "--quiet"] + ["--no-review"] * (change != "no page")
    assert command(quietly) == 0
    assert long_ways == []
    CHANGES[change]()
    command(quietly)
    assert long_ways == ["run"]


@pytest.mark.parametrize(
    "more",
    [
        ["--shot", "a"],
        ["--failed"],
        ["--force"],
        ["--only-picked"],
        ["--retry-blocked"],
        ["--resubmit-uncertain"],
        ["--json"],
        ["--verbose"],
        ["--junit", "report.xml"],
        ["specs/film.yaml", "specs/../specs/film.yaml"],
        ["--outputs", "elsewhere"],
    ],
)
def test_whoever_asks_for_more_gets_it(more: list[str], long_ways: list[str]) -> None:
    """What is known answers one question alone: is there anything to do."""
    command([*RUN, *more])
    assert long_ways == ["run"]


def test_tables_are_those_that_are_read(long_ways: list[str]) -> None:
    """Behind a link `..` leads elsewhere than it looks; a table that lies where it seems to lead,
    and is alike, is another one.
    """
    Path("real").mkdir()
    Path("specs").rename("real/specs")
    Path("specs").symlink_to("real/specs")
    for folder in (Path("real/tables"), Path("tables")):
        folder.mkdir()
        shutil.copy(TABLE, folder / "more.csv")
    Path("real/.git").mkdir()
    _edit(SPEC, "more.csv", "../tables/more.csv")
    for _run in range(3):
        assert command([*RUN, "--no-review"]) == 0
    assert long_ways == ["run"]
    _edit(Path("real/tables/more.csv"), "Fog.", "Mist.")
    command([*RUN, "--no-review"])
    assert long_ways == ["run", "run"]


def test_what_is_too_large_is_so_for_everybody() -> None:
    """The bound is that of the reader of storyboards, which is slow to load."""
    assert SOURCE_BYTES_MAX == documents.MAX_BYTES


def test_another_version_finds_out_for_itself(
    long_ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the program, or of the models' limits."""
    monkeypatch.setattr(pipeline.rendering.settled, "__version__", "9.9")
    assert command(RUN) == 0
    assert long_ways == ["run"]
    assert command(RUN) == 0
    assert long_ways == ["run"]
    monkeypatch.setattr(pipeline.rendering.settled, "schemas_sha256", lambda: "another")
    assert command(RUN) == 0
    assert long_ways == ["run", "run"]


def test_wrong_options_are_still_wrong(long_ways: list[str]) -> None:
    """Nothing to do is no reason to overlook them."""
    assert command([*RUN, "--concurrency", "0"]) == 2
    assert long_ways == []


def test_a_board_without_the_pass_is_left_out_as_before(
    long_ways: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named; and where no board has the pass, that is a mistake as ever."""
    _edit(SPEC, "shots:\n", "passes: {wet: {aspect: 1:1}}\nshots:\n")
    Path("outputs/film/wet").mkdir()
    for name in ("a", "b"):
        shutil.copy(FOLDER / f"{name}.mp4", f"outputs/film/wet/{name}.mp4")
    assert command(["accept", "--pass", "wet", str(SPEC), "a", "b"]) == 0
    wet = ["run", "--pass", "wet", "--no-review"]
    capsys.readouterr()
    assert command(wet) == command(wet) == 0
    first, second = re.split("^(?=pass wet)", capsys.readouterr().out, flags=re.MULTILINE)[1:]
    assert long_ways == ["run"]
    assert _timeless(first) == _timeless(second)
    assert "specs/other.yaml: left out, as it has no pass wet" in second
    assert "2 up to date" in second
    assert command([*wet, "specs/other.yaml"]) == 2
    assert command(["run", "--pass", "nowhere"]) == 2


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_only_costs_time(project: Path, data: st.DataObject) -> None:
    """Whatever becomes of the file: what is recalled is what was found, or nothing."""
    path = project / CACHE / "film.animatic.json"
    whole = path.read_bytes()
    true = recall(Path("outputs"), SPEC, "animatic", "studio")
    assert true is not None
    at = data.draw(st.integers(0, len(whole) - 1))
    damage = data.draw(st.one_of(st.binary(max_size=3), st.sampled_from([b"", b"null", b"[" * 9])))
    until = data.draw(st.sampled_from([at, at + 1, len(whole)]))
    path.write_bytes(whole[:at] + damage + whole[until:])
    try:
        found = recall(Path("outputs"), SPEC, "animatic", "studio")
        assert found is None or found == true
    finally:
        path.write_bytes(whole)
