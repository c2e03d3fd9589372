"""Boards on disk, of any size: as somebody has written them, or as runs have rendered them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipeline.cli.boards import load
from pipeline.media.posters import poster_jpeg
from pipeline.rendering import results
from pipeline.rendering.digest import digest, out_task_id, request_fields
from pipeline.rendering.folder import Folder
from pipeline.rendering.records import Clip, Record, Status
from pipeline.storyboard.catalog import frame_size, load_catalog
from pipeline.studio.engine import Job
from tests.bench.measure import PROVIDER
from tests.support.engine import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline.storyboard.catalog import Catalog
    from pipeline.storyboard.shots import Take

BOARD = "film"
SPEC = f"specs/{BOARD}.yaml"
PASS = "draft"
SECONDS = 4
PROMPTS = (
    "Slow zoom into a bowl of ramen, steam rising, chopsticks resting on the rim.",
    "Dawn over a calm ocean, first sun on the horizon, slow pan right.",
    "A neon city street at night in the rain, push in past a noodle stand.",
    "Aerial shot over snow-covered mountains at golden hour.",
    "A woman in a red coat walks along an empty platform, seen from behind.",
    "Close on an old hand that winds a pocket watch, shallow focus.",
    "A lighthouse in a storm, waves breaking over the rocks, static camera.",
    "Two children run through a wheat field towards the sun, handheld.",
    "Macro of dew on a spider's web, the light slowly turning warm.",
    "A tram climbs a steep street between pastel houses, tilt up.",
    "The kitchen of a small restaurant at closing time, dolly left along the counter.",
    "A fox crosses a forest clearing in fresh snow and looks into the camera.",
    "Desert road at noon, heat shimmering, a motorcycle comes closer.",
    "An underwater shot of a diver above a reef, shafts of light from the surface.",
    "A potter shapes a bowl on the wheel, the camera circles her hands.",
    "Time-lapse of clouds over a valley, shadows running across the meadows.",
    "A black cat on a windowsill, rain on the glass behind it, slow push in.",
    "Wide shot of a harbour at dusk, lamps going on one after another.",
    "A violinist plays alone in a subway tunnel, people passing out of focus.",
    "Crane up over a night market full of lanterns and smoke.",
    "An astronaut plants a seedling under a glass dome, earth rising behind.",
    "A paper boat drifts down a gutter after the rain, low angle, tracking.",
    "Horses gallop through shallow water, slow motion, backlit spray.",
    "A baker scores a loaf and slides it into a wood-fired oven.",
)


def storyboard(takes: int, changed: Mapping[int, str] | None = None) -> str:
    """One with so many shots of one take, no two alike; those in `changed` have another prompt."""
    lines = ["model: veo-3.1-fast", f"defaults: {{duration: {SECONDS}}}", "shots:"]
    for number in range(takes):
        prompt = (changed or {}).get(number) or f"{PROMPTS[number % len(PROMPTS)]} Take {number}."
        lines += [f"  - id: shot-{number:06}", f"    prompt: {prompt}", f"    seed: {number}"]
    return "\n".join(lines) + "\n"


def write_board(folder: Path, takes: int, changed: Mapping[int, str] | None = None) -> Path:
    """Write the storyboard into a project's folder; answers with its path."""
    spec = folder / SPEC
    spec.parent.mkdir(parents=True, exist_ok=True)
    spec.write_text(storyboard(takes, changed), "utf-8")
    return spec


def render_board(project: Path, spec: Path) -> None:
    """Lay down what a run leaves: a small clip and a poster a take, and the manifest.

    By the program's own functions, but for what takes long: the clips are one clip with other bytes
    at its end, and one picture stands on all posters. The page is made by the first run.
    """
    catalog = load_catalog()
    (board,) = load([spec], catalog, PASS).boards
    folder = Folder(project / "outputs", BOARD, PASS)
    folder.posters_path.mkdir(parents=True)
    size = frame_size("16:9", "720p")
    footage = plain(Job("bench", "veo-3.1-fast", "bench", SECONDS, *size))
    sample = folder.path / "sample.mp4"
    sample.write_bytes(footage)
    unnamed = "0" * 64
    poster = poster_jpeg(sample, unnamed)
    sample.unlink()
    records = {}
    for take in board.takes:
        content = footage + _box_to_skip(take.key.encode())
        sha256 = hashlib.sha256(content).hexdigest()
        clip = Clip(f"{take.key}.mp4", sha256, len(content), float(SECONDS), *size)
        folder.clip(clip.path).write_bytes(content)
        named = poster.replace(unnamed.encode(), sha256.encode())
        (folder.posters_path / f"{take.key}.jpg").write_bytes(named)
        records[take.key] = _record(take, clip, catalog)
    folder.write_results(results.dump(results.Results(BOARD, PASS, PROVIDER, records)))


def _box_to_skip(content: bytes) -> bytes:
    """Bytes that players pass over (ISO/IEC 14496-12, 8.1.2)."""
    return (8 + len(content)).to_bytes(4) + b"free" + content


def _record(take: Take, clip: Clip, catalog: Catalog) -> Record:
    fields = request_fields(take.request)
    request_digest = digest(fields)
    key = out_task_id(BOARD, PASS, take.shot, take.number, request_digest, 1)
    return Record(
        status=Status.COMPLETED,
        digest=request_digest,
        request=fields,
        out_task_id=key,
        attempt=1,
        provider=PROVIDER,
        task_id=f"task_{hashlib.sha256(key.encode()).hexdigest()[:16]}",
        submitted_at="2026-11-23T12:00:00Z",
        completed_at="2026-11-23T12:00:30Z",
        credits=catalog[take.request.model].estimate_credits(take.request.duration),
        clip=clip,
        key_id="5d4c3b2a",
    )
