"""A storyboard's own structure: which keys it has, which names, what kind of value stands where.

Whatever is wrong is noted and left out, so that the rest can still be checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard.messages import fault_message, shown
from pipeline.storyboard.names import did_you_mean, listed, name_fault
from pipeline.storyboard.places import Map, Seq
from pipeline.storyboard.scalars import UNREADABLE

if TYPE_CHECKING:
    from pipeline.storyboard.catalog import Catalog
    from pipeline.storyboard.fields import Rules
    from pipeline.storyboard.places import Place
    from pipeline.storyboard.violation import Findings

BUILT_IN_PASSES: Final = ("animatic", "draft")

_WIRE_NAMES: Final = {
    "duration_seconds": "duration",
    "seconds": "duration",
    "length": "duration",
    "aspect_ratio": "aspect",
    "ratio": "aspect",
    "image_init": "init_image",
    "image": "init_image",
    "name": "id",
    "text": "prompt",
    "default": "defaults",
    "scenes": "shots",
}
"""What people write who know the provider's names, or other tools'."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Fields of one origin: the defaults, a shot, or a pass; `path` is where they stand."""

    path: str
    values: Map


@dataclass(slots=True)
class Shot:
    """One entry under `shots`; `id` is empty where the author's can't be used."""

    id: str
    layer: Layer


@dataclass(slots=True)
class Board:
    """What could be read of a storyboard."""

    root: Map
    title: str | None = None
    defaults: Layer = field(default_factory=lambda: Layer("defaults", Map((1, 1))))
    passes: dict[str, Layer] = field(default_factory=dict)
    shots: list[Shot] = field(default_factory=list)

    @property
    def pass_names(self) -> list[str]:
        """Every pass that this board can be rendered as."""
        return list(dict.fromkeys((*BUILT_IN_PASSES, *self.passes)))


