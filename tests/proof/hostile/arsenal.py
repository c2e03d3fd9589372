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


def generated(endpoint: str, count: int, seed: int) -> Iterator[Answer]:
    """So many answers out of a good one, by a seed."""
    good = http(as_object(usual(endpoint)), "200 OK", "Content-Type: application/json")
    for number in range(count):
        yield Answer(f"mutation {number} of seed {seed}", mutated(good, number, seed))


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

    With `at_most` so many of them: what is multiplied out is drawn from, by the seed.
    """
    if endpoint == "clip":
        made = [*clip_answers(clip), *clip_mutations(clip, count, seed)]
    else:
        made = [*answers(endpoint), *generated(endpoint, count, seed)]
    if at_most is None:
        return made
    always = [answer for answer in made if answer.name.startswith(("wire", "body", "video_url"))]
    others = [answer for answer in made if answer not in always]
    dice = random.Random(seed)  # noqa: S311 (not for secrets)
    return always + dice.sample(others, at_most - len(always))
