"""Checks a storyboard: every violation at once, each with its place, its limit and a remedy.

A shot's request is made of layers: defaults, then the shot, then the pass, the later ones
winning, and null taking a field away. Each shot is checked as it stands and once for every pass;
a value is reported where its author wrote it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard.boards import Board, BoardReader, Layer, Shot
from pipeline.storyboard.messages import fault_message
from pipeline.storyboard.names import listed
from pipeline.storyboard.scalars import UNREADABLE
from pipeline.storyboard.stills import StillError
from pipeline.storyboard.violation import Findings, Violation

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.storyboard.catalog import Catalog, Model
    from pipeline.storyboard.fields import Rules
    from pipeline.storyboard.places import Map, Place
    from pipeline.storyboard.stills import Stills

__all__ = ["Findings", "Validator", "Variant", "Violation", "merged"]

MAX_BODY_BYTES: Final = 1024 * 1024
"""What the provider takes in one request (tasks-api.md, 413)."""

MAX_PROMPT_BYTES: Final = MAX_BODY_BYTES - 4096
"""The rest of the body is left for the other fields."""

_MOST_BYTES_A_CHARACTER: Final = 6
"""In JSON: a control character is escaped as \\u0000."""

_EXAMPLES: Final = {
    "duration": "duration: 4",
    "prompt": "prompt: …",
    "model": "model: veo-3.1-fast",
}
_ELSE: Final = {
    "duration": ", or under `defaults:` for all shots",
    "model": ", or at the top of the file for all shots",
}


@dataclass(frozen=True, slots=True)
class Variant:
    """How a pass changes the board: `layer` is None for the board as it stands."""

    name: str
    layer: Layer | None


@dataclass(frozen=True, slots=True)
class _Case:
    """One shot in one pass, or (without a layer) as it stands."""

    board: Board
    shot: Shot
    variant: Variant

    def origin(self, field: str) -> Layer | None:
        """The layer that has the last word on a field."""
        for layer in (self.variant.layer, self.shot.layer, self.board.defaults):
            if layer is not None and field in layer.values:
                return layer
        return None

    def context(self, origin: Layer) -> str:
        """Where a value meets the model, when that is not where it stands."""
        notes = []
        if origin is not self.shot.layer and "model" in self.shot.layer.values:
            notes.append(f"shot {self.shot.id}" if self.shot.id else self.shot.layer.path)
        if self.variant.layer is not None and origin is not self.variant.layer:
            notes.append(f"pass {self.variant.name}")
        return f" (in {', '.join(notes)})" if notes else ""


def merged(board: Board, shot: Shot, variant: Variant) -> dict[str, Any]:
    """A shot's fields, `model` among them, without those that are unset."""
    values: dict[str, Any] = {**board.defaults.values, **shot.layer.values}
    if "model" not in values and "model" in board.root:
        values["model"] = board.root["model"]
    if variant.layer is not None:
        values.update(variant.layer.values)
    values.pop("id", None)
    if None in values.values():
        return {key: value for key, value in values.items() if value is not None}
    return values


