"""Which words of a text have changed, for people. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Spans = list[tuple[str, bool]]
"""A text in pieces, each with whether it has changed."""

_OWN_WORD = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Kana and Han: written without spaces, so that each letter counts as a word."""

_WORD = re.compile(rf"[{_OWN_WORD}]|[^\W{_OWN_WORD}]+(?:['’-]\w+)*|\s+|[^\w\s]")
_WORDS_MAX = 2000
"""Comparing takes the square of it, and records may hold anything."""


def word_changes(old: str, new: str) -> tuple[Spans, Spans]:
    """Both texts on one line each, with the words marked that the other one doesn't have there."""
    before, after = (_WORD.findall(" ".join(text.split())) for text in (old, new))
    if max(len(before), len(after)) > _WORDS_MAX:
        return [("".join(before), True)], [("".join(after), True)]
    left: Spans = []
    right: Spans = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        left.append(("".join(before[i:j]), what != "equal"))
        right.append(("".join(after[k:m]), what != "equal"))
    return _joined(left), _joined(right)


def _joined(spans: Iterable[tuple[str, bool]]) -> Spans:
    """A lone space between two changed words is part of the change."""
    pieces = [span for span in spans if span[0]]
    made: Spans = []
    for number, (text, changed) in enumerate(pieces):
        between = 0 < number < len(pieces) - 1 and text.isspace()
        marked = changed or between
        if made and made[-1][1] == marked:
            made[-1] = (made[-1][0] + text, marked)
        else:
            made.append((text, marked))
    return made
