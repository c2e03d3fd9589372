"""One field's value against its JSON Schema, quickly.

A board of 10,000 shots has 10,000 prompts but a handful of durations, so answers are
remembered by (rule, value); models that share a rule share its answers.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from pipeline.errors import ShotmakeError
from pipeline.storyboard.scalars import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.exceptions import ValidationError

    from pipeline.storyboard.catalog import Catalog

_ANNOTATIONS: Final = frozenset({"description", "examples", "default", "title", "$comment"})
_BY_FIELD: Final = frozenset(
    {"$schema", "title", "description", "type", "properties", "required", "x-shotmake"}
    | {"additionalProperties"}
)
_COMMON: Final = (
    *("model", "prompt", "duration", "aspect", "resolution", "seed", "init_image"),
    *("takes", "seeds", "pick", "fragment"),
)
"""What the storyboard's schema defines for fields of any model, or of none."""


class Rules:
    """The limits of every field: of the models, and for no known model (`None`) of any.

    Raises `ShotmakeError` for a model's file that is no JSON Schema.
    """

    def __init__(self, catalog: Catalog, storyboard: Mapping[str, Any]) -> None:
        self._validators: dict[str, Draft202012Validator] = {}
        self._rules: dict[str | None, dict[str, str]] = {None: {}}
        self._whole: dict[str, Draft202012Validator] = {}
        self._known: dict[tuple[str, type, Any], tuple[ValidationError, ...]] = {}
        for name, model in catalog.items():
            properties = model.fields["properties"]
            self._rules[name] = {f: self._rule(name, f, rule) for f, rule in properties.items()}
            for extra in model.extras:
                self._rules[None].setdefault(extra, self._rules[name][extra])
            if rest := {k: v for k, v in model.fields.items() if k not in _BY_FIELD}:
                self._whole[name] = _validator(name, json.dumps(rest, sort_keys=True))
        definitions = storyboard["$defs"]
        for field in _COMMON:
            self._rules[None][field] = self._rule("storyboard", field, definitions[field])
        self._rules[None]["id"] = self._rule("storyboard", "id", definitions["name"])
        for field in ("title", "shots_from"):
            rule = storyboard["properties"][field]
            self._rules[None][field] = self._rule("storyboard", field, rule)

    def faults(self, model: str | None, field: str, value: Any) -> tuple[ValidationError, ...]:
        """What the model (or any at all) has against the value; empty when it may stand."""
        rule = self._rules[model].get(field)
        if rule is None or value is UNREADABLE:
            return ()
        if isinstance(value, dict | list):
            return tuple(self._validators[rule].iter_errors(value))
        key = (rule, type(value), value)
        faults = self._known.get(key)
        if faults is None:
            faults = self._known[key] = tuple(self._validators[rule].iter_errors(value))
        return faults

    def whole_faults(self, model: str, values: Mapping[str, Any]) -> list[ValidationError]:
        """What the model has against the fields together, where its file has such rules."""
        validator = self._whole.get(model)
        if validator is None:
            return []
        readable = {field: value for field, value in values.items() if value is not UNREADABLE}
        return list(validator.iter_errors(readable))

    def _rule(self, owner: str, field: str, rule: Mapping[str, Any]) -> str:
        limits = {key: value for key, value in rule.items() if key not in _ANNOTATIONS}
        key = json.dumps(limits, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = _validator(f"{owner}: {field}", key)
        return key


@cache
def _validator(owner: str, rule: str) -> Draft202012Validator:
    """A rule that is known to be one; given as text, so that it is looked into once only."""
    limits = json.loads(rule)
    try:
        Draft202012Validator.check_schema(limits)
    except SchemaError as error:
        raise ShotmakeError(f"schema of {owner} is damaged: {error.message}") from error
    return Draft202012Validator(limits)
