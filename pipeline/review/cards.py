"""What stands on the page, in words: a card a shot, a tile a take. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.figures import clock_text, credits_text, took_text
from pipeline.rendering.explaining import image_words
from pipeline.rendering.records import KEPT, State, Status, state_of
from pipeline.rendering.word_changes import word_changes
from pipeline.review.advice import advise
from pipeline.review.film import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.rendering.explaining import Change, Explained, Told
    from pipeline.rendering.records import Failure
    from pipeline.rendering.word_changes import Spans
    from pipeline.review.film import Film, ShownShot, ShownTake
    from pipeline.review.posters import Posters
    from pipeline.storyboard.shots import Request

Typical = Callable[[str, int], "float | None"]
"""How long a model takes as a rule, in seconds, for a clip of so many seconds."""

_UNDER_WAY = {
    State.INTENDED: "submitting",
    State.OPEN: "rendering",
    State.DELIVERABLE: "downloading",
}


@dataclass(frozen=True, slots=True)
class Row:
    """An attempt: when (UTC), how long, how it ended, what it cost, what was said, its clip."""

    number: int
    when: str
    took: str
    outcome: str
    credits: str
    said: str
    clip: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that has changed since the last render; for words, with what is new in them."""

    field: str
    old: Spans
    new: Spans


@dataclass(frozen=True, slots=True)
class Tile:
    """A take. `state` is one of the words of `Standing`, `doing` what goes on with it just now,
    since `begun` (RFC 3339) and for `typical_seconds` as a rule. `clip` is an `earlier` one where
    the take has none now. `open`: one of several, and none is picked. `command` renders it, `anew`
    if it is up to date.
    """

    key: str
    number: int
    label: str
    picked: bool
    state: str
    doing: str
    begun: str
    typical_seconds: float | None
    clip: str | None
    earlier: bool
    open: bool
    poster: str | None
    fault: str
    seed: str
    credits: str
    said: str
    advice: str
    command: str
    anew: bool
    differences: tuple[Difference, ...]
    history: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A shot; `start` is where it begins in the film, `width` and `height` its aspect."""

    shot: str
    number: int
    start: str
    seconds: int
    width: int
    height: int
    model: str
    line: str
    prompt: str
    begins_with: str
    undecided: str
    missing: str
    picked: int | None
    tiles: tuple[Tile, ...]
    chosen: Tile | None


def cards(film: Film, posters: Posters, typical: Typical) -> Iterator[Card]:
    """All shots of a film, in cutting order."""
    begin = 0
    for shot in film.shots:
        yield _card(shot, film, begin, posters, typical)
        begin += shot.request.duration


def _card(shot: ShownShot, film: Film, begin: int, posters: Posters, typical: Typical) -> Card:
    request, chosen = shot.request, shot.chosen
    tiles = tuple(_tile(take, shot, film, posters, typical) for take in shot.takes)
    width, _colon, height = request.aspect.partition(":")
    fields = shot.takes[0].told.fields if shot.takes else {}
    return Card(
        shot=shot.shot,
        number=shot.number,
        start=clock_text(begin),
        seconds=request.duration,
        width=int(width),
        height=int(height),
        model=request.model,
        line=_line(request),
        prompt=request.prompt,
        begins_with=(image_words(fields.get("init_image")) or "").strip("<>"),
        undecided=shot.undecided,
        missing=shot.missing,
        picked=shot.picked,
        tiles=tiles,
        chosen=next((tile for tile in tiles if chosen and tile.key == chosen.key), None),
    )


def _line(request: Request) -> str:
    parts = [request.model, f"{request.duration} s", request.aspect, request.resolution]
    more = (f"{name} {value_text(value)}" for name, value in request.extras)
    return " · ".join([*parts, *more])


def _tile(take: ShownTake, shot: ShownShot, film: Film, posters: Posters, typical: Typical) -> Tile:
    told, record = take.told, take.record
    request, advice = told.take.request, advise(take, shot, film)
    under_way = _UNDER_WAY.get(state_of(record)) if film.running else None
    error = record.error if record is not None and take.standing is not Standing.CURRENT else None
    return Tile(
        key=take.key,
        number=told.take.number,
        label=f"take {told.take.number}" if len(shot.takes) > 1 else "",
        picked=told.take.picked,
        state=str(take.standing),
        doing=under_way or "",
        begun=(record.submitted_at or "") if record is not None and under_way else "",
        typical_seconds=typical(request.model, request.duration) if under_way else None,
        clip=take.clip.path if take.clip else _earlier(told),
        earlier=take.clip is None,
        open=len(shot.takes) > 1 and shot.picked is None,
        poster=posters.paths.get(take.key),
        fault=posters.damaged.get(take.key, ""),
        seed="" if request.seed is None else str(request.seed),
        credits=_bill(film, told),
        said=_said(error),
        advice=advice.says,
        command=advice.command,
        anew=advice.anew,
        differences=tuple(map(_difference, told.changes or ())),
        history=tuple(_row(each) for each in told.history),
    )


def _earlier(told: Explained) -> str | None:
    """The last clip of the take that is still there."""
    return next((each.clip for each in reversed(told.history) if each.clip), None)


def _bill(film: Film, told: Explained) -> str:
    """What all attempts at a take have cost; of what has none, what it may cost."""
    if film.free:
        return ""
    bills = [each.attempt.credits for each in told.history]
    if any(bills):
        return f"{credits_text(sum(bill or 0.0 for bill in bills))} credits"
    expected = told.step.estimated_credits
    return "" if expected == 0 else f"{credits_text(expected, estimated=True)} credits"


def _row(told: Told) -> Row:
    attempt = told.attempt
    completed = attempt.status is Status.COMPLETED
    when = (attempt.submitted_at or attempt.completed_at or "")[:19].replace("T", " ")
    kept = told.clip is not None and told.clip.startswith(KEPT)
    return Row(
        number=attempt.attempt,
        when=when,
        took=took_text(told.seconds),
        outcome=attempt.status.value,
        credits=credits_text(attempt.credits) if completed or attempt.credits else "",
        said=_said(attempt.error),
        clip=told.clip if kept else None,
    )


def _said(error: Failure | None) -> str:
    if error is None:
        return ""
    told = error.code in error.message
    return error.message if told else ": ".join(filter(None, (error.code, error.message)))


def _difference(change: Change) -> Difference:
    if change.field == "prompt":
        return Difference("prompt", *word_changes(str(change.old or ""), str(change.new or "")))
    old, new = change.old, change.new
    if change.field == "init_image":
        old, new = ((image_words(image) or "none").strip("<>") for image in (old, new))
    name = change.field.replace("_", " ")
    return Difference(name, [(value_text(old), True)], [(value_text(new), True)])


def value_text(value: Any) -> str:
    """A field's value for people: words as they are, `none` for what isn't there."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
