"""Interrupted, run again, and interrupted by something worse. Each began as a bug."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import RecordsError
from pipeline.rendering import disk
from pipeline.rendering.book import Book
from pipeline.rendering.events import Intent, Moved, Renamed, Restored, Stored
from pipeline.rendering.folder import Folder
from pipeline.rendering.journal import encode
from pipeline.rendering.steps import Action
from tests.proof.footage import of_one_size, telling
from tests.support.powercut import NAMES, NOTHING, REMOVALS, Platter
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.rendering.events import Event
    from pipeline.rendering.records import Record
    from pipeline.studio.engine import Job

pytestmark = pytest.mark.anyio


class KilledError(BaseException):
    """The process is gone: nothing of its own comes after it."""


def killing(*_anything: object) -> None:
    raise KilledError


@pytest.mark.parametrize("engine", [telling, of_one_size])
async def test_killed_while_a_clip_is_restored(
    world: World, monkeypatch: pytest.MonkeyPatch, engine: Callable[[Job], bytes]
) -> None:
    """Both records have their other names and neither clip has moved: the next run moves each to
    its own, by their bytes and not by their sizes, and none is called unknown."""

    def interrupted(_folder: Folder, _path: str) -> str:
        raise KeyboardInterrupt

    async with World(world.root, engine=engine) as told:
        await told.run(told.film("a bowl"))
        await told.run(told.film("a plate"))
        clips = {disk.sha256(path) for path in told.outputs.rglob("*.mp4")}
        with monkeypatch.context() as broken:
            broken.setattr(Folder, "sha256", interrupted)
            broken.setattr(Folder, "write_results", killing)
            with pytest.raises((KeyboardInterrupt, KilledError)):
                await told.run(told.film("a bowl"))
        assert (await told.run(told.film("a bowl"))).summary.complete
        for record in told.results().records.values():
            assert record.clip is not None
            assert disk.sha256(told.folder().clip(record.clip.path)) == record.clip.sha256
        assert {disk.sha256(path) for path in told.outputs.rglob("*.mp4")} == clips
        assert not list(told.folder().path.glob("kept/unknown-*"))
        (step,) = told.plan(told.film("a plate")).steps
        assert step.action is Action.RESTORE


@pytest.mark.parametrize("torn", [b"", b'{"sum":"0123'], ids=["nothing", "half a line"])
async def test_a_journal_without_a_whole_line_is_cleared_away(world: World, torn: bytes) -> None:
    """What a power cut has left of a journal doesn't lie about for as long as there is nothing to
    render."""
    board = world.film("a bowl")
    await world.run(board)
    manifest = world.folder().results_path.read_bytes()
    world.folder().journal_path.write_bytes(torn)
    assert (await world.run(board)).summary.complete
    assert not world.folder().journal_path.exists()
    assert world.folder().results_path.read_bytes() == manifest


@pytest.mark.parametrize("at", range(1, 8))
async def test_ctrl_c_while_a_line_is_synced_then_a_kill(
    world: World, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Whether the line is there nobody knows, so no other is written behind it."""
    await world.run(world.film("a bowl"))
    await world.run(world.film("a plate"))
    sync, calls = os.fsync, 0

    def interrupted(descriptor: int) -> None:
        nonlocal calls
        sync(descriptor)
        calls += 1
        if calls == at:
            raise KeyboardInterrupt

    spec = world.film("a cup")
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", interrupted)
        broken.setattr(Folder, "write_results", killing)
        with pytest.raises((KeyboardInterrupt, KilledError, BaseExceptionGroup)):
            await world.run(spec)
    assert (await world.run(spec)).summary.complete
    assert set(world.charges.values()) == {1}


