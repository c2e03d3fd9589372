"""A terminal with bash in it, and what is to be seen on its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COLUMNS = 160
_ROWS = 50
_END = re.compile(rb"\x1e(\d+)\x1e\r\n")
"""What the shell says behind a command: its exit code, between characters that nobody prints."""
_SECONDS_MAX = 120
_PIECES = re.compile(r"([^\x00-\x1f]+)|(\x1b\[[?\d;]*[A-Za-z]|[\x00-\x1f])")
_UP = re.compile(r"\x1b\[(\d+)A")
_UNSEEN = re.compile(r"\x1b\[([\d;]*m|\?25[hl])")
"""Colours, and the cursor hidden or shown."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a command: its exit code, and the lines on the screen."""

    exit: int
    lines: tuple[str, ...]


class Shell:
    """bash on a terminal; variables and the folder stay from one command to the next."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
        )
        os.close(inside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # what was typed, too
        self._process.communicate()
        os.close(self._screen)

    def run(self, command: str) -> Said:
        """Type one command, and wait for its end. Raises `AssertionError` when there is none."""
        assert self._process.stdin is not None
        line = f"{{ {command}\n}} </dev/null; printf '\\036%d\\036\\n' $?\n"
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        output, until = b"", time.monotonic() + _SECONDS_MAX
        while (end := _END.search(output)) is None:
            ready, _, _ = select.select([self._screen], [], [], until - time.monotonic())
            assert ready, f"{command} goes on for over {_SECONDS_MAX} s: {output.decode()}"
            try:
                output += os.read(self._screen, 65536)
            except OSError:  # bash has gone, with the terminal's last other end
                raise AssertionError(f"{command} ended the shell: {output.decode()}") from None
        return Said(int(end[1]), screen(output[: end.start()].decode()))


class _Screen:
    """Lines, and a cursor."""

    def __init__(self) -> None:
        self.lines = [""]
        self._row = self._column = 0

    def write(self, text: str) -> None:
        """Overwrites what stands there."""
        line = self.lines[self._row]
        end = self._column + len(text)
        self.lines[self._row] = line[: self._column].ljust(self._column) + text + line[end:]
        self._column = end

    def steer(self, sequence: str) -> bool:
        """A control character or sequence; False for one that is not known here."""
        if sequence == "\r":
            self._column = 0
        elif sequence == "\n":
            self._row += 1
            self.lines += [""] * (self._row + 1 - len(self.lines))
        elif up := _UP.fullmatch(sequence):
            self._row = max(self._row - int(up[1]), 0)
        elif sequence == "\x1b[2K":
            self.lines[self._row] = ""
        else:
            return bool(_UNSEEN.fullmatch(sequence))
        return True


def screen(output: str) -> tuple[str, ...]:
    """The lines that are left of what a program sent to a terminal, without their colours.

    Knows what rich sends. Raises `ValueError` for anything else that would steer a terminal.
    """
    made = _Screen()
    for text, sequence in _PIECES.findall(output):
        if text:
            made.write(text)
        elif not made.steer(sequence):
            raise ValueError(f"nobody knows here what {sequence!r} does to a terminal")
    while made.lines and not made.lines[-1].strip():
        del made.lines[-1]
    return tuple(line.rstrip() for line in made.lines)
