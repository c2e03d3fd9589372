"""What the storyboard's tests share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.media.stills import inspect
from pipeline.storyboard.catalog import Catalog, load_catalog
from pipeline.storyboard.resolve import Loaded, load_storyboards

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The models that ship with shotmake."""
    return load_catalog()


@pytest.fixture
def load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Catalog
) -> Callable[..., Loaded]:
    """Loads storyboards given as `name="text"`, from a folder of their own."""
    monkeypatch.chdir(tmp_path)

    def loaded(pass_name: str | None = None, **texts: str) -> Loaded:
        for name, text in texts.items():
            Path(f"{name}.yaml").write_text(text, encoding="utf-8")
        return load_storyboards(
            [Path(f"{name}.yaml") for name in texts], catalog, pass_name, inspect
        )

    return loaded
