"""What a film comes to: how much there is, what it has cost, what is left to pay. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.rendering.records import KEPT, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.rendering.records import Record
    from pipeline.review.film import Film


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of one pass. Seconds are those of the film: of one take a shot.

    `spent_credits` is all that is on record, and `unknown_bills` how many clips of it don't say
    what they have cost. `left_credits` is what is estimated for a run now (None: nobody knows), and
    `in_flight_credits` the most that is still to be billed for what is under way. Waste is what was
    paid for attempts without a clip (`failed_credits`), and for clips that another one has
    replaced, or that no shot asks for any more (`replaced_credits`); takes that were not picked are
    none.
    """

    shots: int
    takes: int
    clips: int
    seconds: int
    rendered_seconds: int
    spent_credits: float
    unknown_bills: int
    left_credits: float | None
    in_flight_credits: float | None
    failed_credits: float
    replaced_credits: float


def totals(film: Film) -> Totals:
    """Add a film up."""
    takes = [*film.takes]
    asked = {take.key for take in takes}
    records = film.records
    there = [shot for shot in film.shots if not shot.missing]
    return Totals(
        shots=len(film.shots),
        takes=len(takes),
        clips=sum(take.clip is not None for take in takes),
        seconds=sum(shot.request.duration for shot in film.shots),
        rendered_seconds=sum(shot.request.duration for shot in there),
        spent_credits=_credits(records.values()),
        unknown_bills=0 if film.free else sum(map(_never_said, records.values())),
        left_credits=film.plan.estimated_credits,
        in_flight_credits=film.plan.in_flight_credits,
        failed_credits=_credits(r for r in records.values() if r.status in _WITHOUT_A_CLIP),
        replaced_credits=_credits(
            record
            for name, record in records.items()
            if record.status is Status.COMPLETED and (name.startswith(KEPT) or name not in asked)
        ),
    )


_WITHOUT_A_CLIP = frozenset({Status.FAILED, Status.BLOCKED, Status.CANCELLED})


def _never_said(record: Record) -> bool:
    return record.status is Status.COMPLETED and record.credits is None and bool(record.task_id)


def _credits(records: Iterable[Record]) -> float:
    return round(sum(record.credits or 0.0 for record in records), 6)
