"""What an unquoted YAML word means: the core schema of YAML 1.2, and nothing more.

YAML 1.1, which PyYAML's own resolver follows, reads `16:9` as 969, `no` as false and `1_000`
as 1000. Of the words that people write, 1.2 core resolves only those below
(https://yaml.org/spec/1.2.2/#1032-tag-resolution).
"""

from __future__ import annotations

import math
import re
from typing import Any, Final, NoReturn

MAX_DIGITS: Final = 40
"""An int with more digits is refused: no field takes one, and converting it costs time."""

_WORDS: Final = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INT: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_FIRST_OF_OTHERS: Final = frozenset("~nNtTfF+-.0123456789")
"""Every word that is no string begins with one of these; most prompts don't."""

Plain = str | int | float | bool | None


class Unreadable:
    """Stands where a value was refused, so that no second message is made of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNREADABLE"


UNREADABLE: Final = Unreadable()


class ScalarError(ValueError):
    """A scalar that can't be read; its text says why and what to do."""


def resolve_plain(text: str) -> Plain:
    """The value of an unquoted scalar; raises `ScalarError` for an int that is too long."""
    if text and text[0] not in _FIRST_OF_OTHERS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return _integer(text)
    return _number(text) if _FLOAT.fullmatch(text) else text


def resolve_tagged(tag: str, text: str) -> Plain:
    """The value of a scalar with an explicit tag; raises `ScalarError` for one that can't be."""
    if tag in {"!", "tag:yaml.org,2002:str"}:
        return text
    kinds: dict[str, tuple[str, type | tuple[type, ...]]] = {
        "tag:yaml.org,2002:int": ("whole number", int),
        "tag:yaml.org,2002:float": ("number", (int, float)),
        "tag:yaml.org,2002:bool": ("true or false", bool),
        "tag:yaml.org,2002:null": ("null", type(None)),
    }
    if tag not in kinds:
        _refuse_tag(tag)
    name, kind = kinds[tag]
    value = resolve_plain(text)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ScalarError(f"{_short(text)} is marked as {shorthand(tag)} but is no {name}")
    return float(value) if name == "number" and isinstance(value, int) else value


def _refuse_tag(tag: str) -> NoReturn:
    raise ScalarError(
        f"the tag {shorthand(tag)} means nothing in a storyboard; "
        "remove it, or put quotes around the text if the ! belongs to it"
    )


def shorthand(tag: str) -> str:
    """A tag as it is written in a file: `!!set` for `tag:yaml.org,2002:set`."""
    return tag.replace("tag:yaml.org,2002:", "!!", 1)


def _integer(text: str) -> int:
    digits = len(text.lstrip("+-"))
    if digits > MAX_DIGITS:
        raise ScalarError(f"a number of {digits:,} digits is too long for any field")
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text, base)


def _number(text: str) -> float:
    if text[-1] in "fFnN":
        return float(text.replace(".", "", 1))
    return float(text)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def is_unsendable(value: Any) -> bool:
    """`.nan` and `.inf`: floats in YAML, but nothing that JSON could carry."""
    return isinstance(value, float) and not math.isfinite(value)
