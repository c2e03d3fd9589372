"""What a prompt lets one see: the place, the light, the weather and whom or what it is about."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from pipeline.studio.animatic.vocabulary import HOMES, LIGHTS, PLACES, SUBJECTS, WEATHERS

# Each word stands for itself and its plain plural. Words in scripts without spaces match anywhere.
# What is inside or seen close up has its subject on the table, not in the landscape.
_STILL = frozenset({"bowl", "cup", "plate", "bottle", "box", "phone", "shoe"})
_READ_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Sight:
    """What a prompt lets one see; empty strings where it says nothing."""

    place: str
    light: str
    weather: frozenset[str]
    subject: str


def plain(prompt: str) -> str:
    """The prompt's beginning in one width and in lower case, as the vocabularies want it."""
    return unicodedata.normalize("NFKC", prompt[:_READ_CHARACTERS]).lower()


def sight(prompt: str) -> Sight:
    """Reads a prompt that `plain` has prepared."""
    places, subjects = _found(prompt, "places"), _found(prompt, "subjects")
    lights = _found(prompt, "lights")
    weather = frozenset(_found(prompt, "weathers"))
    subject = _first(subjects)
    place = _first(places)
    if "underwater" in places and places["underwater"] < 10_000:
        place = "underwater"
    elif place == "table" and subject not in _STILL and len(places) > 1:
        # "A man with a coffee walks down a street": what is held is not where one is.
        others = {name: at for name, at in places.items() if name != "table"}
        place = _first(others) if subject else place
    elif place == "city" and "street" in places:
        place = "street"
    elif place == "interior" and "product" in places and subject in _STILL:
        place = "product"
    if not place:
        place = HOMES.get(subject, "")
    return Sight(place, _light(lights, weather), weather, subject)


def _light(lights: dict[str, int], weather: frozenset[str]) -> str:
    """The light: an hour of the day counts before the weather, neon before all."""
    if "neon" in lights:
        return "neon"
    hours = {name: at for name, at in lights.items() if name not in {"overcast", "storm", "noon"}}
    if hours:
        return _first(hours)
    if "storm" in lights:
        return "storm"
    if "noon" in lights and not weather:
        return "noon"
    return _first(lights)


def _first(found: dict[str, int]) -> str:
    return min(found, key=lambda name: found[name]) if found else ""


def _found(prompt: str, kind: str) -> dict[str, int]:
    """Each name of a vocabulary that the prompt mentions, and where it first does."""
    found: dict[str, int] = {}
    for name, pattern in _patterns(kind):
        match = pattern.search(prompt)
        if match:
            found[name] = match.start()
    return found


@cache
def _patterns(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    vocabularies = {
        "places": PLACES,
        "lights": LIGHTS,
        "weathers": WEATHERS,
        "subjects": SUBJECTS,
    }
    return tuple((name, _pattern(words)) for name, words in vocabularies[kind].items())


def _pattern(words: str) -> re.Pattern[str]:
    listed = sorted((word.strip() for word in words.split(",")), key=len, reverse=True)
    spaced = [re.escape(word) for word in listed if word.isascii() or word == "café"]
    joined = [
        re.escape(unicodedata.normalize("NFKC", word)) for word in listed if not word.isascii()
    ]
    parts = [rf"\b(?:{'|'.join(spaced)})(?:s|es)?\b"] if spaced else []
    return re.compile("|".join(parts + joined))
