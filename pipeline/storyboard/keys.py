"""Which keys may stand where in a storyboard, and what to say of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.storyboard.names import did_you_mean, listed

if TYPE_CHECKING:
    from pipeline.storyboard.catalog import Catalog

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
    "characters": "cast",
    "variations": "takes",
    "csv": "shots_from",
}
"""What people write who know the provider's names, or other tools'."""

TOP: Final = ""
DEFAULTS: Final = "defaults"
PASS: Final = "a pass"
SHOT: Final = "a shot"
SHOT_PASS: Final = "a shot's pass"
INIT_IMAGE: Final = "a frame of another shot"
"""The holders of keys, as messages call them."""

_TAKES: Final = ["takes", "seeds"]


class Keys:
    """The keys that each holder may have."""

    def __init__(self, catalog: Catalog) -> None:
        fields = ["prompt", "duration", "aspect", "resolution", "seed", "init_image"]
        fields += sorted({extra for model in catalog.values() for extra in model.extras})
        top = ["title", "model", "style", "cast", "defaults", "passes"]
        self.allowed: Final = {
            TOP: [*top, "shots", "shots_from", "picks"],
            DEFAULTS: [*fields, *_TAKES],
            PASS: ["model", *fields, *_TAKES],
            SHOT: ["id", "model", *fields, *_TAKES, "pick", "passes"],
            SHOT_PASS: ["model", *fields, *_TAKES, "pick"],
            INIT_IMAGE: ["shot", "frame", "pass", "take"],
        }

    @property
    def columns(self) -> list[str]:
        """The names that a table's columns may have."""
        return self.allowed[SHOT]

    def unknown(self, key: str, holder: str) -> str:
        """What to say of a key that the holder doesn't have."""
        allowed = self.allowed[holder]
        if remedy := self._misplaced(key, holder):
            return remedy
        meant = _WIRE_NAMES.get(key.casefold())
        guess = f"; did you mean {meant}?" if meant in allowed else did_you_mean(key, allowed)
        of = holder if holder == DEFAULTS else (holder or "a storyboard")
        verb = "take" if holder == DEFAULTS else "has"
        return f"unknown key{guess or f'; {of} {verb} {listed(allowed)}'}"

    def _misplaced(self, key: str, holder: str) -> str:
        if holder == TOP and key in self.allowed[DEFAULTS]:
            return "this belongs to the shots; for all of them, put it under `defaults:`"
        if key == "id":
            return "an id belongs to one shot; write it in the shot"
        if key == "pick":
            return "a pick belongs to one shot; write it in the shot"
        if key == "model" and holder == DEFAULTS:
            return "the model of all shots stands at the top of the file; move it there"
        if key in self.allowed[TOP] and holder and holder != INIT_IMAGE:
            return "this belongs at the top of the file, not indented"
        return ""
