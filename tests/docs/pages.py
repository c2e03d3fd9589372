"""The blocks of the documentation's pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))
FILES = frozenset({"yaml", "csv"})
"""Kinds of blocks that may be files."""
NAMES = {
    (
        "docs/directing.md",
        "id,prompt,seed,takes,motion_intensity,_note",
    ): "specs/tables/cities.csv",
}
"""Files whose kind has no comments to name them in: by page and first line."""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_NAME = re.compile(r"# ([\w./-]+\.ya?ml)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: `kind` is the word behind its fence, `line` where its text begins."""

    page: str
    line: int
    kind: str
    text: str

    @property
    def first(self) -> str:
        """Its first line, by which tables of tests know it."""
        return self.text.partition("\n")[0]

    @property
    def name(self) -> str | None:
        """The file that it is."""
        found = _NAME.fullmatch(self.first)
        return found[1] if found else NAMES.get((self.page, self.first))

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Typed:
    """A command of a console block, with what the page shows of its output."""

    command: str
    shown: tuple[str, ...]


def text_of(page: str) -> str:
    """The page as it is."""
    return (ROOT / page).read_text("utf-8")


def blocks(page: str) -> list[Block]:
    """A page's blocks in order. Raises `ValueError` for one that has no end."""
    return blocks_of(page, text_of(page))


def blocks_of(page: str, text: str) -> list[Block]:
    """The same of a text."""
    found: list[Block] = []
    fence, kind, lines, begin = "", "", list[str](), 0
    for number, line in enumerate(text.splitlines(), 1):
        marker = _FENCE.fullmatch(line)
        if fence and marker and marker[1].startswith(fence) and not marker[2].strip():
            found.append(Block(page, begin, kind, "".join(f"{each}\n" for each in lines)))
            fence = ""
        elif fence:
            lines.append(line)
        elif marker:
            fence, kind, lines, begin = marker[1], marker[2].strip(), [], number + 1
    if fence:
        raise ValueError(f"{page}:{begin - 1}: a block without an end")
    return found


def typed(block: Block) -> list[Typed]:
    """What a console block types, after `$ `, and what comes of it.

    Raises `ValueError` for a block that begins with output.
    """
    found: list[Typed] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Typed(line[2:].strip(), ()))
        elif found:
            found[-1] = Typed(found[-1].command, (*found[-1].shown, line))
        else:
            raise ValueError(f"{block.place}: output before the first command")
    return found
