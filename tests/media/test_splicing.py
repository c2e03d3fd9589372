"""Films of clips whose pictures are taken over as they are: bit by bit, each at its time."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import pytest

from pipeline.errors import MediaError
from pipeline.media.montage import Scene
from pipeline.review.cut import why_not_joined
from tests.support.cutting import film, probed, reels_of
from tests.support.heard import Clicks, clicks_in, heard
from tests.support.numbered import Made, numbered, played
from tests.support.painted import BLUE, Plain, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NTSC = Fraction(24_000, 1001)
ALIKE = {
    "plain": Made(),
    "longer": Made(pictures=61),
    "late": Made(pictures=30, pts=tuple(range(100, 130))),
    "without edit list": Made(pictures=13, muxer=(("use_editlist", "0"),)),
    "finer clock": Made(muxer=(("video_track_timescale", "90000"),)),
    "coarser clock": Made(muxer=(("video_track_timescale", "1000"),)),
    "in fragments": Made(muxer=(("movflags", "frag_keyframe+empty_moov"),)),
    "two pictures": Made(pictures=2),
    "sound first": Made(pictures=25, audio=True),
}
"""Clips of one coding, however else they are stored."""


def joined(folder: Path, clips: Sequence[bytes]) -> Path:
    """A film of the clips without loss."""
    reels = reels_of(folder, clips)
    assert why_not_joined({reel.path.name: reel for reel in reels}) == ""
    assert reels[0].rate is not None
    return film(
        folder,
        (Scene(f"shot-{n}", reel, reel.pictures) for n, reel in enumerate(reels)),
        reels[0].rate,
    )


def coded(clip: bytes) -> list[bytes]:
    """The coded pictures, as they are stored."""
    with av.open(io.BytesIO(clip), mode="r") as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def pictures(clip: bytes) -> list[str]:
    """A hash of every decoded picture."""
    with av.open(io.BytesIO(clip), mode="r") as container:
        return [
            hashlib.sha256(picture.to_ndarray().tobytes()).hexdigest()
            for picture in container.decode(video=0)
        ]


def test_clips_stored_in_every_way_are_joined_bit_by_bit(tmp_path: Path) -> None:
    """Payloads and decoded pictures are those of the clips, one clip behind the other, each
    picture at its exact time and for as long as all others."""
    clips = [numbered(made) for made in ALIKE.values()]
    content = joined(tmp_path, clips).read_bytes()
    assert coded(content) == [packet for clip in clips for packet in coded(clip)]
    assert pictures(content) == [picture for clip in clips for picture in pictures(clip)]
    shown = played(content)
    assert [number for _, number in shown] == [n for m in ALIKE.values() for n in range(m.pictures)]
    assert [seconds for seconds, _ in shown] == [float(n / Fraction(24)) for n in range(len(shown))]


@pytest.mark.parametrize(
    "rate",
    [*map(Fraction, (24, 25, 30, 1)), NTSC, Fraction(300, 11), Fraction(999_983, 37_000)],
)
def test_chapters_begin_with_their_clips(tmp_path: Path, rate: Fraction) -> None:
    """By ffprobe's account: each chapter's time is exactly its first picture's, the film's first
    is at 0, pictures are evenly spaced, and the file lasts as long as they do."""
    made = [Made(pictures=count, rate=rate) for count in (24, 2, 31, 7)]
    path = joined(tmp_path, [numbered(each) for each in made])
    told = probed(path, "-show_chapters", "-show_format", "-show_frames", "-show_streams",
                  "-select_streams", "v")  # fmt: skip
    begins = [Fraction(sum(m.pictures for m in made[:n])) / rate for n in range(5)]
    chapters = told["chapters"]
    times = [
        (Fraction(c["time_base"]) * c["start"], Fraction(c["time_base"]) * c["end"])
        for c in chapters
    ]
    assert times == list(pairwise(begins))
    assert [c["tags"]["title"] for c in chapters] == [f"shot-{n}" for n in range(4)]
    (stream,) = told["streams"]
    tick = Fraction(stream["time_base"])
    assert [tick * f["pts"] for f in told["frames"]] == [Fraction(n) / rate for n in range(64)]
    assert Fraction(stream["avg_frame_rate"]) == rate
    assert float(told["format"]["duration"]) == pytest.approx(float(begins[-1]), abs=1e-5)
    assert told["format"]["tags"]["title"] == "A film"


def test_nothing_but_the_title_is_told_of_where_it_was_made(tmp_path: Path) -> None:
    """No path and no program's name gets into the file, and twice the same is the same bytes."""
    clips = [numbered(made) for made in ALIKE.values()]
    once = joined(tmp_path, clips).read_bytes()
    assert once == joined(tmp_path, clips).read_bytes()
    assert str(tmp_path).encode() not in once
    assert tmp_path.name.encode() not in once
    assert b"Lavf" not in once


def test_more_chapters_than_a_byte_counts(tmp_path: Path) -> None:
    """Of 300 clips each has its chapter, though the older of the two lists in an MP4 ends at 255;
    the same file may stand for many shots."""
    (reel,) = reels_of(tmp_path, [numbered(Made(pictures=2))])
    scenes = tuple(Scene(f"shot-{n}", reel, 2) for n in range(300))
    path = film(tmp_path, scenes, Fraction(24))
    told = probed(path, "-show_chapters")["chapters"]
    assert [c["tags"]["title"] for c in told] == [scene.name for scene in scenes]
    assert told[-1]["end_time"] == "25.000000"


