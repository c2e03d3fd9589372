"""From boards to what they have to show: for `review`, `cut` and `export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cli.boards import Boards, Desk, examples, load_for
from pipeline.rendering.book import read
from pipeline.rendering.folder import Folder
from pipeline.rendering.steps import Selection
from pipeline.review.film import Film, Sources, film

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipeline.cli.connect import Destination
    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.records import Record
    from pipeline.storyboard.shots import Storyboard


def films(
    destination: Destination, specs: Sequence[str], outputs: Path, terminal: Terminal
) -> list[tuple[Film, Folder]]:
    """The boards that have the pass, by what lies in their folders; nothing is changed.

    Raises `StoryboardError`, `UsageError`, `RecordsError` or `FolderError`.
    """
    loaded = load_for(destination, specs, outputs, terminal)
    desk = desk_for(destination, loaded)
    made = []
    for board in loaded.boards:
        folder = Folder(outputs, board.name, board.pass_name)
        records = read(folder, destination.provider).records
        made.append((film_of(board, desk, folder, records), folder))
    return made


def desk_for(destination: Destination, loaded: Boards) -> Desk:
    """Where plans for whole boards are made."""
    return Desk(destination, Selection(), examples(loaded.catalog), loaded.loaded)


def film_of(board: Storyboard, desk: Desk, folder: Folder, records: Mapping[str, Record]) -> Film:
    """A board's film by given records, and by the clips that lie there now."""
    plan = desk.planner(board, folder, records).plan()
    free, running = desk.destination.free, folder.journal_path.exists()
    return film(Sources(board, plan, records, folder.path, folder.clips(), free, running))
