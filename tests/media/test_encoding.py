"""Films of clips that don't agree: brought to one size, shape, rate and colour, and encoded."""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import MediaError
from pipeline.media.assembling import assemble
from pipeline.media.cards import Card
from pipeline.media.encoding import conformed
from pipeline.media.frames import frame_png
from pipeline.media.framing import fitted
from pipeline.media.montage import Montage, Scene
from tests.support.cutting import film, probed, reels_of, shown
from tests.support.heard import Clicks, clicks_in, heard
from tests.support.numbered import Made, box, numbered, played
from tests.support.painted import BLUE, RED, Plain, plain

if TYPE_CHECKING:
    from pathlib import Path

    import av
    from numpy.typing import NDArray

    from pipeline.media.reels import Reel

FILM = Fraction(24)
NTSC = Fraction(24_000, 1001)
UNEVEN = tuple(np.cumsum([0, 40, 40, 7, 500, 33, 1, 34, 120, 999, 41, 41, 3, 3, 80, 16]).tolist())
CARD = Card("shot 2 of 3 · 1 s", "pour", "Broth is poured.", "failed: overloaded")
KINDS = {
    "of the film's rate": Made(),
    "25 a second": Made(rate=Fraction(25)),
    "30 a second": Made(rate=Fraction(30), pictures=31),
    "23.976 a second": Made(rate=NTSC, pictures=47),
    "48 a second": Made(rate=Fraction(48), pictures=41),
    "60 a second": Made(rate=Fraction(60)),
    "a picture a second": Made(rate=Fraction(1), pictures=3),
    "one picture": Made(pictures=1),
    "one quick picture": Made(pictures=1, rate=Fraction(60)),
    "uneven": Made(pictures=len(UNEVEN), pts=UNEVEN, tick=Fraction(1, 1000)),
    "late": Made(pts=tuple(range(100, 140)), rate=Fraction(25)),
    "odd sides": Made(size=(161, 91), layout="yuv444p"),
    "ten bits": Made(layout="yuv420p10le", size=(320, 192)),
}


def scene(reel: Reel) -> Scene:
    """A clip for as long as it lasts, to the nearest picture of the film."""
    return Scene(reel.path.stem, reel, max(int(reel.seconds * FILM + Fraction(1, 2)), 1))


def as_shown(clip: bytes, pictures: int) -> list[int]:
    """The numbers that a clip shows in the middle of each of the film's pictures."""
    times = played(clip)
    moments = [float((n + Fraction(1, 2)) / FILM) + 1e-6 for n in range(pictures)]
    return [[number for at, number in times if at <= moment][-1] for moment in moments]


def test_every_shot_begins_with_its_chapter(tmp_path: Path) -> None:
    """Clips of all rates, of one picture, uneven or of odd sides: in the film each shows at every
    moment what it shows by itself, from the very picture on with which its chapter begins."""
    clips = [numbered(made) for made in KINDS.values()]
    scenes = [scene(reel) for reel in reels_of(tmp_path, clips)]
    path = film(tmp_path, scenes, FILM, (160, 96))
    numbers = [number for _, number in played(path.read_bytes())]
    begin = 0
    chapters = probed(path, "-show_chapters")["chapters"]
    for name, clip, each, chapter in zip(KINDS, clips, scenes, chapters, strict=True):
        assert Fraction(chapter["time_base"]) * chapter["start"] == begin / FILM
        end = begin + each.frames
        assert numbers[begin:end] == as_shown(clip, each.frames), name
        begin = end
    assert len(numbers) == begin
    assert as_shown(clips[0], 40) == list(range(40))


def test_an_edit_finds_what_it_likes(tmp_path: Path) -> None:
    """Constant rate, square pixels, BT.709 as video has it, the index first, the same bytes every
    time, and a picture to begin with at every cut, at the least every two seconds."""
    clips = [numbered(made) for made in KINDS.values()]
    scenes = [scene(reel) for reel in reels_of(tmp_path, clips)]
    path = film(tmp_path, [*scenes, Scene("card", CARD, 100)], FILM, (160, 96))
    once = path.read_bytes()
    told = probed(path, "-show_streams", "-show_packets", "-select_streams", "v")
    (stream,) = told["streams"]
    assert {name: stream[name] for name in WANTED} == WANTED
    assert once.index(b"moov") < once.index(b"mdat")
    keys = [Fraction(p["pts"]) / 512 for p in told["packets"] if "K" in p["flags"]]
    begins = np.cumsum([0, *(each.frames for each in scenes)]).tolist()
    assert {*begins} <= {*keys}
    assert max(np.diff([float(key) for key in keys])) <= 48
    assert film(tmp_path, [*scenes, Scene("card", CARD, 100)], FILM, (160, 96)).read_bytes() == once


