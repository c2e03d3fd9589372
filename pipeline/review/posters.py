"""Posters of a film's clips: made where they are missing or of another clip, removed where no take
is left that they are of.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pipeline.errors import MediaError
from pipeline.media.posters import COMMENT_WITHIN_BYTES, clip_of, poster_jpeg
from pipeline.rendering import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pipeline.rendering.folder import Folder
    from pipeline.review.film import Film, ShownTake

_ENDING: Final = ".jpg"


@dataclass(slots=True)
class Posters:
    """The posters that there are, by take key: paths relative to the pass's folder.

    `damaged` are the takes whose clips have no picture to show, with the reason.
    """

    paths: dict[str, str] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)


def make_posters(film: Film, folder: Folder, begin: Callable[[int], object] = int) -> Posters:
    """Have a poster of every clip of the film; `begin` is told how many are to be made, if any.

    A poster outlives its clip as long as that is on record: clips stay out of git, and posters may
    be in it. Raises `FolderError` when they can't be written.
    """
    there = folder.posters_path
    with disk.guarded(there):
        disk.require_no_link(there)
        wanted = {take.key + _ENDING: take for take in film.takes if _sha256(take)}
        for name in _present(there) - wanted.keys():
            if _clip_of(there / name) is not None:  # else it is somebody's own picture
                (there / name).unlink()
        fresh = {n for n, take in wanted.items() if _clip_of(there / n) == _sha256(take)}
        stale = [name for name, take in wanted.items() if name not in fresh and take.path]
        if stale:
            begin(len(stale))
            disk.make_folder(there)
        faults = _make_all({name: (there / name, wanted[name]) for name in stale})
    return Posters(
        {
            take.key: f"{there.name}/{name}"
            for name, take in wanted.items()
            if name in fresh or faults.get(name) == ""
        },
        {wanted[name].key: fault for name, fault in faults.items() if fault},
    )


def _make_all(stale: Mapping[str, tuple[Path, ShownTake]]) -> dict[str, str]:
    """Why each can't be made, or nothing. FFmpeg and Pillow let other threads work meanwhile."""
    if not stale:
        return {}
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (most runs need none)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            jobs = {name: pool.submit(_make, *each) for name, each in stale.items()}
            faults = {name: job.result() for name, job in jobs.items()}
        finally:
            pool.shutdown(cancel_futures=True)
    return faults


def _sha256(take: ShownTake) -> str:
    """Of the clip on record, whether it is here or not."""
    return take.record.clip.sha256 if take.record and take.record.clip else ""


def _present(folder: Path) -> set[str]:
    with suppress(FileNotFoundError):
        return {entry.name for entry in os.scandir(folder) if entry.name.endswith(_ENDING)}
    return set()


def _clip_of(poster: Path) -> str | None:
    """Hash of the clip that a poster is of; None where there is no poster of ours."""
    with suppress(FileNotFoundError), poster.open("rb") as file:
        return clip_of(file.read(COMMENT_WITHIN_BYTES))
    return None


def _make(poster: Path, take: ShownTake) -> str:
    """Write one; answers with why it can't be made, or with nothing."""
    assert take.path is not None  # noqa: S101 (it is a clip's)
    try:
        content = poster_jpeg(take.path, _sha256(take))
    except MediaError as error:
        with suppress(FileNotFoundError):
            poster.unlink()
        return str(error)
    with disk.written(poster) as new:  # a served review may make the same one just now
        new.write_bytes(content)
    return ""
