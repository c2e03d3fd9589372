"""Reads a table of comma-separated values: a header of fields, and a shot in every row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard import scalars
from pipeline.storyboard.names import did_you_mean
from pipeline.storyboard.places import Map, Place, Seq
from pipeline.storyboard.table_cells import DELIMITERS, LINE_END, Cells, skip_gap, split
from pipeline.storyboard.table_rows import NOTE, Notes, Row, unknown_field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

NUMBERS: Final = frozenset({"duration", "pick", "seed", "takes"})
"""The fields whose cells are read as YAML reads a plain word; all others are text."""

LISTS: Final = frozenset({"seeds"})
"""The fields that have several values in one cell, as in `7 11 13`."""

_ITEM: Final = re.compile(r"[^\s,;]+")


_Read = Callable[[Cells, int, str], Any]
"""Reads the cell at an index; the text is its path."""


_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+")


@dataclass(frozen=True, slots=True)
class _Header:
    """`fields`: index, name, place of every column that counts, and how it is read if not as text.

    `nameless`: the columns that must stay empty.
    """

    delimiter: str
    width: int
    fields: list[tuple[int, str, Place, _Read | None]]
    nameless: dict[int, Place]
    end: int
    next_line: int


class CsvReader:
    """Reads one table; what is wrong goes into `notes`."""

    def __init__(
        self, text: str, notes: Notes, columns: Collection[str], numbers: Collection[str]
    ) -> None:
        self._text = text
        self._notes = notes
        self._columns = columns
        self._numbers = numbers

    def rows(self) -> Iterator[Row]:
        """Every row that is whole; an empty cell is a field that is absent."""
        header = self._header()
        if header is None:
            return
        text, number = self._text, 0
        at, line = skip_gap(text, header.end, header.next_line)
        while at < len(text):
            place = (line, 1)
            row = split(text, at, line, header.delimiter)
            at, line = skip_gap(text, row.end, row.next_line)
            whole = row.fault is None and len(row.cells) == header.width
            values = self._values(row, place, header, number + 1) if whole else Map(place)
            if not values and row.are_blank():
                continue
            number += 1
            if whole:
                yield Row(values, place, f"row {number}")
            else:
                self._refuse(row, place, header, number)

    def _values(self, row: Cells, place: Place, header: _Header, number: int) -> Map:
        values = Map(place)
        cells, places = row.cells, row.places
        for index, name, key_place, read in header.fields:
            cell = cells[index].strip()
            if cell:
                value = cell if read is None else read(row, index, f"row {number}.{name}")
                values.put(name, value, key_place + places[index])
        if header.nameless:
            self._watch(row, header.nameless)
        return values

    def _watch(self, row: Cells, nameless: dict[int, Place]) -> None:
        """A column without a name may stand there, as long as it is empty."""
        for index in list(nameless):
            if row.cells[index].strip():
                line = row.places[index][0]
                message = (
                    f"this column has no name, and line {line} has text in it; name it, "
                    "or remove it"
                )
                self._notes.add(nameless.pop(index), "", message)

    def _number(self, row: Cells, index: int, path: str) -> Any:
        return self._plain(row.cells[index].strip(), row.places[index], path)

    def _plain(self, word: str, place: Place, path: str) -> Any:
        if word.isascii() and word.isdecimal() and len(word) <= scalars.MAX_DIGITS:
            return int(word)  # as below, but most are this, and by the ten thousand
        try:
            value = scalars.resolve_plain(word)
        except scalars.ScalarError as error:
            self._notes.add(place, path, str(error))
            return scalars.UNREADABLE
        # Only an empty cell is none; and 1.000 is a thousand in many countries, and no 1.
        return word if value is None or _THOUSANDS.fullmatch(word) else value

    def _list(self, row: Cells, index: int, path: str) -> Seq:
        cell, place = row.cells[index], row.places[index]
        items = Seq(place)
        start = place[1] + (1 if index in row.quoted else 0)
        in_one_line = LINE_END.search(cell) is None
        for item in _ITEM.finditer(cell):
            at = (place[0], start + item.start()) if in_one_line else place
            items.put(self._plain(item[0], at, f"{path}[{len(items)}]"), at)
        return items

    def _refuse(self, row: Cells, place: Place, header: _Header, number: int) -> None:
        path = f"row {number}"
        if row.fault is not None:
            self._notes.add(row.fault[0], path, row.fault[1])
            return
        count = len(row.cells)
        delimiter = DELIMITERS[header.delimiter]
        message = f"{count:,} cell{'s' if count > 1 else ''}, and the header has {header.width:,}; "
        if count > header.width:
            place = row.places[header.width]
            message += f"put quotes around a cell that has a {delimiter} in it"
        else:
            message += f"write the {delimiter}s of empty cells too"
        self._notes.add(place, path, message)

    def _header(self) -> _Header | None:
        """The first row that isn't empty; None, with the reason noted, where it is of no use."""
        text, at, line = self._text, 0, 1
        while at < len(text):
            row, delimiter = self._likeliest(at, line)
            if row.fault is not None:
                self._notes.add(row.fault[0], "", row.fault[1])
                return None
            if not row.are_blank():
                return self._read_header(row, delimiter)
            at, line = skip_gap(text, row.end, row.next_line)
        return None

    def _likeliest(self, at: int, line: int) -> tuple[Cells, str]:
        """The header by the delimiter that makes the most fields of it, or else the most cells."""
        rows = [(split(self._text, at, line, delimiter), delimiter) for delimiter in DELIMITERS]

        def merit(pair: tuple[Cells, str]) -> tuple[bool, int, int]:
            row = pair[0]
            known = sum(1 for cell in row.cells if cell.strip() in self._columns)
            return row.fault is None, known, len(row.cells)

        return max(rows, key=merit)

    def _read_header(self, row: Cells, delimiter: str) -> _Header | None:
        names = [cell.strip() for cell in row.cells]
        header = _Header(delimiter, len(names), [], {}, row.end, row.next_line)
        if not self._is_header(names):
            place = row.places[0]
            message = (
                "the first line names the columns, such as id,prompt,duration; this one names none"
            )
            self._notes.add(place, "", message)
            return None
        first: dict[str, Place] = {}
        for index, (name, place) in enumerate(zip(names, row.places, strict=True)):
            if not name:
                header.nameless[index] = place
            elif name.startswith(NOTE):
                continue
            elif name not in self._columns:
                self._notes.add(place, "", unknown_field(name, self._columns))
            elif first.setdefault(name, place) is place:
                header.fields.append((index, name, place, self._read(name)))
            else:
                line, column = first[name]
                message = f"a second column {name}; the first is at {line}:{column}: keep one"
                self._notes.add(place, "", message)
        if not {"id", "prompt"}.intersection(first):
            if self._notes.count:
                return None  # for want of a column that is misspelt
            message = "there is no column id, and no prompt to make ids of; write one of them"
            self._notes.add(row.places[0], "", message)
            return None
        return header

    def _read(self, name: str) -> _Read | None:
        if name in LISTS:
            return self._list
        return self._number if name in self._numbers else None

    def _is_header(self, names: list[str]) -> bool:
        """Does the first row name columns, though perhaps with slips; or is it a shot already?"""
        known = sorted(self._columns)
        return any(name in self._columns for name in names) or any(
            did_you_mean(name, known) for name in names[:20]
        )
