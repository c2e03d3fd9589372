"""The sound of a film: that of each clip for as long as its pictures last, and silence elsewhere.

It is always encoded anew, also where pictures are taken over as they are. AAC comes in blocks of
1024 samples, each of them mixed with the one before it, and every clip begins with one that only
runs the decoder in. So clips can't be joined at a picture without decoding: joined block by block
they click, and drift from their pictures by up to 21 ms a clip.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

from pipeline.media.clips import opened
from pipeline.media.reels import Reel, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from numpy.typing import NDArray

    from pipeline.media.montage import Montage

    Samples = NDArray[np.float32]
    """Left and right, two rows."""

RATE: Final = 48_000
_BIT_RATE: Final = 192_000
_JITTER: Final = RATE // 500
"""Sound that comes so much too early or too late does so by the clip's coarse clock."""


def sound_stream(container: OutputContainer) -> AudioStream:
    """The track for it: AAC, stereo."""
    stream = container.add_stream("aac", rate=RATE)
    stream.layout = "stereo"
    stream.bit_rate = _BIT_RATE
    return stream


def encoded_sound(stream: AudioStream, montage: Montage) -> Iterator[Packet[AudioStream]]:
    """What goes into the track. Raises `MediaError`."""
    import numpy as np  # noqa: PLC0415
    from av.audio.frame import AudioFrame  # noqa: PLC0415

    at = 0
    for block in _film(montage):
        whole = np.ascontiguousarray(block)
        frame = AudioFrame.from_ndarray(whole, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        at += block.shape[1]
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _film(montage: Montage) -> Iterator[Samples]:
    """Scenes begin at the sample nearest to their first picture, so that nothing adds up."""
    places = [round(begin / montage.rate * RATE) for begin in montage.begins]
    for scene, (begin, end) in zip(montage.scenes, pairwise(places), strict=True):
        if isinstance(scene.picture, Reel) and scene.picture.sound:
            yield from clip_sound(scene.picture, end - begin)
        else:
            yield from _silence(end - begin)


def clip_sound(reel: Reel, count: int) -> Iterator[Samples]:
    """So many samples from a clip's first picture on, in blocks. Raises `MediaError`."""
    done = 0
    with named(reel.path), opened(reel.path) as (container, _stream):
        for place, block in _decoded(container):
            at = place - round(reel.begin * reel.tick * RATE)
            at = done if abs(at - done) <= _JITTER else at
            gap = min(at, count) - done
            if gap > 0:
                yield from _silence(gap)
                done += gap
            part = block[:, max(done - at, 0) :][:, : count - done]
            if part.shape[1]:
                yield part
                done += part.shape[1]
            if done == count:
                return
    yield from _silence(count - done)


def _decoded(container: InputContainer) -> Iterator[tuple[int, Samples]]:
    """All there is, each block with the place of its first sample on the clip's clock."""
    import numpy as np  # noqa: PLC0415
    from av.audio.resampler import AudioResampler  # noqa: PLC0415

    resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE)
    for frame in chain(container.decode(container.streams.audio[0]), [None]):
        for block in resampler.resample(frame):
            if block.pts is not None and block.time_base is not None:
                place = round(block.pts * block.time_base * RATE)
                yield place, np.asarray(block.to_ndarray(), np.float32)


def _silence(count: int) -> Iterator[Samples]:
    import numpy as np  # noqa: PLC0415

    for done in range(0, count, RATE):
        yield np.zeros((2, min(count - done, RATE)), np.float32)
