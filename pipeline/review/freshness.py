"""Whether a page that is there still says what is true: asked at the end of every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline import __version__
from pipeline.errors import FolderError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

GENERATOR: Final = f"shotmake {__version__}"
_HEAD_BYTES: Final = 4096
"""So much of a page's beginning says what made it."""


def is_fresh(page: Path, sources: Sequence[Path]) -> bool:
    """Whether a page is newer than all that it is made of, and made by this version."""
    try:
        written = page.stat().st_mtime_ns
        if any(source.stat().st_mtime_ns > written for source in sources):
            return False
        with page.open("rb") as file:
            return f'content="{GENERATOR}"'.encode() in file.read(_HEAD_BYTES)
    except OSError:
        return False


def require_own(page: Path) -> None:
    """Raises `FolderError` where a page would take the place of somebody's own, which no run has
    made; `OSError` where that can't be read. A link holds nothing, and isn't followed.
    """
    if page.is_symlink():
        return
    try:
        with page.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        return
    if head and b'name="generator" content="shotmake ' not in head:
        raise FolderError(f"{page}: is no page of shotmake's, and is left as it is; move it away")
