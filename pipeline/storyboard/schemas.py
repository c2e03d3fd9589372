"""The JSON Schemas that other tools read, and the part of one that follows from the models' files.

A static JSON Schema can't list a folder, so the rules of each model are written into
storyboard.json as `if model is M, then M's limits`, each limit a `$ref` into M's own file.
`write_storyboard_schema` refreshes the checked-in file; a test holds that it is up to date,
and the program derives the schema at load, so that it never depends on that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import UsageError
from pipeline.storyboard.catalog import (
    COMMON_FIELDS,
    Catalog,
    load_catalog,
    read_schema,
    schemas_folder,
)

if TYPE_CHECKING:
    from pathlib import Path

Schema = dict[str, Any]

_BY_MODEL: Final = ("duration", "aspect", "resolution")
"""The common fields whose limits differ from model to model."""

_NEVER_UNSET: Final = frozenset({"prompt", "duration"})
"""Fields that every shot needs, so that null has no meaning for them."""

_OF_TAKES: Final = frozenset({"takes", "seeds", "pick", "passes"})
"""Fields of a shot that are no part of a request."""

_MARK: Final = "Derived from schemas/models/: don't edit."


def storyboard_schema(catalog: Catalog, folder: Path | None = None) -> Schema:
    """storyboard.json with the models' part derived anew; `$ref`s are relative to its folder."""
    schema = read_schema((folder or schemas_folder()) / "storyboard.json")
    definitions: Schema = {
        name: definition
        for name, definition in schema["$defs"].items()
        if _MARK not in definition.get("$comment", "")
    }
    extras = sorted({extra for model in catalog.values() for extra in model.extras})
    fields = [*COMMON_FIELDS, *extras]
    definitions["model"] = {**definitions["model"], "enum": list(catalog)}
    for name in ("aspect", "resolution"):
        known = [v for m in catalog.values() for v in m.fields["properties"][name]["enum"]]
        definitions[name] = {**definitions[name], "enum": list(dict.fromkeys(known))}
    for extra in extras:
        definitions[extra] = _extra(extra, catalog)
    for name in catalog:
        definitions[f"limits of {name}"] = _limits(name, catalog, extras)
    for field in (*_BY_MODEL, *extras):
        definitions[f"inherits {field}"] = _inherits(field)
    for holder in ("shot", "defaults", "pass", "shot pass"):
        definitions[holder] = _with_fields(definitions[holder], fields)
    for holder in ("shot", "pass", "shot pass"):
        definitions[holder]["allOf"] = [_if_model(name, _ref(name)) for name in catalog]
    schema["$defs"] = definitions
    schema["allOf"] = [
        *_required_unless_default(),
        *(_if_model(name, _of_board(name, [*_BY_MODEL, *extras])) for name in catalog),
    ]
    return schema


def write_storyboard_schema(folder: Path | None = None) -> Path:
    """Refreshes storyboard.json after a model's file was added or changed; returns its path."""
    folder = folder or schemas_folder()
    schema = storyboard_schema(load_catalog(folder), folder)
    path = folder / "storyboard.json"
    path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


_PLAIN = ("results", "faults")
"""Schemas that are files as they stand."""


def schema_of(name: str, folder: Path | None = None) -> dict[str, Any]:
    """The schema of `storyboard`, `results`, `faults`, or a model's requests, self-contained.

    Raises `UsageError` for another name.
    """
    folder = folder or schemas_folder()
    catalog = load_catalog(folder)
    if name == "storyboard":
        return bundled(storyboard_schema(catalog, folder), catalog)
    if name in _PLAIN:
        return read_schema(folder / f"{name}.json")
    if name in catalog:
        return dict(catalog[name].fields)
    raise UsageError(f"there is no schema {name}; there are {', '.join(schema_names(catalog))}")


def schema_names(catalog: Catalog) -> list[str]:
    """All that `schema_of` knows."""
    return ["storyboard", *_PLAIN, *catalog]


def schema_text(name: str = "storyboard") -> str:
    """What `shotmake schema [NAME]` prints."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def bundled(schema: Schema, catalog: Catalog) -> Schema:
    """The same schema in one piece: the models' files move into its `$defs`."""
    models = {
        f"models/{name}.json": {k: v for k, v in model.fields.items() if k != "$schema"}
        for name, model in catalog.items()
    }
    whole: Schema = _relocated(schema)
    whole["$defs"] = {**whole["$defs"], **models}
    return whole


