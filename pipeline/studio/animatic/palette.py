"""Palettes: what the light does to every colour of a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb, turned

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour


@dataclass(frozen=True)
class Palette:
    """The colours of one light.

    `sky` runs from zenith to horizon; `haze` is what the distance fades to; `deep` is the
    nearest silhouette; `light` edges what faces the sun; `accent` and `spark` are lamps, signs
    and clothes. `grade` (0 to 1) is how far `deep` swallows the things' own colours.
    """

    sky: tuple[Colour, ...]
    haze: Colour
    deep: Colour
    light: Colour
    orb: Colour
    accent: Colour
    spark: Colour
    grade: float
    dark: bool

    def at(self, depth: float, tint: Colour, own: float = 1.0) -> Colour:
        """A thing of that tint at a depth: far is paler and nearer to the haze."""
        graded = mix(tint, self.deep, self.grade * own)
        return mix(self.haze, graded, float(np.clip(depth, 0, 1)) ** 0.72)


_SKIES: dict[str, tuple[str, str, str, str]] = {
    "dawn": ("#34467c", "#8c86b4", "#ecb7ae", "#ffe4c0"),
    "sunrise": ("#3f76a8", "#a9c3c4", "#ffd394", "#ffae63"),
    "golden": ("#4d86a0", "#bcc6a6", "#ffd585", "#ffc163"),
    "sunset": ("#2b2a63", "#933f76", "#f2614e", "#ffb45c"),
    "dusk": ("#101b45", "#38417f", "#8a6aa4", "#f0a08c"),
    "noon": ("#2a7cc4", "#62acdf", "#a9d8ec", "#e9f4ea"),
    "overcast": ("#62727f", "#8b9aa3", "#b3bdbf", "#d8d9d2"),
    "night": ("#050a20", "#0c1a40", "#1d3765", "#47709a"),
    "neon": ("#090519", "#1d0c40", "#541a74", "#c23584"),
    "storm": ("#141c24", "#2f3c46", "#55666c", "#93a09a"),
}
# haze, deep, light, orb, accent, spark, grade
_REST: dict[str, tuple[str, str, str, str, str, str, float]] = {
    "dawn": ("#e6bfb6", "#2a2850", "#ffe0b8", "#fff4dc", "#e8604c", "#ffd98a", 0.46),
    "sunrise": ("#f5bd8b", "#402a48", "#ffe2a6", "#fff6d8", "#d8503f", "#ffe08a", 0.42),
    "golden": ("#f2c684", "#4a2b1c", "#fff0b8", "#fffbe6", "#c8452e", "#ffe79a", 0.42),
    "sunset": ("#f5925f", "#2a1238", "#ffd08a", "#fff0c4", "#ff5a3c", "#ffd27a", 0.66),
    "dusk": ("#b98aa6", "#0f1236", "#f6b8a0", "#ffe8d0", "#ff8a4c", "#ffcf7a", 0.68),
    "noon": ("#c8e2e6", "#14353c", "#fffbe2", "#fffef2", "#e2523c", "#ffd65a", 0.28),
    "overcast": ("#c3cac9", "#232e35", "#eef1ea", "#f4f4ee", "#c9533f", "#f2d28a", 0.42),
    "night": ("#3f6690", "#03060f", "#bcd6ee", "#f6f1da", "#ff9a4c", "#ffd98c", 0.82),
    "neon": ("#9a2f8a", "#07050f", "#ff7ac8", "#ffd6f0", "#ff2e88", "#2ee6ff", 0.84),
    "storm": ("#7f8d8c", "#10171c", "#cdd8d4", "#e6ece8", "#d8803f", "#ffe09a", 0.66),
}
LIGHTS = tuple(_SKIES)


def palette(light: str, generator: np.random.Generator) -> Palette:
    """The palette of a light, with the nuance that the generator gives it."""
    turn = float(generator.uniform(-13, 13))
    vivid = float(generator.uniform(0.86, 1.14))
    lighter = float(generator.uniform(-0.025, 0.025))

    def nuance(text: str) -> Colour:
        return turned(rgb(text), turn, vivid, lighter)

    haze, deep, edge, orb, accent, spark, grade = _REST[light]
    sky = [nuance(text) for text in _SKIES[light]]
    # Some skies carry their warmth high, some keep it near the horizon.
    sky[1] = mix(sky[1], sky[int(generator.choice([0, 2]))], float(generator.uniform(0, 0.35)))
    return Palette(
        sky=tuple(sky),
        haze=nuance(haze),
        deep=nuance(deep),
        light=nuance(edge),
        orb=rgb(orb),
        accent=rgb(accent),
        spark=rgb(spark),
        grade=grade,
        dark=light in {"night", "neon", "dusk", "storm"},
    )
