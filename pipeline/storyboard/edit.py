"""Writes the picked take of a shot into a storyboard's text, and changes nothing else in it.

The text is the author's: comments, order, quotes and line ends stay as they are, byte for byte.
So the file is not written anew from its values; a few characters are put in, replaced or taken
out (`splices.py`), and the result is read again: unless it says what the file said before, but
for the one pick, it is thrown away. What can't be done that way is left to the author's hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError
from pipeline.storyboard import splices
from pipeline.storyboard.documents import parse
from pipeline.storyboard.names import did_you_mean
from pipeline.storyboard.outline import BYTE_ORDER_MARK, outlined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.storyboard.outline import Node
    from pipeline.storyboard.places import Map
    from pipeline.storyboard.splices import Splice

Pick = tuple[Any, dict[str, Any] | None]
"""A pick, and the whole storyboard without it; None where it has no place in the storyboard."""


class EditError(UsageError):
    """A storyboard can't be edited without its author; says what to write by hand."""


def set_pick(data: bytes, shot: str, take: int | None) -> bytes:
    """The storyboard's bytes with `pick: take` in the shot; None takes the pick away.

    `pick: null` is no pick: it stays where it stands, and is written where the pick can't go
    otherwise, as over an inherited one. Raises `EditError`.
    """
    file = _read(data)
    index = _index(file.tree, shot)
    wish = _Wish(
        subject=f"shot {shot}",
        advice="take its `pick` out by hand"
        if take is None
        else f"write `pick: {take}` in it by hand",
        take=take,
        find=lambda tree: _in_shot(tree, index),
    )
    if wish.is_granted(file.tree):
        return data
    holder = _shot_node(file.root, index, wish)
    return _edited(file, wish, holder, _ways(file.text, holder, "pick", wish, first="id"))


def set_pick_by_id(data: bytes, shot: str, take: int | None) -> bytes:
    """The same for a shot that comes from a table: in the mapping `picks:` at the top.

    The mapping is made at the end of the file where it is missing, and goes with its last
    entry; where there is a comment inside, or braces, `picks: {}` stays. Raises `EditError`.
    """
    file = _read(data)
    wish = _Wish(
        subject=f"the pick of shot {shot}",
        advice=f"take {shot} out of `picks:` by hand"
        if take is None
        else f"write `{splices.key_text(shot)}: {take}` under `picks:` by hand",
        take=take,
        find=lambda tree: _in_picks(tree, shot),
    )
    if wish.is_granted(file.tree):
        return data
    entry = file.root.entry("picks")
    if entry is None:
        ways = splices.made_picks(file.text, file.root, file.closing, shot, take)
        return _edited(file, wish, file.root, ways)
    holder = entry.value
    if holder.kind == "mapping" and holder.children:
        return _edited(file, wish, holder, _picks_ways(file, shot, wish))
    if holder.kind == "mapping" or file.tree.get("picks") is None:
        ways = splices.filled_picks(file.text, file.root, entry, shot, take)
        return _edited(file, wish, holder, ways)
    what = f"an alias (*{holder.text})" if holder.kind == "alias" else "no mapping"
    raise wish.refused(f"`picks:` in line {entry.key.line} is {what}")


@dataclass(frozen=True, slots=True)
class _File:
    """A storyboard's text and what it says; `head` is its byte order mark, not part of `text`."""

    head: str
    text: str
    tree: Map
    root: Node
    closing: int | None

    def spliced(self, changes: list[Splice]) -> bytes:
        text = self.text
        for start, end, new in sorted(changes, reverse=True):
            text = text[:start] + new + text[end:]
        return (self.head + text).encode()


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is wanted, where it would be found, and the words for when it can't be done."""

    subject: str
    advice: str
    take: int | None
    find: Callable[[Any], Pick]

    def is_granted(self, tree: Map) -> bool:
        pick = self.find(tree)[0]
        return type(pick) is type(self.take) and bool(pick == self.take)

    def refused(self, reason: str, more: str = "") -> EditError:
        return EditError(f"{self.subject} can't be edited here, as {reason}; {self.advice}{more}")


def _read(data: bytes) -> _File:
    document = parse(data)
    for problem in document.problems:
        line, column = problem.place
        path = f"{problem.path}: " if problem.path else ""
        raise EditError(
            "the storyboard is not edited before this is mended: "
            f"{line}:{column}: {path}{problem.message}"
        )
    assert document.root is not None  # noqa: S101 - or there would be a problem
    text = data.decode()
    body = text.lstrip(BYTE_ORDER_MARK)
    root, closing = outlined(body)
    return _File(text[: len(text) - len(body)], body, document.root, root, closing)


