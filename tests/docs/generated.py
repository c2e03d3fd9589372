"""Which parts of which pages are generated, and the pages as they should be.

    <!-- made by `make docs`: NAME -->
    …
    <!-- end of NAME -->

A new part is a function that makes its text, and a line in `PARTS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.docs import commands, reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/storyboard.md": {
        "top": reference.top,
        "shot": reference.shot,
        "frame": reference.frame,
        "places": reference.places,
        "limits": reference.limits,
        "prices": reference.prices,
    },
    "docs/commands.md": {
        "overview": commands.overview,
        "everywhere": commands.everywhere,
        "each": commands.each,
    },
    "docs/programs.md": {"results.json": reference.records},
    "docs/faults.md": {"rule": reference.rule},
}


def remade(page: str, text: str) -> str:
    """The page with its generated parts made anew. Raises `ValueError` where one has no place."""
    for name, make in PARTS[page].items():
        begin, end = f"<!-- made by `make docs`: {name} -->\n", f"<!-- end of {name} -->\n"
        if (text.count(begin), text.count(end)) != (1, 1):
            raise ValueError(f"{page} needs one place for {name}: {begin}{end}")
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{make()}\n{end}{rest.partition(end)[2]}"
    return text
