"""The journal: what is written comes back, and what is damaged is found out."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import FolderError, RecordsError
from pipeline.rendering import disk
from pipeline.rendering.book import Book
from pipeline.rendering.digest import request_fields
from pipeline.rendering.events import (
    Ended,
    Intent,
    Lost,
    Moved,
    Refused,
    Renamed,
    Restored,
    Stored,
    Submitted,
)
from pipeline.rendering.folder import Folder
from pipeline.rendering.journal import Entry, Folded, Journal, encode, replay
from pipeline.rendering.records import Clip, Failure, Status
from pipeline.storyboard.shots import Request

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-11-23T12:00:00.000Z"
CLIP = Clip("a.mp4", "ab" * 32, 1234, 4.0, 1280, 720)
REQUEST = request_fields(Request("veo-3.1-fast", "bowl 碗\n", 4, "16:9", "720p", 7))
INTENT = Intent("a", AT, "https://gateway.test", "d" * 64, REQUEST, "a.t1.a1.x", 1, 0.18, "0" * 8)
ENTRIES: list[Entry] = [
    INTENT,
    Submitted("a", AT, "task_1"),
    Ended("a", AT, Status.COMPLETED, 0.18, None),
    Stored("a", AT, CLIP),
    Stored("a", AT, CLIP, Failure("clip_differs", "it is 5.00 s long", retryable=False)),
    Renamed("a", AT, "kept/dddddddddddd"),
    Moved("kept/dddddddddddd", AT, "kept/dddddddddddd.mp4"),
    Intent("a", AT, "https://gateway.test", "e" * 64, REQUEST, "a.t1.a1.y", 1, None),
    Refused("a", AT, blocked=True, error=Failure("451", "no", retryable=False)),
    Lost("kept/dddddddddddd", AT),
    Restored("b", AT, "studio", "f" * 64, REQUEST, "b.t1.a1.z", CLIP),
    Folded("0" * 64),
]
CONTENT = b"".join(encode(entry, number) for number, entry in enumerate(ENTRIES, 1))


def test_every_kind_of_entry_comes_back_as_it_was() -> None:
    """Replaying a journal gives the very entries that were written."""
    assert replay(CONTENT, "journal") == (ENTRIES, len(CONTENT))


def test_cut_anywhere_a_prefix_is_replayed() -> None:
    """Cut at any byte, the whole lines before the cut are replayed and no error is raised."""
    for length in range(len(CONTENT) + 1):
        entries, good = replay(CONTENT[:length], "journal")
        assert entries == ENTRIES[: CONTENT[:length].count(b"\n")]
        assert good == CONTENT[:length].rfind(b"\n") + 1


def test_every_flipped_byte_is_found_out() -> None:
    """Every bit of every byte, flipped, is damage and never another record. The last line break
    makes a torn tail of its line: what stands before it is replayed."""
    for place, byte in enumerate(CONTENT[:-1]):
        for bit in range(8):
            damaged = bytearray(CONTENT)
            damaged[place] = byte ^ 1 << bit
            with pytest.raises(RecordsError, match=r"journal:\d+: damaged"):
                replay(bytes(damaged), "journal")
    for bit in range(8):
        entries, _good = replay(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1 << bit]), "journal")
        assert entries == ENTRIES[:-1]


def test_a_missing_or_doubled_line_is_found_out() -> None:
    """Lines are numbered: one left out or repeated is damage."""
    lines = CONTENT.splitlines(keepends=True)
    for wrong in (lines[:3] + lines[4:], [*lines[:3], lines[2], *lines[3:]]):
        with pytest.raises(RecordsError):
            replay(b"".join(wrong), "journal")


def test_a_torn_tail_is_cut_off_and_written_over(tmp_path: Path) -> None:
    """Opening a journal with a torn tail goes on behind the last whole line."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(CONTENT[:-20])
    journal, entries = Journal.open(path, _synced)
    assert entries == ENTRIES[:-1]
    journal.append(ENTRIES[-1], sync=True)
    journal.close()
    assert path.read_bytes() == CONTENT


def _synced() -> None:
    """A folder whose names nobody asks for here."""


def test_a_folder_that_failed_is_not_synced_for_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the folder's fsync has failed for a clip, the journal's creation doesn't repeat it."""
    folder = Folder(tmp_path, "film", "draft")
    book = Book.open(folder, "studio")
    part = folder.part("a")
    part.write_bytes(b"clip")
    synced = []

    def fails(path: Path) -> None:
        synced.append(path)
        if path == folder.path:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(disk, "sync", fails)
    with pytest.raises(FolderError):
        folder.place(part, "a.mp4", "0" * 64)
    with pytest.raises(FolderError):
        book.note(INTENT, sync=True)
    assert synced == [part, folder.path]


def test_a_journal_without_entries_leaves_no_file(tmp_path: Path) -> None:
    """A run with nothing to do writes nothing."""
    journal, _entries = Journal.open(tmp_path / "journal.jsonl", _synced)
    journal.close()
    assert journal.empty
    assert not list(tmp_path.iterdir())


def test_a_record_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A journal in a folder that is gone raises our error, naming the file."""
    journal, _entries = Journal.open(tmp_path / "gone" / "journal.jsonl", _synced)
    with pytest.raises(FolderError, match="nothing more is submitted"):
        journal.append(ENTRIES[0], sync=True)