class BoardReader:
    """Reads one document's structure, noting what is wrong."""

    def __init__(self, findings: Findings, catalog: Catalog, rules: Rules) -> None:
        self._findings = findings
        self._catalog = catalog
        self._rules = rules
        fields = ["prompt", "duration", "aspect", "resolution", "seed", "init_image"]
        fields += sorted({extra for model in catalog.values() for extra in model.extras})
        self._allowed = {
            "": ["title", "model", "defaults", "passes", "shots"],
            "defaults": fields,
            "a pass": ["model", *fields],
            "a shot": ["id", "model", *fields],
        }
        self._shot_keys = frozenset(self._allowed["a shot"])

    def read(self, root: Map) -> Board:
        board = Board(root)
        self._keys(root, "", "")
        for key in ("title", "model"):
            if key in root and self.check_value(root, key, key):
                board.title = root[key] if key == "title" else board.title
        if (defaults := self._mapping(root, "defaults")) is not None:
            self._keys(defaults, "defaults", "defaults")
            board.defaults = Layer("defaults", defaults)
        if (passes := self._mapping(root, "passes")) is not None:
            board.passes = self._passes(passes)
        board.shots = self._shots(root)
        return board

    def check_value(self, layer: Map, key: str, path: str, model: str | None = None) -> bool:
        """Checks one field by itself; False when something is wrong and noted."""
        value = layer[key]
        if value is UNREADABLE:
            return False
        faults = self._rules.faults(model, key, value)
        if faults:
            known = self._catalog[model] if model is not None else None
            message = fault_message(key, value, faults, known, self._catalog)
            self._findings.add(layer.value_place(key), path, message)
        return not faults

    def _mapping(self, root: Map, key: str) -> Map | None:
        value = root.get(key)
        if isinstance(value, Map):
            return value
        if key in root and value is not UNREADABLE:
            example = "duration: 4" if key == "defaults" else "final: {model: veo-3.1}"
            message = (
                f"there is nothing under it; write fields, such as `{example}`, or remove it"
                if value is None
                else f"{shown(value)} stands here; write fields under {key}, such as `{example}`"
            )
            self._findings.add(root.value_place(key), key, message)
        return None

    def _passes(self, passes: Map) -> dict[str, Layer]:
        layers: dict[str, Layer] = {}
        seen: dict[str, str] = {name.casefold(): name for name in BUILT_IN_PASSES}
        for name, value in passes.items():
            path = f"passes.{name}"
            place = passes.key_place(name)
            if fault := name_fault(name, "pass"):
                self._findings.add(place, path, fault)
            elif (other := seen.setdefault(name.casefold(), name)) != name:
                self._findings.add(
                    place, path, f"{name} and {other} would share one folder; rename one"
                )
            if isinstance(value, Map):
                self._keys(value, path, "a pass")
                layers[name] = Layer(path, value)
            elif value is not UNREADABLE:
                self._findings.add(
                    passes.value_place(name),
                    path,
                    f"{shown(value)} stands here; write what the pass changes, "
                    f"as in `{name}: {{model: veo-3.1}}`",
                )
        return layers

    def _shots(self, root: Map) -> list[Shot]:
        shots = root.get("shots")
        if isinstance(shots, Seq) and shots:
            seen: dict[str, tuple[str, int]] = {}
            return [
                self._shot(value, place, index, seen)
                for index, (value, place) in enumerate(zip(shots, shots.places, strict=True))
                if self._is_shot(value, place, index)
            ]
        example = "`- id: pour` with a prompt below it"
        if "shots" not in root:
            self._findings.add(
                root.place, "", f"there are no shots; write `shots:` and under it {example}"
            )
        elif isinstance(shots, Map):
            self._findings.add(
                root.value_place("shots"),
                "shots",
                "this is a mapping, and shots are a list; begin every shot with `- `, "
                "as in `- id: pour`",
            )
        elif shots is None or isinstance(shots, Seq):
            self._findings.add(
                root.value_place("shots"), "shots", f"there are no shots in it; write {example}"
            )
        elif shots is not UNREADABLE:
            self._findings.add(
                root.value_place("shots"),
                "shots",
                f"{shown(shots)} stands here; shots are a list: write {example}",
            )
        return []

    def _is_shot(self, value: Any, place: Place, index: int) -> bool:
        if not isinstance(value, Map) and value is not UNREADABLE:
            self._findings.add(
                place,
                f"shots[{index}]",
                f"{shown(value)} stands here; a shot has fields: "
                "`id: …`, and `prompt: …` on the next line",
            )
        return isinstance(value, Map)

    def _shot(self, shot: Map, place: Place, index: int, seen: dict[str, tuple[str, int]]) -> Shot:
        path = f"shots[{index}]"
        layer = Layer(path, shot)
        if not self._shot_keys.issuperset(shot):
            self._keys(shot, path, "a shot")
        return Shot(self._id(shot, place, path, seen), layer)

    def _id(self, shot: Map, place: Place, path: str, seen: dict[str, tuple[str, int]]) -> str:
        """The shot's id; empty, with the reason noted, where it can't be used."""
        identity = shot.get("id")
        if identity is None:
            self._findings.add(place, path, "the shot has no id; write one, such as `id: pour`")
            return ""
        if not isinstance(identity, str):
            self.check_value(shot, "id", f"{path}.id")
            return ""
        at = shot.value_place("id")
        if fault := name_fault(identity):
            self._findings.add(at, f"{path}.id", fault)
            return ""
        if identity.casefold() in seen:
            other, line = seen[identity.casefold()]
            message = (
                f"the shot in line {line} is called {other} too; each shot needs its own id"
                if other == identity
                else f"{other}, the shot in line {line}, differs in capitals only, and many "
                "systems would write both into one file; rename one"
            )
            self._findings.add(at, f"{path}.id", message)
        seen.setdefault(identity.casefold(), (identity, at[0]))
        return identity

    def _keys(self, layer: Map, path: str, holder: str) -> None:
        """Notes the keys that don't belong here."""
        allowed = self._allowed[holder]
        for key in layer:
            if key not in allowed:
                where = f"{path}.{key}" if path else key
                self._findings.add(layer.key_place(key), where, self._unknown(key, holder))

    def _unknown(self, key: str, holder: str) -> str:
        allowed = self._allowed[holder]
        if remedy := self._misplaced(key, holder):
            return remedy
        meant = _WIRE_NAMES.get(key.casefold())
        guess = f"; did you mean {meant}?" if meant in allowed else did_you_mean(key, allowed)
        of = holder if holder == "defaults" else (holder or "a storyboard")
        verb = "take" if holder == "defaults" else "has"
        return f"unknown key{guess or f'; {of} {verb} {listed(allowed)}'}"

    def _misplaced(self, key: str, holder: str) -> str:
        if not holder and key in self._allowed["defaults"]:
            return "this belongs to the shots; for all of them, put it under `defaults:`"
        if key == "id":
            return "an id belongs to one shot; write it in the shot"
        if key == "model" and holder == "defaults":
            return "the model of all shots stands at the top of the file; move it there"
        if key in self._allowed[""] and holder:
            return "this belongs at the top of the file, not indented"
        return ""
