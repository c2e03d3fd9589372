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


def memory() -> Path | None:
    """A folder that lies in memory, if this machine has one with room."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    return _MEMORY if roomy else None


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for as long as the block lasts: in memory, or on the disk where there is no room."""
    with tempfile.TemporaryDirectory(dir=memory()) as folder:
        yield Path(folder)
