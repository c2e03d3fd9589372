"""The generated parts of the documentation are what their sources make of them."""

from __future__ import annotations

import re
from itertools import groupby

import pytest

from tests.docs.generated import PARTS, remade
from tests.docs.pages import text_of

CODE = re.compile(r"`[^`]*`")


@pytest.mark.parametrize("page", PARTS)
def test_a_page_is_up_to_date(page: str) -> None:
    """What stands there is what `make docs` writes."""
    assert remade(page, text_of(page)) == text_of(page), "run `make docs`"


@pytest.mark.parametrize("page", PARTS)
def test_nothing_is_lost_in_a_table(page: str) -> None:
    """No cell ends early, and nothing is taken for HTML, which browsers hide."""
    for make in PARTS[page].values():
        bare = [CODE.sub("", line.replace("\\|", "")) for line in make().splitlines()]
        assert not [line for line in bare if "<" in line]
        for is_table, lines in groupby(bare, key=lambda line: line.startswith("|")):
            assert not is_table or len({line.count("|") for line in lines}) == 1


def test_a_part_needs_its_place() -> None:
    """A page that has lost a mark, or has it twice, is told of and not half written."""
    text = text_of("docs/faults.md")
    for spoilt in (text.replace("<!-- end of rule -->\n", ""), text + text):
        with pytest.raises(ValueError, match=r"faults\.md needs one place for rule"):
            remade("docs/faults.md", spoilt)
