"""The documentation speaks of what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mutants.__main__ import SAFEGUARDS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
MODULE = re.compile(r"`([\w/]+\.py)(?:::(\w+))?")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    """Modules, tests by their names, and the targets of links."""
    text = page.read_text("utf-8")
    files = [path for folder in ("pipeline", "tests") for path in (ROOT / folder).rglob("*.py")]
    for name, test in MODULE.findall(text):
        found = [path for path in files if path.as_posix().endswith(f"/{name}")]
        assert found, f"{page.name} names {name}"
        assert not test or f"def {test}(" in found[0].read_text("utf-8"), f"{name}::{test}"
    for target in LINK.findall(text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_safeguard_is_listed() -> None:
    """The table in guarantees.md is that of the list as it is; `make mutants` writes it."""
    text = (ROOT / "docs/guarantees.md").read_text("utf-8")
    table = text.partition("<!-- mutants: begin -->")[2].partition("<!-- mutants: end -->")[0]
    rows = [line.split(" | ")[:2] for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows == [[f"| {guard.name}", guard.says] for guard in SAFEGUARDS]
