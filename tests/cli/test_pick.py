"""`shotmake pick`: all picks or none, in the file as it is, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.main import command

BOARD = """\
# a comment
model: veo-3.1-fast
defaults: {duration: 2, takes: 3}
shots:
  - id: a      # the first
    prompt: Rain.
  - {id: b, prompt: Snow., pick: 3}
shots_from: more.csv
"""
TABLE = "id,prompt,pick\nc,Fog.,\nd,Hail.,2\n"


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("specs").mkdir()
    Path("specs/film.yaml").write_text(BOARD, "utf-8")
    Path("specs/more.csv").write_text(TABLE, "utf-8")


def text() -> str:
    return Path("specs/film.yaml").read_text("utf-8")


def test_picks_are_written_where_they_belong() -> None:
    """Into the shot, over the one that stands there, and for a table's shot at the top."""
    assert command(["pick", "specs/film.yaml", "a=2", "b=1", "c=3"]) == 0
    assert text() == (
        BOARD.replace("# the first\n", "# the first\n    pick: 2\n").replace("pick: 3", "pick: 1")
        + "picks:\n  c: 3\n"
    )
    assert command(["pick", "specs/film.yaml", "a=none", "b=3", "c=none"]) == 0
    assert text() == BOARD


@pytest.mark.parametrize(
    ("picks", "says"),
    [
        (["a=2", "b=4"], "b has 3 takes; there is no take 4"),
        (["a=2", "x=1"], "there is no shot x; there are a, b, c and d"),
        (["a=2", "d=1"], "specs/more.csv:3: d has its pick in the table; change it there"),
        (["a=2", "b="], "'b=' names no take; write it as in pour=2, or pour=none"),
        (["a=2", "b=0"], "b has 3 takes; there is no take 0"),
        (["a=2", "b"], "'b' names no take; write it as in pour=2, or pour=none"),
        (["a=2", "b=-1"], "'b=-1' names no take"),
        (["a=2", "b=²"], "'b=²' names no take"),
        (["a=2", "a=1"], "a is picked twice; keep one of them"),
        (["a=99999999999999999999"], "there is no take 999999999"),
    ],
)
def test_one_that_cannot_be_leaves_the_file_alone(
    picks: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All are looked at before the file is touched."""
    assert command(["pick", "specs/film.yaml", *picks]) == 2
    assert says in capsys.readouterr().err
    assert text() == BOARD


def test_a_wrong_storyboard_is_mended_first(capsys: pytest.CaptureFixture[str]) -> None:
    """What a shot has can't be known else."""
    Path("specs/film.yaml").write_text(BOARD + "colour: red\n", "utf-8")
    assert command(["pick", "specs/film.yaml", "a=2"]) == 2
    assert "colour: unknown key" in capsys.readouterr().err


CHAIN = """\
model: veo-3.1-fast
defaults: {duration: 2}
passes: {final: {model: veo-3.1}}
shots:
  - {id: a, prompt: Rain., takes: 2%s}
  - {id: b, prompt: Snow., init_image: {shot: a, take: 2}}
"""


def test_a_pick_that_breaks_the_board_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    """The final renders one take of `a`, and `b` begins with another one."""
    Path("specs/film.yaml").write_text(CHAIN % "", "utf-8")
    assert command(["pick", "specs/film.yaml", "a=1"]) == 2
    assert "a is rendered from its picked take, which is 1" in capsys.readouterr().err
    assert text() == CHAIN % ""


def test_a_pick_can_mend_what_another_one_broke() -> None:
    """By hand it was written all the same."""
    Path("specs/film.yaml").write_text(CHAIN % ", pick: 1", "utf-8")
    assert command(["pick", "specs/film.yaml", "a=2"]) == 0
    assert text() == CHAIN % ", pick: 2"


def test_what_is_picked_already_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even the same bytes: an editor that has it open isn't asked to load it again."""
    before = Path("specs/film.yaml").stat()
    assert command(["pick", "specs/film.yaml", "b=3"]) == 0
    after = Path("specs/film.yaml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert "take 3 was picked already" in capsys.readouterr().out


def test_permissions_and_links_stay() -> None:
    """The file that a link leads to is written, with the rights that it had."""
    target = Path("specs/film.yaml").rename("real.yaml")
    target.chmod(0o640)
    Path("specs/film.yaml").symlink_to("../real.yaml")
    Path("more.csv").write_text(TABLE, "utf-8")
    assert command(["pick", "specs/film.yaml", "a=2"]) == 0
    assert Path("specs/film.yaml").is_symlink()
    assert "pick: 2" in target.read_text("utf-8")
    assert target.stat().st_mode & 0o777 == 0o640
    assert not list(Path().rglob("*.new"))


def test_a_folder_that_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """In words, and the storyboard is what it was."""
    blocked = Path("specs/film.yaml.new")
    blocked.mkdir()
    assert command(["pick", "specs/film.yaml", "a=2"]) == 2
    assert "specs/film.yaml" in capsys.readouterr().err
    assert text() == BOARD
