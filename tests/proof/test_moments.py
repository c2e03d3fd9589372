"""Safeguards that no proof at length comes upon: moments between two processes, made on purpose."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pipeline.rendering.book import Book, read
from pipeline.rendering.events import Intent
from pipeline.rendering.folder import Folder
from pipeline.rendering.notices import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.world import World

AT = "2026-11-23T12:00:00.000Z"
PROVIDER = "https://gateway.test"
FIELDS = {
    "model": "veo-3.1-fast",
    "prompt": "a bowl",
    "duration": 4,
    "aspect": "16:9",
    "resolution": "720p",
}


class Meanwhile(Folder):
    """A folder in which something happens between reading the manifest and reading the journal."""

    happens: Callable[[], None] | None = None

    @property
    def journal_path(self) -> Path:
        """Where the journal lies; at the first question something happens there."""
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()
        return super().journal_path


def test_who_reads_while_a_run_ends_reads_all(tmp_path: Path) -> None:
    """The manifest is read, then the run folds its journal into the next one: the reader doesn't
    take the old manifest without its journal for the truth, but reads again.
    """
    folder = Folder(tmp_path, "film", "draft")
    with folder.lock(AT):
        book = Book.open(folder, PROVIDER)
        book.note(Intent("a", AT, PROVIDER, "d" * 64, FIELDS, "a.t1.a1.x", 1, 0.18), sync=True)
        reader = Meanwhile(tmp_path, "film", "draft")
        reader.happens = book.fold
        assert set(read(reader, PROVIDER).records) == {"a"}
        assert not folder.journal_path.exists()


@pytest.mark.anyio
async def test_a_run_that_ends_before_the_lock_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run ends in the moment before the lock is taken: its records are read under the lock,
    so that what it has bought isn't bought, or asked for, again.
    """
    spec = world.film("a bowl", "a cup")
    await world.run(spec)
    ended = world.folder().results_path.read_bytes()
    world.folder().results_path.unlink()
    before = len(world.wire.requests)
    lock = Folder.lock

    @contextmanager
    def late(self: Folder, started_at: str) -> Iterator[None]:
        self.results_path.write_bytes(ended)
        with lock(self, started_at):
            yield

    monkeypatch.setattr(Folder, "lock", late)
    report = await world.run(spec)
    assert report.summary.counts[Kind.SKIPPED] == 2
    assert len(world.wire.requests) == before
