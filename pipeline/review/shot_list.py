"""The shot list as CSV: a row a shot in cutting order, for a spreadsheet and for programs.

It begins with a byte order mark: without one Excel takes UTF-8 for the machine's old code page, and
every é of a prompt for two letters. Whoever reads it by program opens it as `utf-8-sig`.

A text that a spreadsheet would take for a formula has an apostrophe put before it, which shows and
does nothing. That can be undone, and is for each text that it was done to and no other: a program
takes one apostrophe away where what begins with apostrophes goes on with a sign of a formula.

An aspect is written `16x9` as post houses write it: 16:9 is an afternoon to a spreadsheet.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from pipeline.review.conform import RATE, START, timecode

if TYPE_CHECKING:
    from pipeline.review.conform import Conformed, Placed

COLUMNS: Final = (
    *("number", "shot", "takes", "pick", "status", "start", "duration", "seconds"),
    *("model", "seed", "aspect", "resolution", "prompt", "file"),
    *("task_id", "credits", "attempts", "note"),
)

# As OWASP's page on CSV injection lists them; the wide ones are as good as the others to a
# spreadsheet that is set to Japanese.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def shot_list(made: Conformed) -> str:
    """The table with its head, as RFC 4180 has it; what is not known is left empty."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    table.writerows(_row(placed) for placed in made.shots)
    return "\ufeff" + text.getvalue()


def _row(placed: Placed) -> list[object]:
    known = placed.facts
    known |= {
        "aspect": str(known["aspect"]).replace(":", "x"),
        "start": timecode(START + placed.start),
        "duration": timecode(placed.frames),
        "seconds": f"{placed.frames / RATE:g}",
        "file": placed.media.file if placed.media else None,
    }
    return [_cell(known.get(name)) for name in COLUMNS]


def _cell(value: object) -> object:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