WANTED = {
    "codec_name": "h264",
    "pix_fmt": "yuv420p",
    "sample_aspect_ratio": "1:1",
    "color_range": "tv",
    "color_space": "bt709",
    "color_transfer": "bt709",
    "color_primaries": "bt709",
    "r_frame_rate": "24/1",
    "avg_frame_rate": "24/1",
    "time_base": "1/12288",
}


def first_of(folder: Path, clip: bytes, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The first picture of a film of one clip, in RGB."""
    path = film(folder, map(scene, reels_of(folder, [clip])), FILM, size)
    picture = shown(path)[0].reformat(format="rgb24", src_color_range=1, dst_color_range=2)
    return np.asarray(picture.to_ndarray(), np.uint8)


BLACK = (0, 0, 0)
SHAPES = {
    "alike": (Plain((320, 180)), [(20, 90, RED), (160, 90, BLUE), (310, 170, BLUE)]),
    "smaller": (Plain((160, 90)), [(60, 90, RED), (100, 90, BLUE), (310, 170, BLUE)]),
    "4:3": (Plain((240, 180)), [(30, 90, BLACK), (60, 90, RED), (200, 9, BLUE), (290, 90, BLACK)]),
    "upright": (Plain((90, 160)), [(100, 90, BLACK), (115, 90, RED), (160, 9, BLUE)]),
    "wide": (Plain((320, 90)), [(20, 40, BLACK), (20, 90, RED), (300, 90, BLUE), (20, 140, BLACK)]),
    "wide pixels": (Plain((160, 180), aspect=Fraction(2)), [(60, 5, RED), (310, 170, BLUE)]),
    "high pixels": (Plain((320, 90), aspect=Fraction(1, 2)), [(60, 5, RED), (310, 170, BLUE)]),
    "BT.601": (Plain((320, 180), matrix=5), [(20, 90, RED), (160, 90, BLUE)]),
    "BT.601, untold": (Plain((320, 180), matrix=5, told=False), [(20, 90, RED), (160, 90, BLUE)]),
    "BT.709, untold": (Plain((1280, 720), told=False), [(20, 90, RED), (160, 90, BLUE)]),
    "full range": (Plain((320, 180), full=True), [(20, 90, RED), (160, 90, BLUE)]),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_clip_stands_in_the_middle_of_black(tmp_path: Path, kind: str) -> None:
    """As large as it fits, in its own shape as players show it, and in its own colours."""
    made, looks = SHAPES[kind]
    pixels = first_of(tmp_path, plain(made), (320, 180))
    for x, y, colour in looks:
        assert pixels[y, x] == pytest.approx(colour, abs=6), (x, y)


def test_nothing_of_a_clip_is_left_beside_the_next_one(tmp_path: Path) -> None:
    """An upright clip behind a wide one, and that again: bars are black, and pictures whole."""
    shapes = [Plain((320, 90)), Plain((90, 180)), Plain((320, 90))]
    reels = reels_of(tmp_path, [plain(made) for made in shapes])
    pictures = shown(film(tmp_path, map(scene, reels), FILM, (320, 180)))
    for number, at in ((0, (5, 160)), (3, (90, 40)), (3, (90, 280)), (6, (5, 160))):
        assert grey(pictures[number])[at] < 20
    for number, at in ((0, (90, 300)), (3, (5, 160)), (6, (90, 40))):
        assert grey(pictures[number])[at] > 40


@pytest.mark.parametrize("turned", [90, 180, -90])
def test_a_clip_that_lies_is_stood_up(tmp_path: Path, turned: int) -> None:
    """A clip with a turn is shown as its stills are, which are held against players elsewhere."""
    clip = plain(Plain((160, 96), turned=turned))
    size = (96, 160) if turned % 180 else (160, 96)
    pixels = first_of(tmp_path, clip, size)
    (reel,) = reels_of(tmp_path, [clip])
    assert (reel.size, reel.hitch) == (size, "is stored turned")
    with Image.open(io.BytesIO(frame_png(reel.path, "first"))) as image:
        still = np.asarray(image, np.int16)
    assert still.shape == pixels.shape
    assert np.abs(still - pixels).mean() < 4
    assert np.abs(still[::-1, ::-1] - pixels).mean() > 20


@pytest.mark.parametrize(
    ("shape", "frame", "size"),
    [
        ((1920, 1080), (1280, 720), (1280, 720)),
        ((1080, 1920), (1280, 720), (404, 720)),
        ((720, 720), (720, 1280), (720, 720)),
        ((161, 91), (160, 90), (160, 90)),
        ((854, 480), (1280, 720), (1280, 720)),
        ((10_000, 1), (160, 90), (160, 2)),
        ((1, 1), (2, 2), (2, 2)),
    ],
)
def test_sizes_that_fit(
    shape: tuple[int, int], frame: tuple[int, int], size: tuple[int, int]
) -> None:
    """The largest of that shape within the frame, even sides, and never nothing."""
    assert fitted(shape, frame) == size


def test_a_card_is_silent_and_as_long_as_it_should_be(tmp_path: Path) -> None:
    """Clicks behind a card, a clip without sound and one of another rate are heard in their
    places, and the sound is as long as the pictures."""
    clips = [
        heard(numbered(Made(pictures=25)), Clicks((0.5,), 1.2)),
        numbered(Made(pictures=31, rate=Fraction(30))),
        heard(numbered(Made(pictures=25, rate=NTSC)), Clicks((0.25, 0.75), 1.0)),
    ]
    one, two, three = (scene(reel) for reel in reels_of(tmp_path, clips))
    path = film(tmp_path, [one, Scene("card", CARD, 31), two, three], FILM, (160, 96))
    begin = (25 + 31 + 25) / 24
    clicks, seconds = clicks_in(path)
    assert clicks == pytest.approx([0.5, begin + 0.25, begin + 0.75], abs=0.001)
    assert seconds == pytest.approx((25 + 31 + 25 + 25) / 24, abs=0.001)
    assert len(shown(path)) == 25 + 31 + 25 + 25


def test_labels_are_burnt_into_their_own_shots(tmp_path: Path) -> None:
    """What a label covers is the upper left corner of its own shot, from its first picture to its
    last, and nothing else of any."""
    reels = reels_of(tmp_path, [numbered(Made(size=(320, 180), pictures=5))] * 3)
    plain_film = [Scene(reel.path.stem, reel, 5) for reel in reels]
    marked = [*plain_film]
    marked[1] = Scene("1", reels[1], 5, "02 pour · take 2")
    one = [grey(picture) for picture in shown(film(tmp_path, plain_film, FILM, (320, 180)))]
    two = [grey(picture) for picture in shown(film(tmp_path, marked, FILM, (320, 180)))]
    differ = []
    for number, (before, after) in enumerate(zip(one, two, strict=True)):
        rows, columns = np.nonzero(np.abs(before - after) > 60)
        if rows.size:
            differ.append(number)
            assert int(rows.max()) < 40
            assert int(columns.max()) < 160
    assert differ == [5, 6, 7, 8, 9]


def grey(picture: av.VideoFrame) -> NDArray[np.int16]:
    return np.asarray(picture.to_ndarray(format="gray8"), np.int16)


def test_damage_is_told_with_the_clips_name(tmp_path: Path) -> None:
    """Bytes changed anywhere amid a clip: an error that names it, and no picture painted over with
    what is near, as players do."""
    whole = numbered(Made(size=(320, 180)))
    data = box(whole, b"mdat")
    size = int.from_bytes(whole[data - 8 : data - 4], "big")
    places = range(data + 896, data + size - 100, 37)
    for at in places:
        clip = whole[:at] + bytes(24) + whole[at + 24 :]
        with pytest.raises(MediaError, match=r"/0\.mp4: (it is|its pict|of its)"):
            [*chain(*(conformed(reel, 40, FILM) for reel in reels_of(tmp_path, [clip])))]
    assert len(places) > 100


def test_progress_counts_all_pictures(tmp_path: Path) -> None:
    """What is told while a film is made counts its pictures one by one, to the last."""
    (reel,) = reels_of(tmp_path, [numbered(Made(pictures=12))])
    for copied in (True, False):
        told: list[int] = []
        montage = Montage("", (scene(reel),), reel.size, FILM, copied)
        assemble(montage, tmp_path / "film.mp4", told.append)
        assert told == list(range(1, 13))
