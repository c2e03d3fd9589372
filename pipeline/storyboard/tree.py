"""Builds a document's tree from the events of PyYAML's C scanner (libyaml).

In one pass and without recursion, because PyYAML's own builder reads YAML 1.1, lets a repeated
key win silently and ends in RecursionError on deep nesting. What a document may cost is bounded:
its depth, and how far aliases and merge keys multiply it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from pipeline.storyboard import scalars, syntax
from pipeline.storyboard.places import START, Map, Place, Problem, Seq

MAX_COPIES: Final = 200_000
"""Values that aliases and merge keys may add to a document, all together."""

_COLLECTION_TAGS: Final = {"", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!"}


class StoppedError(Exception):
    """There is no use in reading on; the problem is noted already."""


class _Marker:
    """A key that is no name: its value is dropped, or merged."""


_SKIP: Final = _Marker()
_MERGE: Final = _Marker()


@dataclass(slots=True)
class _Frame:
    """A collection that is being read."""

    into: Map | Seq
    anchor: str | None = None
    is_key: bool = False
    refused: bool = False
    key: str | _Marker | None = None
    key_place: Place = START
    merges: list[Map] | None = None
    nodes: int = 1
    height: int = 1


class TreeBuilder:
    """Builds one document's tree from libyaml's events."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self.last: ScalarEvent | None = None
        self._parser = yaml.CLoader(text.encode())
        self._lines = syntax.LINE_END.split(text) if " #" in text else []
        self._stack: list[_Frame] = []
        self._frame: _Frame | None = None
        self._root: Any = None
        self._anchors: dict[str, tuple[Any, int, int] | None] = {}
        self._unused: dict[str, Problem] = {}
        self._copies = 0

    def build(self) -> Map | None:
        """The whole tree; raises `StoppedError` or `yaml.YAMLError` where it can't be read on."""
        get_event = self._parser.get_event
        documents = 0
        while True:
            event: Any = get_event()
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close()
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._stop(
                        _place(event),
                        "a second document begins here (---); one file is one storyboard",
                    )
            elif kind is StreamEndEvent:
                return self._checked_root(documents)

    def _checked_root(self, documents: int) -> Map | None:
        self.problems += self._unused.values()
        if isinstance(self._root, Map):
            return self._root
        if documents == 0 or self._root is None:
            self._note(START, "the file is empty; `shotmake init NAME` writes one to start from")
        elif isinstance(self._root, Seq):
            self._note(
                self._root.place,
                "the file is a list; a storyboard begins with names: "
                "`model: …`, and the list goes under `shots:`",
            )
        elif self._root is not scalars.UNREADABLE:
            self._note(
                START,
                "the file is one piece of text; a storyboard begins with names, "
                "such as `model: veo-3.1-fast`, each followed by a colon and a space",
            )
        return None

    def _scalar(self, event: ScalarEvent) -> None:
        self.last = event
        text = event.value
        place = _place(event)
        frame = self._frame
        merge = False
        value: Any
        if event.tag is None and not event.style:
            merge = text == "<<"
            self._warn_of_comment(event)
            try:
                value = scalars.resolve_plain(text)
            except scalars.ScalarError as error:
                value = self._unreadable(place, str(error))
        elif event.tag is None:
            value = text
        else:
            try:
                value = scalars.resolve_tagged(event.tag, text)
            except scalars.ScalarError as error:
                value = self._unreadable(place, str(error))
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1, 0)
            self._unused[event.anchor] = Problem(
                place,
                self._path(None),
                f"&{event.anchor} is no part of the text but a name for it, and nothing uses it; "
                "put quotes around the text if the & belongs to it",
            )
        if frame is not None and self._wants_key():
            self._key(frame, value, place, text, merge=merge)
        else:
            self._value(value, place)

    def _warn_of_comment(self, event: Any) -> None:
        """A prompt that a `#1` cuts short would be paid for as it is."""
        frame = self._frame
        if self._lines and frame is not None and frame.key == "prompt":
            end = event.end_mark
            message = syntax.cut_by_comment(self._lines[end.line], end.column)
            if message:
                self._note((end.line + 1, end.column + 2), message)

    def _wants_key(self) -> bool:
        frame = self._frame
        return frame is not None and frame.key is None and isinstance(frame.into, Map)

    def _key(self, frame: _Frame, key: Any, place: Place, text: str, *, merge: bool) -> None:
        frame.key_place = place
        frame.key = _SKIP
        if merge:
            if frame.merges is None:
                frame.merges = []
                frame.key = _MERGE
            else:
                self._note(place, "a second << in one mapping; write one: `<<: [*first, *second]`")
        elif not isinstance(key, str):
            if key is not scalars.UNREADABLE:
                shown = f'; put it in quotes if it is meant as one: "{text}"' if text else ""
                self._note(place, f"{text or 'nothing'} is no name{shown}")
        elif isinstance(frame.into, Map) and key in frame.into:
            line, column = frame.into.key_place(key)
            self._note(
                place,
                f"{syntax.quoted(key)} stands here a second time; "
                f"the first is at {line}:{column}: keep one"
                + (
                    ", or begin a new shot with `- id:`"
                    if self._path(key).startswith("shots[")
                    else ""
                ),
                key,
            )
        else:
            frame.key = sys.intern(key)  # thousands of mappings have the same few

    def _value(self, value: Any, place: Place) -> None:
        frame = self._frame
        if frame is None:
            self._root = value
            return
        frame.nodes += 1
        into = frame.into
        if isinstance(into, Seq):
            into.put(value, place)
            return
        key = frame.key
        frame.key = None
        if isinstance(key, str):
            into.put(key, value, frame.key_place + place)
        elif key is _MERGE:
            self._merge(frame, value, place)

    def _merge(self, frame: _Frame, value: Any, place: Place) -> None:
        merges = frame.merges if frame.merges is not None else []
        for source in value if isinstance(value, Seq) else [value]:
            if isinstance(source, Map):
                merges.append(source)
            elif source is not scalars.UNREADABLE:
                self._note(place, "<< takes a mapping, as in `<<: *name`, or a list of them")

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        place = _place(event)
        tag = event.tag or ""
        refused = tag not in _COLLECTION_TAGS
        if refused:
            shown = scalars.shorthand(tag)
            self._note(place, f"the tag {shown} means nothing in a storyboard; remove it")
        is_key = self._wants_key()
        if is_key:
            self._note(place, "a list or mapping stands where a name belongs; names are words")
        pushed = self._pushed(Map(place) if type(event) is MappingStartEvent else Seq(place))
        pushed.is_key = is_key
        pushed.refused = refused
        if event.anchor is not None:
            pushed.anchor = event.anchor
            self._anchors[event.anchor] = None

    def _pushed(self, into: Map | Seq) -> _Frame:
        if self._frame is not None:
            self._stack.append(self._frame)
        if len(self._stack) >= syntax.MAX_DEPTH:
            self._stack.clear()  # the path would be as deep
            self._frame = None
            self._stop(into.place, syntax.TOO_DEEP)
        self._frame = _Frame(into)
        return self._frame

    def _close(self) -> None:
        frame = self._frame
        assert frame is not None  # noqa: S101 - libyaml's events are balanced
        into = frame.into
        value: Any = scalars.UNREADABLE if frame.refused else into
        if frame.merges and isinstance(into, Map):
            self._fill(into, frame.merges)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (value, frame.nodes, frame.height)
        self._frame = self._stack.pop() if self._stack else None
        if self._frame is not None:
            self._frame.nodes += frame.nodes
            self._frame.height = max(self._frame.height, frame.height + 1)
            if frame.is_key:
                self._frame.key = _SKIP
                return
        self._value(value, into.place)

    def _fill(self, into: Map, sources: list[Map]) -> None:
        """Merge keys: what the mapping says itself wins, then the earlier source."""
        for source in sources:
            self._copied(len(source), into.place)
            for key, value in source.items():
                if key not in into:
                    into.put(key, value, source.spot(key))

    def _alias(self, event: AliasEvent) -> None:
        place = _place(event)
        name = str(event.anchor)
        self._unused.pop(name, None)
        value: Any = scalars.UNREADABLE
        if name not in self._anchors:
            self._note(
                place,
                f"*{name} refers to &{name}, which does not stand above it; "
                "put quotes around the text if the * belongs to it",
            )
        elif (known := self._anchors[name]) is None:
            self._stop(place, f"*{name} stands inside &{name} itself and would never end")
        else:
            value, nodes, height = known
            self._copied(nodes, place)
            if len(self._stack) + 1 + height > syntax.MAX_DEPTH:
                self._stop(place, f"*{name} nests more than {syntax.MAX_DEPTH} levels deep")
            if self._frame is not None:
                self._frame.nodes += nodes - 1
                self._frame.height = max(self._frame.height, height + 1)
        frame = self._frame
        if frame is not None and self._wants_key():
            self._key(frame, value, place, f"*{name}", merge=False)
        else:
            self._value(value, place)

    def _copied(self, nodes: int, place: Place) -> None:
        self._copies += nodes
        if self._copies > MAX_COPIES:
            self._stop(
                place,
                f"aliases (*name) and merges (<<) multiply this file beyond {MAX_COPIES:,} values; "
                "write less of it by alias",
            )

    def _unreadable(self, place: Place, message: str) -> scalars.Unreadable:
        self._note(place, message)
        return scalars.UNREADABLE

    def _stop(self, place: Place, message: str) -> None:
        self._note(place, message)
        raise StoppedError

    def _note(self, place: Place, message: str, key: str | None = None) -> None:
        self.problems.append(Problem(place, self._path(key), message))

    def _path(self, key: str | None) -> str:
        """Where the builder stands, as in `shots[3].duration`."""
        path = ""
        for frame in [*self._stack, *([self._frame] if self._frame else [])]:
            if isinstance(frame.into, Seq):
                path += f"[{len(frame.into)}]"
            elif isinstance(frame.key, str):
                path += f".{frame.key}" if path else frame.key
        if key is None:
            return path
        return f"{path}.{key}" if path else key


def _place(event: Any) -> Place:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
