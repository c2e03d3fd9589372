"""Single pictures of clips: the right one, in the right colours, or an error of ours."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import MediaError
from pipeline.media import frames
from pipeline.media.frames import Time, Times, frame_png
from tests.support.numbered import Made, box, number_of, numbered, played

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NTSC = Fraction(30_000, 1001)
RATES = [Fraction(24), Fraction(25), NTSC, Fraction(60)]
MILLISECOND = Fraction(1, 1000)
WHOLE = numbered(Made())
UNEVEN = tuple(np.cumsum([0, 40, 40, 7, 500, 33, 1, 34, 120, 999, 41, 41, 3, 3, 80, 16]).tolist())
KINDS = {
    **{f"{rate}, key {gop}": Made(rate=rate, gop=gop) for rate in RATES for gop in (1, 12, 250)},
    "no B": Made(b_pictures=0),
    "open groups": Made(x264="scenecut=0:b-adapt=0:open-gop=1"),
    "pyramid": Made(gop=16, x264="scenecut=0:b-adapt=0:b-pyramid=normal"),
    "sliced": Made(x264="scenecut=0:slices=4"),
    "uneven": Made(pictures=len(UNEVEN), pts=UNEVEN, tick=MILLISECOND),
    "late": Made(pts=tuple(range(100, 140))),
    "late, without edit list": Made(muxer=(("use_editlist", "0"),)),
    "coarse clock": Made(pts=tuple(round(n * 1000 / 24) for n in range(40)), tick=MILLISECOND),
    "sound first": Made(audio=True),
    "in fragments": Made(muxer=(("movflags", "frag_keyframe+empty_moov"),)),
    "index first": Made(muxer=(("movflags", "faststart"),)),
    "odd sides": Made(size=(161, 91), layout="yuv444p"),
    "ten bits": Made(layout="yuv420p10le"),
    "one picture": Made(pictures=1),
    "two pictures": Made(pictures=2),
}


def edited(clip: bytes, start: int, milliseconds: int) -> bytes:
    """The clip with an edit list that begins at a time of its clock and lasts so long."""
    at = box(clip, b"elst") + 8
    begin = start + int.from_bytes(clip[at + 4 : at + 8], "big")
    return clip[:at] + milliseconds.to_bytes(4) + begin.to_bytes(4) + clip[at + 8 :]


def assert_as_played(path: Path) -> None:
    """Every picture is found by every time at which it is shown, as are the first and the last."""
    shown = played(path.read_bytes())
    assert number_of(frame_png(path, "first")) == shown[0][1]
    assert number_of(frame_png(path, "last")) == shown[-1][1]
    ends = [seconds for seconds, _ in shown[1:]] + [shown[-1][0] + 0.001]
    for (seconds, number), end in zip(shown, ends, strict=True):
        for moment in (seconds + 2e-6, end - 2e-6):
            assert number_of(frame_png(path, f"{moment:.6f}")) == number, moment


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_is_found(clip: Callable[[bytes], Path], kind: str) -> None:
    """However it is encoded, it is the one that decoding everything gives for that time."""
    assert_as_played(clip(numbered(KINDS[kind])))
    assert len(played(numbered(KINDS[kind]))) == KINDS[kind].pictures


@pytest.mark.parametrize("start", [0, 5, 12, 13, 23, 30, 36])
def test_what_an_edit_list_leaves_away_is_not_there(
    clip: Callable[[bytes], Path], start: int
) -> None:
    """The first picture is the first that is shown; so is the last, though others follow."""
    path = clip(edited(WHOLE, start * 512, 150))
    assert [number for _, number in played(path.read_bytes())] == list(range(start, start + 4))
    assert_as_played(path)


@pytest.mark.parametrize("rate", RATES)
def test_a_timecode_counts_pictures(clip: Callable[[bytes], Path], rate: Fraction) -> None:
    """FF is the picture within the second, also where the clock is too coarse to say so."""
    for tick in (None, MILLISECOND):
        pts = tuple(round(n / rate / (tick or 1 / rate)) for n in range(70))
        path = clip(numbered(Made(pictures=70, rate=rate, pts=pts, tick=tick)))
        a_second = round(rate)
        for number in range(70):
            frame = f"00:00:{number // a_second:02}:{number % a_second:02}"
            assert number_of(frame_png(path, frame)) == number, (frame, tick)


def test_decoding_begins_at_the_key_picture(
    clip: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For none of the pictures is a clip with closed groups decoded from its beginning, save for
    those of the first group."""
    starts: list[int | None] = []
    decoded = frames._decoded

    def noted(path: Path, pts: int, start: int | None) -> av.VideoFrame | None:
        starts.append(start)
        return decoded(path, pts, start)

    monkeypatch.setattr(frames, "_decoded", noted)
    path = clip(WHOLE)
    for number in range(40):
        frame_png(path, f"00:00:{number // 24:02}:{number % 24:02}")
    assert len(starts) == 40
    assert [starts.index(start) for start in sorted({s or 0 for s in starts})] == [0, 12, 24, 36]


@pytest.mark.parametrize("key", [None, -1_000_000, 12 * 512, 10_000_000])
def test_a_key_picture_that_doesnt_do_costs_only_time(
    clip: Callable[[bytes], Path], key: int | None
) -> None:
    """Where nothing comes of it, everything is decoded."""
    picture = frames._picture(clip(WHOLE), Time(7 * 512, 512, key))
    assert picture.pts == 7 * 512


