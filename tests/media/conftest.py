"""Clips as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def clip(tmp_path: Path) -> Callable[[bytes], Path]:
    """Bytes as a file."""

    def write(content: bytes) -> Path:
        path = tmp_path / "clip.mp4"
        path.write_bytes(content)
        return path

    return write
