"""CMX 3600 EDLs, as two readers that know nothing of each other find them: OpenTimelineIO's adapter
and pycmx.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

# Neither says anything of its types.
import opentimelineio as otio  # type: ignore[import-untyped]
import pycmx  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.review.conform import START, conform
from pipeline.review.edl import edls
from tests.support.films import Shot, make_film, write_clip

Event = tuple[str, str, str, str, str]
"""Its name, and where it begins and ends: in the source, and in the film."""


def pycmx_events(text: str) -> list[Any]:
    """The edits that pycmx finds, one an event; no line of the list is beyond it."""
    found = pycmx.parse_cmx3600(io.StringIO(text))
    assert not [each for each in found.unrecognized_statements if each.content]
    assert [len(event.edits) for event in found.events] == [1] * len([*found.events])
    return [event.edits[0] for event in found.events]


def by_pycmx(text: str) -> list[Event]:
    """Every event as pycmx has it."""
    return [
        (str(each.clip_name), each.source_in, each.source_out, each.record_in, each.record_out)
        for each in pycmx_events(text)
    ]


def by_otio(text: str, start: int = START) -> list[Event]:
    """The same as the adapter has it, which counts places from the first event on."""
    (video, *_sound) = otio.adapters.read_from_string(text, "cmx_3600", rate=24).tracks
    offset = otio.opentime.RationalTime(start, 24)
    events = []
    for clip in video:
        source, place = clip.source_range, video.range_of_child(clip)
        times = [source.start_time, source.end_time_exclusive()]
        times += [place.start_time + offset, place.end_time_exclusive() + offset]
        name, *codes = [clip.name, *(time.to_timecode(24) for time in times)]
        events.append((name, *codes))
    return events


def comments(text: str, label: str) -> list[str]:
    """What the comments of a label say, in their order."""
    return re.findall(rf"^\* {label}: +(.*)$", text, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Silent clips of 12 and 18 pictures, and some with one, two and six channels of sound."""
    for name, pictures in (("a.mp4", 12), ("a.t2.mp4", 18)):
        write_clip(tmp_path / name, pictures)
    for channels in (1, 2, 6):
        write_clip(tmp_path / f"s{channels}.mp4", 24, channels=channels)
    return tmp_path


def test_two_readers_find_each_event(folder: Path) -> None:
    """Names, sources and places of all events, to the picture; a missing shot is black."""
    film = make_film(
        folder,
        Shot("a", ["a.mp4", "a.t2.mp4"], pick=2),
        Shot("gone", duration=2),
        Shot("s2", ["s2.mp4"]),
        title="A film",
    )
    (text,) = edls(conform(film))
    assert text.startswith("TITLE: A film\nFCM: NON-DROP FRAME\n\n001  AT2      V     C        ")
    expected = [
        ("a.t2.mp4", "00:00:00:00", "00:00:00:18", "01:00:00:00", "01:00:00:18"),
        ("gone", "00:00:00:00", "00:00:02:00", "01:00:00:18", "01:00:02:18"),
        ("s2.mp4", "00:00:00:00", "00:00:01:00", "01:00:02:18", "01:00:03:18"),
    ]
    assert by_pycmx(text) == by_otio(text) == expected
    assert [each.black for each in pycmx_events(text)] == [False, True, False]
    (video, *_sound) = otio.adapters.read_from_string(text, "cmx_3600", rate=24).tracks
    assert [type(clip.media_reference) for clip in video] == [
        otio.schema.ExternalReference,
        otio.schema.GeneratorReference,
        otio.schema.ExternalReference,
    ]
    assert video[0].media_reference.target_url == "a.t2.mp4"
    assert pycmx.parse_cmx3600(io.StringIO(text)).title == "A film"
    assert comments(text, "NOTE") == []
    assert comments(text, "STATUS") == ["up to date", "not rendered", "up to date"]


def test_sound_comes_along(folder: Path) -> None:
    """Silent, mono, stereo, and more than there is a word for: of that the first two channels."""
    shots = [Shot("a", ["a.mp4"]), *(Shot(f"s{n}", [f"s{n}.mp4"]) for n in (1, 2, 6))]
    (text,) = edls(conform(make_film(folder, *shots)))
    channels = [each.channels for each in pycmx_events(text)]
    assert [each.video for each in channels] == [True] * 4
    assert [(each.a1, each.a2) for each in channels] == [
        (False, False),
        (True, False),
        (True, True),
        (True, True),
    ]
    tracks = otio.adapters.read_from_string(text, "cmx_3600", rate=24).tracks
    names = {track.name: [clip.name for clip in track.find_clips()] for track in tracks}
    sounds = ["s1.mp4", "s2.mp4", "s6.mp4"]
    assert names == {"V": ["a.mp4", *sounds], "A1": sounds, "A2": sounds[1:]}