@st.composite
def times(draw: st.DrawFn) -> Times:
    """Pictures of any lengths in any order, on a clock that begins anywhere."""
    lengths = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=30))
    start = draw(st.integers(-100_000, 100_000))
    begins = [start + sum(lengths[:index]) for index in range(len(lengths))]
    pictures = [Time(pts, ticks, None) for pts, ticks in zip(begins, lengths, strict=True)]
    tick = draw(st.sampled_from([MILLISECOND, Fraction(1, 12_288), Fraction(1, 90_000)]))
    return Times(draw(st.permutations(pictures)), tick, Fraction(24))


@given(times=times(), data=st.data())
def test_the_picture_of_a_time_is_the_one_that_is_shown(times: Times, data: st.DataObject) -> None:
    """Of all times up to the end, each belongs to one picture; from the end on there is none."""
    begin = min(picture.pts for picture in times.pictures)
    end = max(picture.pts + picture.ticks for picture in times.pictures)
    length = (end - begin) * times.tick
    micros = data.draw(st.integers(0, int(length * 2_000_000)))
    seconds = Fraction(micros, 1_000_000)
    frame = f"{micros // 1_000_000}.{micros % 1_000_000:06}"
    if seconds >= length:
        with pytest.raises(MediaError, match="the clip ends at"):
            times.find(frame)
        return
    found = times.find(frame)
    at = begin + seconds / times.tick
    assert found.pts <= at < found.pts + found.ticks


def test_another_process_gives_the_same_bytes(clip: Callable[[bytes], Path]) -> None:
    """A still that is made again is no other one."""
    path = clip(WHOLE)
    program = (
        "import hashlib, pathlib, sys; from pipeline.media.frames import frame_png; "
        "print(hashlib.sha256(frame_png(pathlib.Path(sys.argv[1]), 'last')).hexdigest())"
    )
    asked = [sys.executable, "-c", program, str(path)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert said.strip() == hashlib.sha256(frame_png(path, "last")).hexdigest()


def test_a_title_in_another_encoding_is_no_fault(clip: Callable[[bytes], Path]) -> None:
    """Nobody asks for it here."""
    made = av.open(io.BytesIO(WHOLE), mode="r")
    encoder = made.metadata["encoder"].encode()
    made.close()
    content = WHOLE.replace(encoder, b"\xff" * len(encoder))
    assert number_of(frame_png(clip(content), "last")) == 39


def sound_alone() -> bytes:
    """An MP4 without a video."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", "mp4") as container:
        stream = container.add_stream("aac", rate=44_100)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        silence.rate = 44_100
        container.mux(stream.encode(silence))
        container.mux(stream.encode())
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "frame", "says"),
    [
        (b"", "last", "no MP4"),
        (b"<html></html>", "last", "no MP4"),
        (bytes(5000), "last", "no MP4"),
        (sound_alone(), "last", "no video"),
        (WHOLE[:-1], "first", "cut short|no MP4"),
        (numbered(KINDS["index first"])[:-100], "first", "cut short.*: 100"),
        (WHOLE.replace(b"avc1", b"what"), "last", "stored in a way"),
        (WHOLE, "6", r"the clip ends at 1\.667 s, so it has no picture at 6"),
        (WHOLE, "1.7", "the clip ends at"),
        (WHOLE, "00:00:01:16", "the clip ends at"),
        (WHOLE, "00:00:00:24", "24 pictures a second"),
    ],
)
def test_what_cannot_be_had_is_said(
    clip: Callable[[bytes], Path], content: bytes, frame: str, says: str
) -> None:
    """Each kind of wrong clip has its message, and so has a picture that isn't there."""
    with pytest.raises(MediaError, match=says):
        frame_png(clip(content), frame)


def test_a_clip_that_is_none_or_not_there(tmp_path: Path) -> None:
    """Folders and nothing at all are errors of ours, too."""
    for path in (tmp_path, tmp_path / "none.mp4"):
        with pytest.raises(MediaError):
            frame_png(path, "last")


@pytest.mark.parametrize("frame", ["", "lst", "-1", "1e3", "nan", "1/2", "0:0:0:0", " 2"])
def test_no_place_is_a_mistake_of_the_caller(tmp_path: Path, frame: str) -> None:
    """Whatever the clip: the storyboard's reader lets none of those through."""
    with pytest.raises(ValueError, match="no place"):
        frame_png(tmp_path / "none.mp4", frame)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file for all that is done to it."""
    return tmp_path_factory.mktemp("broken") / "clip.mp4"


@pytest.mark.parametrize("kind", ["index first", "sound first"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_clip_cut_anywhere_is_found_out(broken: Path, kind: str, data: st.DataObject) -> None:
    """However little is missing, no earlier picture is taken for the last one."""
    content = numbered(KINDS[kind])
    cut = data.draw(st.one_of(st.just(1), st.integers(1, len(content))))
    broken.write_bytes(content[:-cut])
    for frame in ("first", "last"):
        with pytest.raises(MediaError):
            frame_png(broken, frame)


@pytest.mark.parametrize("kind", ["no B", "index first", "in fragments", "sound first"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_broken_clip_is_one_or_our_error(broken: Path, kind: str, data: st.DataObject) -> None:
    """Changed, cut or stirred anywhere, it gives a picture or a `MediaError` and nothing else."""
    content = bytearray(numbered(KINDS[kind]))
    index = max(content.find(b"moov"), 0)
    anywhere = st.integers(0, len(content) - 1)
    in_index = st.integers(index, min(index + 900, len(content) - 1))
    for at in data.draw(st.lists(st.one_of(anywhere, in_index), max_size=6)):
        content[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, content[at] ^ 1]))
    kept = data.draw(st.one_of(st.just(len(content)), anywhere))
    broken.write_bytes(content[:kept])
    for frame in ("first", "last", "1.25", "00:00:01:07"):
        try:
            png = frame_png(broken, frame)
        except MediaError:
            continue
        Image.open(io.BytesIO(png)).load()
