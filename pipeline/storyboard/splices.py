"""How an entry is put into a mapping's text, replaced in it or taken out of it.

Each function knows some ways, and yields them with the best first; whether one does what it
should in this very file is for `edit.py` to see. Texts are those that `outline.py` describes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from pipeline.storyboard.scalars import ScalarError, resolve_plain
from pipeline.storyboard.syntax import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.storyboard.outline import Entry, Node

Splice = tuple[int, int, str]
"""The characters from the first index up to the second give way to the text."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_REST_OF_LINE: Final = re.compile(
    r"[ \t]*(#[^\r\n\x85\u2028\u2029]*)?(\r\n|[\r\n\x85\u2028\u2029])[ ]*"
)
_COMMA: Final = re.compile(r"\s*,\s*")
_INDENTATION: Final = 2


def key_text(name: str, like: Node | None = None) -> str:
    """A name as a key: quoted where YAML would read no text, or where the keys of `like` are."""
    if like is not None and like.is_flow and like.children and like.children[0].style == '"':
        return json.dumps(name, ensure_ascii=False)
    try:
        plain = _NAME.fullmatch(name) is not None and isinstance(resolve_plain(name), str)
    except ScalarError:
        plain = False
    return name if plain else json.dumps(name, ensure_ascii=False)


def replaced(text: str, entry: Entry, take: int | None) -> list[Splice]:
    """Another value for an entry."""
    return [_valued(text, entry, _value(take))]


def added(
    text: str, holder: Node, key: str, take: int | None, first: str = ""
) -> Iterator[list[Splice]]:
    """A new entry, behind that of the key `first`, or else behind the last."""
    written = f"{key_text(key, holder)}: {_value(take)}"
    entries = [*holder.entries()][::-1]
    entries.sort(key=lambda entry: entry.key.text != first)
    yield from _behind(text, holder, entries, written)


def removed(text: str, holder: Node, entry: Entry) -> Iterator[list[Splice]]:
    """The entry goes: with its line, or with one comma."""
    if holder.is_flow:
        yield from _removed_from_braces(text, holder, entry)
        return
    key, value = entry
    if lines := _lines(text, key.start, value.end):
        yield [lines]
        return
    following = next((one.key for one in holder.entries() if one.key.start > key.start), None)
    # The entry stands behind the dash of a list's item: the next one moves up to it.
    if following and _REST_OF_LINE.fullmatch(text, value.end, following.start):
        yield [(key.start, following.start, "")]


def made_picks(
    text: str, root: Node, closing: int | None, shot: str, take: int | None
) -> Iterator[list[Splice]]:
    """`picks:` with one entry, in a file that has none: at its end, before a closing `...`."""
    if take is None:
        return
    if root.is_flow:
        written = f"{key_text('picks', root)}: {{{key_text(shot, root)}: {take}}}"
        yield from _behind(text, root, [*root.entries()][::-1], written)
        return
    lines = ["picks:", f"{' ' * _INDENTATION}{key_text(shot)}: {take}"]
    indented = [" " * _column(root) + line for line in lines]
    end = len(text) if closing is None else closing
    if end and LINE_END.fullmatch(text, end - 1, end):
        line_end = _line_end_before(text, end)
        yield [(end, end, "".join(line + line_end for line in indented))]
    else:
        yield [_new_lines(text, end, indented)]
    # A text under `|` with which the file breaks off would gain a line end: so above the first key.
    top = _line_start(text, root.children[0].start)
    line_end = _line_end_before(text, len(text))
    yield [(top, top, "".join(line + line_end for line in indented))]


def filled_picks(
    text: str, root: Node, picks: Entry, shot: str, take: int | None
) -> Iterator[list[Splice]]:
    """One entry for a `picks:` that is there, and empty."""
    if picks.value.kind == "mapping":
        written = f"{key_text(shot, root)}: {_value(take)}"
        yield from _behind(text, picks.value, [], written)
    elif picks.value.start == picks.value.end and not root.is_flow:
        indentation = " " * (_column(root) + _INDENTATION)
        line = f"{indentation}{key_text(shot)}: {_value(take)}"
        yield [_new_lines(text, picks.value.end, [line])]
    else:
        yield [_valued(text, picks, f"{{{key_text(shot, root)}: {_value(take)}}}")]


