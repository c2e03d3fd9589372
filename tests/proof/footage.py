"""Clips for lives: cheap to draw, each of a size of its own."""

from __future__ import annotations

import hashlib

from pipeline.studio.engine import Job
from tests.support.engine import plain

_PADDING_BYTES = 1 << 16
_ONE_SIZE_BYTES = 1 << 17


def telling(job: Job) -> bytes:
    """A clip whose size tells its job, as with real footage; `plain` ones often have one size.

    What is drawn is the same for many jobs, and so drawn once; the rest is an MP4 box to skip.
    """
    drawn = plain(Job("", job.model, misbehaviour(job.prompt), *_measures(job)))
    name = hashlib.sha256(repr(job).encode()).digest()
    padding = name + bytes(int.from_bytes(name[:4]) % _PADDING_BYTES)
    return drawn + (8 + len(padding)).to_bytes(4) + b"free" + padding


def of_one_size(job: Job) -> bytes:
    """Clips that differ, and not in their sizes: what is told by them alone is mixed up."""
    clip = telling(job)
    rest = _ONE_SIZE_BYTES - len(clip)
    return clip + rest.to_bytes(4) + b"free" + bytes(rest - 8)


def misbehaviour(prompt: str) -> str:
    """The words in a prompt that the studio's engine fails on."""
    return " ".join(word for word in ("FAILS", "BLOCKED", "CRASHES") if word in prompt)


def _measures(job: Job) -> tuple[int, int, int]:
    return job.duration_seconds, job.width, job.height
