"""A field's fault in people's words: the reason, the limit, and what would work instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard.names import did_you_mean, listed
from pipeline.storyboard.scalars import is_unsendable
from pipeline.storyboard.syntax import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jsonschema.exceptions import ValidationError

    from pipeline.storyboard.catalog import Catalog, Model

_SECONDS: Final = re.compile(r"([0-9]+)(?:\.0*)? ?(?:s|sec|secs|second|seconds)", re.IGNORECASE)
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_EXAMPLES: Final = {"duration": "4", "seed": "7", "takes": "3", "pick": "2"}
_AT_MOST: Final = {"takes": "a shot has at most {limit} takes", "pick": "no shot has more takes"}
_KINDS: Final = {"aspect": "aspect ratio"}
_BLANK: Final = {
    "prompt": "describe what the clip shows",
    "title": "write one, or remove the line",
    "init_image": "write the name of an image file, or remove the line",
}
_REMEDIES: Final = {
    "init_image": "; write the name of an image file, an https URL, or a frame of another shot, "
    "as in {shot: zoom, frame: last}"
}
MAX_SEED: Final = 4294967295
"""As in the models' schemas: what is counted up from a seed must stay within."""

_BY_WEIGHT: Final = ("enum", "type", "maximum", "minimum")
"""One fault is told of each value: of several, the first of these."""


def fault_message(
    field: str,
    value: Any,
    faults: Sequence[ValidationError],
    model: Model | None,
    catalog: Catalog,
) -> str:
    """One sentence for what is wrong with a value; what kind of value it is comes first."""
    if field == "seeds":
        return _seeds(value, faults[0])
    if is_unsendable(value):
        return f"{shown(value)} is no number that can be sent; write {_example(field)}"
    by_keyword = {str(fault.validator): fault for fault in faults}
    keyword = next((known for known in _BY_WEIGHT if known in by_keyword), "")
    fault = by_keyword.get(keyword, faults[0])
    limit: Any = fault.validator_value
    match keyword:
        case "type":
            message = _type(field, value, limit)
        case "enum":
            message = _enum(field, value, limit, model, catalog)
        case "maximum":
            message = _maximum(field, value, limit, model, catalog)
        case "minimum":
            message = _minimum(field, value, fault)
        case _:
            message = _text(field, value, fault)
    return message


