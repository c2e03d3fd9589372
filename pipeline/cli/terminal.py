"""Where output goes: people's to the console, programs' to stdout as JSON, and never mixed."""

from __future__ import annotations

import io
import json
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.tasks_api.exchange import unlogged

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from pipeline.tasks_api.exchange import Exchange


_NOT_ASCII = re.compile(r"[^\x20-\x7e\n]")
_PIPED_COLUMNS = 200
"""A table in a pipe has no edge to keep to."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """`console` is for people, `errors` for what ends a command, always on stderr.

    With `--json` both are, so that stdout is JSON alone.
    """

    console: Console
    errors: Console
    quiet: bool
    verbose: bool

    def say(self, text: str, style: str = "") -> None:
        """A line for people; left out with `--quiet`."""
        if not self.quiet:
            self.warn(text, style)

    def warn(self, text: str, style: str = "") -> None:
        """A line for people that `--quiet` doesn't silence."""
        _print(self.console, text, style)

    def fail(self, text: str, style: str = "red") -> None:
        """A line of what ends a command."""
        _print(self.errors, text, style)


def is_screen(console: Console) -> bool:
    """Whether somebody watches it: FORCE_COLOR makes a pipe colourful, and no screen of it."""
    try:
        return console.is_terminal and console.file.isatty()
    except ValueError:  # it is closed
        return False


def _print(console: Console, text: str, style: str) -> None:
    with suppress(OSError):  # a reader that has left ends no run
        # A terminal breaks lines amid words; a pipe has no edge, and a line is a line there.
        soft = not is_screen(console)
        console.print(printable(text), style=style, markup=False, highlight=False, soft_wrap=soft)


def open_terminal(*, as_json: bool, quiet: bool, verbose: bool, color: bool) -> Terminal:
    """The terminal that the command line asks for."""
    from rich.console import Console  # noqa: PLC0415 (`--version` doesn't need it)

    class Patient(Console):
        """A console whose reader may leave without ending the program."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without UTF-8 shows codes
            stream.reconfigure(errors="backslashreplace")
    no_color = None if color else True
    console = Patient(stderr=as_json, no_color=no_color)
    if not is_screen(console):
        console.width = _PIPED_COLUMNS
    return Terminal(console, Patient(stderr=True, no_color=no_color), quiet, verbose)


def request_log(terminal: Terminal) -> Callable[[Exchange], None]:
    """With `--verbose` a line a request: when, what, how it ended, how long it took, which try."""

    def show(exchange: Exchange) -> None:
        again = f", try {exchange.attempt}" if exchange.attempt > 1 else ""
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
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )
