"""The command line: one parser, one place where errors become messages and exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from pipeline import __version__
from pipeline.cli.exits import Exit, exit_for
from pipeline.cli.terminal import count_text, open_terminal
from pipeline.errors import ShotmakeError, StoryboardError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.cli.terminal import Terminal

_EPILOG = """\
exit codes: 0 every selected take is rendered · 1 some are not · 2 the command or a storyboard is
wrong, nothing was submitted · 3 money · 4 credentials · 5 another run holds the folder ·
6 damaged records, nothing was submitted · 130 interrupted

environment: BYTESPIKE_API_KEY, SHOTMAKE_BASE_URL, SHOTMAKE_CONCURRENCY
"""

_PASS_HELP = (
    "animatic, draft, or one that the board defines; default: draft with a key in "
    "BYTESPIKE_API_KEY, else animatic"
)

_VIOLATIONS_SHOWN = 1000
"""Nobody reads more of them, and a file can be made to have millions."""

# Commands are named and not imported here: most of them need what takes long to load.
_COMMANDS = {
    "check": "pipeline.cli.reference",
    "models": "pipeline.cli.reference",
    "schema": "pipeline.cli.reference",
    "init": "pipeline.cli.reference",
    "plan": "pipeline.cli.planning",
    "status": "pipeline.cli.planning",
    "explain": "pipeline.cli.explain",
    "run": "pipeline.cli.run",
    "cancel": "pipeline.cli.cancel",
    "pick": "pipeline.cli.pick",
    "accept": "pipeline.cli.accept",
    "clean": "pipeline.cli.clean",
    "serve": "pipeline.cli.serve",
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The `shotmake` command."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    sys.exit(command(arguments))


def command(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers with its exit code."""
    args = _parser().parse_args(arguments)
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


def _parser() -> argparse.ArgumentParser:
    everywhere = argparse.ArgumentParser(add_help=False)
    group = everywhere.add_argument_group("everywhere")
    group.add_argument("--outputs", metavar="DIR", default="outputs", help="default: outputs")
    group.add_argument("--quiet", action="store_true", help="only what went wrong")
    group.add_argument("--verbose", action="store_true", help="every step of every shot")
    group.add_argument("--no-color", action="store_true", help="also: NO_COLOR")
    parser = argparse.ArgumentParser(
        prog="shotmake",
        description="make for AI video: renders what is new, changed or failed, and nothing else",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"shotmake {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[everywhere], help=text, description=text)

    _specs(add("check", "read storyboards, and say all that is wrong with them"))
    _json(add("models", "the models, their limits and example prices"))
    schema = add("schema", "print a JSON Schema: storyboard, results, faults, or a model's")
    schema.add_argument("name", metavar="NAME", nargs="?", default="storyboard")
    add("init", "write a first storyboard").add_argument("name", metavar="NAME")
    plan = add("plan", "what a run would do, and why")
    _selection(_json(_specs(plan)))
    plan.add_argument("--check", action="store_true", help="exit 1 if there is something to do")
    _insistence(plan)
    _run_options(_selection(_json(_specs(add("run", "render what is new, changed or failed")))))
    status = _json(_specs(add("status", "what there is, pass by pass")))
    status.add_argument("--pass", dest="pass_name", metavar="NAME", help="only this pass")
    explain = _json(add("explain", "one shot: its request, what is new in it, and its attempts"))
    explain.add_argument("spec", metavar="SPEC", help="a storyboard")
    explain.add_argument("shot", metavar="SHOT", help="all takes of a shot, or one, as in pour.t2")
    explain.add_argument("--pass", dest="pass_name", metavar="NAME", help=_PASS_HELP)
    cancel = _specs(add("cancel", "end every open task of the boards, and say what was billed"))
    cancel.add_argument("--pass", dest="pass_name", metavar="NAME", help="only this pass")
    pick = add("pick", "write into a storyboard which take of a shot is the circled one")
    pick.add_argument("spec", metavar="SPEC", help="the storyboard")
    pick.add_argument(
        "picks", metavar="SHOT=TAKE", nargs="+", help="as in pour=2; pour=none takes it away"
    )
    accept = add("accept", "call clips good as they are: no run replaces them, nothing is bought")
    accept.add_argument("spec", metavar="SPEC", help="the storyboard")
    accept.add_argument("shot", metavar="SHOT", nargs="+", help="all takes of it, or one: pour.t2")
    accept.add_argument("--pass", dest="pass_name", metavar="NAME", help="default: as for run")
    clean = _specs(add("clean", "list what no storyboard asks for any more; --yes removes it"))
    clean.add_argument("--pass", dest="pass_name", metavar="NAME", help="only this pass")
    clean.add_argument("--yes", action="store_true", help="remove what is listed")
    clean.add_argument("--kept", action="store_true", help="earlier clips in kept/, too")
    _serve_options(add("serve", "the tasks API on this machine, drawing animatics"))
    return parser


def _specs(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument(
        "spec", metavar="SPEC", nargs="*", help="storyboards; default: all of specs/"
    )
    return parser


def _json(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--json", action="store_true", help="for programs, on stdout")
    return parser


def _selection(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    group = parser.add_argument_group("which takes")
    group.add_argument("--pass", dest="pass_name", metavar="NAME", help=_PASS_HELP)
    group.add_argument(
        "--shot", action="append", metavar="GLOB", help="shots, or takes as in pour.t2; repeatable"
    )
    group.add_argument("--failed", action="store_true", help="only those not rendered last time")
    group.add_argument(
        "--only-picked",
        action="store_true",
        help="only picked takes; shots without one are left out",
    )
    return parser


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=int, metavar="N", help="tasks in flight; default: 5")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=900.0,
        metavar="S",
        help="how long a task is waited for; the next run collects it; default: 900",
    )
    parser.add_argument(
        "--retries",
        type=_count,
        default=2,
        metavar="N",
        help="further attempts at a take that failed at the provider; default: 2",
    )
    parser.add_argument("--fail-fast", action="store_true", help="a failure stops new submits")
    parser.add_argument(
        "--max-credits",
        type=_credits,
        metavar="X",
        help="the most that this one run may cost: what might go over it is not submitted",
    )
    parser.add_argument(
        "--download-host",
        action="append",
        default=[],
        metavar="HOST",
        help="clips may come from there, too; repeatable; default: the provider's domain alone",
    )
    _insistence(parser)


def _serve_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="default: 127.0.0.1; any other needs --api-key")
    add("--port", type=_port, metavar="N", default=8765, help="default: 8765; 0: any free one")
    add("--api-key", action="append", metavar="KEY", help="accept this key alone; repeatable")
    add(
        "--concurrency",
        type=_tasks,
        metavar="N",
        default=25,
        help="tasks in flight that each account may have; default: 25",
    )
    add(
        "--wallet",
        type=_amount,
        metavar="CREDITS",
        default=1000.0,
        help="what each account has to spend; default: 1000",
    )
    add(
        "--latency",
        type=_amount,
        metavar="FACTOR",
        default=0.0,
        help="1: as slow as the models are said to be, 0 (default): as fast as it draws",
    )
    add("--seed", type=int, metavar="N", help="the same latencies again")
    add(
        "--shape",
        choices=("model-page", "tasks-reference"),
        default="model-page",
        help="of the answers; default: model-page",
    )
    add("--faults", metavar="FILE", help="what is to go wrong on purpose")


def _insistence(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="render what is up to date, too")
    parser.add_argument("--retry-blocked", action="store_true", help="try blocked prompts again")
    parser.add_argument(
        "--resubmit-uncertain",
        action="store_true",
        help="buy anew what may have been bought, but the provider knows nothing of",
    )


def _number(text: str, kind: type, least: float, most: float, says: str) -> Any:
    """A number within its bounds; `says` is what it may be, in words."""
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} can't be: {says}")
    return value


def _seconds(text: str) -> Any:
    return _number(text, float, 0.001, 7 * 24 * 3600.0, "seconds, from above 0 to a week")


def _credits(text: str) -> Any:
    return _number(text, float, 0.0, 1e9, "a number of credits, from 0")


def _count(text: str) -> Any:
    return _number(text, int, 0, 10, "a whole number from 0 to 10")


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("from 0 to 65535")
    return value


def _tasks(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 2000:
        raise argparse.ArgumentTypeError("from 1 to 2000")
    return value


def _amount(text: str) -> Any:
    return _number(text, float, 0.0, 1e9, "a number from 0")
