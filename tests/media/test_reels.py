"""What is known of a clip before it is cut: pictures, rate, and whether it can be joined."""

from __future__ import annotations

import io
import re
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from pipeline.errors import MediaError
from pipeline.media.reels import constant_rate, read_reel
from pipeline.media.seams import _idr_length
from pipeline.review.cut import why_not_joined
from tests.support.cutting import reels_of
from tests.support.heard import Clicks, heard
from tests.support.numbered import Made, box, numbered, played

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NTSC = Fraction(30_000, 1001)
MILLISECOND = Fraction(1, 1000)
UNEVEN = tuple(np.cumsum([0, 40, 40, 7, 500, 33, 1, 34]).tolist())


@pytest.mark.parametrize("tick", [Fraction(1, 12_288), Fraction(1, 90_000), MILLISECOND])
@pytest.mark.parametrize(
    "rate", [Fraction(24), Fraction(24_000, 1001), Fraction(25), NTSC, Fraction(60), Fraction(1)]
)
def test_a_rate_is_told_by_the_times(rate: Fraction, tick: Fraction) -> None:
    """By any clock, fine or coarse, rounded to the nearest tick or down, from any beginning."""
    for begin in (0, 77):
        nearest = [begin + round(n / rate / tick) for n in range(120)]
        down = [begin + int(n / rate / tick) for n in range(120)]
        assert constant_rate(nearest, 1, tick) == rate
        assert constant_rate(down, 1, tick) == rate


@pytest.mark.parametrize(
    ("times", "last", "tick", "rate"),
    [
        ([0], 512, Fraction(1, 12_288), Fraction(24)),
        ([0], 41, MILLISECOND, Fraction(24)),
        ([5, 46], 1, MILLISECOND, Fraction(24)),
        ([0, 1, 2, 3], 1, Fraction(1, 19), Fraction(19)),
        ([0, 1], 7, Fraction(1, 24), Fraction(24)),
        ([0, 37_000], 1, Fraction(1, 999_983), Fraction(999_983, 37_000)),
        ([0, 148_001], 1, Fraction(1, 4_000_000), None),
        (UNEVEN, 1, MILLISECOND, None),
        ([0, 1, 2, 4], 1, Fraction(1, 24), None),
    ],
)
def test_rates_of_few_pictures(
    times: Sequence[int], last: int, tick: Fraction, rate: Fraction | None
) -> None:
    """One picture has the rate of its own length; an unusual rate is one; a gap is none, nor
    is what no clock of a film could tell."""
    assert constant_rate(times, last, tick) == rate


@pytest.mark.parametrize("rate", [Fraction(24), NTSC])
def test_pictures_are_counted_as_they_are_shown(tmp_path: Path, rate: Fraction) -> None:
    """Each time that is stored leads to the number of its picture, whatever order they come in."""
    made = Made(pictures=33, rate=rate, pts=tuple(range(7, 40)))
    (reel,) = reels_of(tmp_path, [numbered(made)])
    assert (reel.pictures, reel.rate, reel.seconds) == (33, rate, 33 / rate)
    assert (reel.size, reel.delay, reel.sound, reel.hitch) == ((160, 96), 2, False, "")
    with av.open(str(reel.path), mode="r") as container:
        stored = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    assert sorted(stored) != stored
    assert sorted(map(reel.number, stored)) == list(range(33))


def edited(clip: bytes) -> bytes:
    """The clip with an edit list that begins with its sixth picture."""
    at = box(clip, b"elst") + 8
    begin = 5 * 512 + int.from_bytes(clip[at + 4 : at + 8], "big")
    return clip[:at] + (500).to_bytes(4) + begin.to_bytes(4) + clip[at + 8 :]


