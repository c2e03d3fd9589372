"""Tables of shots: every row of a .csv, .jsonl or .txt file is a shot.

    prompts.csv     the first row names the columns, which are a shot's fields
    prompts.jsonl   one JSON object a line, its keys a shot's fields
    prompts.txt     one prompt a line

What a row says is given as a storyboard's own YAML would give it, so that everything after
this treats both alike. Nothing that the bytes say raises: what is wrong is noted with its line.
A column or key whose name begins with `_` is a note of the author's and is left out.
"""

from __future__ import annotations

import io
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from pipeline.storyboard import documents
from pipeline.storyboard.places import START, Map, Problem
from pipeline.storyboard.scalars import UNREADABLE
from pipeline.storyboard.table_csv import NUMBERS, CsvReader
from pipeline.storyboard.table_json import JsonReader
from pipeline.storyboard.table_rows import Notes, Row, made_id
from pipeline.storyboard.tree import StoppedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pipeline.storyboard.violation import Findings

__all__ = ["ENDINGS", "NUMBERS", "Row", "made_id", "read_table"]

ENDINGS: Final = (".csv", ".jsonl", ".txt")

_EMPTY: Final = {
    ".csv": "there are no rows; write the columns' names into the first line, such as "
    "id,prompt,duration, and under it a line for each shot",
    ".jsonl": 'there are no rows; write an object on each line, such as {"prompt": "…"}',
    ".txt": "there are no prompts; write one on each line",
}


def read_table(
    name: str,
    data: bytes,
    findings: Findings,
    columns: Collection[str],
    numbers: Collection[str] = NUMBERS,
) -> list[Row]:
    """Every row that can be read; what is wrong is noted in `findings`, and never raised.

    `name` is the file's, and its ending says which kind it is. `columns` are the fields that a
    shot may have; `numbers` are those whose cells in a .csv, where all is text, are read as
    YAML reads a plain word. Every row has an `id`: its own, or one made of its prompt.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in ENDINGS:
        findings.add(START, "", "a table is .csv, .jsonl or .txt; save it as one of them")
        return []
    text = documents.decoded(data, "table")
    if isinstance(text, Problem):
        findings.add(text.place, text.path, text.message)
        return []
    notes = Notes(findings)
    if ending == ".csv":
        rows = CsvReader(text, notes, columns, numbers).rows()
    elif ending == ".jsonl":
        rows = JsonReader(text, notes, columns).rows()
    else:
        rows = _prompts(text)
    kept: list[Row] = []
    identify = _Identifier(notes, ending)
    try:
        kept.extend(row for row in rows if identify(row))
    except StoppedError:
        return kept
    if not kept and not notes.count:
        findings.add(START, "", _EMPTY[ending])
    return kept


def _prompts(text: str) -> Iterator[Row]:
    """The rows of a .txt: whatever a line says is a prompt."""
    number = 0
    for line, content in enumerate(io.StringIO(text, newline=""), 1):
        prompt = content.strip()
        if prompt:
            number += 1
            column = 1 if content[0] == prompt[0] else content.index(prompt) + 1
            values = Map((line, column))
            values.put("prompt", prompt, (line, column, line, column))
            yield Row(values, values.place, f"row {number}")


class _Identifier:
    """Sees that every row has an id. The second row of the very same prompt, and every further one,
    has its number behind the id that they share: which is which doesn't matter, as they are alike.
    """

    def __init__(self, notes: Notes, ending: str) -> None:
        self._notes = notes
        self._ending = ending
        self._made: dict[str, list[Row]] = {}

    def __call__(self, row: Row) -> bool:
        """Gives the row its id, where it has none; False, with the reason noted, if it can't."""
        values = row.values
        if values.get("id") is not None:
            return True
        prompt = values.get("prompt")
        if not isinstance(prompt, str) or not prompt.strip():
            if prompt is not UNREADABLE:
                remedy = "write an id column" if self._ending == ".csv" else "write an id into it"
                message = f"the row has no prompt to make an id of; {remedy}"
                self._notes.add(row.place, row.path, message)
            return False
        identity = made_id(prompt)
        alike = self._made.setdefault(identity, [])
        if alike and alike[0].values["prompt"].strip() != prompt.strip():
            line = alike[0].values.value_place("prompt")[0]
            in_txt = self._ending == ".txt"
            remedy = "change a word in one of them" if in_txt else "give one of them an id"
            message = f"by a rare chance the id made of it is that of line {line} too; {remedy}"
            self._notes.add(values.value_place("prompt"), f"{row.path}.prompt", message)
            return False
        alike.append(row)
        name = identity if len(alike) == 1 else f"{identity}-{len(alike)}"
        place = values.value_place("prompt")
        values.put("id", name, place + place)
        return True
