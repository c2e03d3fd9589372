"""All hostile answers there are: hand-made, multiplied out, and from a seed."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING

from tests.proof.hostile.answer import Answer, http, mutated
from tests.proof.hostile.bodies import as_object, of_bodies, of_fields, usual
from tests.proof.hostile.clips import clip_answers, clip_mutations
from tests.proof.hostile.places import of_redirects, of_refusals
from tests.proof.hostile.wires import of_wires

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDPOINTS = ("submit", "query", "find", "cancel", "clip")
GENERATED_MIN = 20
"""So many of the answers out of a seed are met at every endpoint, however few are met at all."""
_MATTERING = ("credits", "result")
"""Fields that money and paths are made of, beside `task_id`."""
_NO_SUMS = ("NaN", "Infinity", "-Infinity", "10**", "-10**", "1e999", "levels")


def generated(endpoint: str, count: int, seed: int) -> Iterator[Answer]:
    """So many answers out of a good one, by a seed; at each endpoint others."""
    good = http(as_object(usual(endpoint)), "200 OK", "Content-Type: application/json")
    for number in range(count):
        name = f"mutation {number} of seed {seed} at {endpoint}"
        yield Answer(name, mutated(good, number, f"{seed}/{endpoint}"))


@cache
def answers(endpoint: str) -> tuple[Answer, ...]:
    """All hand-made and multiplied answers to a request of the API."""
    return (
        *of_fields(endpoint),
        *of_bodies(endpoint),
        *of_wires(as_object(usual(endpoint))),
        *of_redirects((307, 308)),
        *of_refusals(),
    )


def arsenal(
    endpoint: str, clip: bytes, count: int, seed: int, at_most: int | None = None
) -> list[Answer]:
    """All hand-made answers to a request, and `count` more from a seed; `clip` is a good one.

    With `at_most` so many of them: those that are always met, and others drawn by the seed, at
    each endpoint anew.
    """
    if endpoint == "clip":
        made, more = [*clip_answers(clip)], [*clip_mutations(clip, count, seed)]
    else:
        made, more = [*answers(endpoint)], [*generated(endpoint, count, seed)]
    if at_most is None:
        return made + more
    always = _always(endpoint, made) + more[:GENERATED_MIN]
    met = {answer.name for answer in always}
    others = [answer for answer in made + more if answer.name not in met]
    dice = random.Random(f"{seed}/{endpoint}")  # noqa: S311 (not for secrets)
    return always + dice.sample(others, at_most - len(always))


def _always(endpoint: str, made: list[Answer]) -> list[Answer]:
    """Whatever task ids may be; no sums and no ends where they matter; and all that is no answer
    at all, half of it at each endpoint of the API: at submit or query, and at find or cancel.
    """
    of_http = [answer for answer in made if answer.name.startswith(("wire", "body"))]
    if endpoint != "clip":
        of_http = of_http[ENDPOINTS.index(endpoint) % 2 :: 2]
    return of_http + [answer for answer in made if _matters(answer.name)]


def _matters(name: str) -> bool:
    field, _colon, value = name.partition(": ")
    if field in _MATTERING:
        return any(word in value for word in _NO_SUMS)
    return field == "task_id" or name.startswith("video_url")
