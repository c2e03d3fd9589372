"""What to do about a take, in a sentence, and the command that does it. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.review.film import Standing

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.review.film import Film, ShownShot, ShownTake

_SAYS = {
    Standing.CURRENT: "",
    Standing.CHANGED: "the clip is of an earlier request; a run renders it anew",
    Standing.TO_FETCH: "a run brings the clip back, free",
    Standing.FAILED: "a run tries it again; a failed task is not billed",
    Standing.BLOCKED: "change the prompt, or insist with --retry-blocked",
    Standing.CANCELLED: "a run renders it",
    Standing.PENDING: "the next run collects what it brings",
    Standing.MISSING: "a run renders it",
}
_OPTIONS = {Standing.CURRENT: ("--force",), Standing.BLOCKED: ("--retry-blocked",)}


@dataclass(frozen=True, slots=True)
class Advice:
    """`says` is empty where nothing is left to do; `command` renders the take, `anew` if it is up
    to date.
    """

    says: str
    command: str
    anew: bool


def advise(take: ShownTake, shot: ShownShot, film: Film) -> Advice:
    """What to do about a take."""
    step = take.told.step
    says = _SAYS[take.standing]
    if take.standing is Standing.PENDING:
        says = "" if film.running else f"{step.reason}; {says}"
    elif step.waits:  # its reason says what it waits for
        says = step.reason
    elif take.standing in {Standing.CHANGED, Standing.MISSING, Standing.CANCELLED}:
        says = f"{step.reason}: {says}"
    number = take.told.take.number
    name = take.key if number > 1 or len(shot.takes) == 1 else f"{shot.shot}.t1"
    command = run_command(film, "--shot", name, *_OPTIONS.get(take.standing, ()))
    return Advice(says, command, take.standing is Standing.CURRENT)


def run_command(film: Film, *options: str) -> str:
    """`shotmake run specs/ramen.yaml --pass draft`, with further options, to copy into a shell."""
    words = ["shotmake", "run", str(film.board.path), "--pass", film.board.pass_name]
    return shlex.join([*words, *options, *outputs_option(film.folder)])


def outputs_option(folder: Path) -> list[str]:
    """Where the outputs lie, if that is not where every command looks."""
    outputs = folder.parent.parent
    return [] if str(outputs) == "outputs" else ["--outputs", str(outputs)]
