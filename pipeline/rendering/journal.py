r"""The append-only record of a run's transitions, `journal.jsonl`.

A line is JSON: `{"sum":"<crc32, 8 hex digits>","n":<line number>,"event":…}`. The checksum
covers every byte behind its own comma, the number makes a missing or doubled line visible.
A line counts once its newline is there: what follows the last newline was being written when
the process died, and is cut off. A bad line before that is damage, and stops the run.

Rejected: a database (two files for one truth, and nothing a person can read in an emergency);
rewriting results.json at every transition (quadratic in the number of takes).
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from pipeline.errors import FolderError, RecordsError
from pipeline.rendering import disk, events
from pipeline.rendering.events import Event
from pipeline.rendering.foreign import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SUM_BYTES = len('{"sum":"00000000",')


@dataclass(frozen=True, slots=True)
class Folded:
    """The run's end: a manifest with this sha256 holds all that stands before.

    A process that dies between writing the manifest and removing the journal leaves both;
    this line says which one is older.
    """

    sha256: str


Entry = Event | Folded

_ENTRIES: dict[str, type[Entry]] = {
    kind.__name__.lower(): kind
    for kind in (
        events.Intent,
        events.Submitted,
        events.Refused,
        events.Ended,
        events.Lost,
        events.Stored,
        events.Renamed,
        events.Moved,
        events.Restored,
        events.Accepted,
        Folded,
    )
}


class Journal:
    """The journal of one run. Not to be shared: the folder's lock keeps others out.

    The file appears with the first entry, so that a run with nothing to do writes nothing.
    """

    def __init__(
        self, path: Path, lines: int, good_bytes: int, sync_folder: Callable[[], None]
    ) -> None:
        self.path = path
        self._sync_folder = sync_folder
        self._descriptor = -1
        self._lines = lines
        self._good_bytes = good_bytes
        self._broken = False

    @classmethod
    def open(cls, path: Path, sync_folder: Callable[[], None]) -> tuple[Self, list[Entry]]:
        """Replay what an earlier run left, ready to go on behind it.

        `sync_folder` has the names in the journal's folder on the disk, or raises `FolderError`.
        Raises `RecordsError` on damage, `FolderError` when it can't be read.
        """
        try:
            content = disk.read(path) or b""
        except OSError as error:
            raise FolderError(f"{path}: can't be read ({disk.reason(error)})") from error
        entries, good_bytes = replay(content, str(path))
        return cls(path, len(entries), good_bytes, sync_folder), entries

    @property
    def broken(self) -> bool:
        """A line couldn't be written, so that the file is the truth and nothing newer."""
        return self._broken

    @property
    def empty(self) -> bool:
        """There is no whole line: at most what a power cut has left of one."""
        return self._lines == 0

    def append(self, entry: Entry, *, sync: bool) -> None:
        """Write one transition; with `sync` it is on the disk when this returns.

        Raises `FolderError`: then nothing may be submitted any more.
        """
        if self._broken:
            raise FolderError(f"{self.path}: couldn't be written before; nothing more is submitted")
        line = encode(entry, self._lines + 1)
        try:
            if self._descriptor < 0:
                self._create()
            written = os.write(self._descriptor, line)
            if written != len(line):
                raise OSError(0, f"only {written} of {len(line)} bytes were written")
            if sync:
                os.fsync(self._descriptor)
        except OSError as error:
            # What was half written stays, and is cut off as a torn tail by the next run.
            self._broken = True
            raise FolderError(
                f"{self.path}: can't be written ({disk.reason(error)}); nothing more is submitted"
            ) from error
        except BaseException:  # Ctrl-C, too: nobody knows whether the line is there
            self._broken = True
            raise
        self._lines += 1

    def close(self) -> None:
        """Close the file; whether it may be removed is the caller's business."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _create(self) -> None:
        self._descriptor = disk.open_to_append(self.path)
        os.ftruncate(self._descriptor, self._good_bytes)
        self._sync_folder()  # else a power cut could take the file with its synced lines


def encode(entry: Entry, number: int) -> bytes:
    """One line of the journal, newline included."""
    fields = {"n": number, "event": type(entry).__name__.lower(), **asdict(entry)}
    text = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    rest = text[1:].encode("ascii")
    return b'{"sum":"%08x",' % zlib.crc32(rest) + rest + b"\n"


def replay(content: bytes, place: str) -> tuple[list[Entry], int]:
    """The entries in a journal and how many of its bytes they take; the rest is a torn tail.

    Raises `RecordsError` where a line before the tail is damaged.
    """
    *lines, tail = content.split(b"\n")
    entries = []
    for number, line in enumerate(lines, 1):
        entry = _decode(line, number)
        if entry is None:
            raise RecordsError(
                f"{place}:{number}: damaged. Nothing was submitted. Look at the line; "
                "with it and all that follow cut off, the run goes on from there: tasks that "
                "were bought after it are found again by their out_task_id."
            )
        entries.append(entry)
    return entries, len(content) - len(tail)


def _decode(line: bytes, number: int) -> Entry | None:
    rest = line[_SUM_BYTES:]
    if line[:_SUM_BYTES] != b'{"sum":"%08x",' % zlib.crc32(rest):
        return None
    try:
        fields: dict[str, Any] = json.loads(b"{" + rest)
        if fields.pop("n") != number:
            return None
        kind = _ENTRIES[fields.pop("event")]
        return kind(**{name: CHECKS[name](value) for name, value in fields.items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
