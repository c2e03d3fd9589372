"""What a cut is made of: for every shot its clip or a card, and whether that can be without loss.

Pure: the clips have been looked through, and nothing is read here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipeline.figures import count_text, length_text
from pipeline.media.cards import Card
from pipeline.media.montage import Montage, Scene
from pipeline.review.film import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.media.reels import Reel
    from pipeline.review.film import Film, ShownShot

_RATE: Final = Fraction(24)
"""Of a film whose clips don't agree in one."""

_RATE_MAX: Final = 120
_LEADER_SECONDS: Final = 2
LEADER: Final = "leader"


@dataclass(frozen=True, slots=True)
class Cut:
    """A film to be put together. `missing` counts the shots that a card stands for.

    `reason`: why the pictures are encoded anew; empty where they are taken over as they are.
    """

    montage: Montage
    missing: int
    reason: str = ""


def plan_cut(film: Film, reels: Mapping[str, Reel], *, slate: bool) -> Cut:
    """Plan a film of clips, by their shots; one at least. `slate`: with a leader, and ids."""
    missing = sum(shot.shot not in reels for shot in film.shots)
    if slate:
        reason = "the leader and the ids are drawn"
    elif missing:
        reason = f"cards stand for {missing} shots" if missing > 1 else "a card stands for a shot"
    else:
        reason = why_not_joined(reels)
    size, rate = _frame(reels), _rate_of(reels)
    if not reason:
        one = next(iter(reels.values()))
        size, rate = one.size, one.rate or _RATE
    scenes = tuple(_scenes(film, reels, rate, slate=slate))
    if slate:
        scenes = (_leader(film, scenes, rate, missing), *scenes)
    montage = Montage(film.board.title, scenes, size, rate, copied=not reason)
    return Cut(montage, missing, reason)


def why_missing(shot: ShownShot) -> str:
    """Why a card stands for a shot, and what helps where that costs nothing."""
    to_fetch = shot.missing == Standing.TO_FETCH
    return f"{shot.missing}: a run brings it back, free" if to_fetch else shot.missing


def why_not_joined(reels: Mapping[str, Reel]) -> str:
    """Why clips can't share a track as they are; empty if they can."""
    for shot, reel in reels.items():
        if reel.hitch:
            return f"{shot} {reel.hitch}"
    (first, model), *others = reels.items()
    for shot, reel in others:
        if difference := _difference(model, reel):
            return difference.format(first, shot)
    for (before, one), (after, other) in pairwise(reels.items()):
        if one.last_idr is not None and one.last_idr == other.first_idr:
            return f"{before} ends with a key picture like the one {after} begins with"
    return ""


def _difference(one: Reel, other: Reel) -> str:
    """How two clips differ, with places for their names; empty if they don't."""
    a, b = one.coding, other.coding
    told = (
        (one.size == other.size, f"{{}} is {_size_text(one)} and {{}} {_size_text(other)}"),
        (one.rate == other.rate, f"{{}} has {_rate_text(one)} and {{}} {_rate_text(other)}"),
        (a.codec == b.codec, f"{{}} is coded as {a.codec} and {{}} as {b.codec}"),
        (a.layout == b.layout, f"{{}} has pixels of {a.layout} and {{}} of {b.layout}"),
        (a.colour == b.colour, "{} has its colours in another way than {}"),
        (a == b, "{} is coded with other settings than {}"),
    )
    return next((text for same, text in told if not same), "")


def _size_text(reel: Reel) -> str:
    return f"{reel.size[0]}×{reel.size[1]}"


def _rate_text(reel: Reel) -> str:
    return f"{float(reel.rate or 0):.5g} pictures a second"


def _rate_of(reels: Mapping[str, Reel]) -> Fraction:
    """That of all clips, if they have the same."""
    rates = {reel.rate for reel in reels.values()}
    rate = next(iter(rates)) if len(rates) == 1 else None
    return rate if rate is not None and 1 <= rate <= _RATE_MAX else _RATE


def _frame(reels: Mapping[str, Reel]) -> tuple[int, int]:
    """The size of most of the film, its sides even, as H.264 has them."""
    seconds: dict[tuple[int, int], Fraction] = {}
    for reel in reels.values():
        seconds[reel.size] = seconds.get(reel.size, Fraction(0)) + reel.seconds
    width, height = max(seconds, key=lambda size: seconds[size])
    return max(width & ~1, 2), max(height & ~1, 2)


def _scenes(
    film: Film, reels: Mapping[str, Reel], rate: Fraction, *, slate: bool
) -> Iterator[Scene]:
    total = len(film.shots)
    for shot in film.shots:
        reel = reels.get(shot.shot)
        label = _label(shot, total) if slate else ""
        if reel is None:
            yield Scene(shot.shot, _card(shot, total), _frames(shot.request.duration, rate))
        elif reel.rate == rate:
            yield Scene(shot.shot, reel, reel.pictures, label)
        else:
            yield Scene(shot.shot, reel, _frames(reel.seconds, rate), label)


def _frames(seconds: Fraction | int, rate: Fraction) -> int:
    """The number of pictures that lasts nearest to so long; one at least."""
    return max(math.floor(seconds * rate + Fraction(1, 2)), 1)


def _label(shot: ShownShot, total: int) -> str:
    """`03 pour · take 2`."""
    digits = max(len(str(total)), 2)
    label = f"{shot.number:0{digits}} {shot.shot}"
    if len(shot.takes) == 1 or shot.chosen is None:
        return label
    return f"{label} · take {shot.chosen.told.take.number}"


def _card(shot: ShownShot, total: int) -> Card:
    return Card(
        f"shot {shot.number} of {total} · {shot.request.duration} s",
        shot.shot,
        shot.request.prompt,
        why_missing(shot),
    )


def _leader(film: Film, scenes: tuple[Scene, ...], rate: Fraction, missing: int) -> Scene:
    seconds = float(sum(scene.frames for scene in scenes) / rate)
    count = len(scenes)
    shots = f"{count_text(count, 'shot')} · {length_text(seconds)}"
    card = Card(
        f"{film.board.name} · {film.board.pass_name}",
        film.board.title,
        shots,
        f"{missing} of them missing" if missing else "",
    )
    return Scene(LEADER, card, _frames(_LEADER_SECONDS, rate))
