"""The layout of `outputs/`: the only module that knows it.

    outputs/<board>/<pass>/<take>.mp4, kept/<digest12>.mp4, results.json, journal.jsonl
    outputs/<board>/<pass>/index.html, posters/<take>.jpg, sheet.png, cut.mp4, <board>.otio …
    outputs/.cache/                     what may be lost: it only saves time (no board begins so)

Files are replaced by renaming a synced neighbour over them, so that a reader sees the old one
or the new one and nothing between.
"""

from __future__ import annotations

import json
import os
import re
import socket
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, count
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pipeline.errors import FolderBusyError, FolderError, RecordsError
from pipeline.rendering import disk
from pipeline.rendering.records import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pipeline.rendering.records import Record

_KEPT_FOLDER = KEPT.rstrip("/")
_OURS = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.t([2-9]|[1-9][0-9]+))?"  # a take
    r"|kept/(unknown-)?[0-9a-f]{12}(-[0-9]+)?)\.mp4(\.part)?"
    r"|(results\.json|\.lock-owner\.json|index\.html|sheet\.png)\.new"
    r"|[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.[0-9]+)?\.(otio|edl|csv)\.new"
    r"|(.+\.)?cut\.mp4\.[0-9]+\.new"
)
_CUT = "cut.mp4"


