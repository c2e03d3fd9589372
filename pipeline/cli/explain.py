"""`shotmake explain`: one shot as a run would find it, and all that was tried for it."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.boards import Desk, examples, load_for
from pipeline.cli.connect import choose, environment
from pipeline.cli.exits import Exit
from pipeline.cli.explanation import show
from pipeline.cli.terminal import print_json
from pipeline.errors import UsageError
from pipeline.figures import count_text
from pipeline.rendering.book import read
from pipeline.rendering.explaining import Explainer
from pipeline.rendering.folder import Folder
from pipeline.rendering.plan import why_none
from pipeline.rendering.steps import Selection
from pipeline.storyboard.boards import unknown_shot
from pipeline.storyboard.shots import take_key

if TYPE_CHECKING:
    import argparse

    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.explaining import Explained, Told
    from pipeline.storyboard.shots import Storyboard, Take, Undecided

_TAKE = re.compile(r"(.+)\.t([0-9]{1,9})")


def explain(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake explain SPEC SHOT`: asks nobody, changes nothing. Raises `UsageError`."""
    destination = choose(args.pass_name, environment())
    loaded = load_for(destination, [args.spec], Path(args.outputs), terminal)
    (board,) = loaded.boards
    chosen = _chosen(board, args.shot)
    takes: list[Explained] = []
    folder = Folder(Path(args.outputs), board.name, board.pass_name)
    if isinstance(chosen, list):
        records = read(folder, destination.provider).records
        desk = Desk(destination, Selection(), examples(loaded.catalog), loaded.loaded)
        plan = desk.planner(board, folder, records).plan()
        explainer = Explainer(board, plan, records, folder.clips())
        takes = [explainer.explain(take) for take in chosen]
    undecided = None if isinstance(chosen, list) else why_none(chosen, board)
    if args.json:
        document = {
            "storyboard": board.name,
            "pass": board.pass_name,
            "provider": destination.provider,
            "takes": [_take_json(each, folder) for each in takes],
            "undecided": undecided,
        }
        print_json(document, indent=2)
    elif undecided:
        terminal.say(f"{board.name}/{board.pass_name}/{args.shot}", "bold")
        terminal.say(f"  this pass renders nothing of it: {undecided}")
    else:
        for number, each in enumerate(takes):
            if number:
                terminal.say("")
            show(each, board, folder, terminal)
    return Exit.COMPLETE


def _chosen(board: Storyboard, asked: str) -> list[Take] | Undecided:
    """Every take of the shot, or the one that is named. Raises `UsageError`."""
    named = _TAKE.fullmatch(asked)
    shot = named[1] if named else asked
    undecided = next((each for each in board.undecided if each.shot == shot), None)
    if undecided is not None:
        return undecided
    takes = [take for take in board.takes if take.shot == shot]
    if not takes:
        shots = [*(take.shot for take in board.takes), *(each.shot for each in board.undecided)]
        raise UsageError(f"{board.path}: {unknown_shot(shot, list(dict.fromkeys(shots)))}")
    if named is None:
        return takes
    number = int(named[2])
    if not 1 <= number <= len(takes):
        raise UsageError(
            f"{board.path}: {shot} has {count_text(len(takes), 'take')} in pass {board.pass_name}"
            f"{f'; the last one is {take_key(shot, len(takes))}' if len(takes) > 1 else ''}"
        )
    return [takes[number - 1]]


def _take_json(made: Explained, folder: Folder) -> dict[str, Any]:
    return {
        "render": made.take.key,
        "shot": made.take.shot,
        "take": made.take.number,
        "picked": made.take.picked,
        "step": {"action": made.step.action.value, "reason": made.step.reason},
        "besides": [
            {"render": step.render, "action": step.action.value, "reason": step.reason}
            for step in made.besides
        ],
        "request": made.fields,
        "sent": made.sent,
        "digest": made.digest or None,
        "waits_for": made.unknown or None,
        "difference": None if made.changes is None else [asdict(each) for each in made.changes],
        "history": [_told_json(each, folder) for each in made.history],
        "estimated_credits": made.step.estimated_credits,
        "estimate_from": made.step.price.source,
    }


def _told_json(told: Told, folder: Folder) -> dict[str, Any]:
    return {
        "record": told.record,
        **asdict(told.attempt),
        "seconds": told.seconds,
        "clip": None if told.clip is None else str(folder.clip(told.clip)),
        "accepted": told.accepted,
    }