def _platter(world: World, monkeypatch: pytest.MonkeyPatch) -> Platter:
    """What is synced from now on, by however many processes."""
    platter, sync = Platter(world.root), os.fsync

    def synced(descriptor: int) -> None:
        sync(descriptor)
        platter.synced(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    return platter


async def test_folders_that_a_killed_run_made_are_synced_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Killed between a folder's creation and its sync; the next run completes; the power goes."""
    sync: Callable[[Path], None] = disk.sync
    spec = world.film("a bowl")
    world.outputs.mkdir()
    platter = _platter(world, monkeypatch)

    def dying(path: Path) -> None:
        if path == world.outputs / "film":
            raise KilledError
        sync(path)

    with monkeypatch.context() as broken:
        broken.setattr(disk, "sync", dying)
        with pytest.raises(KilledError):
            await world.run(spec)
    assert (await world.run(spec)).summary.complete
    image = tmp_path / "image"
    platter.cut(image, NOTHING)
    left = {path.name for path in (image / "outputs/film/draft").iterdir()}
    assert {"a.mp4", "results.json"} <= left


@pytest.mark.parametrize("survives", [REMOVALS, NOTHING])
async def test_a_move_that_a_killed_run_made_is_synced_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, survives: str
) -> None:
    """Killed right after the move to kept/; the next run completes; the power goes."""
    async with World(world.root, engine=telling) as told:
        await told.run(told.film("a bowl"))
        spec, move = told.film("a plate"), Folder.move
        platter = _platter(told, monkeypatch)

        def dying(folder: Folder, source: str, target: str) -> None:
            move(folder, source, target)
            raise KilledError

        with monkeypatch.context() as broken:
            broken.setattr(Folder, "move", dying)
            broken.setattr(Book, "fold", killing)
            with pytest.raises((KilledError, BaseExceptionGroup)):
                await told.run(spec)
        assert (await told.run(spec)).summary.complete
        image = tmp_path / "image"
        platter.cut(image, survives)
        kept = image / "outputs/film/draft/kept"
        assert [path.suffix for path in kept.iterdir()] == [".mp4"]


async def test_a_restored_stranger_is_on_record_before_it_is_moved(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A kept clip without a record is moved to its place, and the power goes. The disk may hold
    every name by then, so it holds the record: nothing is bought, though the key is forgotten."""
    await world.run(world.film("a bowl"))
    await world.run(world.film("a plate"))
    world.folder().results_path.unlink()
    platter, sync, move = Platter(world.outputs), os.fsync, Folder.move

    def synced(descriptor: int) -> None:
        sync(descriptor)
        platter.synced(descriptor)

    def dying(folder: Folder, source: str, target: str) -> None:
        move(folder, source, target)
        raise KilledError

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", synced)
        broken.setattr(Folder, "move", dying)
        broken.setattr(Book, "fold", killing)
        with pytest.raises(KilledError):
            await world.run(world.film("a bowl"))
    platter.cut(tmp_path / "image" / "outputs", NAMES)
    world.root = tmp_path / "image"
    world.studio.tasks.forget_keys()
    assert (await world.run(world.film("a bowl"))).summary.complete
    assert sorted(world.charges.values()) == [1, 1]


@pytest.mark.parametrize("digest", ["../../../../evil", "short", "", "0123456789AB" + "x" * 52])
async def test_a_forged_digest_names_no_file(world: World, digest: str) -> None:
    """Names in kept/ are cut from digests: one that is none damages the records, exit 6."""
    await world.run(world.film("a bowl"))
    path = world.folder().results_path
    forged = json.loads(path.read_text("utf-8"))
    forged["renders"]["a"]["digest"] = digest
    path.write_text(json.dumps(forged), "utf-8")
    with pytest.raises(RecordsError, match="can't be a digest"):
        await world.run(world.film("a plate"))


EVIL = "../../../precious.mp4"
AT = "2026-11-24T12:00:00.000Z"


@pytest.mark.parametrize(
    "forge",
    [
        lambda _: Renamed("a", AT, "kept/../../../../evil"),
        lambda _: Moved("a", AT, EVIL),
        lambda r: Stored("a", AT, replace(r.clip, path=EVIL)),
        lambda r: Restored("b", AT, "p", r.digest, r.request, "k", replace(r.clip, path=EVIL)),
        lambda r: Intent("../../../precious", AT, "p", r.digest, r.request, "k", 1, None),
        lambda r: Intent("b", AT, "p", "../../../../precious", r.request, "k", 1, None),
    ],
    ids=["to", "path", "a stored clip", "a restored clip", "render", "digest"],
)
async def test_a_forged_journal_leads_nowhere(
    world: World, forge: Callable[[Record], Event]
) -> None:
    """The checksum is right, a name or a path leads elsewhere: damage, and nothing is touched."""
    await world.run(world.film("a bowl"))
    precious = world.root / "precious.mp4"
    precious.write_bytes(b"precious")
    forged = encode(forge(world.results().records["a"]), 1)
    world.folder().journal_path.write_bytes(forged)
    for prompt in ("a bowl", "a plate"):
        with pytest.raises(RecordsError, match=r"journal\.jsonl:1: damaged"):
            await world.run(world.film(prompt))
    assert precious.read_bytes() == b"precious"


async def test_a_forged_still_is_no_traceback(world: World) -> None:
    """A recorded request whose image has no digest damages the records."""
    await world.run(world.film("a bowl"))
    path = world.folder().results_path
    forged = json.loads(path.read_text("utf-8"))
    forged["renders"]["a"]["request"]["init_image"] = {}
    path.write_text(json.dumps(forged), "utf-8")
    with pytest.raises(RecordsError, match="sha256"):
        await world.run(world.film("a bowl"))
