"""README.md and docs/: every block of every page is played, or says why not.

A page needs nothing to be played. `yaml` blocks that begin with `# specs/NAME.yaml` become files of
a project, and must be right storyboards (`# faults/NAME.yaml`: faults to serve). The commands of
`console` blocks (`$ …`) are typed in a shell on a terminal of 160 columns, one after the other
through the page; they must exit with 0, and print what the page shows below them. A command that
shows nothing may print anything. `sh` blocks are run as scripts; lines like `# {…}` are what they
print.

    …                        in the output shown: any text; alone on a line: any lines
    shotmake serve           runs to the page's end on a free port, as `review --serve` does; the
                             `export` lines that it prints are typed
    make TARGET              is only asked whether it could
    a key, an edit, another  a `Direction` in directions.py, by the command that it goes with
      exit code              (another provider: `stage.provider(House)`)
    a block of another kind  `UNPLAYED` in directions.py, with the reason, or the test that has it

`shotmake` without a direction finds no key, and a provider that draws tiny clips at once. A new
page is found by itself; only what it says in words needs a line in directions.py.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from pipeline.cli.faults import load_faults
from pipeline.media.stills import inspect
from pipeline.storyboard.catalog import load_catalog
from pipeline.storyboard.resolve import load_storyboards
from tests.docs.directions import DIRECTIONS, UNPLAYED
from tests.docs.pages import FILES, NAMES, PAGES, ROOT, Block, blocks, typed
from tests.docs.picture import COMMANDS, lines
from tests.docs.stage import put, stage

if TYPE_CHECKING:
    from pathlib import Path

PLAYED = {"console", "sh"}
WITH_BLOCKS = [page for page in PAGES if {block.kind for block in blocks(page)} & PLAYED]


@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_a_page_says_what_happens(page: str, tmp_path: Path) -> None:
    """Its commands end as they should, and print what is shown."""
    with stage(tmp_path, DIRECTIONS.get(page, ())) as played:
        for block in blocks(page):
            played.play(block)
        assert not played.left(), "directions for what the page doesn't say"


@pytest.mark.parametrize("page", PAGES)
def test_the_files_of_a_page_are_right(page: str, tmp_path: Path) -> None:
    """Each storyboard is one that `check` has nothing to say of, each file of faults can be served;
    each has a name of its own.
    """
    files = [block for block in blocks(page) if block.kind in FILES and block.name]
    assert len({block.name for block in files}) == len(files)
    paths = [put(block, tmp_path) for block in files]
    boards = [path for path in paths if path.parent == tmp_path / "specs"]
    loaded = load_storyboards(boards, load_catalog(), None, inspect)
    assert not loaded.violations, "\n".join(map(str, loaded.violations))
    for path in paths:
        if path.parent == tmp_path / "faults":
            load_faults(path)


def test_no_block_is_left_out() -> None:
    """Each is a file, commands, or in the list of those that are neither."""
    for page in PAGES:
        for block in blocks(page):
            is_file = block.kind in FILES and block.name is not None
            played = is_file or block.kind == "sh" or (block.kind == "console" and typed(block))
            excused = (page, block.first) in UNPLAYED
            assert bool(played) != excused, f"{block.place}: {block.kind or 'a'} block"


def test_nothing_is_listed_that_is_not_there() -> None:
    """A page or a block that is gone leaves no line behind in the tables."""
    there = {(page, block.first) for page in PAGES for block in blocks(page)}
    assert {*UNPLAYED, *NAMES} <= there
    assert set(DIRECTIONS) <= set(WITH_BLOCKS)


def test_the_picture_in_the_readme_is_true(tmp_path: Path) -> None:
    """Its commands, typed in the checked-in storyboards with a second a shot, print its lines."""
    shown = "".join(f"{line}\n" for line in lines() if line)
    assert [one.command for one in typed(Block("picture", 1, "console", shown))] == [*COMMANDS]
    with stage(tmp_path, ()) as played:
        shutil.copytree(ROOT / "specs", played.project / "specs")
        spec = played.project / "specs/ramen.yaml"
        spec.write_text(re.sub(r"duration: \d+", "duration: 1", spec.read_text("utf-8")), "utf-8")
        block = Block("docs/terminal.svg", 1, "console", re.sub(r"\d s clip", "1 s clip", shown))
        played.play(block)
