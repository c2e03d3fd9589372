"""Where output goes: people's to the console, programs' to stdout as JSON, and never mixed."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.tasks_api.exchange import unlogged

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from rich.console import Console

    from pipeline.tasks_api.exchange import Exchange


_NOT_ASCII = re.compile(r"[^\x20-\x7e\n]")
_COLORFUL = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""Variables by which the console takes any stream for a terminal."""

_PIPED_COLUMNS = 200
"""A table in a pipe has no edge to keep to."""


class Terminal:
    """Where people read what is said, and with `--json`, programs."""

    def __init__(self, *, as_json: bool, quiet: bool, verbose: bool, color: bool) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self._as_json = as_json
        self._color = color

    @cached_property
    def console(self) -> Console:
        """For people; on stderr with `--json`, so that stdout is JSON alone."""
        return _console(stderr=self._as_json, color=self._color)

    @cached_property
    def errors(self) -> Console:
        """For what ends a command: always on stderr."""
        return _console(stderr=True, color=self._color)

    def say(self, text: str, style: str = "") -> None:
        """A line for people; left out with `--quiet`."""
        if not self.quiet:
            self.warn(text, style)

    def warn(self, text: str, style: str = "") -> None:
        """A line for people that `--quiet` doesn't silence."""
        if _is_plain(self._stream):
            with suppress(OSError):  # a reader that has left ends no run
                _print_plainly(self._stream, text)
        else:
            _print(self.console, text, style)

    def print_plainly(self, text: str) -> None:
        """Lines of what was asked for, where `is_plain`. Raises `OSError`."""
        _print_plainly(self._stream, text)

    @property
    def is_plain(self) -> bool:
        """Nobody watches it, and it shows no colours: a pipe, a file."""
        return _is_plain(self._stream)

    @property
    def _stream(self) -> TextIO:
        return sys.stderr if self._as_json else sys.stdout

    def fail(self, text: str, style: str = "red") -> None:
        """A line of what ends a command."""
        if _is_plain(sys.stderr):
            with suppress(OSError):
                _print_plainly(sys.stderr, text)
        else:
            _print(self.errors, text, style)


def is_screen(console: Console) -> bool:
    """Whether somebody watches it: FORCE_COLOR makes a pipe colourful, and no screen of it."""
    try:
        return console.is_terminal and console.file.isatty()
    except ValueError:  # it is closed
        return False


def _is_plain(stream: TextIO) -> bool:
    if stream.closed or stream.isatty():
        return False
    return not any(name in os.environ for name in _COLORFUL)


def _print_plainly(stream: TextIO, text: str) -> None:
    """Print where there is neither colour nor edge. That takes no console, and loading one takes
    longer than a run that has nothing to do.
    """
    stream.write(printable(text) + "\n")
    stream.flush()


def _print(console: Console, text: str, style: str) -> None:
    with suppress(OSError):
        # A terminal breaks lines amid words; a pipe has no edge, and a line is a line there.
        soft = not is_screen(console)
        console.print(printable(text), style=style, markup=False, highlight=False, soft_wrap=soft)


def _console(*, stderr: bool, color: bool) -> Console:
    from rich.console import Console  # noqa: PLC0415 (30 ms)

    class Patient(Console):
        """A console whose reader may leave without ending the program."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = Patient(stderr=stderr, no_color=None if color else True)
    if not is_screen(console):
        console.width = _PIPED_COLUMNS
    return console


def open_terminal(*, as_json: bool, quiet: bool, verbose: bool, color: bool) -> Terminal:
    """The terminal that the command line asks for."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without UTF-8 shows codes
            stream.reconfigure(errors="backslashreplace")
    return Terminal(as_json=as_json, quiet=quiet, verbose=verbose, color=color)


def request_log(terminal: Terminal) -> Callable[[Exchange], None]:
    """With `--verbose` a line a request: when, what, how it ended, how long it took, which try."""

    def show(exchange: Exchange) -> None:
        again = f", try {exchange.attempt}" if exchange.attempt > 1 else ""
        from datetime import datetime  # noqa: PLC0415

        now = datetime.now().astimezone().strftime("%H:%M:%S")
        terminal.say(
            f"{now} {exchange.method} {exchange.target} → {exchange.outcome}, "
            f"{exchange.seconds:.2f} s{again}",
            "dim",
        )

    return show if terminal.verbose else unlogged


def print_json(document: dict[str, Any], *, indent: int | None = None) -> None:
    """One JSON document, or one line of JSON lines, for programs."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    # Only within strings: what would steer a terminal, or is no character, is escaped there.
    sys.stdout.write(_NOT_ASCII.sub(_json_letter, text) + "\n")
    sys.stdout.flush()


def _json_letter(found: re.Match[str]) -> str:
    letter = found[0]
    return letter if letter.isprintable() else json.dumps(letter)[1:-1]


def printable(text: str) -> str:
    """Text of foreign origin with what would steer a terminal made visible.

    Line breaks stay; escape sequences, other control characters and lone surrogates don't.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )
