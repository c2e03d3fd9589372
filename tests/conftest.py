"""Fixtures for all tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import trio.testing
from hypothesis import settings

from tests.support.memory import memory
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


# How long an example takes is the machine's business, and no claim of any test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Folders of tests lie in memory, where an fsync costs nothing: there are ten thousands."""
    if (folder := memory()) is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Async tests run on trio with a clock that jumps: hours of polling in a second."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.fixture
async def world(tmp_path: Path, anyio_backend: Any) -> AsyncIterator[World]:  # noqa: ARG001
    """A folder, a studio that bills, and a virtual clock."""
    async with World(tmp_path) as entered:
        yield entered
