"""What a disk holds after the power went: what was synced, and as little or as much of the rest
as a file system may have kept.

A file's bytes are safe with its fsync, a name with the fsync of the folder it is in (POSIX
promises no more, and ext4, xfs and btrfs each lose something else of what wasn't synced).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NOTHING = "nothing"
"""Nothing survives that wasn't synced: bytes, new names, renames and removals are undone."""
NAMES = "names"
"""All names survive, and only the bytes that were synced: new files may be empty."""
REMOVALS = "removals"
"""Removals and renames away survive, and of what is new only what was synced."""


class Platter:
    """Watches what reaches the disk under `root`; fed by `Boundaries`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._bytes: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}
        """By folder's inode: its synced names and their inodes."""
        self._folders: set[int] = set()
        self._held: list[int] = []
        """Open descriptors, so that no inode number is given out twice."""
        for folder, folders, files in os.walk(root):
            for name in files:
                path = Path(folder, name)
                self._bytes[self._hold(path)] = path.read_bytes()
            for name in ["", *folders]:
                self._sync_names(os.open(Path(folder, name), os.O_RDONLY))

    def created(self, descriptor: int) -> None:
        """A file is new: none of its bytes are safe."""
        inode = os.fstat(descriptor).st_ino
        self._held.append(os.dup(descriptor))
        self._bytes[inode] = b""

    def synced(self, descriptor: int) -> None:
        """A file or a folder was synced."""
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            self._sync_names(os.dup(descriptor))
        else:
            self._bytes[os.fstat(descriptor).st_ino] = Path(
                f"/proc/self/fd/{descriptor}"
            ).read_bytes()

    def cut(self, image: Path, survives: str) -> None:
        """Write what the disk holds as a folder of its own."""
        shutil.rmtree(image, ignore_errors=True)
        image.mkdir(parents=True)
        if survives == NAMES:
            self._write_names(self._root, image)
        else:
            here = self._root if survives == REMOVALS else None
            self._write_synced(self._root.stat().st_ino, image, here)

    def _write_names(self, folder: Path, image: Path) -> None:
        for path in folder.iterdir():
            if path.is_dir():
                (image / path.name).mkdir()
                self._write_names(path, image / path.name)
            else:
                (image / path.name).write_bytes(self._bytes.get(path.stat().st_ino, b""))

    def _write_synced(self, folder: int, image: Path, here: Path | None) -> None:
        """`here` is the folder as it is now, where what was removed from it is gone for good."""
        for name, inode in self._names.get(folder, {}).items():
            if here is not None and not (here / name).exists():
                continue
            if inode in self._folders:
                (image / name).mkdir()
                self._write_synced(inode, image / name, here and here / name)
            else:
                (image / name).write_bytes(self._bytes.get(inode, b""))

    def _sync_names(self, descriptor: int) -> None:
        self._held.append(descriptor)
        names = {}
        with os.scandir(descriptor) as entries:
            for entry in entries:
                names[entry.name] = entry.inode()
                if entry.is_dir(follow_symlinks=False):
                    self._folders.add(entry.inode())
        inode = os.fstat(descriptor).st_ino
        self._folders.add(inode)
        self._names[inode] = names

    def _hold(self, path: Path) -> int:
        descriptor = os.open(path, os.O_RDONLY)
        self._held.append(descriptor)
        return os.fstat(descriptor).st_ino
