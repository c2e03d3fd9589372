"""What can be asked for on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from pipeline import __version__

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

Add = Callable[[str, str], argparse.ArgumentParser]
"""Adds a command by its name, and what it does."""


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    everywhere = argparse.ArgumentParser(add_help=False)
    group = everywhere.add_argument_group("everywhere")
    group.add_argument(
        "--outputs",
        metavar="DIR",
        default="outputs",
        help="for clips and records; default: outputs",
    )
    group.add_argument("--quiet", action="store_true", help="only what went wrong")
    group.add_argument("--verbose", action="store_true", help="every step of every shot")
    group.add_argument("--no-color", action="store_true", help="no colours; also: NO_COLOR")
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
    completion = add("completion", "code for a shell, which completes words then")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), help="see docs/ci.md")
    _rendering(add)
    _directing(add)
    _reviewing(add)
    _serve_options(add("serve", "the tasks API on this machine, drawing animatics"))
    return parser


def _rendering(add: Add) -> None:
    plan = add("plan", "what a run would do, and why")
    _selection(_json(_specs(plan)))
    plan.add_argument("--check", action="store_true", help="exit 1 if there is something to do")
    _insistence(plan)
    _run_options(_selection(_json(_specs(add("run", "render what is new, changed or failed")))))
    _pass(_json(_specs(add("status", "what there is, pass by pass"))), "only this pass")
    explain = _json(add("explain", "one shot: its request, what is new in it, and its attempts"))
    explain.add_argument("spec", metavar="SPEC", help="a storyboard")
    explain.add_argument("shot", metavar="SHOT", help="all takes of a shot, or one, as in pour.t2")
    _pass(explain, _PASS_HELP)
    cancel = _specs(add("cancel", "end every open task of the boards, and say what was billed"))
    _pass(cancel, "only this pass")


def _directing(add: Add) -> None:
    pick = add("pick", "write into a storyboard which take of a shot is the circled one")
    pick.add_argument("spec", metavar="SPEC", help="the storyboard")
    pick.add_argument(
        "picks", metavar="SHOT=TAKE", nargs="+", help="as in pour=2; pour=none takes it away"
    )
    accept = add("accept", "call clips good as they are: no run replaces them, nothing is bought")
    accept.add_argument("spec", metavar="SPEC", help="the storyboard")
    accept.add_argument("shot", metavar="SHOT", nargs="+", help="all takes of it, or one: pour.t2")
    _pass(accept, "default: as for run")
    clean = _specs(add("clean", "list what no storyboard asks for any more; --yes removes it"))
    _pass(clean, "only this pass")
    clean.add_argument("--yes", action="store_true", help="remove what is listed")
    clean.add_argument("--kept", action="store_true", help="earlier clips in kept/, too")


def _reviewing(add: Add) -> None:
    review = _specs(add("review", "a page to look at: every take, what it cost, what it is of"))
    _pass(review, _PASS_HELP)
    review.add_argument("--sheet", action="store_true", help="one PNG of all shots, too")
    review.add_argument(
        "--serve", action="store_true", help="the page live on this machine, with picking"
    )
    review.add_argument(
        "--port", type=_port, metavar="N", default=8766, help="default: 8766; 0: any free one"
    )
    cut = _specs(add("cut", "the picked takes in their order as one MP4, with chapters"))
    _pass(cut, _PASS_HELP)
    cut.add_argument("--slate", action="store_true", help="a leader with the title, ids burnt in")
    export = _specs(add("export", "a timeline for the edit, or a shot list"))
    _pass(export, _PASS_HELP)
    export.add_argument(
        "--to",
        required=True,
        choices=("otio", "edl", "csv"),
        help="OpenTimelineIO, CMX 3600 EDL, or a CSV shot list",
    )


def _pass(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--pass", dest="pass_name", metavar="NAME", help=text)


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
    parser.add_argument("--no-review", action="store_true", help="write no review page at the end")
    parser.add_argument("--junit", metavar="FILE", help="a JUnit report, a test a take, for CI")
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


def _port(text: str) -> Any:
    return _number(text, int, 0, 65535, "a whole number from 0 to 65535")


def _tasks(text: str) -> Any:
    return _number(text, int, 1, 2000, "a whole number from 1 to 2000")


def _amount(text: str) -> Any:
    return _number(text, float, 0.0, 1e9, "a number from 0")