@pytest.mark.parametrize(("codec", "tag"), [("libx265", "hvc1"), ("libsvtav1", "av01")])
def test_other_codings_are_joined_too(tmp_path: Path, codec: str, tag: str) -> None:
    """H.265, called as Apple's players want it, and AV1: pictures as they were."""
    clips = []
    for grey in (60, 180):
        path = tmp_path / "made.mp4"
        with av.open(str(path), "w", format="mp4") as container:
            stream = container.add_stream(codec, rate=24)
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
            stream.options = {"preset": "ultrafast" if codec == "libx265" else "12"}
            stream.options |= {"x265-params": "log-level=none"} if codec == "libx265" else {}
            stream.codec_context.codec_tag = tag
            for number in range(20):
                picture = av.VideoFrame(160, 96, "yuv420p")
                for plane in picture.planes:
                    plane.update(bytes([grey + number]) * plane.buffer_size)
                picture.pts = number
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        clips.append(path.read_bytes())
    path = joined(tmp_path, clips)
    assert coded(path.read_bytes()) == [packet for clip in clips for packet in coded(clip)]
    assert pictures(path.read_bytes()) == [picture for clip in clips for picture in pictures(clip)]
    assert probed(path, "-show_streams")["streams"][0]["codec_tag_string"] == tag


def test_shape_and_colours_are_told_as_before(tmp_path: Path) -> None:
    """Wide pixels stay wide, and by which matrix colours were made stays known."""
    made = Plain((160, 96), aspect=Fraction(4, 3), matrix=5, full=True)
    path = joined(tmp_path, [plain(made), plain(replace(made, left=BLUE))])
    told = [probed(at, "-show_streams")["streams"][0] for at in (tmp_path / "0.mp4", path)]
    names = ("sample_aspect_ratio", "color_space", "color_range", "width", "height", "pix_fmt")
    assert [told[1][name] for name in names] == [told[0][name] for name in names]
    assert told[1]["sample_aspect_ratio"] == "4:3"
    assert told[1]["color_space"] == "smpte170m"


def test_sound_goes_with_its_pictures(tmp_path: Path) -> None:
    """Clicks are heard within a millisecond of where they belong, after clips whose sound is
    longer, shorter, later, of other rates and channels, or not there; what is longer than its
    pictures is cut off. The pictures are taken over all the same."""
    pictures_of = numbered(Made(pictures=26))  # 1.0833 s: no whole number of blocks of sound
    tracks = [
        Clicks((0.5,), 1.0833),
        Clicks((0.25, 1.2), 1.5, rate=44_100, layout="mono"),
        Clicks((0.5,), 0.6),
        None,
        Clicks((0.75,), 0.5, begin=0.5, rate=32_000),
        Clicks((0.5,), 1.0833, layout="5.1"),
        Clicks((0.5,), 1.0833, codec="libmp3lame"),
    ]
    clips = [heard(pictures_of, track) if track else pictures_of for track in tracks]
    # Its pictures begin 100/24 s after its sound.
    late = heard(numbered(Made(pictures=26, pts=tuple(range(100, 126)))), Clicks((1, 4.5), 6))
    tracks.append(Clicks((4.5 - 100 / 24,), 1))
    path = joined(tmp_path, [*clips, late])
    expected = [
        number * 26 / 24 + at
        for number, track in enumerate(tracks)
        for at in (track.at if track else ())
        if at < 26 / 24
    ]
    clicks, seconds = clicks_in(path)
    assert clicks == pytest.approx(expected, abs=0.001)
    assert seconds == pytest.approx(len(tracks) * 26 / 24, abs=0.001)
    assert coded(path.read_bytes()) == coded(pictures_of) * len(clips) + coded(late)
    told = probed(path, "-show_streams", "-show_format")
    sound = told["streams"][1]
    assert (sound["codec_name"], sound["sample_rate"], sound["channels"]) == ("aac", "48000", 2)
    assert float(told["format"]["duration"]) == pytest.approx(len(tracks) * 26 / 24, abs=0.001)


def test_sound_does_not_drift(tmp_path: Path) -> None:
    """After 200 joints at 29.97 a second, hardly one of them at a whole sample, let alone at a
    block's edge, a click is where it was in the clip."""
    rate = Fraction(30_000, 1001)
    clip = heard(numbered(Made(pictures=5, rate=rate)), Clicks((0.1,), 0.25))
    (reel,) = reels_of(tmp_path, [clip])
    path = film(tmp_path, (Scene(str(n), reel, 5) for n in range(200)), rate)
    expected = [float(n * 5 / rate) + 0.1 for n in range(200)]
    assert clicks_in(path)[0] == pytest.approx(expected, abs=0.001)


def test_a_clip_that_changes_meanwhile_is_told(tmp_path: Path) -> None:
    """Other pictures than were counted: an error that names the clip, whether more or fewer."""
    reels = reels_of(tmp_path, [numbered(Made())] * 2)
    scenes = tuple(Scene(reel.path.stem, reel, reel.pictures) for reel in reels)
    for other in (Made(pictures=39), Made(pictures=41)):
        reels[0].path.write_bytes(numbered(other))
        with pytest.raises(MediaError, match=r"0\.mp4: it has changed while it was cut"):
            film(tmp_path, scenes, Fraction(24))
