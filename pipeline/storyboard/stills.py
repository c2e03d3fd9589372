"""Init images: an https URL, or an image file of the storyboard's own project."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from pipeline.errors import MediaError
from pipeline.storyboard.locations import LocationError, Projects, is_absolute
from pipeline.storyboard.shots import Still
from pipeline.storyboard.syntax import quoted

if TYPE_CHECKING:
    import os

InspectStill = Callable[[Path], None]

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")


class StillError(ValueError):
    """An init image that can't be used; the text is the whole message."""


class Hashes(Protocol):
    """What is remembered of good image files, so that they needn't be read again.

    `path` is resolved, `stat` what the operating system said of it; hashes are sha256 in hex.
    """

    def known(self, path: Path, stat: os.stat_result) -> str | None:
        """The file's hash if it can only be that; asked before the file is read."""

    def learned(self, path: Path, stat: os.stat_result, sha256: str) -> None:
        """What has been read of the file, of which `known` had been asked. It is a good image,
        and `stat` was the same before and after.
        """


class NoHashes:
    """Remembers nothing: every image is read every time."""

    def known(self, path: Path, stat: os.stat_result) -> str | None:  # noqa: ARG002 (as in Hashes)
        """Nothing is."""
        return None

    def learned(self, path: Path, stat: os.stat_result, sha256: str) -> None:
        """Nothing is."""


def identity(stat: os.stat_result) -> tuple[int, int, int, int]:
    """What changes when a file does: size, both times in nanoseconds, and inode.

    Whoever sets the time of content back (mtime: `touch -d`, `rsync -t`, unpacking) moves that of
    the status (ctime).
    """
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


class Stills:
    """Finds, inspects and hashes init images, each file once at most."""

    def __init__(self, inspect_still: InspectStill, hashes: Hashes | None = None) -> None:
        self._inspect = inspect_still
        self._hashes = hashes or NoHashes()
        self._files: dict[Path, str | StillError] = {}
        self._found: dict[tuple[Path, str], Still | str | StillError] = {}
        self._projects = Projects("image", "stills/bowl.jpg")

    @property
    def hashed(self) -> dict[Path, str]:
        """The sha256 (hex) of every good image that was found, by its path as named."""
        return {each.path: each.sha256 for each in self._found.values() if isinstance(each, Still)}

    def find(self, name: str, folder: Path) -> Still | str | StillError:
        """The still or URL that a storyboard in `folder` names, or what is wrong with it."""
        key = (folder, name)
        found = self._found.get(key)
        if found is None:
            try:
                found = self._url(name) or self._file(name, folder)
            except StillError as error:
                found = error
            self._found[key] = found
        return found

    def _url(self, name: str) -> str | None:
        scheme = _SCHEME.match(name)
        if is_absolute(name) or scheme is None:
            return None
        kind = scheme[1].lower()
        if kind == "http":
            raise StillError(f"the provider takes https only; write https{name[4:]}")
        if kind == "data":
            raise StillError("save the image as a file beside the storyboard and write its name")
        if kind != "https":
            raise StillError(f"{kind}: can't be fetched; write an https URL or the name of a file")
        try:
            parts = urlsplit(name)
            usable = bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or any(c.isspace() or not c.isprintable() for c in name):
            raise StillError(f"{quoted(name, 80)} is no complete URL; it has a host and no spaces")
        if parts.username is not None or parts.password is not None:
            raise StillError("a URL with a password in it would end up in git; remove it")
        return name

    def _file(self, name: str, folder: Path) -> Still:
        try:
            path, target = self._projects.find(name, folder)
        except LocationError as error:
            raise StillError(str(error)) from error
        return Still(path, name, self._sha256(target, path))

    def _sha256(self, target: Path, path: Path) -> str:
        known = self._files.get(target)
        if known is None:
            try:
                known = self._content_hash(target)
            except MediaError as error:
                known = StillError(f"{path.as_posix()}: {error}")
            except OSError as error:
                known = StillError(f"{path.as_posix()} can't be read: {error.strerror}")
            self._files[target] = known
        if isinstance(known, StillError):
            raise known
        return known

    def _content_hash(self, target: Path) -> str:
        """Raises `MediaError` or `OSError`; what is wrong is told again every time."""
        before = target.stat()
        known = self._hashes.known(target, before)
        if known is not None:
            return known
        self._inspect(target)
        sha256 = hashlib.sha256(target.read_bytes()).hexdigest()
        if identity(target.stat()) == identity(before):
            self._hashes.learned(target, before, sha256)
        return sha256
