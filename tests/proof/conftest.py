"""One stage for all proofs of a process: its studio and its forking process are dear to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.stage import staged
from tests.support.memory import workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proof.stage import Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A studio that bills, and real processes against it."""
    with workshop() as folder, staged(folder) as entered:
        yield entered
