"""The OpenTimelineIO timeline, as the library reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

# It says nothing of its types.
import opentimelineio as otio  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.review.conform import conform
from pipeline.review.timeline import timeline
from tests.support.films import Shot, make_film, write_clip

if TYPE_CHECKING:
    from pipeline.review.film import Film


def read(film: Film) -> Any:
    """A film's timeline, written and read back by the library."""
    return otio.adapters.read_from_string(timeline(conform(film)), "otio_json")


def frames(time_range: Any) -> tuple[float, float, float]:
    """Where a range begins, how long it is, and by which rate."""
    assert time_range.start_time.rate == time_range.duration.rate
    return time_range.start_time.value, time_range.duration.value, time_range.duration.rate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three silent clips of 12, 18 and 24 pictures, and one of 24 with sound."""
    for name, pictures in (("a.mp4", 12), ("a.t2.mp4", 18), ("b.mp4", 24)):
        write_clip(tmp_path / name, pictures)
    write_clip(tmp_path / "s.mp4", 24, channels=2)
    return tmp_path


def test_a_clip_a_shot_in_cutting_order(folder: Path) -> None:
    """One video track from 01:00:00:00 on at 24 a second, clips called as their shots are, each as
    long as its media, which lies beside the timeline.
    """
    made = read(make_film(folder, Shot("b", ["b.mp4"]), Shot("a", ["a.mp4"]), title="A film"))
    assert (made.name, made.global_start_time.to_timecode()) == ("A film", "01:00:00:00")
    (track,) = made.tracks
    assert (track.kind, [clip.name for clip in track]) == ("Video", ["b", "a"])
    assert [frames(clip.range_in_parent()) for clip in track] == [(0, 24, 24), (24, 12, 24)]
    for clip in track:
        assert frames(clip.source_range) == frames(clip.media_reference.available_range)
        assert clip.media_reference.target_url == f"{clip.name}.mp4"
        assert not clip.markers


def test_other_takes_are_media_of_the_same_clip(folder: Path) -> None:
    """By their keys, the picked one active, each with its own length and what it was made by."""
    film = make_film(folder, Shot("a", ["a.mp4", "a.t2.mp4", None], pick=2, seed=7))
    ((clip,),) = read(film).tracks
    assert clip.active_media_reference_key == "a.t2"
    takes = clip.media_references()
    assert {
        key: (each.target_url, frames(each.available_range)) for key, each in takes.items()
    } == {
        "a": ("a.mp4", (0, 12, 24)),
        "a.t2": ("a.t2.mp4", (0, 18, 24)),
    }
    assert {key: each.metadata["shotmake"]["seed"] for key, each in takes.items()} == {
        "a": 7,
        "a.t2": 8,
    }
    assert frames(clip.source_range) == (0, 18, 24)


def test_a_missing_shot_holds_its_place(folder: Path) -> None:
    """As missing media of the length that was asked for, with a marker that says why; a take that
    is there can be chosen in its stead.
    """
    film = make_film(
        folder,
        Shot("new", duration=2),
        Shot("open", [], duration=1),
        Shot("a", ["a.mp4", None], pick=2, duration=3, error="overloaded"),
        Shot("b", ["b.mp4"]),
    )
    (track,) = read(film).tracks
    assert [frames(clip.range_in_parent())[:2] for clip in track] == [
        (0, 48),
        (48, 24),
        (72, 72),
        (144, 24),
    ]
    new, undecided, picked, there = track
    for clip, why in ((new, "not rendered"), (picked, "failed: overloaded")):
        assert clip.media_reference.is_missing_reference
        (marker,) = clip.markers
        assert (marker.comment, marker.color) == (why, "RED")
        assert frames(marker.marked_range)[0] == 0
    assert "none is picked" in undecided.markers[0].comment
    assert undecided.metadata["shotmake"]["status"] == "undecided"
    assert set(picked.media_references()) == {"a", "a.t2"}
    picked.active_media_reference_key = "a"
    assert picked.media_reference.target_url == "a.mp4"
    assert not there.markers


def test_sound_is_on_a_track_of_its_own(folder: Path) -> None:
    """At the same places as its picture, linked to it, with gaps where clips are silent."""
    film = make_film(folder, Shot("a", ["a.mp4"]), Shot("s", ["s.mp4"]), Shot("new"))
    video, audio = read(film).tracks
    assert audio.kind == "Audio"
    assert [type(item) for item in audio] == [otio.schema.Gap, otio.schema.Clip, otio.schema.Gap]
    assert [item.range_in_parent() for item in audio] == [item.range_in_parent() for item in video]
    assert audio[1].media_reference.target_url == "s.mp4"
    assert audio[1].metadata["Resolve_OTIO"] == video[1].metadata["Resolve_OTIO"]
    assert "Resolve_OTIO" not in video[0].metadata


def test_metadata_says_what_a_clip_is(folder: Path) -> None:
    """All that the issue asks for, under one key."""
    film = make_film(folder, Shot("a", ["a.mp4"], prompt="Rain", seed=7))
    ((clip,),) = read(film).tracks
    known = dict(clip.metadata["shotmake"])
    clip_record = film.shots[0].takes[0].clip
    assert clip_record is not None
    assert known.pop("sha256") == clip_record.sha256
    assert len(known.pop("digest")) == 64
    assert known == {
        "storyboard": "film",
        "pass": "draft",
        "shot": "a",
        "number": 1,
        "take": 1,
        "takes": 1,
        "pick": None,
        "picked": False,
        "status": "up to date",
        "prompt": "Rain",
        "model": "veo-3.1-fast",
        "seed": 7,
        "duration": 1,
        "aspect": "16:9",
        "resolution": "720p",
        "task_id": "task_a",
        "credits": 0.5,
        "attempts": 1,
        "note": "",
    }


def test_the_same_film_is_the_same_bytes(folder: Path) -> None:
    """No time of writing, no place on this machine."""
    film = make_film(folder, Shot("a", ["a.mp4", "a.t2.mp4"]), Shot("b"), title="Épilogue")
    text = timeline(conform(film))
    assert text == timeline(conform(film))
    assert text.endswith("}\n")
    assert str(folder) not in text
    assert "Épilogue" in text
    json.loads(text)


@given(st.text(), st.text())
def test_any_text_survives(title: str, prompt: str) -> None:
    """Prompts and titles come back as they were, zeros written out."""

    film = make_film(Path("nowhere"), Shot("a", prompt=prompt), title=title)
    made = read(film)
    ((clip,),) = made.tracks
    assert made.name == title.replace("\0", r"\x00")
    assert clip.metadata["shotmake"]["prompt"] == prompt.replace("\0", r"\x00")
