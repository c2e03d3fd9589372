"""A pass's folder: what is a clip in it, and what is done after a fault – nothing."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import FolderError
from pipeline.rendering import disk
from pipeline.rendering.book import Book
from pipeline.rendering.events import Intent
from pipeline.rendering.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.support.world import Send, World

INTENT = Intent("a", "2026-11-24T12:00:00.000Z", "studio", "d" * 64, {}, "k", 1, None)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, "film", "draft")


@pytest.fixture
def book(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Book:
    """One intent is in the journal; then the sync of a clip has failed, and works again."""
    book = Book.open(folder, "studio")
    part = folder.part("a")
    book.note(INTENT, sync=True)
    part.write_bytes(b"clip")
    with monkeypatch.context() as broken:
        broken.setattr(disk, "sync", _fails)
        with pytest.raises(FolderError, match="Input/output error"):
            folder.place(part, "a.mp4", "0" * 64)
    return book


def _fails(_path: Path) -> None:
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.usefixtures("book")
def test_after_a_failed_sync_nothing_is_placed(folder: Folder) -> None:
    """The kernel may have forgotten what it couldn't write: a second sync that works proves
    nothing, so there is none, and what it was for is not done."""
    part = folder.path / "a.mp4.part"
    with pytest.raises(FolderError, match="left as it is"):
        folder.place(part, "a.mp4", "0" * 64)
    assert part.exists()
    assert folder.clips() == {}


def test_after_a_failed_sync_nothing_is_folded(folder: Folder, book: Book) -> None:
    """The journal stays byte for byte for the next run, and there is no manifest."""
    before = folder.journal_path.read_bytes()
    book.fold()
    assert folder.journal_path.read_bytes() == before
    assert not folder.results_path.exists()


def test_a_link_is_no_clip(folder: Folder, tmp_path: Path) -> None:
    """Only files of the folder's own are clips; a link leads elsewhere."""
    folder.part("a")
    (tmp_path / "elsewhere.mp4").write_bytes(b"not ours")
    folder.clip("b.mp4").write_bytes(b"clip")
    folder.clip("a.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    assert folder.clips() == {"b.mp4": 4}


@pytest.mark.anyio
async def test_what_is_bought_is_named_when_it_cannot_be_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full by the time of a submit's answer: the error names the task that was bought,
    as no record does, and the next run finds it by its key."""

    async def fill_the_disk(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if request.url.path == "/v1/tasks/submit":
            monkeypatch.setattr(os, "write", full)
        return answer

    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    spec = world.film("a bowl")
    world.wire.meddle = fill_the_disk
    with pytest.raises(FolderError) as caught:
        await world.run(spec)
    monkeypatch.undo()
    world.wire.meddle = None
    (task,) = world.studio.tasks.all()
    assert f"a is bought: {task.task_id}" in str(caught.value)
    assert (await world.run(spec)).summary.complete
    assert set(world.charges.values()) == {1}
    assert world.wire.count("/v1/tasks/submit") == 1


def test_the_same_clip_again_is_no_stranger(folder: Folder) -> None:
    """What lies there already in the very same bytes is not set aside as unknown."""
    part = folder.part("a")
    for _twice in range(2):
        part.write_bytes(b"clip")
        folder.place(part, "a.mp4", disk.sha256(part))
    assert folder.clips() == {"a.mp4": 4}
    assert not folder.clip("kept").exists()


def test_what_was_set_aside_is_not_overwritten(folder: Folder) -> None:
    """A file in `kept/` that somebody has edited since has the name of what it was: the next of
    that name gets another, and the same bytes again no third one. Found by the simulation."""
    folder.part("a")
    aside: list[Path] = []
    for _time in range(4):
        (folder.path / "a.mp4").write_bytes(b"an edited clip")
        folder.shelve("a.mp4")
        if not aside:
            aside = list((folder.path / "kept").iterdir())
            aside[0].write_bytes(b"edited again")
    found = sorted(path.read_bytes() for path in (folder.path / "kept").iterdir())
    assert found == [b"an edited clip", b"edited again"]


@pytest.mark.parametrize("shelved", [False, True], ids=["moved", "shelved"])
def test_the_folder_of_a_moved_clip_is_synced(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, shelved: bool
) -> None:
    """A clip that was moved or set aside is on the disk under its new name once that is asked."""
    folder.part("kept/0123456789ab")
    folder.clip("a.mp4").write_bytes(b"clip")
    synced: list[Path] = []
    monkeypatch.setattr(disk, "sync", synced.append)
    if shelved:
        folder.shelve("a.mp4")
    else:
        folder.move("a.mp4", "kept/0123456789ab.mp4")
    assert synced == []
    folder.sync_moves()
    assert synced == [folder.path / "kept"]


def test_who_let_go_of_a_folder_is_not_named(folder: Folder) -> None:
    """The file that names the run is there as long as the run is, and no longer."""
    owner = folder.path / ".lock-owner.json"
    with folder.lock("2026-11-24T12:00:00.000Z"):
        assert "2026-11-24T12:00:00.000Z" in owner.read_text("utf-8")
    assert not owner.exists()
