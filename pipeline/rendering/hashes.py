"""Hashes of init images that haven't changed since, in `outputs/.cache/stills.json`.

At every start each local image is hashed, and decoded to see that it is one; that is most of what
`plan` has to do. Here is remembered what came of it, under what the operating system says of the
file. That may say too little: on a clock that ticks every second, a file can be edited right after
it was read and look the same. So what was read within such a tick after the last change is not
remembered but read again, until it has had time to settle (git's "racy" index entries are the
same problem: Documentation/technical/racy-git.txt).

Lost or damaged, the file only makes the next start slower. A wrong hash in it sends nothing: the
image is hashed again when it is sent.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline import __version__
from pipeline.rendering import cache
from pipeline.storyboard.stills import identity

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

_NAME: Final = "stills.json"
ENTRIES_MAX: Final = 10_000
"""Of some 300 bytes each."""

SETTLED_SECONDS: Final = 3.0
"""How long after its last change a file is read before that is remembered: the tick of the
coarsest clock there is for a file's times, FAT's, is 2 s (ext3 and HFS+ have 1 s), and the kernel
takes the time of its own last tick, which is some milliseconds ago."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_NUMBERS: Final = ("size", "mtime_ns", "ctime_ns", "inode")


@dataclass(frozen=True, slots=True)
class _Entry:
    identity: tuple[int, ...]
    sha256: str


class StillHashes:
    """Remembers images from one start to the next (the storyboard's `Hashes`).

    `now` is the wall clock, in seconds since 1970. Nothing here raises for what lies on the disk.
    """

    def __init__(self, outputs: Path, now: Callable[[], float]) -> None:
        self._outputs = outputs
        self._now = now
        self._entries: dict[str, _Entry] | None = None
        self._used: dict[str, None] = {}
        """Those of this run in order: they are kept when there are too many."""
        self._asked: dict[str, float] = {}
        """When an image was about to be read."""
        self._changed = False

    def known(self, path: Path, stat: os.stat_result) -> str | None:
        """The sha256 (hex) of a file that has not changed since it was remembered."""
        key = str(path)
        entry = self._loaded().get(key)
        if entry is None or entry.identity != identity(stat):
            self._asked[key] = self._now()
            return None
        self._used[key] = None
        return entry.sha256

    def learned(self, path: Path, stat: os.stat_result, sha256: str) -> None:
        """Remember an image for the next start, unless it was changed only just now."""
        key = str(path)
        changed = max(stat.st_mtime_ns, stat.st_ctime_ns) / 1e9
        # From the moment before it was read: what is edited from then on gets a later time than
        # it has now, however coarse the clock.
        if changed + SETTLED_SECONDS <= self._asked.get(key, 0):
            self._loaded()[key] = _Entry(identity(stat), sha256)
            self._used[key] = None
            self._changed = True

    def save(self) -> None:
        """Write what was learned, if anything was and `outputs/` is there and can be written."""
        if self._changed and cache.write(self._outputs, _NAME, _encode(self._kept())):
            self._changed = False

    def _kept(self) -> dict[str, _Entry]:
        """Those of this run and, behind them, as many of the others as there is room for."""
        entries = self._loaded()
        keys = [*self._used, *(key for key in entries if key not in self._used)]
        return {key: entries[key] for key in keys[:ENTRIES_MAX]}

    def _loaded(self) -> dict[str, _Entry]:
        if self._entries is None:
            self._entries = _decode(cache.read(self._outputs, _NAME))
        return self._entries


def _encode(entries: dict[str, _Entry]) -> bytes:
    stills = {
        path: {**dict(zip(_NUMBERS, entry.identity, strict=True)), "sha256": entry.sha256}
        for path, entry in entries.items()
    }
    return json.dumps({"version": __version__, "stills": stills}, indent=1).encode()


def _decode(content: bytes) -> dict[str, _Entry]:
    """What is whole in it; the rest is as if it weren't there."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    # Another version may find fault with an image that this one takes.
    if not isinstance(document, dict) or document.get("version") != __version__:
        return {}
    stills = document.get("stills")
    if not isinstance(stills, dict):
        return {}
    entries = {path: _entry(fields) for path, fields in stills.items()}
    return {path: entry for path, entry in entries.items() if entry is not None}


def _entry(fields: Any) -> _Entry | None:
    if not isinstance(fields, dict):
        return None
    numbers = [number for name in _NUMBERS if type(number := fields.get(name)) is int]
    sha256 = fields.get("sha256")
    if len(numbers) < len(_NUMBERS) or not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        return None
    return _Entry(tuple(numbers), sha256)