class Validator:
    """Checks one storyboard after its document was read."""

    def __init__(
        self, findings: Findings, catalog: Catalog, rules: Rules, stills: Stills, folder: Path
    ) -> None:
        self._findings = findings
        self._catalog = catalog
        self._rules = rules
        self._stills = stills
        self._folder = folder
        self._reader = BoardReader(findings, catalog, rules)
        self._seen: set[tuple[Place, str]] = set()
        self._foreign_at: set[Place] = set()
        self._lacking: dict[str, list[Shot]] = {}

    def check(self, root: Map) -> Board:
        """Reads and checks the whole board."""
        board = self._reader.read(root)
        variants = [Variant("", None)]
        variants += [Variant(name, layer) for name, layer in board.passes.items() if layer.values]
        for shot in board.shots:
            for variant in variants:
                self._check(_Case(board, shot, variant))
        self._note_lacking(board)
        self._check_unjudged(board)
        return board

    def _check(self, case: _Case) -> None:
        values = merged(case.board, case.shot, case.variant)
        name = values.pop("model", None)
        if name is None:
            self._lack("model", case)
        if not isinstance(name, str) or name not in self._catalog:
            return
        model = self._catalog[name]
        limits = model.fields["properties"]
        for field, value in values.items():
            if field not in limits:
                self._foreign(field, case, model)
            elif faults := self._rules.faults(name, field, value):
                message = fault_message(field, value, faults, model, self._catalog)
                self._add(field, message, case, model)
            elif field in {"prompt", "init_image"}:
                self._content(field, value, case)
        for field in model.fields.get("required", ()):
            if field not in values:
                self._lack(field, case)
        for fault in self._rules.whole_faults(name, values):
            layer = case.shot.layer
            self._findings.add(layer.values.place, layer.path, f"{name}: {fault.message}")

    def _add(self, field: str, message: str, case: _Case, model: Model | None = None) -> None:
        """Notes a fault where the value was written, once; says for which model it is one."""
        layer = case.origin(field)
        if layer is None:
            return
        place = layer.values.value_place(field)
        if (place, message) not in self._seen:
            self._seen.add((place, message))
            context = case.context(layer) if model is not None and model.name in message else ""
            self._findings.add(place, f"{layer.path}.{field}", message + context)

    def _foreign(self, field: str, case: _Case, model: Model) -> None:
        """A field of another model's; an unknown one is noted as such by the reader."""
        layer, of_pass = case.origin(field), case.variant.layer
        owners = [m.name for m in self._catalog.values() if field in m.fields["properties"]]
        if not owners or layer is None:
            return
        place = layer.values.value_place(field)
        if of_pass is None:
            self._foreign_at.add(place)
        elif place in self._foreign_at:
            return  # to be removed anyway, so it needs no second remedy
        remedy = "remove it"
        if of_pass is not None and layer is not of_pass:
            remedy = f"for this pass write `{field}: null` under {of_pass.path}"
        elif layer is case.board.defaults:
            remedy = f"remove it, or write `{field}: null` in the shots that are on {model.name}"
        others = f"only {owners[0]} does" if len(owners) == 1 else f"{listed(owners)} do"
        message = f"{model.name} takes no {field} ({others}); {remedy}"
        self._add(field, message, case, model if of_pass is None else None)

    def _content(self, field: str, value: Any, case: _Case) -> None:
        """What a schema can't say: is there such a file, does the prompt fit into a request."""
        if value is UNREADABLE:
            return
        if field == "init_image":
            found = self._stills.find(value, self._folder)
            if isinstance(found, StillError):
                self._add(field, str(found), case)
        elif len(value) * _MOST_BYTES_A_CHARACTER > MAX_PROMPT_BYTES:
            size = len(json.dumps(value, ensure_ascii=False).encode())
            if size > MAX_PROMPT_BYTES:
                message = (
                    f"the prompt takes {size:,} bytes, and a request has room for "
                    f"{MAX_PROMPT_BYTES:,}; shorten it"
                )
                self._add(field, message, case)

    def _lack(self, field: str, case: _Case) -> None:
        layer = case.origin(field)
        if layer is not None:
            below = [case.board.defaults] if layer is case.shot.layer else []
            below = [case.shot.layer, case.board.defaults] if layer is case.variant.layer else below
            message = (
                f"null takes the {field} away, and every shot needs one; "
                "write one, or remove the line"
                if any(other.values.get(field) is not None for other in below)
                else f"the {field} has no value, and every shot needs one; write it here"
            )
            self._add(field, message, case)
        elif case.variant.layer is None and not (field == "model" and "model" in case.board.root):
            self._lacking.setdefault(field, []).append(case.shot)

    def _note_lacking(self, board: Board) -> None:
        """Names each shot that lacks a field; where all of them do, the board."""
        for field, shots in self._lacking.items():
            example = _EXAMPLES.get(field, f"{field}: …")
            everywhere = len(shots) == len(board.shots)
            if field == "model" and everywhere:
                message = f"no model is named; write `{example}` at the top of the file"
                self._findings.add(board.root.place, "", message)
            elif field == "duration" and everywhere and len(shots) > 1:
                message = f"no shot has a duration; for all of them write `defaults: {{{example}}}`"
                self._findings.add(board.root.place, "", message)
            else:
                message = f"the shot has no {field}; write `{example}` in it{_ELSE.get(field, '')}"
                for shot in shots:
                    self._findings.add(shot.layer.values.place, shot.layer.path, message)

    def _check_unjudged(self, board: Board) -> None:
        """Values that no known model has judged: still not anything may stand there."""
        layers = [board.defaults, *board.passes.values()]
        for shot in board.shots:
            model = shot.layer.values.get("model", board.root.get("model"))
            if not isinstance(model, str) or model not in self._catalog:
                layers.append(shot.layer)
        for layer in layers:
            for field, value in layer.values.items():
                noted = self._findings.at(layer.values.value_place(field)) or self._findings.at(
                    layer.values.key_place(field)
                )
                if value is not None and field != "id" and not noted:
                    self._reader.check_value(layer.values, field, f"{layer.path}.{field}")
