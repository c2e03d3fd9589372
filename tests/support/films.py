"""Films without a run: a board, its records, and small clips that are real."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from pipeline.rendering.decision import want
from pipeline.rendering.digest import out_task_id
from pipeline.rendering.records import Clip, Failure, Record, Status
from pipeline.rendering.steps import UP_TO_DATE, Action, Plan, Step
from pipeline.review.film import Film, Sources, film
from pipeline.storyboard.shots import Request, Storyboard, Take, Undecided

if TYPE_CHECKING:
    from collections.abc import Sequence

PROVIDER = "https://gateway.test"


def write_clip(
    path: Path,
    pictures: int = 24,
    rate: Fraction | int = 24,
    channels: int = 0,
    **options: str,
) -> Path:
    """A small MP4; `options` are the container's. Sound, if any, is as long as the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", "mp4", options=options) as container:
        video = container.add_stream("libx264", rate=rate)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        sound = None
        if channels:
            layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
            sound = container.add_stream("aac", rate=48000, layout=layout)
        for number in range(pictures):
            picture = av.VideoFrame(32, 32, "yuv420p")
            picture.pts, picture.time_base = number, 1 / Fraction(rate)
            container.mux(video.encode(picture))
        container.mux(video.encode())
        if sound is not None:
            samples = np.zeros((channels, int(48000 * pictures / rate)), np.float32)
            block = av.AudioFrame.from_ndarray(samples, "fltp", layout)
            block.sample_rate = 48000
            container.mux(sound.encode(block))
            container.mux(sound.encode())
    return path


@dataclass(frozen=True)
class Shot:
    """A shot for `make_film`. `clips` are the files of its takes, in the film's folder; None: that
    take isn't rendered. Without takes nobody has decided which.
    """

    name: str
    clips: Sequence[str | None] = (None,)
    prompt: str = "The sea"
    pick: int | None = None
    duration: int = 1
    seed: int | None = None
    error: str = ""
    changed: bool = False


def make_film(folder: Path, *shots: Shot, title: str = "Film") -> Film:
    """The film of these shots in a pass `draft`, as a run would have left it in the folder."""
    takes: list[Take] = []
    undecided: list[Undecided] = []
    records: dict[str, Record] = {}
    steps: list[Step] = []
    for shot in shots:
        if not shot.clips:
            undecided.append(Undecided(shot.name, 2, len(takes), _request(shot, 1)))
        for number, clip in enumerate(shot.clips, 1):
            take = Take(shot.name, number, _request(shot, number), number == shot.pick)
            takes.append(take)
            if clip is not None or shot.error:
                records[take.key] = _record(shot, take, folder, clip)
            current = clip is not None and not shot.changed
            action, reason = (Action.SKIP, UP_TO_DATE) if current else (Action.RENDER, "new")
            if shot.changed:
                reason = "prompt changed"
            wanted = want(take)
            steps.append(Step(take.key, action, reason, wanted.digest, 1, wanted=wanted))
    picks = {shot.name: shot.pick for shot in shots if shot.pick}

    path = Path("specs/film.yaml")
    board = Storyboard("film", path, title, "draft", tuple(takes), tuple(undecided), picks)
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.mp4")}
    plan = Plan("film", "draft", PROVIDER, tuple(steps))
    sources = Sources(board, plan, records, folder, sizes, free=False)
    return film(sources)


def _request(shot: Shot, number: int) -> Request:
    seed = None if shot.seed is None else shot.seed + number - 1
    return Request("veo-3.1-fast", shot.prompt, shot.duration, "16:9", "720p", seed)


def _record(shot: Shot, take: Take, folder: Path, clip: str | None) -> Record:
    wanted = want(take)
    fields: dict[str, Any] = wanted.fields
    if shot.changed:
        fields = fields | {"prompt": "What it was"}
    found = None
    if clip is not None:
        content = (folder / clip).read_bytes()
        found = Clip(clip, hashlib.sha256(content).hexdigest(), len(content), 1.0, 32, 32)
    return Record(
        Status.COMPLETED if found else Status.FAILED,
        "0" * 64 if shot.changed else wanted.digest,
        fields,
        out_task_id("film", "draft", take.shot, take.number, wanted.digest, 1),
        1,
        PROVIDER,
        task_id=f"task_{take.key}",
        credits=0.5 if found else 0.0,
        clip=found,
        error=None if found else Failure("api_error", shot.error, retryable=False),
    )
