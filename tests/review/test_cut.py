"""A cut is planned before anything is read or written: lengths, frame, rate, and what is drawn."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.cli.boards import load
from pipeline.cli.films import film_of
from pipeline.figures import length_text
from pipeline.media.cards import Card
from pipeline.media.reels import Coding, Reel
from pipeline.review.cut import plan_cut
from pipeline.review.film import remarks
from tests.support.world import CATALOG

if TYPE_CHECKING:
    from pipeline.review.film import Film
    from tests.support.world import World

pytestmark = pytest.mark.anyio

BOARD = """\
title: Noodles
model: veo-3.1-fast
defaults: {duration: 4}
shots:
  - {id: a, prompt: A bowl}
  - {id: b, prompt: A spoon, duration: 3, seeds: [1, 2], pick: 2}
  - {id: c, prompt: A cook}
"""
HD, UPRIGHT = (1280, 720), (720, 1280)
AT_24, NTSC = Fraction(24), Fraction(24_000, 1001)


def reel(
    seconds: Fraction | int = 4,
    rate: Fraction | None = AT_24,
    size: tuple[int, int] = HD,
    **more: Any,
) -> Reel:
    """A clip that was looked through."""
    coding = Coding("h264", "avc1", size, "yuv420p", Fraction(1), (1, 1, 1, 1), b"avcC")
    tick = Fraction(1, 90_000)
    pictures = round(seconds * (rate or 10))
    hitch = "" if rate else "has no constant rate"
    return Reel(
        Path("x.mp4"), size, pictures, Fraction(seconds), rate, 0, tick, 2, False, coding,
        **{"hitch": hitch, **more},
    )  # fmt: skip


@pytest.fixture
async def board(world: World) -> Film:
    """The board with clips of all its takes."""
    return await rendered(world, BOARD)


async def rendered(world: World, text: str) -> Film:
    """A board, and the clips that a run has brought for it."""
    spec = world.board(text)
    await world.run(spec)
    loaded = load([spec], CATALOG, "draft")
    (storyboard,) = loaded.boards
    return film_of(storyboard, world.desk(loaded), world.folder(), world.results().records)


async def test_clips_that_agree_are_taken_over(board: Film) -> None:
    """As many pictures as they have, at their rate, whichever that is."""
    for rate in (AT_24, NTSC, Fraction(1000, 41)):
        reels = {shot: reel(seconds, rate) for shot, seconds in zip("abc", (4, 3, 5), strict=True)}
        made = plan_cut(board, reels, slate=False)
        assert (made.reason, made.missing) == ("", 0)
        montage = made.montage
        assert (montage.copied, montage.rate, montage.size) == (True, rate, HD)
        assert montage.title == "Noodles"
        scenes = [(scene.name, scene.picture, scene.label) for scene in montage.scenes]
        assert scenes == [(shot, reels[shot], "") for shot in "abc"]
        assert [scene.frames for scene in montage.scenes] == [r.pictures for r in reels.values()]


async def test_the_frame_is_that_of_most_of_the_film(board: Film) -> None:
    """By time and not by the number of clips, and even, as the codec wants it."""
    reels = {"a": reel(5, size=UPRIGHT), "b": reel(2), "c": reel(2)}
    assert plan_cut(board, reels, slate=False).montage.size == UPRIGHT
    reels["b"] = reel(4)
    made = plan_cut(board, reels, slate=False)
    assert (made.montage.size, made.reason) == (HD, "a is 720×1280 and b 1280×720")
    odd = dict.fromkeys("abc", reel(size=(161, 91)))
    assert plan_cut(board, odd, slate=True).montage.size == (160, 90)
    assert plan_cut(board, odd, slate=False).montage.size == (161, 91)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ((AT_24, AT_24, AT_24), 24),
        ((Fraction(25),) * 3, 25),
        ((NTSC,) * 3, NTSC),
        ((Fraction(25), Fraction(25), Fraction(30)), 24),
        ((Fraction(30), Fraction(30), None), 24),
        ((Fraction(1000),) * 3, 24),
        ((Fraction(1, 10),) * 3, 24),
    ],
)
async def test_the_rate_is_24_unless_all_share_another(
    board: Film, rates: tuple[Fraction | None, ...], expected: Fraction
) -> None:
    """Clips of another rate last as long as before, to the nearest picture."""
    reels = {shot: reel(4, rate) for shot, rate in zip("abc", rates, strict=True)}
    montage = plan_cut(board, reels, slate=True).montage
    assert montage.rate == expected
    assert [scene.frames for scene in montage.scenes[1:]] == [round(4 * expected)] * 3


async def test_every_shot_lasts_as_long_as_it_did(board: Film) -> None:
    """Half a picture is rounded up, and nothing is ever left without one."""
    reels = {
        "a": reel(Fraction(1, 100), None),
        "b": reel(Fraction(5, 48), None),
        "c": reel(Fraction(4999, 1000), None),
    }
    frames = [scene.frames for scene in plan_cut(board, reels, slate=False).montage.scenes]
    assert frames == [1, 3, 120]


async def test_a_missing_shot_is_a_card_of_its_request(world: World) -> None:
    """It says which shot, what of, how long, and why it isn't there."""
    film = await rendered(world, BOARD.replace("A cook", "A cook FAILS"))
    made = plan_cut(film, {"a": reel(), "b": reel(3)}, slate=False)
    assert (made.missing, made.reason) == (1, "a card stands for a shot")
    card = made.montage.scenes[2]
    assert card.picture == Card(
        "shot 3 of 3 · 4 s", "c", "A cook FAILS", "failed: the upstream model is overloaded"
    )
    assert (card.frames, card.name) == (96, "c")
    assert plan_cut(film, {"a": reel()}, slate=False).reason == "cards stand for 2 shots"


async def test_a_slate_tells_what_the_film_is(board: Film) -> None:
    """A leader of two seconds with title, board, pass, shots and their time; ids in order, with
    the take where there are several; no label on a card, which says it all."""
    montage = plan_cut(board, {"a": reel(), "b": reel(3)}, slate=True).montage
    leader, *shots = montage.scenes
    assert leader.picture == Card(
        "film · draft", "Noodles", "3 shots · 11.0 s", "1 of them missing"
    )
    assert (leader.name, leader.frames) == ("leader", 48)
    assert [scene.label for scene in shots] == ["01 a", "02 b · take 2", ""]
    whole = plan_cut(board, dict.fromkeys("abc", reel()), slate=True).montage
    assert whole.scenes[0].picture == Card("film · draft", "Noodles", "3 shots · 12.0 s")


async def test_what_is_worth_knowing_is_told(world: World) -> None:
    """An earlier request's clip, and a take that nobody has picked; nothing of what is as it
    should be."""
    assert [*remarks(await rendered(world, BOARD))] == []
    spec = world.board(BOARD.replace("A cook", "A chef").replace(", pick: 2", ""))
    loaded = load([spec], CATALOG, "draft")
    (storyboard,) = loaded.boards
    film = film_of(storyboard, world.desk(loaded), world.folder(), world.results().records)
    assert [*remarks(film)] == [
        ("b", "take 1 of 2, as none is picked"),
        ("c", "the clip is of an earlier request"),
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (38, "38.0 s"), (99.94, "99.9 s"), (125.4, "2:05 min"), (6000, "100:00 min")],
)
def test_lengths_for_people(seconds: float, text: str) -> None:
    """Seconds as long as they say something, then minutes."""
    assert length_text(seconds) == text
