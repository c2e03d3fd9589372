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

_QUALITIES = (92, 85, 78, 70, 60, 50, 40)
SIDE_MAX = 16_384
"""A still of more pixels a side than this is a mistake or a decompression bomb."""


def inspect(path: Path) -> None:
    """See that the whole image can be decoded. Raises `MediaError` with the reason."""
    open_still(path.read_bytes())


def open_still(content: bytes) -> Image.Image:
    """Decode an image: upright, in RGB. Raises `MediaError` with the reason."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 (slow to load)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content))
            if max(image.size) > SIDE_MAX:
                raise MediaError(f"the image is {image.width}×{image.height} pixels, far too large")
            return ImageOps.exif_transpose(image).convert("RGB")
    except UnidentifiedImageError:
        raise MediaError("not an image that can be read; use JPEG, PNG or WebP") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise MediaError("the image has far too many pixels; scale it down") from None
    except MediaError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever broken bytes provoke
        raise MediaError(f"the image is damaged ({type(error).__name__})") from error


def data_url(content: bytes, frame: tuple[int, int], bytes_max: int) -> str:
    """The image as a `data:` URL of at most `bytes_max` bytes, no larger than the frame needs.

    Scaled so that it still covers `frame` (width, height in pixels), at the best JPEG quality
    that fits. Raises `MediaError`.
    """
    image = open_still(content)
    scale = max(frame[0] / image.width, frame[1] / image.height)
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)))
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        url = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
        if len(url) <= bytes_max:
            return url
    raise MediaError("the image does not fit into a request of 1 MiB even at low quality")
