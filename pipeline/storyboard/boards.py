"""A storyboard's own structure: which keys it has, which names, what kind of value stands where.

Whatever is wrong is noted and left out, so that the rest can still be checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from pipeline.storyboard.fragments import STYLE, FragmentError, Fragments, plain_text
from pipeline.storyboard.keys import DEFAULTS, PASS, SHOT_PASS, TOP, Keys
from pipeline.storyboard.layers import Layer
from pipeline.storyboard.messages import fault_message, shown
from pipeline.storyboard.names import did_you_mean, listed, name_fault, name_reason, suggested_name
from pipeline.storyboard.places import Map
from pipeline.storyboard.scalars import UNREADABLE
from pipeline.storyboard.syntax import quoted

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from pipeline.storyboard.catalog import Catalog
    from pipeline.storyboard.layers import Shot
    from pipeline.storyboard.violation import Findings

ANIMATIC: Final = "animatic"
BUILT_IN_PASSES: Final = (ANIMATIC, "draft")

_EXAMPLES: Final = {
    "defaults": "duration: 4",
    "passes": "final: {model: veo-3.1}",
    "cast": "hero: a woman of thirty in a red coat",
    "picks": "pour: 2",
}


class FieldRules(Protocol):
    """Judges one value by itself."""

    def faults(self, model: str | None, field: str, value: Any, /) -> tuple[ValidationError, ...]:
        """What a model (None: any) has against a field's value; empty when it may stand."""
        ...


@dataclass(slots=True)
class Board:
    """What could be read of a storyboard; its shots are read by `shot_list`."""

    root: Map
    defaults: Layer
    title: str | None = None
    passes: dict[str, Layer] = field(default_factory=dict)
    fragments: Fragments = field(default_factory=Fragments)
    shots: list[Shot] = field(default_factory=list)
    lacks_shots: bool = False
    """Some couldn't be read, so a name that there isn't may be one of theirs."""

    @property
    def pass_names(self) -> list[str]:
        """Every pass that this board can be rendered as."""
        return list(dict.fromkeys((*BUILT_IN_PASSES, *self.passes)))


class BoardReader:
    """Reads one document's structure, noting what is wrong."""

    def __init__(self, findings: Findings, catalog: Catalog, rules: FieldRules) -> None:
        self.keys = Keys(catalog)
        self._findings = findings
        self._catalog = catalog
        self._rules = rules

    def read(self, root: Map) -> Board:
        """Everything but the shots."""
        board = Board(root, Layer("defaults", Map((1, 1)), self._findings))
        top = Layer("", root, self._findings)
        self.check_keys(top, TOP)
        for key in ("title", "model"):
            if key in root and self.check_value(top, key):
                board.title = root[key] if key == "title" else board.title
        if (defaults := self.mapping(top, "defaults")) is not None:
            board.defaults = defaults
            self.check_keys(defaults, DEFAULTS)
        if (passes := self.mapping(top, "passes")) is not None:
            board.passes = self._passes(passes, PASS)
        board.fragments = self._fragments(top)
        return board

    def shot_passes(self, shot: Layer, board: Board) -> dict[str, Layer]:
        """What a shot says for single passes, by their names."""
        if (passes := self.mapping(shot, "passes")) is None:
            return {}
        for name in passes.values:
            if name not in board.pass_names:
                guess = did_you_mean(name, board.pass_names)
                message = f"the board has no pass {name}{guess or '; define it under passes:'}"
                passes.note(name, message)
        return self._passes(passes, SHOT_PASS)

    def check_value(self, layer: Layer, key: str, field: str = "") -> bool:
        """Checks one value by itself; False when something is wrong and noted.

        `field` is what it is, where the key doesn't say so.
        """
        value, field = layer.values[key], field or key
        if value is UNREADABLE:
            return False
        faults = self._rules.faults(None, field, value)
        if faults:
            layer.note(key, fault_message(field, value, faults, None, self._catalog))
        return not faults

    def mapping(self, holder: Layer, key: str) -> Layer | None:
        """What stands under a key, if it is a mapping; None, with the reason noted, if not."""
        value = holder.values.get(key)
        if isinstance(value, Map):
            return Layer(holder.path_of(key), value, holder.findings)
        if key in holder.values and value is not UNREADABLE:
            example = _EXAMPLES[key]
            what = "fields" if key in {"defaults", "passes"} else "them"
            message = (
                f"there is nothing under it; write {what}, such as `{example}`, or remove it"
                if value is None
                else f"{shown(value)} stands here; write {what} under {key}, such as `{example}`"
            )
            holder.note(key, message)
        return None

    def check_keys(self, layer: Layer, holder: str) -> None:
        """Notes the keys that don't belong here."""
        allowed = self.keys.allowed[holder]
        for key in layer.values:
            if key not in allowed:
                layer.note_key(key, self.keys.unknown(key, holder))

    def _passes(self, passes: Layer, holder: str) -> dict[str, Layer]:
        layers: dict[str, Layer] = {}
        seen: dict[str, str] = {name.casefold(): name for name in BUILT_IN_PASSES}
        for name, value in passes.values.items():
            if holder == PASS:
                if fault := name_fault(name, "pass"):
                    passes.note_key(name, fault)
                elif (other := seen.setdefault(name.casefold(), name)) != name:
                    passes.note_key(name, f"{name} and {other} would share one folder; rename one")
            if isinstance(value, Map):
                layers[name] = Layer(passes.path_of(name), value, passes.findings)
                self.check_keys(layers[name], holder)
            elif value is not UNREADABLE:
                passes.note(
                    name,
                    f"{shown(value)} stands here; write what the pass changes, "
                    f"as in `{name}: {{model: veo-3.1}}`",
                )
        return layers

    def _fragments(self, top: Layer) -> Fragments:
        texts: dict[str, str] = {}
        if (cast := self.mapping(top, "cast")) is not None:
            for name in cast.values:
                if name_reason(name, "name") is not None:
                    better = suggested_name(name, "name")
                    message = f"{quoted(name)} can't stand in braces: letters, digits, - and _ can"
                    cast.note_key(name, f"{message}; write {better}")
                elif name == STYLE:
                    cast.note_key(name, "{style} is the board's style; rename this one")
                self._fragment(cast, name, texts)
        if STYLE in top.values:
            self._fragment(top, STYLE, texts)
        return Fragments(texts)

    def _fragment(self, layer: Layer, name: str, texts: dict[str, str]) -> None:
        texts[name] = ""  # known, so that no prompt is called wrong that has it
        value = layer.values[name]
        if value is UNREADABLE:
            return
        if faults := self._rules.faults(None, "fragment", value):
            layer.note(name, fault_message(name, value, faults, None, self._catalog))
            return
        try:
            texts[name] = plain_text(value)
        except FragmentError as error:
            layer.note(name, str(error))


def unknown_shot(name: str, known: list[str]) -> str:
    """What to say where a shot is named that there isn't."""
    there = f"; there are {listed(known)}" if 1 < len(known) <= 12 else ""
    there = f"; there is only {known[0]}" if len(known) == 1 else there
    return f"there is no shot {name}{did_you_mean(name, known) or there}"
