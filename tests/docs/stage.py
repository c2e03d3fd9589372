"""A page is played: its files are written, its commands typed, its output held against ours."""

from __future__ import annotations

import os
import re
import shlex
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from tests.docs.comparing import differences
from tests.docs.pages import FILES, ROOT, typed
from tests.docs.terminal import Shell
from tests.support.served import KEY, quick_house, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pipeline.studio.tasks import House
    from tests.docs.pages import Block

_SERVES = re.compile(r"shotmake (serve|review --serve)\b")
_SERVE_SECONDS_MAX = 60
_MAKE = "make "
_NOTE = re.compile(r"\s+# .*")
"""Behind a command."""


@dataclass(frozen=True, slots=True)
class Direction:
    """Goes with the command, or the first line of a script, that `at` is.

    `before` and `after` are done around it; it `ends` with this exit code; `instead` is what is
    typed in its place.
    """

    at: str
    why: str
    before: Callable[[Stage], None] | None = None
    after: Callable[[Stage], None] | None = None
    ends: int = 0
    instead: str = ""


class Stage:
    """A project in a folder of its own, with a shell in it."""

    def __init__(
        self, project: Path, shell: Shell, directions: Sequence[Direction], held: ExitStack
    ) -> None:
        self.project = project
        self._shell = shell
        self._directions = {direction.at: direction for direction in directions}
        self._held = held

    def provider(self, house: House) -> None:
        """Put another gateway behind what is typed from now on, with an account for any key."""
        studio = Studio(load_catalog(), house, free=False)
        self.type(f"export {BASE_URL_VARIABLE}={self._held.enter_context(served(studio))}")

    def key(self) -> None:
        """From now on there is a key."""
        self.type(f"export {KEY_VARIABLE}={KEY}")

    def type(self, command: str, *, ends: int = 0) -> tuple[str, ...]:
        """Type a command; what is on the screen then. Raises `AssertionError` for another end."""
        said = self._shell.run(command)
        assert said.exit == ends, f"{command} exits with {said.exit}:\n" + "\n".join(said.lines)
        return said.lines

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the project in one place."""
        path = self.project / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), "utf-8")

    def play(self, block: Block) -> None:
        """Do with a block what its kind asks for.

        Raises `AssertionError` where something else comes of it than the page shows.
        """
        if block.kind in FILES and block.name:
            put(block, self.project)
        elif block.kind == "console":
            self._console(block)
        elif block.kind == "sh":
            self._script(block)

    def left(self) -> list[str]:
        """Directions that nothing in the page was for."""
        return list(self._directions)

    def _console(self, block: Block) -> None:
        for one in typed(block):
            direction = self._begin(one.command)
            command = direction.instead if direction and direction.instead else one.command
            if _SERVES.match(command):
                said = self._serve(command, len(one.shown))
            elif command.startswith(_MAKE):
                dry = f"make -C {shlex.quote(str(ROOT))} --dry-run"
                said = self.type(f"{dry} {command.removeprefix(_MAKE)} >../make.log")
            else:
                said = self.type(command, ends=direction.ends if direction else 0)
            told = differences(one.shown, said) if one.shown else ""
            assert not told, f"{block.place}: $ {one.command}\n{told}"
            self._end(direction)

    def _script(self, block: Block) -> None:
        """What it prints stands behind `# `, in lines that begin with a brace."""
        direction = self._begin(block.first)
        said = self.type(f"bash -euo pipefail -c {shlex.quote(block.text)}")
        shown = [line[2:] for line in block.text.splitlines() if line.startswith("# {")]
        told = differences(shown, said)
        assert not told, f"{block.place}:\n{told}"
        self._end(direction)

    def _begin(self, at: str) -> Direction | None:
        direction = self._directions.pop(_NOTE.sub("", at), None)
        if direction and direction.before:
            direction.before(self)
        return direction

    def _end(self, direction: Direction | None) -> None:
        if direction and direction.after:
            direction.after(self)

    def _serve(self, command: str, lines: int) -> tuple[str, ...]:
        """Goes on in the background, on a free port; so many lines are read of what it says, and
        those of them that are to be copied into another terminal are typed.
        """
        self.type(f"exec {{served}}< <({command} --port 0 2>&1)")
        said = self.type(
            f"for i in $(seq {lines}); do "
            f'IFS= read -r -t {_SERVE_SECONDS_MAX} line <&$served && echo "$line"; done'
        )
        for line in said:
            if line.startswith("export "):
                self.type(line)
        return said


@contextmanager
def stage(folder: Path, directions: Sequence[Direction]) -> Iterator[Stage]:
    """A project with nothing but the docs in it, this program on the path, no key, and a provider
    that costs nothing.
    """
    programs, project = folder / "bin", folder / "project"
    for made in (programs, project):
        made.mkdir()
    (project / "docs").symlink_to(ROOT / "docs")
    command = programs / "shotmake"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pipeline "$@"\n', "utf-8")
    command.chmod(0o755)
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "no_proxy": "127.0.0.1",
    }
    with ExitStack() as held:
        made_stage = Stage(
            project, held.enter_context(Shell(project, environment)), directions, held
        )
        made_stage.provider(quick_house())
        yield made_stage


def put(block: Block, folder: Path) -> Path:
    """Write a block into the file that it is."""
    path = folder / str(block.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, "utf-8")
    return path
