"""A job's clip: reads the prompt, sets the scene, films it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2

from pipeline.studio.animatic.camera import Camera
from pipeline.studio.animatic.compositor import Compositor
from pipeline.studio.animatic.film import encode
from pipeline.studio.animatic.moves import moves_in, pace_in
from pipeline.studio.animatic.palette import palette
from pipeline.studio.animatic.picture import WanderingLight, picture
from pipeline.studio.animatic.places import PLACES
from pipeline.studio.animatic.scene import Scene, generator
from pipeline.studio.animatic.titles import Titles
from pipeline.studio.animatic.weather import Vignette, effects, fog
from pipeline.studio.animatic.words import plain, sight
from pipeline.studio.engine import FRAMES_PER_SECOND

if TYPE_CHECKING:
    from pipeline.studio.animatic.compositor import Effect
    from pipeline.studio.engine import Job

# For prompts that name no place or no hour: what shows well.
_PLACES = ("mountain", "desert", "lake", "field", "ocean", "sky")
_LIGHTS = ("dawn", "sunrise", "golden", "sunset", "noon", "dusk")
_GREEN_LIGHTS = ("noon", "golden", "noon", "sunrise")
_ORB_HEIGHTS = {
    "dawn": (0.42, 0.54), "sunrise": (0.40, 0.52), "golden": (0.28, 0.42), "sunset": (0.36, 0.52),
    "dusk": (0.34, 0.50), "noon": (0.10, 0.20), "night": (0.14, 0.30), "neon": (0.20, 0.40),
}  # fmt: skip


def draw_clip(job: Job) -> bytes:
    """The whole clip as MP4. Raises `MediaError` when the init image can't be read."""
    # One clip, one core: the studio runs as many at a time as there are cores.
    cv2.setNumThreads(1)
    words = plain(job.prompt)
    # Without a seed it is the take that makes the difference.
    by_take = job.seed is None and job.take > 1
    key = f"{job.prompt}|{f'take {job.take}' if by_take else job.seed}"
    chance = generator(key, "camera")
    camera = Camera(
        moves_in(words),
        pace_in(words),
        FRAMES_PER_SECOND * job.duration_seconds,
        job.width,
        job.height,
        float(chance.uniform()),
    )
    titles = Titles(job, tuple(camera.moves), camera.frames)
    if job.init_image is not None:
        layers = picture(job.init_image, camera)
        before: list[Effect] = [WanderingLight(camera), Vignette(job.width, job.height), titles]
        compositor = Compositor(camera, layers, before)
    else:
        scene = set_scene(words, key, camera)
        layers = [*PLACES[scene.sight.place](scene), *fog(scene)]
        compositor = Compositor(camera, layers, [*effects(scene), titles])
    return encode(job.width, job.height, camera.frames, compositor.draw)


def set_scene(words: str, key: str, camera: Camera) -> Scene:
    """Decides all that the prompt leaves open: place, hour, where the sun stands."""
    chance = generator(key, "scene")
    seen = sight(words)
    place = seen.place or str(generator(words, "place").choice(_PLACES))
    lights = (
        _GREEN_LIGHTS if place in {"forest", "jungle", "field", "beach", "product"} else _LIGHTS
    )
    if place == "city":
        lights = ("dusk", "sunset", "night", "golden")
    light = seen.light or str(chance.choice(lights))
    low, high = _ORB_HEIGHTS.get(light, (0.15, 0.35))
    side = float(chance.choice([-1.0, 1.0]))
    return Scene(
        camera=camera,
        sight=replace(seen, place=place, light=light),
        palette=palette(light, chance),
        key=key,
        orb_x=camera.width * (0.5 + side * float(chance.uniform(0.08, 0.34))),
        orb_y=camera.height * float(chance.uniform(low, high)),
    )
