"""Init images: what is one, how it is read, and what of it travels."""

from __future__ import annotations

import base64
import hashlib
import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from pipeline.errors import MediaError
from pipeline.media.stills import QUALITY_MAX, QUALITY_MIN, covering, data_url, inspect, open_still
from pipeline.rendering.digest import request_fields
from pipeline.rendering.gateway import Gateway
from pipeline.storyboard.shots import Request, Still
from pipeline.tasks_api.wire import encode_body, encode_submit

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024
GPS, ORIENTATION = 0x8825, 0x0112


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """An image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def inline(content: bytes, frame: tuple[int, int] = (1280, 720), room: int = MIB) -> Image.Image:
    """What a provider gets to see."""
    head, _comma, text = data_url(content, frame, room).partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """The hardest image there is for JPEG; another one for every seed."""
    generator = np.random.default_rng(seed)
    return Image.fromarray(generator.integers(0, 256, (height, width, 3), np.uint8))


@pytest.mark.parametrize(
    "mode", ["RGB", "RGBA", "P", "PA", "L", "LA", "CMYK", "1", "I;16", "YCbCr"]
)
def test_stills_of_every_mode_are_read(mode: str) -> None:
    """Whatever an image's mode, it comes out in RGB."""
    kind = "TIFF" if mode in {"CMYK", "I;16", "PA", "YCbCr"} else "PNG"
    assert open_still(saved(Image.new(mode, (40, 20)), kind)).mode == "RGB"


@pytest.mark.parametrize(("value", "grey"), [(0, 0), (0x8000, 128), (0xFFFF, 255)])
def test_sixteen_bits_of_grey_stay_grey(value: int, grey: int) -> None:
    """A 16-bit picture keeps its tones; cut off at 255, all of it would be white."""
    for kind in ("PNG", "TIFF"):
        still = open_still(saved(Image.new("I;16", (8, 8), value), kind))
        assert still.getpixel((0, 0)) == (grey, grey, grey)


