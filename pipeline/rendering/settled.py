"""Passes in which nothing is left to do, remembered in `outputs/.cache/settled/`.

A plan is a pure function: of the storyboard with its tables and images, the models' limits, the
records, the clips that lie there, and of this program. So where a plan has found every take up to
date, and all of that is byte for byte as it was then, the next one would find the same, and there
is no need to parse and compare anything (10,000 takes: 0.1 s instead of 1.2 s).

What is remembered is how many takes there are, under one hash of all that this was found out from.
It is never what anything is bought by: all that it can do is to end a run that has nothing to do.
Lost, stale or damaged it only makes that run slower. Clips count by name and size and images by
`StillHashes`, as they do in a plan.

Rejected: remembering the resolved requests. A run that has something to do reads the storyboard
anyway, as nothing is to be bought that doesn't stand there now; and one that has not would still
have to hold 10,000 of them against as many records.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import __version__
from pipeline.errors import FolderError
from pipeline.rendering import cache
from pipeline.rendering.folder import Folder
from pipeline.storyboard.catalog import schemas_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping


SOURCE_BYTES_MAX = 32 * 1024 * 1024
"""No storyboard and no table is larger (`documents.MAX_BYTES`, which takes long to load)."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One pass of one storyboard, all of whose `takes` are up to date; None: it has no such pass.

    `sources` are the storyboard's file and its tables, `stills` the images named, each with
    the sha256 (hex) of its bytes.
    """

    storyboard: Path
    pass_name: str
    provider: str
    takes: int | None
    sources: Mapping[Path, str]
    stills: Mapping[Path, str]


def remember(
    outputs: Path, settled: Settled, manifest_sha256: str, clips: Mapping[str, int]
) -> None:
    """Keep what a plan has found; `clips` are those that it was made by, as `Folder.clips` has it.

    Where it can't be written, it isn't.
    """
    content = {
        **_plain(settled),
        "found_on": _found_on(settled, manifest_sha256, clips),
    }
    cache.write(outputs, _name(settled.storyboard, settled.pass_name), json.dumps(content).encode())


def recall(outputs: Path, storyboard: Path, pass_name: str, provider: str) -> Settled | None:
    """What is known to be settled, if all is as it was when that was found; reads no more than it
    has to, and changes nothing.
    """
    folder = Folder(outputs, storyboard.stem, pass_name)
    try:
        known = _decoded(cache.read(outputs, _name(storyboard, pass_name)))
        if known is None:
            return None
        settled, found_on = known
        asked = (settled.storyboard, settled.pass_name, settled.provider)
        if asked != (storyboard, pass_name, provider) or not _is_unchanged(settled, outputs):
            return None
        if settled.takes is None:
            return settled if found_on == _found_on(settled, "", {}) else None
        sha256 = hashlib.sha256(folder.read_results() or b"").hexdigest()
        same = found_on == _found_on(settled, sha256, folder.clips())
        return settled if same and not folder.is_busy else None
    except (OSError, ValueError, RuntimeError, FolderError):  # names that are none, loops of links
        return None  # who does it all the long way will say what is wrong


def _name(storyboard: Path, pass_name: str) -> str:
    return f"settled/{storyboard.stem}.{pass_name}.json"


def _is_unchanged(settled: Settled, outputs: Path) -> bool:
    for path, sha256 in settled.sources.items():
        if not path.is_file() or path.stat().st_size > SOURCE_BYTES_MAX:
            return False
        if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            return False
    if not settled.stills:
        return True
    from pipeline.rendering.hashes import StillHashes  # noqa: PLC0415 (most boards name none)

    hashes = StillHashes(outputs, time.time)
    # Where they lie is found out anew: another copy of the project has images of its own.
    lying = ((path.resolve(), sha256) for path, sha256 in settled.stills.items())
    return all(hashes.known(path, path.stat()) == sha256 for path, sha256 in lying)


def _found_on(settled: Settled, manifest_sha256: str, clips: Mapping[str, int]) -> str:
    """sha256 (hex) of everything that the answer follows from, and of the answer."""
    listed = "\n".join(f"{path} {size}" for path, size in sorted(clips.items()))
    everything = [
        __version__,
        schemas_sha256(),
        _plain(settled),
        manifest_sha256,
        hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()


def _plain(settled: Settled) -> dict[str, Any]:
    return {
        "storyboard": str(settled.storyboard),
        "pass": settled.pass_name,
        "provider": settled.provider,
        "takes": settled.takes,
        "sources": {str(path): sha256 for path, sha256 in settled.sources.items()},
        "stills": {str(path): sha256 for path, sha256 in settled.stills.items()},
    }


def _decoded(content: bytes) -> tuple[Settled, str] | None:
    """What `remember` wrote; nothing where it is anything else."""
    try:
        shown = json.loads(content)
        settled = Settled(
            Path(shown["storyboard"]),
            str(shown["pass"]),
            str(shown["provider"]),
            None if shown["takes"] is None else int(shown["takes"]),
            {Path(path): str(sha256) for path, sha256 in shown["sources"].items()},
            {Path(path): str(sha256) for path, sha256 in shown["stills"].items()},
        )
        return settled, str(shown["found_on"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