def removed_last(text: str, root: Node, picks: Entry) -> Iterator[list[Splice]]:
    """The only entry of a `picks:` in block style goes, and `picks:` with it.

    With a comment in between, the comment stays, and `picks: {}`.
    """
    [(key, value)] = picks.value.entries()
    if picks.value.is_flow or root.is_flow or not value.ends_in_place:
        return
    between = text[picks.key.end : key.start]
    if between.strip() == ":" and (lines := _lines(text, picks.key.start, value.end)):
        yield [lines]
    if line := _lines(text, key.start, value.end):
        colon = _behind_colon(text, picks)
        yield [line, (colon, colon, " {}")]


def _value(take: int | None) -> str:
    return "null" if take is None else str(take)


def _valued(text: str, entry: Entry, written: str) -> Splice:
    key, value = entry
    if value.start < value.end:
        return value.start, value.end, written
    if ":" in text[key.end : value.start]:
        colon = _behind_colon(text, entry)
        return colon, colon, f" {written}"
    return key.end, key.end, f": {written}"  # {pick}, short for {pick: null}


def _behind_colon(text: str, entry: Entry) -> int:
    return text.index(":", entry.key.end) + 1


def _behind(
    text: str, holder: Node, entries: Iterable[Entry], written: str
) -> Iterator[list[Splice]]:
    """A new entry behind the first of the entries that have a clear end."""
    values = (entry.value for entry in entries if entry.value.ends_in_place)
    value = next(values, None)
    if not holder.is_flow:
        if value is not None:
            indentation = " " * _column(holder)
            yield [_new_lines(text, value.end, [indentation + written])]
    elif value is not None:
        yield [(value.end, value.end, f", {written}")]
    elif not holder.children:
        yield [(holder.end - 1, holder.end - 1, written)]


def _column(holder: Node) -> int:
    """Where the keys of a mapping in block style begin; behind a `?` one begins later."""
    return min(entry.key.column for entry in holder.entries())


def _new_lines(text: str, at: int, lines: list[str]) -> Splice:
    """Lines below the one that has the character at `at`, ended as that one is."""
    if found := LINE_END.search(text, at):
        return found.end(), found.end(), "".join(line + found[0] for line in lines)
    line_end = _line_end_before(text, at)
    return len(text), len(text), "".join(line_end + line for line in lines)


def _line_end_before(text: str, at: int) -> str:
    """The nearest line end above; a file of one line gets `\\n`."""
    found = "\n"
    for line_end in LINE_END.finditer(text, 0, at):
        found = line_end[0]
    return found


def _line_start(text: str, at: int) -> int:
    start = 0
    for line_end in LINE_END.finditer(text, 0, at):
        start = line_end.end()
    return start


def _lines(text: str, start: int, end: int) -> Splice | None:
    """The whole lines from `start` to `end` gone; None where other things stand before them."""
    above = _line_start(text, start)
    if text[above:start].strip(" "):
        return None
    if found := LINE_END.search(text, end):
        return above, found.end(), ""
    # The file's last line has no line end, nor will the one above.
    before = len(_line_end_before(text, above)) if above else 0
    return above - before, len(text), ""


def _removed_from_braces(text: str, holder: Node, entry: Entry) -> Iterator[list[Splice]]:
    key, value = entry
    previous = [one.value.end for one in holder.entries() if one.key.start < key.start]
    if previous and _COMMA.fullmatch(text, previous[-1], key.start):
        yield [(previous[-1], value.end, "")]
    if following := _COMMA.match(text, value.end):
        yield [(key.start, following.end(), "")]
    elif not previous:
        yield [(key.start, value.end, "")]
