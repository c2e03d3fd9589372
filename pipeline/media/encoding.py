"""Clips and cards as pictures of one size and rate, encoded anew: H.264 as an edit likes it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from pipeline.errors import MediaError
from pipeline.media.cards import draw_card, draw_mark
from pipeline.media.clips import opened
from pipeline.media.framing import Framing
from pipeline.media.reels import Reel, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from pipeline.media.montage import Montage, Scene

# Measured on drawn pictures, with grain and without (720p): half the time of the fast and medium
# presets for a file as large and 0.3 dB less. mbtree makes files a quarter smaller where pictures
# stand still; it also reads memory that nobody has written (x264 core 165, widths that 256 doesn't
# divide), so that one film in twenty came out otherwise. As many threads everywhere, as their
# number may show in the result, too.
_OPTIONS: Final = {"preset": "veryfast", "crf": "18", "mbtree": "0", "threads": "4"}
_GROUP_SECONDS: Final = 2
"""An editor decodes this much at most to get to a picture."""

_BT709: Final = 1
_STUDIO_RANGE: Final = 1


def encoded_stream(container: OutputContainer, montage: Montage) -> VideoStream:
    """The track for them."""
    stream = container.add_stream("libx264", rate=montage.rate, options=dict(_OPTIONS))
    stream.width, stream.height = montage.size
    stream.pix_fmt = "yuv420p"
    coder = stream.codec_context
    coder.time_base = 1 / montage.rate
    coder.gop_size = max(round(_GROUP_SECONDS * montage.rate), 1)
    coder.color_primaries = coder.color_trc = coder.colorspace = _BT709
    coder.color_range = _STUDIO_RANGE
    coder.sample_aspect_ratio = Fraction(1)
    return stream


def encoded(stream: VideoStream, montage: Montage) -> Iterator[Packet[VideoStream]]:
    """What goes into the track. Raises `MediaError`."""
    from av.video.frame import PictureType  # noqa: PLC0415

    framing = Framing(montage.size)
    number = 0
    for scene in montage.scenes:
        kind = PictureType.I  # a cut begins with a picture that needs no other
        for picture in _pictures(scene, framing, montage):
            picture.pts, picture.time_base = number, 1 / montage.rate
            picture.pict_type = kind
            yield from stream.encode(picture)
            kind = PictureType.NONE
            number += 1
    yield from stream.encode(None)


def _pictures(scene: Scene, framing: Framing, montage: Montage) -> Iterator[VideoFrame]:
    """A scene's pictures as the film shows them, as many as it has."""
    if not isinstance(scene.picture, Reel):
        card = framing.image(draw_card(scene.picture, montage.size))
        for _ in range(scene.frames):
            yield card
        return
    reel = scene.picture
    mark = draw_mark(scene.label, montage.size) if scene.label else None
    for picture, times in conformed(reel, scene.frames, montage.rate):
        shown = framing.clip(picture, reel.coding.aspect, mark)
        for _ in range(times):
            yield shown


def conformed(reel: Reel, frames: int, rate: Fraction) -> Iterator[tuple[VideoFrame, int]]:
    """A clip's pictures, and how many times each is shown for the clip to last `frames` pictures
    at another rate: at every moment the one that the clip shows in the middle of it.

    Raises `MediaError`.
    """
    given = 0
    before: VideoFrame | None = None
    for picture in _decoded(reel):
        if before is not None:
            # Moments up to this picture's beginning are the one's before it.
            begin = ((picture.pts or 0) - reel.begin) * reel.tick
            until = min(max(_half_down(begin * rate), given), frames)
            if until > given:
                yield before, until - given
                given = until
        before = picture
    if before is not None and frames > given:
        yield before, frames - given


def _half_down(value: Fraction) -> int:
    """The nearest whole number; the lower one of two."""
    return -((-2 * value + 1) // 2)


def _decoded(reel: Reel) -> Iterator[VideoFrame]:
    """A clip's pictures as they are shown, every one of them. Raises `MediaError`."""
    with named(reel.path):
        with opened(reel.path) as (container, stream):
            # One thread: several pass over damage, those of slices most of it, those of frames some
            # of it now and then (FFmpeg of PyAV 18.1). Encoding takes longer anyway.
            stream.codec_context.thread_count = 1
            # An error must be one: FFmpeg would paint over what is broken with what is near.
            stream.codec_context.options = {"err_detect": "explode"}
            count = 0
            for picture in container.decode(stream):
                if picture.is_corrupt or picture.pts is None:
                    raise MediaError("its pictures are damaged")
                count += 1
                yield picture
        if count != reel.pictures:
            raise MediaError(f"of its {reel.pictures} pictures {count} can be decoded")
