"""Where proofs write whose subject is not the disk's own time: an fsync costs nothing there."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of our own is made in it)
_ROOM_BYTES = 2 << 30
"""What the largest of the proofs leaves lying about, and more."""


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for as long as the block lasts: in memory, or on the disk where there is no room."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    with tempfile.TemporaryDirectory(dir=_MEMORY if roomy else None) as folder:
        yield Path(folder)
