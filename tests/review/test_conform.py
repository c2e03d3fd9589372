"""Where shots stand in an edit, by real clips."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.review.conform import START, conform, plain, timecode
from tests.support.films import Shot, make_film, write_clip

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("pictures", "rate", "frames"),
    [
        (24, 24, 24),
        (97, 24, 97),
        (30, 30, 24),
        (100, 25, 96),
        (24, Fraction(24000, 1001), 24),
        (31, 30, 24),  # and 0.8 of a picture, which isn't there as a whole
        (1, 60, 1),
    ],
)
def test_clips_of_any_rate_are_counted_in_24ths(
    tmp_path: Path, pictures: int, rate: int | Fraction, frames: int
) -> None:
    """By their duration and to the picture; no picture is counted that isn't wholly there."""
    write_clip(tmp_path / "a.mp4", pictures, rate)
    (placed,) = conform(make_film(tmp_path, Shot("a", ["a.mp4"]))).shots
    assert placed.media is not None
    assert placed.media.frames == placed.frames == frames


def test_a_clip_that_counts_in_milliseconds_loses_no_picture(tmp_path: Path) -> None:
    """23 pictures are 0.958 s by such a clock, a little too short, and 23 pictures all the same."""
    write_clip(tmp_path / "a.mp4", 23, 24, video_track_timescale="1000")
    (placed,) = conform(make_film(tmp_path, Shot("a", ["a.mp4"]))).shots
    assert placed.frames == 23


def test_shots_stand_one_behind_the_other_and_missing_ones_keep_their_place(
    tmp_path: Path,
) -> None:
    """A shot without a clip is as long as it was asked for, be it unrendered, failed, undecided, or
    no film at all; what comes behind it stands where it will.
    """
    write_clip(tmp_path / "a.mp4", 36)
    write_clip(tmp_path / "z.mp4", 12)
    (tmp_path / "odd.mp4").write_text("no film")
    made = conform(
        make_film(
            tmp_path,
            Shot("a", ["a.mp4"], duration=2),
            Shot("new", duration=3),
            Shot("bad", duration=1, error="overloaded"),
            Shot("open", [], duration=2),
            Shot("odd", ["odd.mp4"], duration=4),
            Shot("z", ["z.mp4"]),
        )
    )
    places = {
        each.shot.shot: (each.start, each.frames, each.missing.partition(" (")[0])
        for each in made.shots
    }
    assert places.pop("open")[:2] == (36 + 72 + 24, 48)
    assert places == {
        "a": (0, 36, ""),
        "new": (36, 72, "not rendered"),
        "bad": (108, 24, "failed: overloaded"),
        "odd": (180, 96, "its clip can't be used: it is no MP4 that can be played"),
        "z": (276, 12, ""),
    }
    assert made.frames == 288
    assert [each.shot.shot for each in made.missing] == ["new", "bad", "open", "odd"]
    assert "none is picked" in made.shots[3].missing


def test_the_picked_take_stands_for_its_shot(tmp_path: Path) -> None:
    """Picked: that, be it missing; none picked: the first that is there. The others go along."""
    for name in ("a.mp4", "a.t3.mp4", "b.t2.mp4"):
        write_clip(tmp_path / name, 6)
    a, b, c = conform(
        make_film(
            tmp_path,
            Shot("a", ["a.mp4", None, "a.t3.mp4"], pick=3),
            Shot("b", [None, "b.t2.mp4"]),
            Shot("c", ["a.mp4", None], pick=2),
        )
    ).shots
    assert a.media is not None
    assert (a.media.file, [each.file for each in a.others]) == ("a.t3.mp4", ["a.mp4"])
    assert b.media is not None
    assert (b.media.file, b.others) == ("b.t2.mp4", ())
    assert (c.media, [each.file for each in c.others]) == (None, ["a.mp4"])


def test_facts_are_those_of_the_clip_that_is_there(tmp_path: Path) -> None:
    """A changed shot's are of the old prompt, and told so; a missing one's are what is asked."""
    write_clip(tmp_path / "a.mp4", 6)
    old, new = conform(
        make_film(
            tmp_path,
            Shot("a", ["a.mp4"], prompt="What it is", seed=7, changed=True),
            Shot("b", prompt="What it is", seed=7),
        )
    ).shots
    assert {name: old.facts[name] for name in ("prompt", "status", "note", "digest")} == {
        "prompt": "What it was",
        "status": "changed",
        "note": "prompt changed",
        "digest": "0" * 64,
    }
    assert (old.facts["task_id"], old.facts["credits"], old.facts["seed"]) == ("task_a", 0.5, 7)
    assert (new.facts["prompt"], new.facts["note"]) == ("What it is", "")
    assert new.facts["task_id"] is None


def test_records_of_foreign_origin_break_nothing(tmp_path: Path) -> None:
    """Whatever a hand has written into a record's request comes out as something files can hold."""
    write_clip(tmp_path / "a.mp4", 6)
    film = make_film(tmp_path, Shot("a", ["a.mp4"]))
    (shot,) = film.shots
    (take,) = shot.takes
    assert take.record is not None
    request = {**take.record.request, "prompt": "a\0b\ud800", "seed": 10**30}
    record = replace(take.record, request=request)
    shot = replace(shot, takes=(replace(take, record=record),))
    (placed,) = conform(replace(film, shots=(shot,))).shots
    assert placed.facts["prompt"] == r"a\x00b\ud800"
    assert placed.facts["seed"] == str(10**30)


@pytest.mark.parametrize(
    ("value", "held"),
    [("é拉\t", "é拉\t"), (7, 7), (None, None), (-(2**63), str(-(2**63))), ([1], "[1]")],
)
def test_plain_values_stay_as_they_are(value: Any, held: Any) -> None:
    """What every file can hold isn't touched."""
    assert plain(value) == held


def test_timecodes() -> None:
    """Pictures from 0 to 23, no drop frames; beyond a day the hours go on."""
    codes = [timecode(frames) for frames in (0, 23, 24, START + 25, 24 * 86400 + 1)]
    assert codes == ["00:00:00:00", "00:00:00:23", "00:00:01:00", "01:00:01:01", "24:00:00:01"]
