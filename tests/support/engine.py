"""A quick engine for tests: real H.264 clips of the right length and frame size, and few frames."""

from __future__ import annotations

import hashlib
import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av

from pipeline.studio.engine import EngineError, Job


def plain(job: Job) -> bytes:
    """A clip of one colour that depends on the job; some words in the prompt make it misbehave.

    `FAILS` in a prompt fails for good, `BLOCKED` like a content policy does, `CRASHES` by
    accident; `LONGER` gives a second too much.
    """
    if "FAILS" in job.prompt:
        raise EngineError("the upstream model is overloaded", "api_error")
    if "BLOCKED" in job.prompt:
        raise EngineError("the prompt was blocked", "content_policy_violation")
    if "CRASHES" in job.prompt:
        raise ValueError("an accident")
    colour = tuple(hashlib.sha256(repr(job).encode()).digest()[:3])
    return _clip(job.duration_seconds + ("LONGER" in job.prompt), (job.width, job.height), colour)


def padded(job: Job, size: int) -> bytes:
    """The same clip made `size` bytes long, by an MP4 box to skip; the filler tells the job."""
    clip = plain(job)
    rest = size - len(clip) - 8
    filler = hashlib.sha256(repr(job).encode()).digest() * (rest // 32 + 1)
    return clip + (8 + rest).to_bytes(4) + b"free" + filler[:rest]


@cache
def _clip(seconds: int, size: tuple[int, int], colour: tuple[int, ...]) -> bytes:
    """One picture a second: a larger one costs less than more of them."""
    picture = av.VideoFrame(*size, "yuv420p")
    for plane, value in zip(picture.planes, colour, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w", "mp4", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate=1)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.options = {"preset": "ultrafast"}
            stream.thread_count = 1
            for number in range(seconds):
                picture.pts, picture.time_base = number, Fraction(1)
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        return path.read_bytes()
