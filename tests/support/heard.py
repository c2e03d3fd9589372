"""Clips with sound: clicks at known times, put beside pictures that are coded already."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

CLICK_SECONDS = 0.005


@dataclass(frozen=True)
class Clicks:
    """A track of `seconds`, silent but for clicks at `at` seconds; `begin` is when it begins."""

    at: tuple[float, ...]
    seconds: float
    rate: int = 48_000
    layout: str = "stereo"
    codec: str = "aac"
    begin: float = 0


def heard(clip: bytes, clicks: Clicks) -> bytes:
    """The clip with such a track beside its pictures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with (
            av.open(io.BytesIO(clip), mode="r") as source,
            av.open(str(path), "w", format="mp4") as container,
        ):
            pictures = container.add_stream_from_template(source.streams.video[0], opaque=True)
            sound = container.add_stream(clicks.codec, rate=clicks.rate)
            assert isinstance(sound, av.AudioStream)
            sound.layout = clicks.layout
            for packet in source.demux(source.streams.video[0]):
                if packet.size:
                    packet.stream = pictures
                    container.mux(packet)
            frame = av.AudioFrame.from_ndarray(_samples(clicks), "fltp", clicks.layout)
            frame.sample_rate = clicks.rate
            frame.time_base = Fraction(1, clicks.rate)
            frame.pts = round(clicks.begin * clicks.rate)
            container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
        return path.read_bytes()


def _samples(clicks: Clicks) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    channels = av.AudioLayout(clicks.layout).nb_channels
    samples = np.zeros((channels, round(clicks.seconds * clicks.rate)), np.float32)
    for at in clicks.at:
        begin = round((at - clicks.begin) * clicks.rate)
        samples[:, begin : begin + round(CLICK_SECONDS * clicks.rate)] = 0.8
    return samples


def clicks_in(path: Path) -> tuple[list[float], float]:
    """When a film's clicks begin, in seconds, and how long its sound lasts."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        blocks = []
        begin = None
        for frame in container.decode(stream):
            begin = frame.pts if begin is None else begin
            blocks.append(np.abs(frame.to_ndarray()).max(axis=0))
        assert begin == 0
        loud = np.concatenate(blocks) > 0.25
        rising = np.flatnonzero(loud & ~np.concatenate([[False], loud[:-1]]))
        # A click rings: what is loud again within a hundredth of a second is the same one.
        apart = np.diff(rising, prepend=-stream.rate) > stream.rate // 50
        assert stream.duration is not None
        assert stream.time_base is not None
        return [at / stream.rate for at in rising[apart]], float(stream.duration * stream.time_base)