def _relocated(node: Any) -> Any:
    if isinstance(node, list):
        return [_relocated(item) for item in node]
    if not isinstance(node, dict):
        return node
    moved = {key: _relocated(value) for key, value in node.items()}
    reference = moved.get("$ref")
    if isinstance(reference, str) and reference.startswith("models/"):
        file, _, pointer = reference.partition("#")
        moved["$ref"] = f"#/$defs/{file.replace('/', '~1')}{pointer}"
    return moved


def _ref(model: str) -> Schema:
    return {"$ref": f"#/$defs/limits%20of%20{model}"}


def _if_model(name: str, then: Schema) -> Schema:
    named = {"properties": {"model": {"const": name}}, "required": ["model"]}
    return {"if": named, "then": then}


def _limit(model: str, field: str) -> Schema:
    limit: Schema = {"$ref": f"models/{model}.json#/properties/{field}"}
    return limit if field in _NEVER_UNSET else {"anyOf": [limit, {"type": "null"}]}


def _limits(name: str, catalog: Catalog, extras: list[str]) -> Schema:
    """A model's limits on the fields of a shot; other models' extras may only be unset."""
    properties: Schema = {field: _limit(name, field) for field in _BY_MODEL}
    for extra in extras:
        if extra in catalog[name].extras:
            properties[extra] = _limit(name, extra)
        else:
            properties[extra] = {"type": "null", "description": f"{name} has no {extra}."}
    return {"$comment": _MARK, "properties": properties}


def _extra(extra: str, catalog: Catalog) -> Schema:
    owners = [model for model in catalog.values() if extra in model.extras]
    first = owners[0].fields["properties"][extra].get("description", extra)
    names = ", ".join(model.name for model in owners)
    return {
        "$comment": _MARK,
        "description": f"{first} Only for {names}.",
        "anyOf": [{"$ref": f"models/{m.name}.json#/properties/{extra}"} for m in owners],
    }


def _inherits(field: str) -> Schema:
    """True for a board on which some shot takes both this field and its model from the board.

    What the rows of a table take from it, no schema can see.
    """
    own: Schema = {"anyOf": [{"required": ["model"]}, {"required": [field]}]}
    all_own = {"properties": {"shots": {"items": own}}, "required": ["shots"]}
    return {"$comment": _MARK, "not": {"anyOf": [all_own, {"required": ["shots_from"]}]}}


def _with_fields(holder: Schema, fields: list[str]) -> Schema:
    """A shot, the defaults or a pass with every field that a request may have."""
    own = {key: value for key, value in holder["properties"].items() if key in {"id", "model"}}
    for field in fields:
        kinds: list[Schema] = [{"$ref": f"#/$defs/{field}"}]
        if field == "init_image":
            kinds.append({"$ref": "#/$defs/frame"})
        if field not in _NEVER_UNSET:
            kinds.append({"type": "null"})
        own[field] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    others = {k: v for k, v in holder["properties"].items() if k in _OF_TAKES}
    return {**holder, "properties": own | others}


def _required_unless_default() -> list[Schema]:
    """Every shot has these, from itself or from the board."""
    rules: list[Schema] = [
        {
            "if": {"not": {"required": ["model"]}},
            "then": {"properties": {"shots": {"items": {"required": ["model"]}}}},
        }
    ]
    for field in sorted(_NEVER_UNSET):
        given = {"properties": {"defaults": {"required": [field]}}, "required": ["defaults"]}
        then = {"properties": {"shots": {"items": {"required": [field]}}}}
        rules.append({"if": {"not": given}, "then": then})
    return rules


def _of_board(name: str, fields: list[str]) -> Schema:
    """What the board's own model limits: shots and passes that name none, and defaults."""
    unnamed: Schema = {"if": {"not": {"required": ["model"]}}, "then": _ref(name)}
    board: Schema = {"properties": {"shots": {"items": unnamed}}}
    rules = [board]
    for field in fields:
        limit = _limits_of(name, field)
        defaults = {"properties": {"defaults": {"properties": {field: limit}}}}
        rules.append({"if": {"$ref": f"#/$defs/inherits%20{field}"}, "then": defaults})
    return {"allOf": rules}


def _limits_of(name: str, field: str) -> Schema:
    return {"$ref": f"#/$defs/limits%20of%20{name}/properties/{field}"}