def rewritten(clip: bytes, change: Callable[[int, bytes], bytes | None]) -> bytes:
    """The clip with its coded pictures changed, by their number, or left away (None)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with (
            av.open(io.BytesIO(clip), mode="r") as source,
            av.open(str(path), "w", format="mp4") as container,
        ):
            stream = container.add_stream_from_template(source.streams.video[0], opaque=True)
            for number, packet in enumerate(source.demux(source.streams.video[0])):
                content = change(number, bytes(packet)) if packet.size else None
                if content is None:
                    continue
                new = av.Packet(content)
                new.stream, new.time_base = stream, packet.time_base
                new.pts, new.dts, new.duration = packet.pts, packet.dts, packet.duration
                new.is_keyframe = packet.is_keyframe
                container.mux(new)
        return path.read_bytes()


def beheaded(clip: bytes) -> bytes:
    """The clip from its second key picture on; where groups are open, that one is no IDR picture,
    and others that are shown before it lean on what is gone."""
    with av.open(io.BytesIO(clip), mode="r") as container:
        keys = [n for n, packet in enumerate(container.demux(video=0)) if packet.is_keyframe]
    return rewritten(clip, lambda number, content: content if number >= keys[1] else None)


def of_two_codings(clip: bytes) -> bytes:
    """The clip, stored in several chunks, with a second sample description for the last of them."""
    at = box(clip, b"stsd")
    end = at - 8 + int.from_bytes(clip[at - 8 : at - 4], "big")
    again = clip[at + 8 : end]
    made = bytearray(clip[:end] + again + clip[end:])
    made[at + 4 : at + 8] = (2).to_bytes(4)
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        begin = box(clip, name) - 8
        size = int.from_bytes(clip[begin : begin + 4], "big") + len(again)
        made[begin : begin + 4] = size.to_bytes(4)
    chunks = box(bytes(made), b"stsc") + 8
    count = int.from_bytes(made[chunks - 4 : chunks], "big")
    assert count > 1
    made[chunks + 12 * count - 4 : chunks + 12 * count] = (2).to_bytes(4)
    return bytes(made)


def unit(*content: int) -> bytes:
    """A NAL unit as MP4 has it, behind its length."""
    return len(content).to_bytes(4) + bytes(content)


def mpeg4() -> bytes:
    """A clip of another codec."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w", format="mp4") as container:
            stream = container.add_stream("mpeg4", rate=24)
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height = 160, 96
            for number in range(3):
                picture = av.VideoFrame(160, 96, "yuv420p")
                picture.pts = number
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        return path.read_bytes()


SPS = unit(0x67, 1, 2, 3, 4)
HITCHES: dict[str, Callable[[], bytes]] = {
    "is coded as mpeg4": mpeg4,
    "changes its coding midway": lambda: of_two_codings(heard(numbered(Made()), Clicks((), 1.6))),
    "has an edit list that leaves pictures away": lambda: edited(numbered(Made())),
    "has no constant rate": lambda: numbered(
        Made(pictures=len(UNEVEN), pts=UNEVEN, tick=MILLISECOND)
    ),
    "has parameters of its coding among its pictures": lambda: rewritten(
        numbered(Made(pictures=9)), lambda n, content: (SPS + content) if n == 4 else content
    ),
    "is no MP4 by the book": lambda: rewritten(
        numbered(Made(pictures=9)), lambda n, content: content[:-1] if n == 4 else content
    ),
    "begins amid a group of pictures": lambda: beheaded(
        numbered(Made(x264="scenecut=0:b-adapt=0:open-gop=1"))
    ),
}


@pytest.mark.parametrize("hitch", HITCHES)
def test_what_keeps_a_clip_from_being_joined(tmp_path: Path, hitch: str) -> None:
    """It is told for people; the clip can be cut all the same, encoded anew."""
    (reel,) = reels_of(tmp_path, [HITCHES[hitch]()])
    assert reel.hitch == hitch
    assert why_not_joined({"pour": reel}) == f"pour {hitch}"