def test_comments_say_what_a_clip_is(folder: Path) -> None:
    """Shot, take, model, seed, task, and the whole prompt, in lines of 80 columns at most."""
    prompt = "Slow zoom into a bowl of ramen, " * 8 + "x" * 100
    shot = Shot("a", ["a.mp4"], prompt=prompt, seed=7)
    (text,) = edls(conform(make_film(folder, shot)))
    said = {name: comments(text, name) for name in ("SHOT", "TAKE", "MODEL", "SEED", "TASK ID")}
    assert said == {
        "SHOT": ["a"],
        "TAKE": ["1"],
        "MODEL": ["veo-3.1-fast"],
        "SEED": ["7"],
        "TASK ID": ["task_a"],
    }
    assert "".join("".join(comments(text, "PROMPT")).split()) == "".join(prompt.split())
    assert max(len(line) for line in text.splitlines()) <= 80


@given(st.text(max_size=300), st.text(max_size=80))
def test_any_text_survives(prompt: str, title: str) -> None:
    """No prompt and no title breaks a list or becomes a line of it; all of its letters are there,
    in ASCII and apart from white space.
    """
    shots = [Shot("a", prompt=prompt), Shot("b")]
    (text,) = edls(conform(make_film(Path("nowhere"), *shots, title=title)))
    assert text.isascii()
    assert [name for name, *_codes in by_pycmx(text)] == ["a", "b"]
    assert [name for name, *_codes in by_otio(text)] == ["a", "b"]
    before_b = text.partition("\n002  ")[0]
    written = "".join("".join(comments(before_b, "PROMPT")).split())
    letters = "".join(prompt.replace("\0", r"\x00").split())
    assert written.encode().decode("unicode_escape") == letters
    (titled,) = re.findall(r"^TITLE: (.*)$", text, re.MULTILINE)
    assert titled.encode().decode("unicode_escape") == (" ".join(title.split()) or "film")


REELS = ["pour", "shot-1", "shot1", "shot_2", "bl", "AX", "bars", "a-very-long-name-indeed", "Pour"]


@pytest.mark.parametrize("names", [REELS, REELS[::-1]])
def test_reels_are_told_apart_and_stay(tmp_path: Path, names: list[str]) -> None:
    """Eight letters at most, one for each take, none that means black or else; and which one it is
    depends on the names alone, not on the order or on what stands beside it.
    """
    write_clip(tmp_path / "x.mp4", 1)

    def reels(its: list[str]) -> dict[str, str]:
        film = make_film(tmp_path, *(Shot(name, ["x.mp4", "x.mp4"], pick=2) for name in its))
        (text,) = edls(conform(film))
        sources = [each.source for each in pycmx_events(text)]
        return dict(zip(comments(text, "SHOT"), sources, strict=True))

    found = reels(names)
    assert len(set(found.values())) == len(names)
    assert all(re.fullmatch("[A-Z0-9]{1,8}", reel) for reel in found.values())
    assert not set(found.values()) & {"BL", "BLACK", "AX", "BARS"}
    assert found["shot_2"] == "SHOT2T2"
    assert reels(REELS) == found
    assert reels(["a-very-long-name-indeed"]).items() <= found.items()


def test_a_shot_called_black_is_not_black(folder: Path) -> None:
    """`bl` and `BARS` are shots as any."""
    film = make_film(folder, *(Shot(name, ["a.mp4"]) for name in ("bl", "BARS", "ax", "black")))
    (text,) = edls(conform(film))
    edits = pycmx_events(text)
    assert not any(each.black or each.aux_source for each in edits)
    (video,) = otio.adapters.read_from_string(text, "cmx_3600", rate=24).tracks
    assert {type(clip.media_reference) for clip in video} == {otio.schema.ExternalReference}


def test_more_than_999_shots_are_several_lists(folder: Path) -> None:
    """Each begins at 001 and is a list of its own; the second goes on where the first ends."""
    film = make_film(folder, *(Shot(f"s{n}", ["a.mp4"]) for n in range(1000)))
    first, second = edls(conform(film))
    assert [each.clip_name for each in pycmx_events(second)] == ["a.mp4"]
    assert len(pycmx_events(first)) == 999
    end = by_pycmx(first)[-1][-1]
    assert by_pycmx(second)[0][3] == end == "01:08:19:12"
    assert by_otio(second, START + 999 * 12) == by_pycmx(second)
    assert re.findall(r"^([0-9]+)  ", second, re.MULTILINE) == ["001"]


def test_a_film_beyond_the_day_is_refused(folder: Path) -> None:
    """A timecode has no 25th hour, and would begin anew."""
    film = make_film(folder, Shot("a", duration=23 * 3600))
    assert by_pycmx(edls(conform(film))[0])[0][-1] == "00:00:00:00"
    longer = conform(make_film(folder, Shot("a", duration=23 * 3600 + 1)))
    with pytest.raises(UsageError, match=r"end at 24:00:01:00.*--to otio"):
        edls(longer)


def test_the_same_film_is_the_same_bytes(folder: Path) -> None:
    """And says nothing of where it was written."""
    made = conform(make_film(folder, Shot("a", ["a.mp4"])))
    assert edls(made) == edls(replace(made))
    assert str(folder) not in edls(made)[0]
