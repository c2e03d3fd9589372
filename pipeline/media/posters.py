"""A clip's poster: a small JPEG of the picture in its middle, which says what it was made of."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from pipeline.media.frames import middle_image

if TYPE_CHECKING:
    from pathlib import Path

SIDE_PIXELS: Final = 640
"""Of its longer side: a tile of the page on a screen with two pixels a point."""

_QUALITY: Final = 78
_MARK: Final = b"shotmake poster 1, clip "
"""What its comment begins with; the number is that of how posters are made."""


def poster_jpeg(clip: Path, sha256: str) -> bytes:
    """The poster of a clip with this hash (hex), as JPEG.

    Raises `MediaError` when the clip is damaged, and `OSError` when it can't be read.
    """
    from PIL import Image  # noqa: PLC0415 (slow to load)

    image = middle_image(clip)
    image.thumbnail((SIDE_PIXELS, SIDE_PIXELS), Image.Resampling.LANCZOS, reducing_gap=2.0)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY, optimize=True, comment=_MARK + sha256.encode())
    return buffer.getvalue()


def clip_of(poster: bytes) -> str | None:
    """sha256 (hex) of the clip that a poster was made of, by its beginning; None: nobody knows.

    It stands in the comment, which Pillow writes behind the header (JFIF 1.02, APP0; ITU T.81,
    B.2.4.5, COM).
    """
    _before, found, after = poster.partition(_MARK)
    return after[:64].decode("ascii", "replace") if found and len(after) >= 64 else None


COMMENT_WITHIN_BYTES: Final = 256
"""So much of a poster's beginning has the comment in it."""
