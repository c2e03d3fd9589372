"""Files in `outputs/.cache/` only save time: whatever is wrong with one, it isn't there."""

from __future__ import annotations

import os
import stat as modes
from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline.errors import FolderError
from pipeline.rendering import disk
from pipeline.rendering.layout import cache_path

if TYPE_CHECKING:
    from pathlib import Path

BYTES_MAX = 16 * 1024 * 1024
"""A larger file isn't ours."""


def read(outputs: Path, name: str) -> bytes:
    """What was written under a name, or nothing. Links are not followed."""
    path = cache_path(outputs, name)
    with suppress(OSError, FolderError):
        disk.require_no_link(cache_path(outputs, ""))
        disk.require_no_link(path.parent)
        found = path.lstat()
        if modes.S_ISREG(found.st_mode) and found.st_size <= BYTES_MAX:
            return disk.read(path) or b""
    return b""


def write(outputs: Path, name: str, content: bytes) -> bool:
    """Keep something under a name; whether it could be. Without `outputs` there is no place."""
    path, folder = cache_path(outputs, name), cache_path(outputs, "")
    with suppress(OSError, FolderError):
        if not outputs.is_dir():
            return False
        disk.require_no_link(folder)
        disk.require_no_link(path.parent)
        disk.make_folder(path.parent)
        ignore = folder / ".gitignore"
        if not os.path.lexists(ignore):  # a project made before there was a cache
            disk.replace(ignore, b"*\n")
        disk.replace(path, content)
        return True
    return False
