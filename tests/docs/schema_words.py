"""What a JSON Schema says, in words and as a table, for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.storyboard.catalog import read_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Schema = dict[str, Any]

_ANNOTATION = "x-shotmake"
"""Where a schema says in words what may stand there, as what follows from it is too little."""


@dataclass(frozen=True, slots=True)
class Described:
    """A schema file; its references lead to itself, or to files beside it."""

    path: Path
    schema: Schema

    @classmethod
    def read(cls, path: Path) -> Described:
        """Raises `ShotmakeError` for a file that is no schema."""
        return cls(path, read_schema(path))

    def fields(self, holder: str | None = None) -> Mapping[str, Schema]:
        """The properties of a definition, or of the whole."""
        where = self.schema if holder is None else self.schema["$defs"][holder]
        properties: Mapping[str, Schema] = where["properties"]
        return properties

    def table(self, holder: str | None, *, head: str, note: str = "", null: bool = False) -> str:
        """The properties as rows: what they are called, what they take, what they are.

        `note` is put behind the names of those that must be there; `null` tells where that may
        stand.
        """
        where = self.schema if holder is None else self.schema["$defs"][holder]
        must = where.get("required", [])
        rows = [
            (
                f"`{name}`{note if name in must else ''}",
                self.takes(field) + (", or `null`" if null and self.may_be_null(field) else ""),
                self.says(field),
            )
            for name, field in self.fields(holder).items()
        ]
        return table((head, "takes", "is"), rows)

    def says(self, field: Schema) -> str:
        """The field's description: its own, or that of what it refers to first."""
        if "description" in field:
            return str(field["description"])
        for other in [field] if "$ref" in field else self._kinds(field):
            if "$ref" in other:
                return self.says(self._resolved(other))
        raise KeyError(f"{field} is described nowhere")

    def takes(self, field: Schema) -> str:
        """What may stand there, and what stands there when nothing does."""
        default = self._default(field)
        shown = "" if default is None else f"; without it {code(default)}"
        return self._words(field) + shown

    def may_be_null(self, field: Schema) -> bool:
        """Whether null may stand there."""
        return {"type": "null"} in field.get("anyOf", ()) or "null" in field.get("type", ())

    def is_mapping(self, field: Schema) -> bool:
        """Whether nothing but a mapping may stand there."""
        if "$ref" in field:
            return self.is_mapping(self._resolved(field))
        kinds = self._kinds(field)
        return all(map(self.is_mapping, kinds)) if kinds else field.get("type") == "object"

    def _default(self, field: Schema) -> Any:
        if "default" in field:
            return field["default"]
        inner = [self._resolved(field)] if "$ref" in field else self._kinds(field)
        found = [self._default(each) for each in inner]
        return next((each for each in found if each is not None), None)

    def _kinds(self, field: Schema) -> list[Schema]:
        return [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]

    def _resolved(self, field: Schema) -> Schema:
        file, _, pointer = field["$ref"].partition("#")
        found = read_schema(self.path.parent / file) if file else self.schema
        for part in filter(None, pointer.split("/")):
            found = found[part.replace("%20", " ")]
        return found

    def _words(self, field: Schema) -> str:
        if _ANNOTATION in field:
            return str(field[_ANNOTATION]["takes"])
        if "$ref" in field:
            return self._words(self._resolved(field))
        if kinds := self._kinds(field):
            return listed(dict.fromkeys(map(self._words, kinds)))
        if field.get("type") == "array":
            return f"a list of {_plural(self._words(field['items']))}"
        return _plain(field)


def _plain(field: Schema) -> str:
    if "const" in field:
        return code(field["const"])
    if "enum" in field:
        return listed(map(code, field["enum"]))
    types = [field["type"]] if isinstance(field["type"], str) else field["type"]
    return " or ".join(_typed(each, field) for each in types if each != "null")


def _typed(kind: str, field: Schema) -> str:
    if kind == "string":
        return "text"
    if kind == "boolean":
        return "`true` or `false`"
    least = field.get("minimum")
    over, most = field.get("exclusiveMinimum"), field.get("maximum")
    words = {"integer": "a whole number", "number": "a number"}[kind]
    bounds = [f"over {over}"] if over is not None else [] if least is None else [f"from {least}"]
    return " ".join([words, *bounds, *([] if most is None else [f"to {most}"])])


def _plural(words: str) -> str:
    """`a whole number from 1` → `whole numbers from 1`."""
    first, *rest = words.removeprefix("a ").split(" from ")
    return " from ".join([f"{first}s", *rest])


def code(value: Any) -> str:
    """A value as it is written in YAML and JSON."""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def listed(names: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    *first, final = names
    return f"{', '.join(first)} {last} {final}" if first else final


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; cells are Markdown, but for what would end one."""
    head = tuple(head)
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
