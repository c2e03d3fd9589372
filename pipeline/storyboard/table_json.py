"""Reads a table of JSON lines: one object a line, its keys a shot's fields."""

from __future__ import annotations

import io
import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard import scalars
from pipeline.storyboard.messages import shown
from pipeline.storyboard.places import Map, Place, Seq
from pipeline.storyboard.syntax import MAX_DEPTH, TOO_DEEP, quoted
from pipeline.storyboard.table_rows import NOTE, Notes, Row, unknown_field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_EXAMPLE: Final = '{"prompt": "…"}'
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WORDS: Final = {
    "Expecting property name": f"a name in double quotes belongs here, as in {_EXAMPLE}",
    "Illegal trailing comma": "nothing follows this comma; remove it",
    "Expecting ':'": "a colon is missing here, between a name and its value",
    "Expecting ','": "a comma is missing here, or a bracket that closes",
    "Expecting value": "a value belongs here: text in double quotes, a number, true, false or null",
    "Unterminated string": "the quote that opens here is not closed in this line; close it, "
    "and write \\n for a line end in the text",
    "Invalid control character": "write \\t for a tab inside quotes",
    "Invalid \\": "a backslash begins a code such as \\n, and this is none; "
    "write \\\\ for a backslash",
    "Extra data": "the object has ended before this; write one object on each line",
}


class _Pairs(list[tuple[str, Any]]):
    """An object as it is written, its repeated keys too."""


class _TooDeepError(Exception):
    """Nested beyond the bound."""


class JsonReader:
    """Reads one table; what is wrong goes into `notes`."""

    def __init__(self, text: str, notes: Notes, columns: Collection[str]) -> None:
        self._text = text
        self._notes = notes
        self._columns = columns
        self._keys = {name: re.compile(rf'"{re.escape(name)}"\s*:\s*') for name in columns}
        self._unknown: dict[str, list[int]] = {}
        self._paths: dict[str, str] = {}
        self._place: Place = (1, 1)
        self._path = ""
        self._line = ""
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_Pairs,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=self._constant,
        )

    def rows(self) -> Iterator[Row]:
        """Every row that is an object, with values as JSON has them; null stays None."""
        number = 0
        for line, content in enumerate(io.StringIO(self._text, newline=""), 1):
            if not content.strip():
                continue
            number += 1
            self._place, self._path, self._line = (line, 1), f"row {number}", content.rstrip("\r\n")
            if number == 1 and (message := _is_not_by_lines(content)):
                self._notes.add(self._place, "", message)
                return
            if (values := self._values()) is not None:
                yield Row(values, self._place, self._path)
        for key, lines in self._unknown.items():
            more = f" (it stands in {len(lines):,} lines)" if len(lines) > 1 else ""
            message = unknown_field(key, self._columns) + more
            self._notes.add((lines[0], 1), self._paths[key], message)

    def _values(self) -> Map | None:
        try:
            value = self._decoder.decode(self._line)
            if type(value) is _Pairs:
                return self._fields(value)
            if value is scalars.UNREADABLE:
                return None
            message = f"{shown(value)} stands here; a row is an object, such as {_EXAMPLE}"
            self._notes.add(self._place, self._path, message)
        except json.JSONDecodeError as error:
            message = next(
                (words for known, words in _WORDS.items() if error.msg.startswith(known)),
                f"this is not JSON ({error.msg})",
            )
            self._notes.add((self._place[0], error.pos + 1), self._path, message)
        except (RecursionError, _TooDeepError):
            self._notes.add(self._place, self._path, TOO_DEEP)
        return None

    def _fields(self, pairs: _Pairs) -> Map:
        """A row's mapping. JSON's reader gives no places, so the keys are looked up in the line:
        between quotes that stand alone nothing else in JSON reads like `"prompt":`."""
        line = self._place[0]
        values = Map(self._place)
        at = 0
        for key, value in pairs:
            if key.startswith(NOTE):
                continue
            if key not in self._columns:
                self._unknown.setdefault(key, []).append(line)
                self._paths.setdefault(key, self._path)
                continue
            found = self._keys[key].search(self._line, at)
            at = found.end() if found else at
            spot = (line, found.start() + 1, line, at + 1) if found else (line, 1, line, 1)
            if key in values:
                self._repeated(key, spot[:2], self._path)
            else:
                values.put(key, self._value(value, spot[2:], f"{self._path}.{key}", 2), spot)
        return values

    def _value(self, value: Any, place: Place, path: str, depth: int) -> Any:
        """A value with places inside: all of them the place of the field."""
        kind = type(value)
        if kind is str:
            if not value.isascii() and _SURROGATE.search(value):
                message = "a \\ud… code stands here without its other half; remove it"
                self._notes.add(place, path, message)
                return scalars.UNREADABLE
            return value
        if kind is not list and kind is not _Pairs:
            return value
        if depth > MAX_DEPTH:
            raise _TooDeepError
        if kind is list:
            items = Seq(place)
            for index, item in enumerate(value):
                items.put(self._value(item, place, f"{path}[{index}]", depth + 1), place)
            return items
        inner = Map(place)
        for key, item in value:
            if key in inner:
                self._repeated(key, place, path)
            else:
                value = self._value(item, place, f"{path}.{key}", depth + 1)
                inner.put(key, value, place + place)
        return inner

    def _repeated(self, key: str, place: Place, path: str) -> None:
        self._notes.add(place, path, f"{quoted(key)} stands here a second time; keep one")

    def _integer(self, text: str) -> Any:
        if len(text) <= scalars.MAX_DIGITS:
            return int(text)
        try:
            return scalars.resolve_plain(text)
        except scalars.ScalarError as error:
            return self._unreadable(str(error))

    def _float(self, text: str) -> Any:
        value = float(text)
        if math.isfinite(value):
            return value
        return self._unreadable(f"{quoted(text)} is larger than any number that can be sent")

    def _constant(self, text: str) -> Any:
        return self._unreadable(f"{text} is no number that can be sent, and no JSON; write another")

    def _unreadable(self, message: str) -> scalars.Unreadable:
        self._notes.add(self._place, self._path, message)
        return scalars.UNREADABLE


def _is_not_by_lines(first: str) -> str:
    """What to say of a file that is JSON, by its first line, but not one object a line."""
    if first.lstrip().startswith("["):
        return (
            "the file is a list; write one object on each line, without the [ ] around them "
            "and the commas between them"
        )
    if first.strip() == "{":
        return "an object is spread over several lines; write each on a line of its own"
    return ""
