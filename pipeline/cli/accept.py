"""`shotmake accept`: call a clip good as it is, so that no run replaces it; nothing is bought."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.boards import Desk, examples, load_for, open_board
from pipeline.cli.clock import now, rfc3339
from pipeline.cli.connect import choose, environment
from pipeline.cli.exits import Exit
from pipeline.errors import UsageError
from pipeline.rendering.accepting import Acceptance, Acceptances, record_all
from pipeline.rendering.book import read
from pipeline.rendering.folder import Folder
from pipeline.rendering.steps import UP_TO_DATE, Selection
from pipeline.storyboard.names import did_you_mean

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.records import Record
    from pipeline.storyboard.shots import Storyboard


def accept(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """Accept the clips of the named shots, all of them or none."""
    destination = choose(args.pass_name, environment())
    loaded = load_for(destination, [args.spec], Path(args.outputs), terminal)
    (board,) = loaded.boards
    keys = named_takes(board, args.shot)
    desk = Desk(destination, Selection(), examples(loaded.catalog), loaded.loaded)
    folder = Folder(Path(args.outputs), board.name, board.pass_name)

    def decided(records: Mapping[str, Record]) -> list[Acceptance]:
        at = rfc3339(now())
        acceptances = Acceptances(
            board, folder, records, lambda known: desk.planner(board, folder, known), at
        )
        return acceptances.decide(keys)

    # What can't be accepted is said before a folder is made or locked for it.
    decided(read(folder, destination.provider).records)
    with ExitStack() as held:
        opened = open_board(folder, destination.provider, now, held)
        try:
            made = decided(opened.book.records)
            record_all(opened, made)
        finally:
            opened.book.fold()
    _say(made, terminal)
    return Exit.COMPLETE


def named_takes(board: Storyboard, names: Sequence[str]) -> set[str]:
    """The keys of the takes that are named: `pour` for all of a shot's, `pour.t2` for one of them.

    Raises `UsageError`.
    """
    keys: set[str] = set()
    undecided = {each.shot: each for each in board.undecided}
    meant: dict[str, set[str]] = {}
    for take in board.takes:
        for name in (take.shot, f"{take.shot}.t{take.number}"):
            meant.setdefault(name, set()).add(take.key)
    for name in names:
        found = meant.get(name, set())
        shot = name.partition(".")[0]
        if shot in undecided:
            raise UsageError(
                f"{name}: none of its {undecided[shot].takes} takes is picked, so that pass "
                f"{board.pass_name} asks for none: `shotmake pick SPEC {shot}=N` first"
            )
        if not found:
            known = [
                *dict.fromkeys(take.shot for take in board.takes),
                *(t.key for t in board.takes),
            ]
            hint = did_you_mean(name, known)
            raise UsageError(f"{name} is no shot of {board.name} in pass {board.pass_name}{hint}")
        keys |= found
    return keys


def _say(made: Sequence[Acceptance], terminal: Terminal) -> None:
    """A line a take, and the sum."""
    accepted = [one for one in made if one.events]
    for one in made:
        if one.events:
            terminal.say(f"{one.render}: accepted as it is – {one.said}", "green")
        else:
            terminal.say(f"{one.render}: {UP_TO_DATE} already", "dim")
    parts = [f"{len(accepted)} accepted"] if accepted else []
    if len(accepted) < len(made):
        parts.append(f"{len(made) - len(accepted)} {UP_TO_DATE} already")
    terminal.say(f"{', '.join(parts)}; nothing was bought", "bold")
