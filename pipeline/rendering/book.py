"""What is true of one folder: `results.json` with the journal replayed over it."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from pipeline.errors import RecordsError
from pipeline.rendering import results
from pipeline.rendering.events import names_of
from pipeline.rendering.journal import Folded, Journal
from pipeline.rendering.results import Results
from pipeline.rendering.states import apply, require_legal

if TYPE_CHECKING:
    from pipeline.rendering.events import Event
    from pipeline.rendering.folder import Folder
    from pipeline.rendering.records import Records


def read(folder: Folder, provider: str) -> Results:
    """What is true, without changing anything: for `plan`, `status`, `review`.

    Raises `RecordsError` on damage.
    """
    while True:
        before = folder.read_results()
        _journal, known, _manifest = _open(folder, provider)
        if folder.read_results() == before:  # else a run has just folded its journal into it
            return known


class Book:
    """The records of a run in progress: every change goes through the journal first."""

    def __init__(self, folder: Folder, known: Results, journal: Journal) -> None:
        self._folder = folder
        self._results = known
        self._journal = journal
        self._changed: set[str] = set()
        self.manifest_sha256: str | None = None
        """Of the manifest that all of this stands in; None once anything is noted, or where a
        journal is replayed over it.
        """

    @classmethod
    def open(cls, folder: Folder, provider: str) -> Self:
        """Open the records of a folder whose lock is held. Raises `RecordsError`, `FolderError`."""
        journal, known, manifest = _open(folder, provider)
        known.provider = provider
        book = cls(folder, known, journal)
        if journal.empty and manifest is not None:
            book.manifest_sha256 = manifest.sha256
        return book

    @property
    def records(self) -> Records:
        """By take key and by `kept/<digest12>`; to be changed by `note` alone."""
        return self._results.records

    def note(self, event: Event, *, sync: bool = False) -> None:
        """Journal a transition, then make it true; with `sync` it has reached the disk.

        Raises `FolderError` when it can't be written, `RecordsError` when it is not legal.
        """
        require_legal(self.records, event)
        self.manifest_sha256 = None
        self._journal.append(event, sync=sync)
        apply(self.records, event)
        self._changed |= names_of(event)

    def changed(self) -> set[str]:
        """The names of the records that are new or other than when this was last asked."""
        changed, self._changed = self._changed, set()
        return changed

    def fold(self) -> None:
        """Write the manifest and remove the journal: how a run ends. Raises `FolderError`.

        After anything that couldn't be written the journal stays, for the next run to replay: what
        is on the disk is known to nobody any more, and a sync that failed is not tried again.
        """
        if self._journal.broken or self._folder.failed:
            self._journal.close()
            return
        if not self._journal.empty:
            text = results.dump(self._results)
            self._journal.append(Folded(hashlib.sha256(text.encode()).hexdigest()), sync=True)
            self._journal.close()
            self._folder.write_results(text)
        with suppress(OSError):  # its last line says that the manifest holds all of it
            self._journal.path.unlink(missing_ok=True)


def _open(folder: Folder, provider: str) -> tuple[Journal, Results, Folded | None]:
    content = folder.read_results()
    known = Results(folder.board, folder.pass_name, provider)
    if content is not None:
        known = results.parse(content, str(folder.results_path))
    journal, entries = Journal.open(folder.journal_path, folder.sync_names)
    manifest = None if content is None else Folded(hashlib.sha256(content).hexdigest())
    # What stands before the manifest's own line is in it already: only the journal's removal
    # was missed.
    begin = max((n for n, entry in enumerate(entries, 1) if entry == manifest), default=0)
    for number, entry in enumerate(entries[begin:], begin + 1):
        if isinstance(entry, Folded):
            continue  # written, but the process died before the manifest was
        try:
            apply(known.records, entry)
        except RecordsError as error:
            place = f"{folder.journal_path}:{number}"
            raise RecordsError(
                f"{place}: {error}. Nothing was submitted. This journal goes with another "
                "results.json, as before a git pull: put that one back and run, then pull again."
            ) from error
    return journal, known, manifest
