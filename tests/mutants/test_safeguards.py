"""The list of safeguards is about the program as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mutants.__main__ import PIPELINE, ROOT, SAFEGUARDS

if TYPE_CHECKING:
    from tests.mutants.safeguard import Safeguard


@pytest.mark.parametrize("guard", SAFEGUARDS, ids=lambda guard: guard.name)
def test_every_safeguard_can_be_removed(guard: Safeguard) -> None:
    """Its text stands exactly once in its file, what is left compiles, and its tests exist."""
    source = (PIPELINE / guard.path).read_text("utf-8")
    assert source.count(guard.old) == 1
    compile(source.replace(guard.old, guard.new), guard.path, "exec")
    for test in guard.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists(), test
        assert f"def {name.partition('[')[0]}" in (ROOT / path).read_text() if name else True


def test_the_list_is_long_enough() -> None:
    """There are at least thirty, each once."""
    names = [guard.name for guard in SAFEGUARDS]
    assert len(names) == len(set(names)) >= 30