def test_parameters_that_are_declared_may_stand_among_pictures(tmp_path: Path) -> None:
    """Encoders that repeat them change nothing by it."""
    clip = numbered(Made(pictures=9))
    (reel,) = reels_of(tmp_path, [clip])
    length = int.from_bytes(reel.coding.parameters[6:8], "big")
    declared = reel.coding.parameters[8 : 8 + length]
    again = rewritten(clip, lambda _, content: unit(*declared) + content)
    (repeated,) = reels_of(tmp_path, [again])
    assert again != clip
    assert repeated.hitch == ""


def test_key_pictures_that_meet_must_be_told_apart(tmp_path: Path) -> None:
    """x264 numbers its IDR pictures 0, 1, 0, 1 …: a clip whose last picture is the third of them
    can't stand before one that begins with the first; nor can a clip of one picture."""
    counts = {"13": 13, "25": 25, "1": 1, "24": 24}
    clips = [numbered(Made(pictures=count)) for count in counts.values()]
    reels = dict(zip(counts, reels_of(tmp_path, clips), strict=True))

    def joint(first: str, second: str) -> str:
        return why_not_joined({"a": reels[first], "b": reels[second]})

    assert joint("24", "25") == joint("13", "25") == joint("24", "1") == ""
    for one in ("25", "1"):
        assert joint(one, "24") == "a ends with a key picture like the one b begins with"


@pytest.mark.parametrize(
    ("number", "zeros"), [(0, 16), (1, 17), (2, 17), (3, 18), (65_534, 31), (65_535, 32)]
)
def test_numbers_of_idr_pictures_are_read(number: int, zeros: int) -> None:
    """With a frame_num of 16 bits; also where zeros in a row are kept from looking like the start
    of something."""
    exp_golomb = f"{number + 1:b}"
    bits = "1" + "0001000" + "1" + "0" * 16 + "0" * (len(exp_golomb) - 1) + exp_golomb
    header = int(bits.ljust(len(bits) + 7 & ~7, "1"), 2).to_bytes((len(bits) + 7) // 8)
    kept = re.sub(b"\0\0(?=[\0-\3])", b"\0\0\3", header)
    assert _idr_length(b"\x65" + kept + b"rest") == zeros


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (Made(size=(320, 96)), "a is 160×96 and b 320×96"),
        (Made(rate=Fraction(25)), "a has 24 pictures a second and b 25 pictures a second"),
        (Made(rate=NTSC), "a has 24 pictures a second and b 29.97 pictures a second"),
        (Made(layout="yuv444p"), "a has pixels of yuv420p and b of yuv444p"),
        (Made(b_pictures=0), "a is coded with other settings than b"),
    ],
)
def test_how_clips_differ_is_told(tmp_path: Path, other: Made, reason: str) -> None:
    """The first thing that counts, with both names."""
    one, two = reels_of(tmp_path, [numbered(Made()), numbered(other)])
    assert why_not_joined({"a": one, "b": two}) == reason


WHOLE = numbered(Made())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is no MP4 that can be played"),
        (b"<html>502</html>" * 100, "it is no MP4 that can be played"),
        (WHOLE[:-100], "it is cut short"),
        (WHOLE[: WHOLE.index(b"mdat") + 500], "it is no MP4"),
        (numbered(Made(muxer=(("movflags", "faststart"),)))[:-200], "it is cut short"),
    ],
)
def test_damage_is_told_with_the_path(tmp_path: Path, content: bytes, says: str) -> None:
    """What is no whole clip ends in an error that begins with its path."""
    path = tmp_path / "pour.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=says) as caught:
        read_reel(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_clip_that_is_gone_is_told_with_its_path(tmp_path: Path) -> None:
    """Nobody says that it were damaged."""
    with pytest.raises(MediaError, match=r"pour\.mp4: it can't be read \(No such file"):
        read_reel(tmp_path / "pour.mp4")


def test_an_edit_list_counts(tmp_path: Path) -> None:
    """Pictures that no player shows are none."""
    clip = edited(WHOLE)
    (reel,) = reels_of(tmp_path, [clip])
    assert reel.pictures == len(played(clip)) == 12
