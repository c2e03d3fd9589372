"""What a page shows, held against what was said.

Of the two, what is another one each time is made the same: times, tasks, addresses, hashes.
In a page `…` stands for any text within a line, and alone on a line for any lines. Lines of
shots that ended, which come in any order, are put in one. All else must be the same.
"""

from __future__ import annotations

import difflib
import re
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ANYTHING = "…"
_WILD = (
    (r"\btask_[0-9a-f]+…?", "TASK"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "TIME"),
    (r"http://127\.0\.0\.1:\d+|https://llm\.bytespike\.ai", "ADDRESS"),
    (r"expires=\d+&signature=[0-9a-f]+…?", "SIGNED"),
    (r'"account":"[0-9a-f]{12}"', '"account":ACCOUNT'),
    (r" +\d+\.\d s\b", " SECONDS"),
    (r"\b\d+(\.\d)? (kB|MB|GB|bytes)\b", "SIZE"),
    (r'"seconds": \d+\.\d+', '"seconds": SECONDS'),
    (r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}…", "SHA256"),
    (r"\b[0-9a-f]{12}\b", "DIGEST"),
    (r"\b[0-9a-f]{20}\b", "KEY"),
)
_END_OF_A_SHOT = re.compile(r"[✓✗–…] \S")


def differences(shown: Sequence[str], said: Sequence[str]) -> str:
    """How they differ, line by line; nothing where they don't."""
    expected, came = _ordered(map(_tamed, shown)), _ordered(map(_tamed, said))
    pattern = "".join(_pattern(line) for line in expected)
    if re.fullmatch(pattern, "".join(f"{line}\n" for line in came)):
        return ""
    return "\n".join(difflib.unified_diff(expected, came, "the page", "the program", lineterm=""))


def _tamed(line: str) -> str:
    line = line.rstrip()
    for pattern, name in _WILD:
        line = re.sub(pattern, name, line)
    return line


def _ordered(lines: Iterable[str]) -> list[str]:
    made: list[str] = []
    for ends, group in groupby(lines, key=lambda line: bool(_END_OF_A_SHOT.match(line))):
        run = list(group)
        made += sorted(run) if ends else run
    return made


def _pattern(line: str) -> str:
    if line.strip() == ANYTHING:
        return r"(?:.*\n)*?"
    return ".*".join(map(re.escape, line.split(ANYTHING))) + r"\n"
