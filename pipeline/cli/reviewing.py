"""`shotmake review --serve`: the pages live on this machine, for as long as they are wanted."""

from __future__ import annotations

import logging
import signal
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import anyio

from pipeline.cli.boards import Boards, load
from pipeline.cli.exits import Exit
from pipeline.cli.films import desk_for, film_of
from pipeline.cli.pages import typical_of
from pipeline.cli.pick import write_picks
from pipeline.cli.selecting import spec_paths
from pipeline.errors import UsageError
from pipeline.rendering.book import read
from pipeline.rendering.folder import Folder
from pipeline.review.live import Live, Subject
from pipeline.review.posters import make_posters
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.server import base_url, listen
from pipeline.studio.server import serve as serve_app

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Hashable, Sequence

    from pipeline.cli.connect import Destination
    from pipeline.cli.terminal import Terminal
    from pipeline.review.cards import Typical
    from pipeline.review.film import Film
    from pipeline.review.posters import Posters

_HOST = "127.0.0.1"


def serve(args: argparse.Namespace, destination: Destination, terminal: Terminal) -> Exit:
    """Serve until Ctrl-C or SIGTERM; both are a good end. Raises what `load` does."""
    outputs = Path(args.outputs)
    loaded = load(spec_paths(args.spec), load_catalog(), destination.pass_name, outputs)
    if not loaded.boards:
        raise UsageError(f"no storyboard has a pass {destination.pass_name}")
    typical = typical_of(load_catalog(), free=destination.free)
    watched = [Watched.of(board.path, destination, outputs) for board in loaded.boards]
    for each in watched:
        # Damaged records are told here, and not to a browser.
        read(each.folder, destination.provider)
    subjects = [each.subject(typical) for each in watched]
    with closing(listen(_HOST, args.port)) as bound:
        # It warns when a thread that draws a poster is late.
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        anyio.run(partial(_serve, subjects, bound, terminal))
    return Exit.COMPLETE


async def _serve(subjects: Sequence[Subject], bound: socket.socket, terminal: Terminal) -> None:
    port = bound.getsockname()[1]
    hosts = frozenset({f"{_HOST}:{port}", f"localhost:{port}"})
    live = Live({each.address: each for each in subjects}, hosts)

    async def interrupted() -> None:
        for each in subjects:
            terminal.warn(
                f"review of {each.name}, pass {each.pass_name}: {base_url(bound)}{each.address}"
            )
        terminal.say("it follows a run in another terminal, and picks takes; Ctrl-C ends it", "dim")
        async for _signal in signals:
            return

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as crew:
            crew.start_soon(live.run)
            await serve_app(live.app, bound, interrupted, None)
            crew.cancel_scope.cancel()


@dataclass(slots=True)
class Watched:
    """A storyboard on the disk, in one pass, and the files that it depends on."""

    spec: Path
    destination: Destination
    outputs: Path
    folder: Folder
    _files: tuple[Path, ...] = ()

    @classmethod
    def of(cls, spec: Path, destination: Destination, outputs: Path) -> Self:
        """A storyboard by its path."""
        return cls(spec, destination, outputs, Folder(outputs, spec.stem, destination.pass_name))

    def subject(self, typical: Typical) -> Subject:
        """What the server is to know of it."""
        return Subject(
            name=self.folder.board,
            pass_name=self.folder.pass_name,
            folder=self.folder.path,
            look=self.look,
            signature=self.signature,
            pick=self.pick,
            typical=typical,
        )

    def look(self) -> tuple[Film, Posters]:
        """Read it all anew. Raises `StoryboardError`, `RecordsError` or `FolderError`."""
        catalog = load_catalog()
        loaded = load([self.spec], catalog, self.destination.pass_name, self.outputs)
        board = loaded.boards[0]
        self._files = tuple(loaded.sources(board.name))
        records = read(self.folder, self.destination.provider).records
        desk = desk_for(self.destination, Boards(catalog, loaded))
        film = film_of(board, desk, self.folder, records)
        return film, make_posters(film, self.folder)

    def signature(self) -> Hashable:
        """Sizes and times of all that a look reads."""
        folder = self.folder
        paths = [self.spec, *self._files, folder.results_path, folder.journal_path, folder.path]
        return tuple(_status(path) for path in paths)

    def pick(self, shot: str, take: int | None) -> str:
        """Write a pick. Raises what `write_picks` does."""
        return f"{shot}: {write_picks(self.spec, {shot: take}, self.outputs)[shot]}"


def _status(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
