"""A shot's fields as a request: with every default written out, so that writing one out changes
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.storyboard.shots import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.storyboard.catalog import Catalog, Model


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a model's requests have in common."""

    defaults: Mapping[str, Any]
    integers: tuple[str, ...]
    extras: tuple[str, ...]


class Requests:
    """Makes requests of fields that are valid for their models."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._shapes: dict[str, _Shape] = {}

    def of(self, values: Mapping[str, Any]) -> Request:
        """The request of fields by their authored names, `model` among them."""
        shape = self._shape(values["model"])
        fields = {**shape.defaults, **values}
        for name in shape.integers:
            if isinstance(fields.get(name), float):
                fields[name] = int(fields[name])
        extras = tuple((name, fields.pop(name)) for name in shape.extras if name in fields)
        return Request(extras=extras, **fields)

    def _shape(self, model: str) -> _Shape:
        shape = self._shapes.get(model)
        if shape is None:
            shape = self._shapes[model] = _shape_of(self._catalog[model])
        return shape


def _shape_of(model: Model) -> _Shape:
    rules = model.fields["properties"]
    defaults = {name: rule["default"] for name, rule in rules.items() if "default" in rule}
    integers = tuple(name for name, rule in rules.items() if rule.get("type") == "integer")
    return _Shape(defaults, integers, model.extras)


def seeded(request: Request, seed: int | None) -> Request:
    """The same request with a seed, or without one."""
    return request if request.seed == seed else replace(request, seed=seed)
