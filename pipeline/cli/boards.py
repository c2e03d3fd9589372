"""From the command line's SPECs to boards with plans: what `plan`, `run` and `status` share."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from pipeline.cli.clock import rfc3339
from pipeline.cli.connect import left_out
from pipeline.cli.footage import OtherPasses
from pipeline.cli.selecting import spec_paths
from pipeline.errors import ShotmakeError, StoryboardError
from pipeline.media.stills import inspect
from pipeline.rendering.board import Board
from pipeline.rendering.book import Book, read
from pipeline.rendering.decision import Circumstances
from pipeline.rendering.folder import Folder
from pipeline.rendering.hashes import StillHashes
from pipeline.rendering.plan import Planner
from pipeline.rendering.prices import Prices, free
from pipeline.rendering.work import Planned
from pipeline.storyboard.catalog import load_catalog
from pipeline.storyboard.resolve import Loaded, load_storyboards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import ExitStack
    from datetime import datetime
    from pathlib import Path

    from pipeline.cli.connect import Destination
    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.prices import Price
    from pipeline.rendering.records import Record
    from pipeline.rendering.steps import Plan, Selection
    from pipeline.storyboard.catalog import Catalog
    from pipeline.storyboard.shots import Storyboard


@dataclass(frozen=True, slots=True)
class Boards:
    """Storyboards resolved for one pass, and the catalog that they were checked against."""

    catalog: Catalog
    loaded: Loaded

    @property
    def boards(self) -> tuple[Storyboard, ...]:
        """Those that have the pass."""
        return self.loaded.boards


def load(
    paths: Sequence[Path], catalog: Catalog, pass_name: str | None, outputs: Path | None = None
) -> Loaded:
    """Read and check storyboards. What images are is remembered in `outputs`, where it is there.

    Raises `StoryboardError` with every violation of every file.
    """
    hashes = StillHashes(outputs, time.time) if outputs is not None else None
    loaded = load_storyboards(paths, catalog, pass_name, inspect, hashes)
    if hashes is not None:
        hashes.save()
    if loaded.violations:
        raise StoryboardError(loaded.violations)
    return loaded


def load_for(
    destination: Destination, specs: Sequence[str], outputs: Path, terminal: Terminal
) -> Boards:
    """What a command renders or plans: the boards that have the pass; the others are named."""
    catalog = load_catalog()
    loaded = load(spec_paths(specs), catalog, destination.pass_name, outputs)
    terminal.say(destination.why, "dim")
    for path in loaded.without_pass:
        terminal.say(left_out(path, destination), "yellow")
    return Boards(catalog, loaded)


Example = Callable[[str, int], float | None]
"""A model's published rate for a clip of so many seconds."""


def examples(catalog: Catalog) -> Example:
    """The published rates; nothing is known of a model that the catalog has no more."""

    def example(model: str, seconds: int) -> float | None:
        known = catalog.get(model)
        return known.estimate_credits(seconds) if known else None

    return example


@dataclass(frozen=True, slots=True)
class Desk:
    """Where plans for boards at one destination are made, priced by what each board has cost."""

    destination: Destination
    selection: Selection
    example: Example
    loaded: Loaded

    def from_records(self, board: Storyboard, outputs: Path) -> Plan:
        """A plan by what lies in the folder, changing nothing."""
        folder = Folder(outputs, board.name, board.pass_name)
        records = read(folder, self.destination.provider).records
        return self.planner(board, folder, records).plan()

    def planner(self, board: Storyboard, folder: Folder, records: Mapping[str, Record]) -> Planner:
        """What plans by given records and the folder's clips."""
        provider = self.destination.provider
        price: Callable[[Mapping[str, Any]], Price] = free
        if not self.destination.free:
            others = partial(_other_passes, folder, provider)
            price = Prices(provider, self.example, lambda: chain(others(), records.values()))
        footage = OtherPasses(self.loaded, board, folder, provider)
        return Planner(
            Circumstances(
                board, provider, records, folder.clips, folder.size, self.selection, price, footage
            )
        )


def _other_passes(folder: Folder, provider: str) -> Iterator[Record]:
    """What the board's other passes have on record; damaged records teach nothing."""
    for other in folder.other_passes():
        with suppress(ShotmakeError):
            yield from read(other, provider).records.values()


def open_board(
    folder: Folder, provider: str, now: Callable[[], datetime], held: ExitStack
) -> Board:
    """Lock one folder, for as long as `held` lives, and open its records.

    Raises `FolderBusyError`, `FolderError` or `RecordsError`.
    """

    def now_text() -> str:
        return rfc3339(now())

    held.enter_context(folder.lock(now_text()))
    return Board(folder, Book.open(folder, provider), now_text)


def open_boards(
    boards: Sequence[Storyboard],
    desk: Desk,
    outputs: Path,
    now: Callable[[], datetime],
    held: ExitStack,
) -> list[Planned]:
    """Lock every folder, for as long as `held` lives, then plan by what is true in it.

    Raises `FolderBusyError`, `FolderError` or `RecordsError` before anything is bought.
    """
    folders = {board.name: Folder(outputs, board.name, board.pass_name) for board in boards}
    working = {
        name: open_board(folder, desk.destination.provider, now, held)
        for name, folder in sorted(folders.items(), key=lambda item: item[1].path)
    }
    planned = []
    for board in boards:
        opened = working[board.name]
        planner = desk.planner(board, opened.folder, opened.book.records)
        planned.append(Planned(opened, planner.plan(), planner))
    return planned
