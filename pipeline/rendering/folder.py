"""One pass's folder in `outputs/`: its files are read, written, moved and locked here alone.

Files are replaced by renaming a synced neighbour over them, so that a reader sees the old one
or the new one and nothing between.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, count
from typing import TYPE_CHECKING

from pipeline.errors import FolderBusyError, FolderError
from pipeline.rendering import disk
from pipeline.rendering.layout import POSTERS, Layout, is_ours, passes
from pipeline.rendering.records import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_KEPT_FOLDER = KEPT.rstrip("/")


class Folder(Layout):
    """One pass of one storyboard on disk: what is done there."""

    def __init__(self, outputs: Path, board: str, pass_name: str) -> None:
        super().__init__(outputs, board, pass_name)
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

    @contextmanager
    def lock(self, started_at: str) -> Iterator[None]:
        """Hold the folder for one run, creating it.

        Raises `FolderBusyError` naming the run that holds it, `FolderError` when the folder
        can't be written.
        """
        import socket  # noqa: PLC0415 (20 ms with the lock, and readers need neither)

        from filelock import FileLock, Timeout  # noqa: PLC0415

        owner_path = self._owner_path
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

    @property
    def _owner_path(self) -> Path:
        return self.path / ".lock-owner.json"

    @property
    def is_busy(self) -> bool:
        """Whether a run may be going on, or was killed: its journal or its name is there."""
        return os.path.lexists(self.journal_path) or os.path.lexists(self._owner_path)

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

    def read_results(self) -> bytes | None:
        """The manifest's bytes, or nothing where there is none. Raises `FolderError`."""
        self._require_no_links()
        with self._guarded(self.results_path):
            return disk.read(self.results_path)

    def write_results(self, text: str) -> None:
        """Replace the manifest, once all that it speaks of is on the disk. Raises `FolderError`."""
        with self._guarded(self.results_path):
            self.sync_moves()
            disk.replace(self.results_path, text.encode())

    def clips(self) -> dict[str, int]:
        """Every clip's size in bytes, by its path relative to the folder (one scan)."""
        return self._files(("", KEPT), ".mp4")

    def leftovers(self) -> dict[str, int]:
        """What killed runs have left of files that they were writing, as `clips` has it."""
        within = ["", KEPT] if self.posters_path.is_symlink() else ["", KEPT, POSTERS]
        found = self._files(within, ".part", ".new")
        return {path: size for path, size in found.items() if is_ours(path)}

    def _files(self, within: Iterable[str], *endings: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for prefix in within:
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
