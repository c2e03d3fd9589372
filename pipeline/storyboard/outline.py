"""Where the nodes of a document lie in its text, so that an edit can leave the rest as it is.

`tree.py` says what a document means; here aliases stay aliases, merges stay keys named `<<`,
and nothing is resolved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    StreamEndEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTE_ORDER_MARK: Final = "\ufeff"


class Entry(NamedTuple):
    """A key of a mapping, and its value."""

    key: Node
    value: Node


@dataclass(slots=True)
class Node:
    """One node: `text[start:end]`, its anchor and its tag included; `column` counts from 0.

    Where libyaml notices the end of a node only at what comes after it, `end` lies there:
    that is so for `|` and `>`, and for collections in block style. `ends_in_place` tells.
    """

    kind: Literal["scalar", "alias", "list", "mapping"]
    start: int
    end: int
    line: int
    column: int
    style: str = ""
    """A scalar's: a quote, `|`, `>` or nothing; a collection's: `{` in flow style, or nothing."""
    text: str = ""
    """What a scalar says; the name that an alias refers to."""
    anchor: str | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def is_flow(self) -> bool:
        """Is it a list or mapping in brackets?"""
        return self.style == "{"

    @property
    def ends_in_place(self) -> bool:
        """Is `end` right behind the node's last character?"""
        return self.style not in {"|", ">"} and (self.kind in {"scalar", "alias"} or self.is_flow)

    def entries(self) -> Iterator[Entry]:
        """A mapping's keys and values, in the order of the file."""
        return map(Entry, self.children[::2], self.children[1::2])

    def entry(self, key: str) -> Entry | None:
        """What the mapping itself says of a key; None where it is merged or not there."""
        for entry in self.entries():
            if entry.key.kind == "scalar" and entry.key.text == key:
                return entry
        return None


def outlined(text: str) -> tuple[Node, int | None]:
    """A document's root, and where its `...` begins if it is closed by one.

    The text has no byte order mark, and is one that `documents.parse` reads. Without recursion,
    as the tree is built.
    """
    parser = yaml.CLoader(text.encode())
    whole = Node("list", 0, len(text), 0, 0)
    stack = [whole]
    closing = None
    while True:
        event: Any = parser.get_event()
        start, end = event.start_mark, event.end_mark
        if isinstance(event, NodeEvent):
            node = _node(event)
            stack[-1].children.append(node)
            if isinstance(event, CollectionStartEvent):
                stack.append(node)
        elif isinstance(event, CollectionEndEvent):
            stack.pop().end = end.index
        elif isinstance(event, DocumentEndEvent) and event.explicit:
            closing = start.index
        elif isinstance(event, StreamEndEvent):
            return whole.children[0], closing


def _node(event: Any) -> Node:
    """A mark's index counts characters, as Python's strings do."""
    mark = event.start_mark
    node = Node("scalar", mark.index, event.end_mark.index, mark.line + 1, mark.column)
    node.anchor = event.anchor
    if isinstance(event, ScalarEvent):
        node.text, node.style = event.value, event.style or ""
    elif isinstance(event, AliasEvent):
        node.kind, node.text, node.anchor = "alias", str(event.anchor), None
    else:
        node.kind = "mapping" if isinstance(event, MappingStartEvent) else "list"
        node.style = "{" if event.flow_style else ""
    return node
