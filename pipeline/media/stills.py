"""Init images: is it one, and how does it travel?"""

from __future__ import annotations

import base64
import io
import warnings
from typing import TYPE_CHECKING

from pipeline.errors import MediaError

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

SIDE_MAX = 16_384
"""A still of more pixels a side than this is a mistake or a decompression bomb."""

QUALITY_MAX = 95
"""Above this JPEG only gets larger (Pillow, "JPEG")."""

QUALITY_MIN = 10
"""Below this there is nothing left that a model could begin with."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
"""No others are tried: some of Pillow's readers start programs (EPS), and an image may be a
stranger's. Pillow counts MPO, the two JPEGs in one file of telephones, as JPEG.
"""

_HEADER = "data:image/jpeg;base64,"


def inspect(path: Path) -> None:
    """See that the whole image can be decoded. Raises `MediaError` with the reason."""
    open_still(path.read_bytes())


def open_still(content: bytes) -> Image.Image:
    """Decode an image: upright, in sRGB, nothing but pixels. Raises `MediaError` with the reason.

    Of an animation the first picture counts. What is transparent becomes white, as on the page or
    in the viewer in which it was looked at last; black would swallow dark lines drawn for paper.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 (slow to load)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
            if max(image.size) > SIDE_MAX:
                raise MediaError(f"the image is {image.width}×{image.height} pixels, far too large")
            return _plain(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise MediaError(_unknown(content)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise MediaError("the image has far too many pixels; scale it down") from None
    except MediaError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever broken bytes provoke
        raise MediaError(f"the image is damaged ({type(error).__name__})") from error


def _unknown(content: bytes) -> str:
    """What to say of bytes that are no image we read."""
    if not content:
        return "the file is empty"
    if b"<svg" in content[:4096].lower():
        return "an SVG has no pixels yet; save it as PNG"
    if content[4:8] == b"ftyp":
        return "HEIC, AVIF and videos can't be read; save it as JPEG or PNG"
    return "not an image that can be read; use JPEG, PNG or WebP"


def _plain(image: Image.Image) -> Image.Image:
    """8 bits of sRGB a channel. Metadata stays behind: a photograph's place must not travel."""
    from PIL import Image  # noqa: PLC0415

    if image.mode == "F":
        raise MediaError("the image holds floating-point numbers; save it with 8 bits a channel")
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        image = _in_srgb(image.convert("RGBA"), "RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    plain = Image.new("RGB", image.size)
    plain.paste(_in_srgb(image, "RGB").convert("RGB"))
    return plain


def _eight_bits(image: Image.Image) -> Image.Image:
    """The upper half of 16-bit grey; Pillow's own conversion makes it all white."""
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    values = np.asarray(image).astype(np.int64).clip(0, 0xFFFF)
    return Image.fromarray((values >> 8).astype(np.uint8))


def _in_srgb(image: Image.Image, mode: str) -> Image.Image:
    """The image's colours as its profile means them; one that can't be used counts as none."""
    from PIL import ImageCms  # noqa: PLC0415

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        done = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return done or image


def data_url(content: bytes, frame: tuple[int, int], bytes_max: int) -> str:
    """The image as a `data:` URL of at most `bytes_max` bytes, no larger than the frame needs.

    Scaled so that it still covers `frame` (width, height in pixels), at the best JPEG quality
    that fits; the same bytes for the same image every time. Raises `MediaError`.
    """
    image = open_still(content)
    size = covering(image.size, frame)
    if size != image.size:
        image = image.resize(size)
    room = (bytes_max - len(_HEADER)) // 4 * 3  # base64 makes 4 letters of 3 bytes
    best = _jpeg(image, QUALITY_MAX)
    if len(best) > room:
        best = _best_that_fits(image, room)
    return _HEADER + base64.b64encode(best).decode("ascii")


def covering(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """The smallest size of the same shape with no side below the frame's; never a larger one."""
    width, height = size
    if width <= frame[0] or height <= frame[1]:
        return size
    if width * frame[1] <= height * frame[0]:
        return frame[0], -(-height * frame[0] // width)
    return -(-width * frame[1] // height), frame[1]


def _best_that_fits(image: Image.Image, room: int) -> bytes:
    """By bisection: a quality that fits, where the next one up doesn't."""
    fits, too_good = QUALITY_MIN, QUALITY_MAX
    best = _jpeg(image, fits)
    if len(best) > room:
        raise MediaError("the image does not fit into a request of 1 MiB even at low quality")
    while too_good - fits > 1:
        middle = (fits + too_good) // 2
        tried = _jpeg(image, middle)
        if len(tried) <= room:
            fits, best = middle, tried
        else:
            too_good = middle
    return best


def _jpeg(image: Image.Image, quality: int) -> bytes:
    """Colours at half the resolution, 4:2:0: so are those of the clip that begins with it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0", optimize=True)
    return buffer.getvalue()
