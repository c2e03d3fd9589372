"""Names that become file names: ids of shots, names of passes, stems of storyboards.

They have to mean the same file on every system, so they are ASCII, and differ by more than case.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from pipeline.storyboard.syntax import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH: Final = 64

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_RESERVED: Final = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE)
_OTHERS: Final = re.compile(r"[^A-Za-z0-9_-]+")


def name_fault(text: str, what: str = "id") -> str | None:
    """Why the text can't be a name, and one that could; None when it can. `what` is its kind."""
    reason = name_reason(text, what)
    return None if reason is None else f"{reason}; write {suggested_name(text, what)}"


def suggested_name(text: str, what: str = "id") -> str:
    """The nearest name that would do: `Crème brûlée` becomes `Creme-brulee`."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    name = _OTHERS.sub("-", plain).strip("-_")[:MAX_LENGTH].rstrip("-_")
    if not name:
        return {"id": "shot-1", "pass": "final"}.get(what, "board-1")
    return f"{name}-1" if _RESERVED.fullmatch(name) else name


def name_reason(text: str, what: str = "id") -> str | None:
    """Why the text can't be a name; None when it can."""
    if _NAME.fullmatch(text) and not _RESERVED.fullmatch(text):
        return None
    article = "an" if what[0] in "aeiou" else "a"
    if not text.strip():
        return f"{article} {what} can't be blank"
    if _RESERVED.fullmatch(text):
        return f"Windows keeps the name {text} for itself and takes no such file"
    if len(text) > MAX_LENGTH:
        return f"{article} {what} has at most {MAX_LENGTH} characters, this one has {len(text):,}"
    rule = f"{article} {what} names files, so it has only letters from a to z, digits, - and _"
    odd = next((letter for letter in text if _OTHERS.fullmatch(letter)), None)
    if odd is None:
        return f"{article} {what} begins with a letter or a digit"
    return f"{quoted(text)} has {_shown(odd)} in it; {rule}"


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """`; did you mean prompt?` where one of the known words is near, else nothing.

    Words that begin alike are nearer: `16:10` means 16:9 rather than 1:1.
    """
    meant = text[: MAX_LENGTH * 2].casefold()
    best, best_score = "", 0.0
    for word in known:
        folded = word.casefold()
        ratio = difflib.SequenceMatcher(None, meant, folded).ratio()
        alike = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(meant, folded, strict=False))
        )
        score = ratio + 0.1 * alike
        if ratio >= 0.6 and score > best_score:
            best, best_score = word, score
    return f"; did you mean {best}?" if best else ""


def listed(words: Iterable[str], conjunction: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def _shown(letter: str) -> str:
    if unicodedata.combining(letter):
        return f"the accent U+{ord(letter):04X}"
    if letter == " ":
        return "a space"
    if letter.isprintable():
        return letter
    return f"the invisible character U+{ord(letter):04X}"
