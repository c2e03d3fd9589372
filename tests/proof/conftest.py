"""One stage for all proofs of a process: its studio and its forking process are dear to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.stage import staged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proof.stage import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A studio that bills, and real processes against it."""
    with staged(tmp_path_factory.mktemp("stage")) as entered:
        yield entered
