"""Fixtures for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import trio.testing

from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Async tests run on trio with a clock that jumps: hours of polling in a second."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.fixture
async def world(tmp_path: Path, anyio_backend: Any) -> AsyncIterator[World]:  # noqa: ARG001
    """A folder, a studio that bills, and a virtual clock."""
    async with World(tmp_path) as entered:
        yield entered
