"""The cells of comma-separated values, strictly as RFC 4180 has them, with places.

Of the two things that the `csv` module can't say, where a cell begins and what is wrong with
a quote, the first is needed for every message, and the second keeps a stray quote from gluing
rows together into one long prompt, which would be paid for.
"""

from __future__ import annotations

import re
from itertools import accumulate, repeat
from operator import add
from typing import TYPE_CHECKING, Final, NamedTuple

from pipeline.storyboard.syntax import quoted

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.storyboard.places import Place

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
"""Spreadsheets write a semicolon where the comma is the decimal point."""

_LINE: Final = re.compile(r"([^\r\n]*+)(?:\r\n?|\n)?")
LINE_END: Final = re.compile(r"\r\n?|\n")
_GAP: Final = re.compile(r"[\r\n]+")
_QUOTED: Final = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_BARE: Final = {delimiter: re.compile(rf"[^{delimiter}\r\n]*+") for delimiter in DELIMITERS}
_CELLS: Final = {
    delimiter: re.compile(rf'(?:^|{delimiter})("[^"]*+(?:""[^"]*+)*+"|[^{delimiter}"]*+)')
    for delimiter in DELIMITERS
}
_CLOSE: Final = 'close it at the end of the cell, and write "" for a quote inside it'


class Cells(NamedTuple):
    """A row as it is written, and the indices of its quoted cells.

    After a `fault` reading goes on in the line below the one where the row begins.
    """

    cells: list[str]
    places: list[Place]
    end: int
    next_line: int
    quoted: Collection[int] = ()
    fault: tuple[Place, str] | None = None

    def are_blank(self) -> bool:
        return self.fault is None and not any(cell.strip() for cell in self.cells)


def skip_gap(text: str, at: int, line: int) -> tuple[int, int]:
    """Where the next line that isn't empty begins: its first character, its number."""
    found = _GAP.match(text, at)
    if found is None:
        return at, line
    gap = found[0]
    return found.end(), line + gap.count("\n") + gap.count("\r") - gap.count("\r\n")


def split(text: str, at: int, line: int, delimiter: str) -> Cells:
    """The row that begins at this character, in this line."""
    found = _LINE.match(text, at)
    assert found is not None  # noqa: S101 - it matches the empty text too
    content = found[1]
    in_quotes: list[int] = []
    if '"' not in content:
        written = cells = content.split(delimiter)
    else:
        written = _CELLS[delimiter].findall(content)
        if delimiter.join(written) != content:  # a cell of several lines, or a stray quote
            return _split_slowly(text, at, line, delimiter)
        in_quotes = [index for index, cell in enumerate(written) if cell[:1] == '"']
        cells = written.copy()
        for index in in_quotes:
            cells[index] = cells[index][1:-1].replace('""', '"')
    before = accumulate(map(len, written), initial=1)  # characters, without the delimiters
    places = zip(repeat(line), map(add, before, range(len(written))), strict=False)
    return Cells(cells, list(places), found.end(), line + 1, in_quotes)


def _split_slowly(text: str, at: int, line: int, delimiter: str) -> Cells:
    """The same, cell by cell: over line ends, and up to what is wrong."""
    cells: list[str] = []
    places: list[Place] = []
    in_quotes: list[int] = []
    row_line, row_start, line_start = line, at, at
    fault: tuple[Place, str] | None = None
    while True:
        place = (line, at - line_start + 1)
        places.append(place)
        if not text.startswith('"', at):
            found = _BARE[delimiter].match(text, at)
            assert found is not None  # noqa: S101 - it matches the empty text too
            cells.append(found[0])
            if '"' in found[0]:
                fault = _stray_quote(found[0], place)
                break
        elif found := _QUOTED.match(text, at):
            in_quotes.append(len(cells))
            cells.append(found[1].replace('""', '"'))
            for end in LINE_END.finditer(text, at, found.end()):
                line, line_start = line + 1, end.end()
        else:
            fault = place, f"the quote that opens here is never closed; {_CLOSE}"
            break
        at = found.end()
        after = text[at : at + 1]
        if after == delimiter:
            at += 1
        elif after in {"", "\r", "\n"}:
            at += 2 if text.startswith("\r\n", at) else 1
            return Cells(cells, places, at, line + 1, in_quotes)
        else:
            fault = _text_after(place, (line, at - line_start + 1))
            break
    rest = _LINE.match(text, row_start)
    return Cells(cells, places, rest.end() if rest else len(text), row_line + 1, (), fault)


def _stray_quote(cell: str, place: Place) -> tuple[Place, str]:
    """A quote in a cell that doesn't begin with one."""
    before = cell.partition('"')[0]
    at = (place[0], place[1] + len(before))
    if not before.strip():
        return at, "a space stands before the quote that opens here; remove the space"
    return at, (
        f"a quote stands here, but {quoted(cell.strip(), 20)} does not begin with one; "
        'put the whole cell in quotes, and write "" for a quote inside it'
    )


def _text_after(opens: Place, place: Place) -> tuple[Place, str]:
    """Text between a closing quote and the delimiter."""
    if opens[0] != place[0]:
        return opens, (
            f"the quote that opens here closes only at {place[0]}:{place[1] - 1}; {_CLOSE}"
        )
    return place, 'text goes on after the closing quote; write "" for a quote inside a cell'
