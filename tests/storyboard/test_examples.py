"""Every file under tests/examples is a test: put one there, with its .txt, and it is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.media.stills import inspect
from pipeline.storyboard.resolve import load_storyboards

if TYPE_CHECKING:
    from pipeline.storyboard.catalog import Catalog

EXAMPLES = Path(__file__).parents[1] / "examples"
INVALID = sorted((EXAMPLES / "invalid").glob("*.yaml"))
VALID = sorted((EXAMPLES / "valid").glob("*.yaml"))


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_example_says_exactly_this(
    path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong storyboard gives the messages beside it: all of them, and nothing else."""
    monkeypatch.chdir(path.parent)
    loaded = load_storyboards([Path(path.name)], catalog, None, inspect)
    said = "".join(f"{violation}\n" for violation in loaded.violations)
    assert said == path.with_suffix(".txt").read_bytes().decode()
    assert said
    assert loaded.boards == ()


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_example_has_no_violations(
    path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right storyboard is resolved whole, without a word."""
    monkeypatch.chdir(path.parent)
    loaded = load_storyboards([Path(path.name)], catalog, None, inspect)
    assert loaded.violations == ()
    [board] = loaded.boards
    assert board.takes


def test_every_message_has_its_storyboard() -> None:
    """No expected text is left over from an example that was removed."""
    texts = {path.stem for path in (EXAMPLES / "invalid").glob("*.txt")}
    assert texts == {path.stem for path in INVALID}