def _index(tree: Map, shot: str) -> int:
    """Which of the shots has the id."""
    shots = tree.get("shots")
    listed = shots if isinstance(shots, list) else []
    ids = [item.get("id") if isinstance(item, dict) else None for item in listed]
    if ids.count(shot) == 1:
        return ids.index(shot)
    if shot in ids:
        raise EditError(f"several shots are called {shot}; give each its own id")
    guess = did_you_mean(shot, [name for name in ids if isinstance(name, str)])
    raise EditError(
        f"there is no shot {shot} under `shots:`{guess or '; write one, or mend the name'}"
    )


def _shot_node(root: Node, index: int, wish: _Wish) -> Node:
    shots = root.entry("shots")
    if shots is None:
        raise wish.refused("the list of shots is merged into the file (<<)")
    if shots.value.kind == "alias":
        raise wish.refused(f"the list of shots is an alias (*{shots.value.text})")
    node = shots.value.children[index]
    if node.kind == "alias":
        raise wish.refused(f"it is an alias (*{node.text} in line {node.line})")
    return node


def _ways(
    text: str, holder: Node, key: str, wish: _Wish, *, first: str = ""
) -> Iterator[list[Splice]]:
    """Ways to grant the wish in a mapping, the best first."""
    entry = holder.entry(key)
    if entry is None:
        yield from splices.added(text, holder, key, wish.take, first)
        return
    value = entry.value
    if value.kind == "alias" or value.anchor:
        name = f"an alias (*{value.text})" if value.kind == "alias" else f"known as &{value.anchor}"
        raise wish.refused(f"its pick in line {entry.key.line} is {name}")
    if not value.ends_in_place or value.kind != "scalar":
        raise wish.refused(f"its pick in line {entry.key.line} is not written as a number")
    if wish.take is None:
        yield from splices.removed(text, holder, entry)
    yield splices.replaced(text, entry, wish.take)


def _picks_ways(file: _File, shot: str, wish: _Wish) -> Iterator[list[Splice]]:
    picks = file.root.entry("picks")
    assert picks is not None  # noqa: S101 - asked before
    if wish.take is None and len(picks.value.children) == 2:
        yield from splices.removed_last(file.text, file.root, picks)
    yield from _ways(file.text, picks.value, shot, wish)


def _edited(file: _File, wish: _Wish, holder: Node, ways: Iterator[list[Splice]]) -> bytes:
    """The first result that reads as the file did but for the pick."""
    rest = wish.find(file.tree)[1]
    for changes in ways:
        data = file.spliced(changes)
        document = parse(data)
        if document.root is None or document.problems or not wish.is_granted(document.root):
            continue
        if _same(rest, wish.find(document.root)[1]):
            return data
    if holder.anchor:
        raise wish.refused(
            f"what takes &{holder.anchor} over in other lines would change with it",
            f", and beside each *{holder.anchor} the pick that shall hold there",
        )
    raise wish.refused("more than its pick would change")


def _in_shot(tree: Any, index: int) -> Pick:
    shots = tree.get("shots")
    if not isinstance(shots, list) or index >= len(shots) or not isinstance(shots[index], dict):
        return None, None
    shot = dict(shots[index])
    pick = shot.pop("pick", None)
    return pick, {**tree, "shots": [*shots[:index], shot, *shots[index + 1 :]]}


def _in_picks(tree: Any, shot: str) -> Pick:
    """No `picks`, empty ones and null ones are the same here."""
    picks = tree.get("picks")
    if picks is not None and not isinstance(picks, dict):
        return picks, None
    others = dict(picks or {})
    pick = others.pop(shot, None)
    rest = {key: value for key, value in tree.items() if key != "picks"}
    return pick, {**rest, "picks": others} if others else rest


def _same(one: Any, other: Any) -> bool:
    """Equal in kind and value, all through. What aliases share is compared once."""
    pairs, seen = [(one, other)], set()
    while pairs:
        a, b = pairs.pop()
        if (id(a), id(b)) in seen:
            continue
        seen.add((id(a), id(b)))
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            pairs += [(value, b[key]) for key, value in a.items()]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs += zip(a, b, strict=True)
        elif type(a) is not type(b) or (a != b and (a == a or b == b)):  # noqa: PLR0124 - .nan
            return False
    return True
