"""Colour: on terminals, and where people have said that they want some or none."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.onpath import command_in
from tests.support.screens import written_on

if TYPE_CHECKING:
    from pathlib import Path

BOARD = """\
model: veo-3.1-fast
defaults: {duration: 1}
shots:
  - {id: pour, prompt: Broth poured over noodles}
"""
EVERY = """\
import json, sys
from pipeline.cli.main import command
for arguments in json.loads(sys.argv[1]):
    print(f"== {arguments[0]} {arguments[-1]}", flush=True)
    command(arguments)
"""
SPEC = "specs/film.yaml"
COMMANDS = (
    ("check",),
    ("check", "none.yaml"),
    ("models",),
    ("schema", "faults"),
    ("init", "film"),
    ("completion", "zsh"),
    ("plan", "--pass", "draft"),
    ("run", "--pass", "animatic"),
    ("review", "--pass", "animatic"),
    ("cut", "--pass", "animatic"),
    ("export", "--pass", "animatic", "--to", "csv"),
    ("status",),
    ("explain", SPEC, "pour"),
    ("pick", SPEC, "pour=1"),
    ("accept", SPEC, "pour"),
    ("clean",),
    ("cancel", "--pass", "animatic"),
    ("serve", "--faults", "none.yaml"),
)
"""Each as it says something; the mistakes are red ones."""
COLOURED = {"check", "check none.yaml", "plan draft", "run animatic", "pick pour=1"}
_STYLE = re.compile(r"\x1b\[([0-9;]*)m")
_ESCAPE = re.compile(r"\x1b[^m]*.")
_COLOUR = re.compile(r"3\d|4\d|9\d|10\d")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A folder with a storyboard."""
    (tmp_path / "specs").mkdir()
    (tmp_path / SPEC).write_text(BOARD, "utf-8")
    return tmp_path


def said(folder: Path, *options: str, terminal: bool = True, **variables: str) -> dict[str, str]:
    """What every command says, one after the other in one process, on a terminal or in a pipe."""
    kept = command_in(folder / "bin")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "TTY_COMPATIBLE"):
        kept.pop(name, None)
    environment = kept | {"TERM": "xterm-256color"} | variables
    arguments = json.dumps([[*command, *options] for command in COMMANDS])
    asked = [sys.executable, "-c", EVERY, arguments]
    if terminal:
        text = on_terminal(asked, folder, environment)
    else:
        piped = subprocess.PIPE
        text = subprocess.run(
            asked, cwd=folder, env=environment, stdout=piped, stderr=subprocess.STDOUT, check=True
        ).stdout.decode()
    parts = re.split(r"^== (.*)$", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    names = [" ".join(dict.fromkeys((command[0], command[-1]))) for command in COMMANDS]
    assert len(parts) == 1 + 2 * len(names), text
    return dict(zip(names, parts[2::2], strict=True))


def on_terminal(asked: list[str], folder: Path, environment: dict[str, str]) -> str:
    """All that a program says to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        asked, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        seen = written_on(ours)
    assert process.returncode == 0, seen
    return seen.decode()


def colours(text: str) -> set[str]:
    """The colours, of letters or behind them, that a text asks for."""
    codes = {code for style in _STYLE.findall(text) for code in style.split(";")}
    return {code for code in codes if _COLOUR.fullmatch(code)}


def test_a_terminal_gets_colours(film: Path) -> None:
    """What is good, wrong or changed has its colour; an empty NO_COLOR is none."""
    told = said(film, NO_COLOR="")
    assert {name for name, text in told.items() if colours(text)} >= COLOURED


@pytest.mark.parametrize("how", ["NO_COLOR", "--no-color"])
def test_no_colour_is_none_anywhere(film: Path, how: str) -> None:
    """With NO_COLOR, or the option, no command asks a terminal for a colour (bold is none)."""
    told = said(film, NO_COLOR="1") if how == "NO_COLOR" else said(film, how)
    assert {name: colours(text) for name, text in told.items() if colours(text)} == {}


def test_a_pipe_gets_no_escapes(film: Path) -> None:
    """What goes into a file or another program is text, also with CLICOLOR_FORCE, which we don't
    know."""
    told = said(film, terminal=False, CLICOLOR_FORCE="1")
    assert all("\x1b" not in text for text in told.values())


def test_a_dumb_terminal_gets_no_escapes(film: Path) -> None:
    """An editor's shell, TERM=dumb, can do nothing with them; what happens is told all the same."""
    told = said(film, TERM="dumb")
    assert all("\x1b" not in text for text in told.values())
    assert "1 rendered" in told["run animatic"]


def test_colour_by_force_makes_no_screen_of_a_pipe(film: Path) -> None:
    """FORCE_COLOR, as CI sets it for its logs: colours in a pipe, and neither a live table nor
    lines that are broken at an edge."""
    told = said(film, terminal=False, FORCE_COLOR="1")
    assert {name for name, text in told.items() if colours(text)} >= COLOURED
    escapes = {escape for text in told.values() for escape in _ESCAPE.findall(text)}
    assert all(_STYLE.fullmatch(escape) for escape in escapes), escapes
    assert "pour: rendered – pour.mp4" in told["run animatic"]
    assert "own fields" in told["models"]  # the column that only a wide table has


def test_no_colour_wins_over_force(film: Path) -> None:
    """Who wants none gets none."""
    told = said(film, terminal=False, FORCE_COLOR="1", NO_COLOR="1")
    assert not any(map(colours, told.values()))
