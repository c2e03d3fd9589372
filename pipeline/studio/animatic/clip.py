"""A job's clip: reads the prompt, sets the scene, films it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from pipeline.studio.animatic.camera import Camera, moves_in, pace_in
from pipeline.studio.animatic.compositor import Compositor
from pipeline.studio.animatic.film import encode
from pipeline.studio.animatic.palette import LIGHTS, palette
from pipeline.studio.animatic.places import PLACES
from pipeline.studio.animatic.scene import Scene, generator
from pipeline.studio.animatic.words import plain, sight
from pipeline.studio.engine import FRAMES_PER_SECOND

if TYPE_CHECKING:
    from pipeline.studio.engine import Job


def draw_clip(job: Job) -> bytes:
    """The whole clip as MP4."""
    cv2.setNumThreads(1)
    words = plain(job.prompt)
    key = f"{job.prompt}|{job.seed}"
    chance = generator(key, "clip")
    camera = Camera(
        moves_in(words), pace_in(words), FRAMES_PER_SECOND * job.duration_seconds,
        job.width, job.height, float(chance.uniform()),
    )
    seen = sight(words)
    light = seen.light or str(chance.choice(["dawn", "golden", "sunset", "noon", "dusk"]))
    seen = type(seen)(seen.place or "mountain", light, seen.weather, seen.subject)
    scene = Scene(camera, seen, palette(light, chance), key, camera.width*float(chance.uniform(.2,.8)), camera.height*float(chance.uniform(.3,.5)))
    layers = PLACES.get(seen.place, PLACES["mountain"])(scene)
    compositor = Compositor(camera, layers)
    return encode(job.width, job.height, camera.frames, compositor.draw)
