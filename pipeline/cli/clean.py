"""`shotmake clean`: list, and with `--yes` remove, what no storyboard asks for any more."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.boards import Desk, examples, load, open_board
from pipeline.cli.clock import now
from pipeline.cli.connect import ANIMATIC, choose, environment
from pipeline.cli.exits import Exit
from pipeline.cli.selecting import spec_paths
from pipeline.errors import UsageError
from pipeline.figures import count_text, size_text
from pipeline.rendering.book import read
from pipeline.rendering.cleaning import NOTHING, Litter, Unasked, asked_by, litter, remove
from pipeline.rendering.folder import Folder
from pipeline.rendering.layout import passes
from pipeline.rendering.steps import Selection
from pipeline.storyboard.catalog import load_catalog
from pipeline.storyboard.names import did_you_mean

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.records import Record
    from pipeline.storyboard.resolve import Loaded
    from pipeline.storyboard.shots import Storyboard

_ON_RECORD = "what was bought stays on record, and comes back free as long as the provider has it"


@dataclass(frozen=True, slots=True, eq=False)
class _Room:
    """One pass's folder; `board` None: the storyboard has no such pass any more."""

    folder: Folder
    board: Storyboard | None
    desk: Desk

    def look(self, records: Mapping[str, Record]) -> Litter:
        """What there is to remove, by these records. Raises `FolderError`."""
        clips, leftovers, asked = self.folder.clips(), self.folder.leftovers(), NOTHING
        if self.board is not None and clips:
            plan = self.desk.planner(self.board, self.folder, records).plan()
            asked = asked_by(self.board, plan, records)
        return litter(asked, records, clips, leftovers)


def clean(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """List what no storyboard asks for; remove it with `--yes`."""
    catalog = load_catalog()
    loaded = load(spec_paths(args.spec), catalog, None, Path(args.outputs))
    found = [(room, room.look(_records(room))) for room in _rooms(args, loaded, terminal)]
    if args.yes:
        # What there is to remove is seen again under the lock. A tidy folder isn't even locked; a
        # journal in it may be what is left of a clean that was killed.
        untidy = [
            room for room, it in found if _chosen(it, args) or room.folder.journal_path.exists()
        ]
        with ExitStack() as held:
            removed = dict(_removed(untidy, args, held))
        found = [(room, removed.get(room, it)) for room, it in found]
    for room, it in found:
        _list(room, _chosen(it, args), terminal)
    _sum(found, args, terminal)
    return Exit.COMPLETE


def _rooms(args: argparse.Namespace, loaded: Loaded, terminal: Terminal) -> Iterator[_Room]:
    """The folders of the boards' passes, in the order of boards and names."""
    outputs, environ = Path(args.outputs), environment()
    examples_of = examples(load_catalog())
    known = set[str]()
    for board in loaded.boards:
        defined = loaded.pass_names(board.name)
        names = sorted({*passes(outputs, board.name), *defined})
        known |= {*names}
        for name in names:
            if args.pass_name not in {None, name}:
                continue
            desk = Desk(choose(name, environ), Selection(), examples_of, loaded)
            room = _Room(Folder(outputs, board.name, name), loaded.in_pass(board.name, name), desk)
            if room.board is not None or _is_its_own(room, terminal):
                yield room
    if args.pass_name is not None and args.pass_name not in known:
        raise UsageError(
            f"no storyboard has a pass {args.pass_name}, and there are no outputs of one"
            f"{did_you_mean(args.pass_name, known)}"
        )


def _is_its_own(room: _Room, terminal: Terminal) -> bool:
    """Whether the folder of a pass that there is no more was one: a copy of another folder, made
    by hand, has the records of that one.
    """
    folder = room.folder
    known = read(folder, room.desk.destination.provider)
    if (known.storyboard, known.pass_name) == (folder.board, folder.pass_name):
        return True
    says = f"its records are those of {known.storyboard}, pass {known.pass_name}"
    terminal.warn(f"{folder.path}: left alone, as {says}", "yellow")
    return False


def _records(room: _Room) -> Mapping[str, Record]:
    return read(room.folder, room.desk.destination.provider).records


def _chosen(it: Litter, args: argparse.Namespace) -> list[Unasked]:
    return [*it.top, *(it.kept if args.kept else ())]


def _removed(
    rooms: Sequence[_Room], args: argparse.Namespace, held: ExitStack
) -> list[tuple[_Room, Litter]]:
    """Remove what is to be removed, all folders being locked; answers with what that was."""
    opened = [
        (room, open_board(room.folder, room.desk.destination.provider, now, held)) for room in rooms
    ]
    done = []
    try:
        for room, board in opened:
            it = room.look(board.book.records)
            remove(board, _chosen(it, args))
            done.append((room, it))
    finally:
        for _room, board in opened:
            board.book.fold()
    return done


def _list(room: _Room, files: Sequence[Unasked], terminal: Terminal) -> None:
    for each in files:
        path = room.folder.clip(each.path)
        terminal.say(f"{path}  {size_text(each.bytes)}  {each.reason}")


def _sum(
    found: Sequence[tuple[_Room, Litter]], args: argparse.Namespace, terminal: Terminal
) -> None:
    """How much it is, and what becomes of it."""
    chosen = [(room, each) for room, it in found for each in _chosen(it, args)]
    what = _amount([each for _room, each in chosen])
    if not chosen:
        said = "nothing to remove"
    elif not args.yes:
        said = f"{what}; nothing is removed without --yes"
    else:
        bought = any(each.returns and not _is_drawn(room) for room, each in chosen)
        drawn = any(each.is_clip and _is_drawn(room) for room, each in chosen)
        said = f"removed {what}"
        if bought:
            said += f"; {_ON_RECORD}"
        if drawn:
            said += "; an animatic is drawn again, free"
    terminal.say(said, "bold")
    more = [each for _room, it in found for each in it.kept]
    if more and not args.kept:
        size = size_text(sum(each.bytes for each in more))
        terminal.say(f"{len(more)} more in kept/, {size}: --kept", "dim")


def _amount(files: Sequence[Unasked]) -> str:
    """`3 clips, 1 leftover, 31.0 MB`."""
    clips = sum(each.is_clip for each in files)
    parts = [count_text(clips, "clip")] if clips else []
    if clips < len(files):
        parts.append(count_text(len(files) - clips, "leftover"))
    return ", ".join([*parts, size_text(sum(each.bytes for each in files))])


def _is_drawn(room: _Room) -> bool:
    return room.folder.pass_name == ANIMATIC