def test_exif_orientation_is_applied() -> None:
    """A picture taken on its side is turned upright."""
    image, exif = Image.new("RGB", (40, 20)), Image.Exif()
    exif[ORIENTATION] = 6
    assert open_still(saved(image, "JPEG", exif=exif)).size == (20, 40)
    assert inline(saved(image, "JPEG", exif=exif)).size == (20, 40)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    """Not the colour that happens to lie below it."""
    image = Image.new("RGBA", (16, 16), (200, 0, 0, 0))
    content = saved(image, kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert open_still(content).getpixel((8, 8)) == (255, 255, 255)


def test_a_palette_with_a_transparent_colour_is_laid_on_white() -> None:
    """As GIFs and small PNGs have it."""
    image = Image.new("P", (16, 16), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    image.putpixel((0, 0), 0)
    still = open_still(saved(image, transparency=0))
    assert still.getpixel((0, 0)) == (255, 255, 255)
    assert still.getpixel((8, 8)) == (10, 200, 30)


def test_a_colour_profile_is_applied_and_left_behind() -> None:
    """What a profile calls blue is blue, and one that is none changes nothing."""
    red = Image.new("RGB", (32, 32), (255, 0, 0))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert open_still(saved(red, icc_profile=srgb)).getpixel((8, 8)) == (255, 0, 0)
    assert open_still(saved(red, icc_profile=b"no profile")).getpixel((8, 8)) == (255, 0, 0)
    swapped = srgb.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
    for image in (red, red.convert("RGBA")):
        content = saved(image, icc_profile=swapped)
        assert open_still(content).getpixel((8, 8)) == (0, 0, 255)
        assert "icc_profile" not in inline(content).info


def test_no_metadata_travels() -> None:
    """Neither place nor camera, neither comment nor thumbnail: a frame and pixels alone."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET camera"
    exif.get_ifd(GPS)[1] = "N SECRET"
    content = saved(
        Image.new("RGB", (64, 64)),
        "JPEG",
        exif=exif,
        comment=b"SECRET comment",
        xmp=b"<x>SECRET</x>",
        dpi=(300, 300),
    )
    assert content.count(b"SECRET") >= 3
    sent = base64.b64decode(data_url(content, (1280, 720), MIB).partition(",")[2])
    assert b"SECRET" not in sent
    with Image.open(io.BytesIO(sent)) as image:
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_picture_counts(kind: str) -> None:
    """A clip begins with one picture."""
    pictures = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(pictures[0], kind, save_all=True, append_images=pictures[1:], **options)
    assert open_still(content).getpixel((8, 8)) == (255, 0, 0)


def test_two_pictures_in_one_file_are_the_first() -> None:
    """MPO, as telephones write it."""
    content = saved(Image.new("RGB", (16, 16), "red"), "MPO", save_all=True, append_images=[
        Image.new("RGB", (16, 16), "blue")
    ])  # fmt: skip
    red = open_still(content).getpixel((8, 8))
    assert isinstance(red, tuple)
    assert red[0] > 200


PHOTO = saved(noise(64, 64), "JPEG")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<SVG/>", "SVG"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (b"GIF89a", "not an image|damaged"),
        (PHOTO[: len(PHOTO) // 2], "damaged"),
        (b"\xff\xd8\xff", "not an image|damaged"),
        (saved(Image.new("F", (8, 8)), "TIFF"), "floating"),
        (saved(Image.new("1", (20_000, 1))), "too large"),
        (saved(Image.new("1", (16_000, 16_000))), "too many pixels"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    """Each kind of wrong file has a message that tells what to do, or what it is."""
    path = tmp_path / "still"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=says):
        inspect(path)


@given(content=st.binary(max_size=300), head=st.sampled_from([b"", b"GIF89a", b"BM", b"II*\0"]))
def test_any_bytes_are_an_image_or_our_error(content: bytes, head: bytes) -> None:
    """Nothing foreign gets out of Pillow's readers."""
    with suppress(MediaError):
        assert open_still(head + content).mode == "RGB"


@pytest.mark.parametrize(
    ("size", "frame", "sent"),
    [
        ((3000, 2500), (1280, 720), (1280, 1067)),  # as wide as the frame, and more than as high
        ((2560, 1440), (1280, 720), (1280, 720)),
        ((1920, 1080), (720, 1280), (2276, 1280)),  # never enlarged: …
        ((640, 360), (1280, 720), (640, 360)),  # … a small one goes as it is
        ((1281, 721), (1280, 720), (1280, 721)),
        ((1, 1), (1280, 720), (1, 1)),
    ],
)
def test_a_still_is_scaled_to_cover_the_frame(
    size: tuple[int, int], frame: tuple[int, int], sent: tuple[int, int]
) -> None:
    """Both sides are at least the frame's, one exactly, unless the still itself is smaller."""
    if min(s / f for s, f in zip(size, frame, strict=True)) < 1:
        sent = size
    assert inline(saved(Image.new("RGB", size)), frame).size == sent


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 9),
    width=st.integers(16, 160),
    height=st.integers(16, 160),
    room=st.integers(2_000, 40_000),
)
def test_the_quality_is_the_best_that_fits(seed: int, width: int, height: int, room: int) -> None:
    """One step more of it would not have fitted, or there is no better one."""
    content = saved(noise(width, height, seed))
    lengths = {
        quality: len(saved(open_still(content), "JPEG", quality=quality, subsampling="4:2:0",
                           optimize=True))
        for quality in range(QUALITY_MIN, QUALITY_MAX + 1)
    }  # fmt: skip

    def as_url(length: int) -> int:
        return len("data:image/jpeg;base64,") + -(-length // 3) * 4

    try:
        url = data_url(content, (1280, 720), room)
    except MediaError:
        assert as_url(lengths[QUALITY_MIN]) > room
        return
    assert data_url(content, (1280, 720), room) == url
    assert len(url) <= room
    edges = [
        quality
        for quality, length in lengths.items()
        if as_url(length) == len(url)
        and (quality == QUALITY_MAX or as_url(lengths[quality + 1]) > room)
    ]
    assert edges


@given(
    width=st.integers(1, 9000),
    height=st.integers(1, 9000),
    frame=st.sampled_from([(1280, 720), (720, 1280), (1920, 1080), (720, 720)]),
)
def test_covering_is_exact(width: int, height: int, frame: tuple[int, int]) -> None:
    """Both sides reach the frame's, one of them to the pixel; what is small stays as it is."""
    across, down = covering((width, height), frame)
    if width <= frame[0] or height <= frame[1]:
        assert (across, down) == (width, height)
    else:
        assert across >= frame[0]
        assert down >= frame[1]
        assert across == frame[0] or down == frame[1]
        assert abs(across * height - down * width) <= max(width, height)


@pytest.mark.parametrize("seed", range(4))
def test_the_limit_is_kept_to_the_byte(seed: int) -> None:
    """Base64 comes in fours: with a byte less room, another quality it is."""
    content = saved(noise(96, 64, seed))
    whole = len(data_url(content, (1280, 720), MIB))
    assert len(data_url(content, (1280, 720), whole)) == whole
    for less in range(1, 9):
        assert len(data_url(content, (1280, 720), whole - less)) <= whole - less


@settings(max_examples=8, deadline=None)
@given(
    prompt=st.one_of(
        st.text(max_size=2000),
        st.sampled_from(["\ud800" * 9_000, '"\\\n' * 9_000, "水" * 20_000, "a" * 500_000]),
    ),
    size=st.sampled_from([(1280, 720), (1500, 900), (640, 360), (4000, 200)]),
)
def test_a_whole_submit_stays_under_one_mebibyte(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, size: tuple[int, int]
) -> None:
    """However long the prompt and however noisy the image; the image has all the room left."""
    path = tmp_path_factory.mktemp("still") / "noise.png"
    path.write_bytes(saved(noise(*size)))
    still = Still(path, "noise.png", hashlib.sha256(path.read_bytes()).hexdigest())
    request = Request("veo-3.1-fast", prompt, 4, "16:9", "720p", seed=7, init_image=still)
    image = gateway().image(request)
    body = encode_body(encode_submit(request_fields(request), "k" * 64, image))
    assert len(body) < MIB
    assert image is not None
    best = len(data_url(path.read_bytes(), (1280, 720), 100 * MIB))
    assert len(image) == best or len(body) > MIB * 0.9


def test_a_prompt_that_leaves_no_room_is_said(tmp_path: Path) -> None:
    """An error before anything is sent, and not a 413 after it."""
    path = tmp_path / "still.png"
    path.write_bytes(saved(noise(1280, 720)))
    still = Still(path, "still.png", hashlib.sha256(path.read_bytes()).hexdigest())
    for letters in (1_000_000, 2_000_000):
        request = Request("veo-3.1-fast", "a" * letters, 4, "16:9", "720p", init_image=still)
        with pytest.raises(MediaError, match=r"still\.png: .*does not fit"):
            gateway().image(request)


def gateway() -> Gateway:
    """One whose client and downloads nobody asks for."""
    return Gateway(provider="x", client=cast("Any", None), downloads=cast("Any", None), models={})
