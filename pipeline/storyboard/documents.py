"""YAML with positions: bytes in; values that know their places, or problems in people's words.

Nothing that the bytes say raises: a file is read as far as it can be, and what is wrong comes
back as data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import yaml

from pipeline.storyboard import syntax
from pipeline.storyboard.places import START, Map, Place, Problem, Seq
from pipeline.storyboard.tree import StoppedError, TreeBuilder

__all__ = ["MAX_BYTES", "Document", "Map", "Place", "Problem", "Seq", "decoded", "parse"]

MAX_BYTES: Final = 32 * 1024 * 1024

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says. With `root` None it can't be read on, and `problems` say why."""

    root: Map | None
    problems: tuple[Problem, ...] = ()


def parse(data: bytes) -> Document:
    """Reads a whole file. Never raises for what the bytes say."""
    text = decoded(data)
    if isinstance(text, Problem):
        return Document(None, (text,))
    builder = TreeBuilder(text)
    try:
        root = builder.build()
    except StoppedError:
        return Document(None, tuple(builder.problems))
    except yaml.YAMLError as error:
        place, message = syntax.explain(error, text, builder.last)
        return Document(None, (*builder.problems, Problem(place, "", message)))
    return Document(root, tuple(builder.problems))


def decoded(data: bytes, what: str = "storyboard") -> str | Problem:
    """The bytes as text, without a byte order mark; or why they are none. `what` is the file."""
    if len(data) > MAX_BYTES:
        megabytes = len(data) / 1024 / 1024
        return _refused(
            START,
            f"the file is {megabytes:.0f} MB; a {what} may be at most "
            f"{MAX_BYTES // 1024 // 1024} MB: split it into several",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _refused(*syntax.undecodable(data, error.start))
    if found := _CONTROL.search(text):
        return _refused(*syntax.control_character(text, found.start()))
    return text


def _refused(place: Place, message: str) -> Problem:
    return Problem(place, "", message)
