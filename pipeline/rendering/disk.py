"""Files as the records need them: replaced whole, synced, and never through a symbolic link.

Links that somebody has planted in a folder, or checked in, must not lead a write elsewhere. A
failed fsync is never tried again: what it was about may be gone from the cache already, and the
second one would succeed without it.
"""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import FolderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINK = "is a symbolic link, which is not followed; remove it, or put in its place what it leads to"


_OTHER_PLACE = ", or give another place with --outputs"
_ELSEWHERE = f"; make it writable{_OTHER_PLACE}"
_IN_THE_WAY = f"; move away what lies there{_OTHER_PLACE}"
_REMEDIES = {
    errno.ENOSPC: "; free some space, then run again",
    errno.EDQUOT: "; free some space, then run again",
    errno.EROFS: _ELSEWHERE,
    errno.EACCES: _ELSEWHERE,
    errno.EPERM: _ELSEWHERE,
    errno.EISDIR: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
}

_STAY = os.O_NOFOLLOW
"""How a file of ours is opened: where it is, or not at all."""


@contextmanager
def guarded(path: Path, *, in_outputs: bool = True) -> Iterator[None]:
    """What the operating system refuses, as `FolderError` naming the path.

    What isn't `in_outputs` is where it is: no option gives it another place.
    """
    try:
        yield
    except OSError as error:
        does = remedy(error) if in_outputs else remedy(error).replace(_OTHER_PLACE, "")
        raise FolderError(f"{path}: {reason(error)}{does}") from error


def reason(error: OSError) -> str:
    """Why a file couldn't be read or written, in words."""
    if error.errno == errno.ELOOP:  # what O_NOFOLLOW says of a link
        return _LINK
    return error.strerror or type(error).__name__


def remedy(error: OSError) -> str:
    """What to do about it, where that is plain, to stand behind the reason."""
    return _REMEDIES.get(error.errno or 0, "")


def require_no_link(path: Path) -> None:
    """Raises `FolderError` for a symbolic link."""
    if path.is_symlink():
        raise FolderError(f"{path}: {_LINK}")


def read(path: Path) -> bytes | None:
    """A file's bytes; None where there is none. Raises `OSError`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _STAY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def open_to_append(path: Path) -> int:
    """A descriptor of a file, new or not, whose every write goes behind its end.

    Raises `OSError`.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _STAY, 0o644)


def replace(path: Path, content: bytes, mode: int | None = None) -> None:
    """Put a file there at once and for good, through a synced neighbour; `mode` are its permission
    bits, where they aren't the usual ones. Raises `OSError`.
    """
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)  # a killed run's, or a link that was planted
    with temporary.open("xb") as file:
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync(path.parent)


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A neighbour to write a large file into; at the end it takes the place of `path`, for good.

    Whatever is raised, the neighbour goes, and what was there stays. Raises `OSError`.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        new.unlink(missing_ok=True)  # a killed one's, or a link that was planted
        new.open("xb").close()
        yield new
        sync(new)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder with those above it, each of them synced into its own. Raises `OSError`."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have a file's bytes or a folder's names on the disk. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """sha256 (hex) of a file's bytes; of a link's own text, not of what it leads to.

    Raises `OSError`.
    """
    if path.is_symlink():
        return hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