class Folder:
    """One pass of one storyboard on disk."""

    def __init__(self, outputs: Path, board: str, pass_name: str) -> None:
        self.path = outputs / board / pass_name
        self.board = board
        self.pass_name = pass_name
        self._outputs = outputs
        self._unsynced: set[Path] = set()
        """Folders that clips were moved into since the last sync."""
        self.set_aside: list[tuple[str, str]] = []
        """Files that lay where a clip belongs, and where they are now; to be told once."""
        self.failed = False
        """Something here couldn't be read or written: nothing more is made of it in this run."""

    def other_passes(self) -> list[Folder]:
        """The folders of the board's other passes that have records."""
        names = passes(self._outputs, self.board)
        return [self.of_pass(name) for name in names if name != self.pass_name]

    def of_pass(self, pass_name: str) -> Folder:
        """The folder of the same board's other pass."""
        return Folder(self._outputs, self.board, pass_name)

    @property
    def results_path(self) -> Path:
        """Where the manifest lies."""
        return self.path / "results.json"

    @property
    def journal_path(self) -> Path:
        """Where the journal lies while a run is going, or after one was killed."""
        return self.path / "journal.jsonl"

    @property
    def page_path(self) -> Path:
        """Where the review page lies."""
        return self.path / "index.html"

    @property
    def sheet_path(self) -> Path:
        """Where the contact sheet lies."""
        return self.path / "sheet.png"

    @property
    def posters_path(self) -> Path:
        """The folder of the posters, which are called as the takes are."""
        return self.path / "posters"

    def export_path(self, ending: str) -> Path:
        """Where a timeline or a shot list lies; `ending` without a dot."""
        return self.path / f"{self.board}.{ending}"

    def cut_path(self, takes: Iterable[str], records: Mapping[str, Record]) -> Path:
        """Where the film lies: as `cut.mp4`, if that is no clip's place by the board's takes and
        the records, else behind the board's name.
        """
        names = {name.casefold() for name in chain(takes, records)}  # some disks know no case
        free = _CUT.removesuffix(".mp4") not in names and is_film(_CUT, records)
        return self.path / (_CUT if free else f"{self.board}.{_CUT}")

    @contextmanager
    def lock(self, started_at: str) -> Iterator[None]:
        """Hold the folder for one run, creating it.

        Raises `FolderBusyError` naming the run that holds it, `FolderError` when the folder
        can't be written.
        """
        owner_path = self.path / ".lock-owner.json"
        with ExitStack() as stack:
            try:
                self._require_no_links()
                self._make()
                stack.enter_context(FileLock(self.path / ".lock", timeout=0))
            except Timeout:
                raise FolderBusyError(
                    f"{self.path}: another run holds it{_owner(owner_path)}. Wait for it to end, "
                    "or stop it with Ctrl-C: what it has in flight is collected by the next run."
                ) from None
            except OSError as error:
                raise FolderError(
                    f"{self.path}: can't be written: {disk.reason(error)}{disk.remedy(error)}"
                ) from error
            owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": started_at}
            with self._guarded(owner_path):
                disk.replace(owner_path, json.dumps(owner).encode())
            stack.callback(_forget_owner, owner_path)
            yield

    def _make(self) -> None:
        """The folder and those above it. Until there is a manifest, a run that was killed may have
        made them without coming to have their names on the disk.
        """
        unsure = not self.results_path.exists()
        for folder in (self._outputs, self.path.parent, self.path):
            if unsure and folder.is_dir():
                with suppress(PermissionError):  # what lies above --outputs may be another's
                    disk.sync(folder.parent)
            disk.make_folder(folder)

    def read_results(self) -> str | None:
        """The manifest's text, or nothing where there is none.

        Raises `FolderError`, and `RecordsError` when it is no text.
        """
        self._require_no_links()
        with self._guarded(self.results_path):
            content = disk.read(self.results_path)
        try:
            return None if content is None else content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RecordsError(
                f"{self.results_path}: damaged, as it is no UTF-8 text. Nothing was submitted. "
                "Take it back from git (git checkout)."
            ) from error

    def write_results(self, text: str) -> None:
        """Replace the manifest, once all that it speaks of is on the disk. Raises `FolderError`."""
        with self._guarded(self.results_path):
            self.sync_moves()
            disk.replace(self.results_path, text.encode())

    def clips(self) -> dict[str, int]:
        """Every clip's size in bytes, by its path relative to the folder (one scan)."""
        return self._files(".mp4")

    def leftovers(self) -> dict[str, int]:
        """What killed runs have left of files that they were writing, as `clips` has it."""
        return {path: size for path, size in self._files(".part", ".new").items() if is_ours(path)}

    def _files(self, *endings: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for prefix in ("", KEPT):
            try:
                with os.scandir(self.path / prefix) as entries:
                    for entry in entries:
                        if entry.name.endswith(endings) and entry.is_file(follow_symlinks=False):
                            found[prefix + entry.name] = entry.stat(follow_symlinks=False).st_size
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise FolderError(f"{self.path}: can't be read ({error.strerror})") from error
        return found

    def part(self, render: str) -> Path:
        """Where the clip of a record is written until it is verified. Raises `FolderError`."""
        path = self.path / f"{render}.mp4.part"
        with self._guarded(path.parent):
            disk.make_folder(path.parent)
        return path

    def clip(self, relative: str) -> Path:
        """A clip by its path relative to the folder."""
        return self.path / relative

    def size(self, relative: str) -> int | None:
        """A clip's bytes; nothing where there is none. Raises `FolderError`."""
        with self._guarded(self.path / relative):
            try:
                return (self.path / relative).stat(follow_symlinks=False).st_size
            except (FileNotFoundError, NotADirectoryError):
                return None

    def sha256(self, relative: str) -> str:
        """sha256 (hex) of a clip's bytes. Raises `FolderError`."""
        with self._guarded(self.path / relative):
            return disk.sha256(self.path / relative)

    def place(self, part: Path, relative: str, sha256: str) -> None:
        """Make a verified `.part` file the clip at `relative`; what lies there goes to `kept/`.

        Synced: file before the rename, folder after it. Raises `FolderError`.
        """
        path = self.path / relative
        with self._guarded(path):
            disk.sync(part)
            if os.path.lexists(path) and disk.sha256(path) != sha256:
                self._set_aside(relative)
            part.replace(path)
            disk.sync(path.parent)

    def move(self, source: str, target: str) -> None:
        """Rename a clip within the folder; what lies in the way goes to `kept/`.

        Raises `FolderError`.
        """
        with self._guarded(self.path / source):
            path = self.path / target
            disk.make_folder(path.parent)
            if os.path.lexists(path):
                self._set_aside(target)
            (self.path / source).rename(path)
            self._unsynced.add(path.parent)

    def _set_aside(self, relative: str) -> None:
        """The same of a file in the way of a clip: somebody may have put it there."""
        self.set_aside.append((relative, self.shelve(relative)))

    def shelve(self, relative: str) -> str:
        """Move a file that no record speaks for out of the way, named by its content; answers with
        where it is now. Raises `FolderError`.
        """
        path = self.path / relative
        with self._guarded(path):
            if path.is_dir() and not path.is_symlink():
                raise IsADirectoryError(0, "in the way, and no file; move it elsewhere")
            home = _free(self.path / _KEPT_FOLDER, disk.sha256(path))
            disk.make_folder(home.parent)
            path.replace(home)
            self._unsynced.add(home.parent)
            return KEPT + home.name

    def remove(self, relative: str) -> None:
        """Remove a file for good; a link, which is nobody's clip, stays. Raises `FolderError`."""
        path = self.path / relative
        with self._guarded(path):
            if not path.is_symlink():
                path.unlink(missing_ok=True)

    def sync_clip(self, relative: str) -> None:
        """Have a clip on the disk that somebody else has put here. Raises `FolderError`."""
        with self._guarded(self.path / relative):
            disk.sync(self.path / relative)
        self.sync_moves(relative)

    def sync_moves(self, *others: str) -> None:
        """Have the clips that were moved on the disk under their new names, and `others` that an
        earlier run has moved. Raises `FolderError`.
        """
        with self._guarded(self.path):
            self._unsynced |= {(self.path / other).parent for other in others}
            while self._unsynced:
                disk.sync(self._unsynced.pop())

    def sync_names(self) -> None:
        """Have the names of new files here on the disk. Raises `FolderError`."""
        with self._guarded(self.path):
            disk.sync(self.path)

    @contextmanager
    def _guarded(self, path: Path) -> Iterator[None]:
        if self.failed:  # a sync that failed is not tried again under another clip's name
            raise FolderError(f"{path}: left as it is, as {self.path} couldn't be written before")
        try:
            with disk.guarded(path):
                yield
        except FolderError:
            self.failed = True
            raise

    def _require_no_links(self) -> None:
        """Folders that lead elsewhere: only `--outputs` itself may be one of those."""
        for folder in (self.path.parent, self.path, self.path / _KEPT_FOLDER):
            disk.require_no_link(folder)


def cache_path(outputs: Path, name: str) -> Path:
    """Where a file lies that only saves time, and is in no board's or pass's folder."""
    return outputs / ".cache" / name


def is_ours(relative: str) -> bool:
    """Whether a file in a pass's folder is called as shotmake calls its clips and what it writes
    on the way to one; whatever else lies there is somebody else's.
    """
    return _OURS.fullmatch(relative) is not None


def is_film(relative: str, records: Mapping[str, Record]) -> bool:
    """Whether a file is called as the film made of a pass's clips, and is no clip by any record."""
    clips = (record.clip.path.casefold() for record in records.values() if record.clip)
    return relative == _CUT and _CUT not in clips


def passes(outputs: Path, board: str) -> list[str]:
    """The passes of a board that have records, by name."""
    try:
        folders = [Folder(outputs, board, entry.name) for entry in (outputs / board).iterdir()]
        return sorted(
            folder.pass_name
            for folder in folders
            if folder.results_path.exists() or folder.journal_path.exists()
        )
    except (FileNotFoundError, NotADirectoryError):
        return []


def _free(kept: Path, sha256: str) -> Path:
    """The name for a file that no record speaks for: free, or that of the very same bytes.

    Raises `OSError`.
    """
    names = chain([""], (f"-{number}" for number in count(2)))
    paths = (kept / f"unknown-{sha256[:12]}{more}.mp4" for more in names)
    return next(p for p in paths if not os.path.lexists(p) or disk.sha256(p) == sha256)


def _forget_owner(path: Path) -> None:
    with suppress(OSError):  # it only names whoever holds the lock, and nobody does any more
        path.unlink(missing_ok=True)


def _owner(path: Path) -> str:
    try:
        owner = json.loads(path.read_text("utf-8"))
        return f" (process {owner['pid']} on {owner['host']}, since {owner['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
