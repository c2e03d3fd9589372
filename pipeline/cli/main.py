"""The command: runs what the command line asks for; here errors become messages and exit codes."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from pipeline.cli.exits import Exit, exit_for
from pipeline.cli.parser import parser
from pipeline.cli.terminal import open_terminal
from pipeline.errors import ShotmakeError, StoryboardError
from pipeline.figures import count_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipeline.cli.terminal import Terminal

_VIOLATIONS_SHOWN = 1000
"""Nobody reads more of them, and a file can be made to have millions."""

_ONLY_READ = frozenset({"check", "plan", "status", "explain"})
"""Commands that make objects by the hundred thousand, none of which goes before their end: the
collector would look at all of them again and again (a tenth of what `plan` takes).
"""

# Commands are named and not imported here: most of them need what takes long to load.
_COMMANDS = {
    "check": "pipeline.cli.reference",
    "models": "pipeline.cli.reference",
    "schema": "pipeline.cli.reference",
    "init": "pipeline.cli.reference",
    "completion": "pipeline.cli.completion",
    "plan": "pipeline.cli.planning",
    "status": "pipeline.cli.planning",
    "explain": "pipeline.cli.explain",
    "run": "pipeline.cli.run",
    "cancel": "pipeline.cli.cancel",
    "pick": "pipeline.cli.pick",
    "accept": "pipeline.cli.accept",
    "clean": "pipeline.cli.clean",
    "review": "pipeline.cli.review",
    "cut": "pipeline.cli.cut",
    "export": "pipeline.cli.export",
    "serve": "pipeline.cli.serve",
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The `shotmake` command."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what a word may become
        from pipeline.cli.completion import complete  # noqa: PLC0415 (nobody else needs it)

        complete(parser())
    args = parser().parse_args(arguments)
    if args.command in _ONLY_READ:
        gc.disable()
    gc.set_threshold(50_000, 20, 50)  # elsewhere seldom: what a poll makes goes by itself
    sys.exit(_perform(args))


def command(arguments: Sequence[str]) -> int:
    """Run one command, within a process that goes on; answers with its exit code."""
    return _perform(parser().parse_args(arguments))


def _perform(args: argparse.Namespace) -> int:
    terminal = open_terminal(
        as_json=getattr(args, "json", False),
        quiet=args.quiet,
        verbose=args.verbose,
        color=not args.no_color,
    )
    try:
        function = getattr(import_module(_COMMANDS[args.command]), args.command)
        return int(function(args, terminal))
    except StoryboardError as error:
        for violation in error.violations[:_VIOLATIONS_SHOWN]:
            terminal.fail(str(violation), "")
        if len(error.violations) > _VIOLATIONS_SHOWN:
            terminal.fail(f"… and {len(error.violations) - _VIOLATIONS_SHOWN:,} more", "")
        wrong = count_text(len(error.violations), "thing is", "things are")
        terminal.fail(f"shotmake: {wrong} wrong; nothing was submitted")
        return int(Exit.WRONG)
    except ShotmakeError as error:
        terminal.fail(f"shotmake: {error}")
        return int(exit_for(error))
    except KeyboardInterrupt:
        return _interrupted(terminal)
    except BaseExceptionGroup as group:  # Ctrl-C for the second time, amid what goes on at once
        if group.subgroup(KeyboardInterrupt) is None:
            raise
        return _interrupted(terminal)
    except OSError as error:
        # Whoever read us has left, or their disk is full. Python flushes stdout once more at
        # exit: give it a place.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            terminal.fail(f"shotmake: {error}")
        return int(Exit.INCOMPLETE)


def _interrupted(terminal: Terminal) -> int:
    terminal.fail("shotmake: interrupted; what is in flight is on record")
    return int(Exit.INTERRUPTED)
