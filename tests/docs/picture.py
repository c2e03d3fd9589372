"""The picture of a terminal in the README, docs/terminal.svg, and what stands in it.

    python -m tests.docs.picture       makes it anew, from a session in tmux; look at it afterwards

The commands are typed in a copy of the checked-in storyboards, without a key.
"""

from __future__ import annotations

import html
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.docs.pages import ROOT

PICTURE = ROOT / "docs" / "terminal.svg"
COMMANDS = (
    "shotmake run specs/ramen.yaml",
    "sed -i 's/slow motion/extreme slow motion/' specs/ramen.yaml",
    "shotmake plan specs/ramen.yaml",
    "shotmake run specs/ramen.yaml",
)
_COLUMNS, _ROWS = 90, 60
_SECONDS_MAX = 60
_PROMPT = r"\n\[\e[1;36m\]$\[\e[0;1m\] "
_FONTS = "ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', Consolas, monospace"
_COLOURS = [(224, 108, 117), (126, 200, 130), (229, 192, 123), (97, 175, 239)]
_COLOURS += [(198, 120, 221), (86, 182, 194), (214, 218, 224)]
_THEME = TerminalTheme((29, 31, 36), (214, 218, 224), [(29, 31, 36), *_COLOURS])
_PIECE = re.compile(r'<text [^>]*x="([\d.]+)" y="([\d.]+)"[^>]* clip-path=[^>]*>([^<\n]+)</text>')
_LETTER_WIDTH = 12.2
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def lines() -> list[str]:
    """What stands in the picture, line by line."""
    found: dict[float, str] = {}
    for across, down, text in _PIECE.findall(PICTURE.read_text("utf-8")):
        before = found.get(float(down), "").ljust(round(float(across) / _LETTER_WIDTH))
        found[float(down)] = before + html.unescape(text).replace("\xa0", " ")
    return [found[down].rstrip() for down in sorted(found)]


def captured() -> str:
    """A terminal after the commands, with its colours."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "specs", Path(folder, "specs"))
        program = Path(folder, "shotmake")
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m pipeline "$@"\n', "utf-8")
        program.chmod(0o755)
        path = f"{folder}:{os.environ['PATH']}"
        shell = ["env", "-i", f"PATH={path}", f"PYTHONPATH={ROOT}", "TERM=screen-256color"]
        shell += ["LANG=C.UTF-8", f"PS1={_PROMPT}", r"PS0=\e[0m", "bash", "--norc", "--noprofile"]
        size = ["-x", str(_COLUMNS), "-y", str(_ROWS)]
        _tmux("-f", os.devnull, "new-session", "-d", *size, "-c", folder, shlex.join(shell))
        try:
            for number, command in enumerate(COMMANDS):
                _wait_for_prompt(number + 1)
                _tmux("send-keys", "-l", command)
                _tmux("send-keys", "Enter")
            _wait_for_prompt(len(COMMANDS) + 1)
            return _tmux("capture-pane", "-e", "-p")
        finally:
            _tmux("kill-server")


def _tmux(*arguments: str) -> str:
    command = ["tmux", "-L", "shotmake-picture", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _wait_for_prompt(number: int) -> None:
    """Wait until the shell asks for so many commands."""
    until = time.monotonic() + _SECONDS_MAX
    shown = ""
    while len(re.findall(r"^\$", shown, re.MULTILINE)) < number or not shown.endswith("\n$"):
        assert time.monotonic() < until, shown
        time.sleep(0.1)
        shown = _tmux("capture-pane", "-p").rstrip()


def drawn(session: str) -> str:
    """The picture of what a terminal has shown, as SVG; no font is fetched from elsewhere."""
    shown = session.strip("\n").split("\n")
    while _COLOUR.sub("", shown[-1]).strip() in {"", "$"}:
        del shown[-1]
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("\n".join(shown)), soft_wrap=True)
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    form = re.sub("<!--.*?-->", "", form).replace("Fira Code, monospace", _FONTS)
    svg = console.export_svg(title="shotmake", theme=_THEME, code_format=form, unique_id="terminal")
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines())


if __name__ == "__main__":
    PICTURE.write_text(drawn(captured()), "utf-8")
