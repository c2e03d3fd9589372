"""Coded pictures of clips, one clip behind the other, as they are: not a bit of them is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import MediaError
from pipeline.media.clips import opened, packets
from pipeline.media.reels import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from pipeline.media.montage import Montage


def copied_stream(container: OutputContainer, montage: Montage) -> VideoStream:
    """The track for them, coded as the first clip is. Raises `MediaError`."""
    reel = next(montage.reels)
    with named(reel.path), opened(reel.path) as (_container, source):
        stream = container.add_stream_from_template(source, opaque=True)
    # As what the parameters are stored for; FFmpeg would write another one for H.265.
    stream.codec_context.codec_tag = reel.coding.tag
    stream.time_base = 1 / montage.rate
    return stream


def copied(stream: VideoStream, montage: Montage) -> Iterator[Packet[VideoStream]]:
    """What goes into the track. Raises `MediaError`.

    Times are counted in pictures of the film. Each clip's are stored in an order of its own, so the
    order of decoding (dts) runs ahead of what is shown by the longest delay of any of them.
    """
    delay = max(reel.delay for reel in montage.reels)
    number = begin = 0
    for reel in montage.reels:
        with named(reel.path), opened(reel.path) as (container, source):
            for pts, packet in packets(reel.path, container, source):
                packet.stream = stream
                packet.time_base = 1 / montage.rate
                packet.pts = begin + reel.number(pts)
                packet.dts = number - delay
                packet.duration = 1
                number += 1
                yield packet
        begin += reel.pictures
        if number != begin:
            raise MediaError(f"{reel.path}: it has changed while it was cut")