def shown(value: Any) -> str:
    """A value as its author knows it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if is_unsendable(value):
        return f".{value:g}".replace(".-", "-.")
    return quoted(value) if isinstance(value, str) else str(value)


def _example(field: str) -> str:
    if field == "duration":
        return "whole seconds, such as 4"
    return f"a whole number, such as {_EXAMPLES.get(field, '1')}"


def _type(field: str, value: Any, wanted: str) -> str:
    if value is None:
        return f"{field} has no value; write one, or remove the line"
    if wanted in {"integer", "number"}:
        return _not_a_number(field, value)
    if wanted == "string" and isinstance(value, bool | int | float):
        kind = "true or false" if isinstance(value, bool) else "a number"
        return f'{shown(value)} is read as {kind}, and {field} is text; write "{shown(value)}"'
    article = "text" if wanted == "string" else f"of type {wanted}"
    remedy = _REMEDIES.get(field, "")
    return f"{shown(value)} stands here, but {field} is {article}{remedy}"


def _not_a_number(field: str, value: Any) -> str:
    if isinstance(value, str):
        if _WHOLE.fullmatch(value.strip()):
            number = value.strip()
            return f'"{number}" in quotes is text; write {number} without quotes'
        if field == "duration" and (found := _SECONDS.fullmatch(value.strip())):
            return f"write {found[1]}: a duration is a plain number, always in seconds"
    if isinstance(value, float):
        unit = " of seconds" if field == "duration" else ""
        below = int(value)
        return f"{value:g} is no whole number{unit}; write {below or 1} or {below + 1}"
    return f"{shown(value)} is no number; write {_example(field)}"


def _minimum(field: str, value: Any, fault: ValidationError) -> str:
    limit = fault.validator_value
    if field == "duration":
        return f"{value} s is too short; a clip has at least {limit} s"
    top = fault.schema.get("maximum") if isinstance(fault.schema, dict) else None
    span = f"goes from {limit} to {top}" if top is not None else f"is at least {limit}"
    return f"{value} is under {limit}; {field} {span}"


def _maximum(field: str, value: Any, limit: Any, model: Model | None, catalog: Catalog) -> str:
    if field in _AT_MOST:
        return f"{_figure(value)} is over {limit}: {_AT_MOST[field].format(limit=limit)}"
    if field != "duration" or model is None:
        return f"{_figure(value)} is over {limit}, the largest {field} there is"
    return (
        f"{_figure(value)} s is over the {limit} s that {model.name} can do; "
        f"{_goes_further(int(value), model, catalog)}"
    )


def _goes_further(seconds: int, model: Model, catalog: Catalog) -> str:
    """The models that can do so many seconds: of the same vendor, else the nearest."""
    able = sorted(
        (other for other in catalog.values() if other.max_duration_seconds >= seconds),
        key=lambda other: (other.vendor != model.vendor, other.max_duration_seconds, other.name),
    )
    if able:
        return f"{able[0].name} goes to {able[0].max_duration_seconds}"
    longest = max(catalog.values(), key=lambda other: other.max_duration_seconds)
    return (
        f"no model goes over {longest.max_duration_seconds} ({longest.name}): "
        "make several shots of it"
    )


def _enum(
    field: str, value: Any, allowed: Sequence[Any], model: Model | None, catalog: Catalog
) -> str:
    words = [str(word) for word in allowed]
    if field == "model":
        guess = did_you_mean(str(value), words)
        remedy = guess or f"; there are {listed(words)}"
        return f"{shown(value)} is no model that shotmake knows{remedy}"
    choices = {
        other.name: [str(word) for word in other.fields["properties"][field].get("enum", ())]
        for other in catalog.values()
        if field in other.fields["properties"]
    }
    able = [name for name, choice in choices.items() if value in choice]
    if model is not None and able:
        return f"{model.name} can't do {value}, only {listed(words)}; {_some(able)}"
    everywhere = dict.fromkeys(word for choice in choices.values() for word in choice)
    what = _KINDS.get(field, field)
    return (
        f"{shown(value)} is no {what}; write {listed(everywhere or words, 'or')}"
        f"{did_you_mean(str(value), everywhere or words)}"
    )


def _text(field: str, value: Any, fault: ValidationError) -> str:
    if isinstance(value, str) and not value.strip():
        return f"the {field} is blank; {_BLANK.get(field, 'write it, or remove the line')}"
    return f"{shown(value)} can't stand here: {fault.message}"


def _seeds(value: Any, fault: ValidationError) -> str:
    remedy = "write a list of them, such as seeds: [7, 11, 13]"
    if not isinstance(value, list):
        return f"{shown(value)} stands here; {remedy}"
    if not value:
        return f"there is no seed in it; {remedy}"
    if fault.validator == "uniqueItems":
        twice = next(seed for seed in value if value.count(seed) > 1)
        return f"{shown(twice)} stands there twice, and would be the same take; keep one"
    if fault.validator == "maxItems":
        return f"{len(value)} seeds are too many: {_AT_MOST['takes'].format(limit=100)}"
    wrong = shown(fault.instance)
    return f"{wrong} is no seed: whole numbers from 0 to {MAX_SEED}, such as 7"


def _some(names: Sequence[str]) -> str:
    """`sora-2 can`, `a and b can`, `a, b and 5 others can`."""
    if len(names) <= 3:
        return f"{listed(names)} can"
    return f"{names[0]}, {names[1]} and {len(names) - 2} others can"


def _figure(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"a number of {len(text)} digits"
