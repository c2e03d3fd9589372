"""What the pages say in words, and a test has to do: stage directions.

A page is played as it stands: files are written, commands typed, output compared. A direction adds
what stands around a block in prose: "change a prompt, and run again", "with a key". `UNPLAYED` are
the blocks that are no files and no commands, each with its reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.media.probe import probe
from tests.docs.pages import blocks
from tests.docs.stage import Direction, Stage
from tests.support.served import quick_house

if TYPE_CHECKING:
    from collections.abc import Callable


def slow(seconds: float) -> Callable[[Stage], None]:
    """A provider whose tasks take so long, and a key."""

    def set_up(stage: Stage) -> None:
        stage.provider(replace(quick_house(), latency_seconds=lambda _job: seconds))
        stage.key()

    return set_up


def _draft_and_final(stage: Stage) -> None:
    stage.key()
    stage.type("shotmake run specs/bowls.yaml")
    stage.type("shotmake run --pass final specs/bowls.yaml", ends=1)
    stage.edit("specs/bowls.yaml", "lifts the first noodles", "lifts the noodles")


def _reword(stage: Stage) -> None:
    stage.edit("specs/noodles.yaml", "macro, slow motion", "macro, in slow motion")
    stage.edit("specs/noodles.yaml", "duration: 3", "duration: 2")


_SLIPS = "seed: 7\n    duration: 8\n    seeed: 7"


def _misspell(stage: Stage) -> None:
    stage.edit("specs/noodles.yaml", "seed: 7", _SLIPS)


def _spell(stage: Stage) -> None:
    stage.edit("specs/noodles.yaml", _SLIPS, "seed: 7")


def _two_in_flight(stage: Stage) -> None:
    """One task runs, the other waits in the queue."""
    house = quick_house(latency_seconds=lambda _job: 600.0, bills_cancelled=True)
    stage.provider(replace(house, workers=1))
    stage.type("shotmake run --timeout 1", ends=1)


def _by_hand(stage: Stage) -> None:
    """Another prompt for a shot, and another clip in one's place."""
    stage.edit("specs/bowls.yaml", "Broth is poured", "Hot broth is poured")
    clip = stage.project / "outputs/bowls/draft/zoom.t2.mp4"
    clip.write_bytes(clip.read_bytes() + (16).to_bytes(4) + b"free" + bytes(8))


def _one_take_fewer(stage: Stage) -> None:
    stage.edit("specs/bowls.yaml", "takes: 2", "takes: 1")


def _noodles(stage: Stage) -> None:
    (board,) = [block for block in blocks("README.md") if block.name == "specs/noodles.yaml"]
    stage.play(board)


def _rendered(stage: Stage) -> None:
    stage.type("shotmake run --no-review specs/noodles.yaml")


def _plays(stage: Stage) -> None:
    """What was downloaded is the clip that was asked for."""
    clip = probe(stage.project / "ramen.mp4")
    assert (clip.duration_seconds, clip.width, clip.height) == (4, 1280, 720)


DIRECTIONS: dict[str, tuple[Direction, ...]] = {
    "README.md": (
        Direction(
            "export BYTESPIKE_API_KEY=sk-byts-…",
            "a key has no dots; the provider is one that draws tiny clips",
            instead="export BYTESPIKE_API_KEY=sk-byts-test",
        ),
        Direction(
            "shotmake plan --pass animatic specs/noodles.yaml",
            "with another prompt and `duration: 2`",
            before=_reword,
        ),
        Direction(
            "shotmake check",
            "with `duration: 8` and `seeed: 7`",
            before=_misspell,
            after=_spell,
            ends=2,
        ),
        Direction(
            'curl -s "$SHOTMAKE_BASE_URL/v1/tasks/submit" '
            """-H "x-api-key: $BYTESPIKE_API_KEY" -d '{""",
            "the clip plays",
            after=_plays,
        ),
    ),
    "docs/directing.md": (
        Direction(
            "shotmake plan specs/bowls.yaml",
            "after a draft and a final, and with another prompt for bite",
            before=_draft_and_final,
        ),
        Direction(
            "shotmake accept specs/bowls.yaml pour zoom.t2",
            "a prompt was changed, and a clip was put there by hand",
            before=_by_hand,
        ),
        Direction("shotmake clean specs/bowls.yaml", "one take fewer", before=_one_take_fewer),
    ),
    "docs/money.md": (
        Direction("shotmake plan --pass final", "with a key", before=Stage.key),
        Direction("shotmake run --pass final --max-credits 0.5", "exit code 3", ends=3),
        Direction("shotmake cancel", "of two open tasks one runs", before=_two_in_flight),
    ),
    "docs/review.md": (
        Direction(
            "shotmake review --serve specs/noodles.yaml", "the README's board", before=_noodles
        ),
        Direction("shotmake cut specs/noodles.yaml", "it is rendered", before=_rendered),
    ),
    "docs/running.md": (
        Direction("shotmake run --timeout 1", "the tasks take longer", before=slow(4), ends=1),
    ),
    "docs/studio.md": (
        Direction(
            'api="$SHOTMAKE_BASE_URL/v1/tasks" key="x-api-key: $BYTESPIKE_API_KEY" '
            'other="shape=tasks-reference"',
            "the clip plays",
            after=_plays,
        ),
    ),
    "docs/faults.md": (
        Direction(
            "shotmake run --outputs rehearsal --concurrency 1 specs/harbour.yaml",
            "exit code 3",
            ends=3,
        ),
    ),
}
"""By page, in any order; a direction is for the first command that it fits."""

UNPLAYED: dict[tuple[str, str], str] = {
    (
        "docs/design.md",
        "specs/*.yaml ──▶ storyboard ──▶ rendering ──▶ tasks_api ══HTTP══▶ the provider's gateway",
    ): "a drawing",
    (
        "docs/ci.md",
        "# make                  the animatic of specs/film.yaml, joined, small enough to mail",
    ): "docs/examples/Makefile, which tests/test_ci.py runs",
}
"""By page and first line, why a block is neither typed nor written."""
