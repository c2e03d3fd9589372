"""What all kinds of tables share: a row, the notes on what is wrong, an id made of a prompt."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.storyboard.names import did_you_mean
from pipeline.storyboard.syntax import quoted
from pipeline.storyboard.tree import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.storyboard.places import Map, Place
    from pipeline.storyboard.violation import Findings

MAX_VIOLATIONS: Final = 1_000
"""Nobody reads more of them, and a file can be made to have millions."""

NOTE: Final = "_"
"""A name that begins with it is the author's own note, and no field."""

SLUG_LENGTH: Final = 40
DIGEST_LENGTH: Final = 10

_READ: Final = 2 * SLUG_LENGTH
"""Characters of a prompt that its slug is made of."""

_FRAGMENT: Final = re.compile(r"\{[^{}]*\}?")
"""Words that stand for others, `{style}`; an id that has them would say less."""

_PLAIN: Final = bytes(c if chr(c).isalnum() and c < 128 else ord(" ") for c in range(256)).lower()
_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_UNICODE: Final = unicodedata.ucd_3_2_0
"""The tables of a Unicode that never changes again. An id must not depend on the Python that
makes it: under another id a shot would be rendered, and paid for, once more."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as a shot's mapping; `path` is how messages call it, as in `row 3`."""

    values: Map
    place: Place
    path: str


class Notes:
    """Notes what is wrong with one table, up to a bound; then `StoppedError` ends its reading."""

    __slots__ = ("_findings", "count")

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.count = 0

    def add(self, place: Place, path: str, message: str) -> None:
        """Notes one violation; raises `StoppedError` instead when there are enough."""
        self.count += 1
        if self.count > MAX_VIOLATIONS:
            self._findings.add(
                place,
                "",
                f"there is more than this wrong; mend the {MAX_VIOLATIONS:,} places above first",
            )
            raise StoppedError
        self._findings.add(place, path, message)


def unknown_field(name: str, columns: Iterable[str]) -> str:
    """What to say of a column or key that a shot doesn't have."""
    guess = did_you_mean(name, sorted(columns))  # in one order: several may be as near
    remedy = (
        f"{guess} If it is a note, begin its name with {NOTE}"
        if guess
        else f"; rename it, remove it, or begin its name with {NOTE} if it is a note"
    )
    return f"{quoted(name)} is no field of a shot{remedy}"


def made_id(prompt: str) -> str:
    """The id of a shot that has none: the prompt's first words, and a digest of all of it.

    A function of the prompt alone, so that a row keeps its id, and with it its clip, wherever
    it is moved and whatever is written around it. White space around the prompt is no part of
    it. Two prompts of equal first words share an id once in 2^40.
    """
    stripped = prompt.strip()
    digest = hashlib.sha256(stripped.encode()).hexdigest()[:DIGEST_LENGTH]
    words = _FRAGMENT.sub(" ", stripped[:_READ])
    return f"{_slug(words) or 'shot'}-{digest}"


def _slug(text: str) -> str:
    if not text.isascii():
        text = _ACCENTS.sub("", _UNICODE.normalize("NFKD", text.casefold()))
    words = text.encode("ascii", "replace").translate(_PLAIN).split()
    slug = b"-".join(words).decode()
    if len(slug) <= SLUG_LENGTH:
        return slug
    end = slug.rfind("-", 0, SLUG_LENGTH + 1)
    return slug[: end if end > 0 else SLUG_LENGTH]
