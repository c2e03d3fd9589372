"""`shotmake run`: where nothing has changed since a run that found nothing to do, that is said at
once; all else is done in `running.py`.

Nothing heavy is imported here: most runs of a large project are such ones.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli import connect
from pipeline.cli.exits import Exit
from pipeline.cli.selecting import selection, spec_paths
from pipeline.cli.summary import sentence
from pipeline.rendering import settled
from pipeline.rendering.layout import Layout
from pipeline.rendering.notices import Kind, Summary
from pipeline.rendering.steps import Selection
from pipeline.review.freshness import is_fresh

if TYPE_CHECKING:
    import argparse

    from pipeline.cli.connect import Destination
    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.settled import Settled


def run(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """Render what is new, changed or failed, and nothing else."""
    begun = time.monotonic()
    environ = connect.environment()
    connect.concurrency(args.concurrency, environ)
    destination = connect.choose(args.pass_name, environ)
    found = _settled(args, destination)
    if not found:
        from pipeline.cli import running  # noqa: PLC0415 (all the rest of the program)

        return running.run(args, terminal)
    terminal.say(destination.why, "dim")
    summary = Summary()
    for each in found:
        if each.takes is None:
            terminal.say(connect.left_out(each.storyboard, destination), "yellow")
        else:
            summary.counts[Kind.SKIPPED] += each.takes
    seconds = time.monotonic() - begun
    terminal.say(sentence(summary, seconds, free=destination.free), "bold green")
    return Exit.COMPLETE


def _settled(args: argparse.Namespace, destination: Destination) -> list[Settled]:
    """The boards, if it is known of each that nothing is to be done, and nothing else is asked for
    than to hear that; else nothing.
    """
    if args.json or args.junit or args.verbose or selection(args) != Selection():
        return []
    outputs = Path(args.outputs)
    paths = spec_paths(args.spec)
    if len({os.path.realpath(path) for path in paths}) < len(paths):
        return []
    if len({path.stem.casefold() for path in paths}) < len(paths):
        return []
    found = []
    for path in paths:
        known = settled.recall(outputs, path, destination.pass_name, destination.provider)
        if known is None or not (args.no_review or _has_page(known, outputs)):
            return []
        found.append(known)
    return found if any(each.takes is not None for each in found) else []


def _has_page(known: Settled, outputs: Path) -> bool:
    if known.takes is None:
        return True
    layout = Layout(outputs, known.storyboard.stem, known.pass_name)
    return is_fresh(layout.page_path, [layout.results_path, *known.sources])
