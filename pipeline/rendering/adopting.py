"""A clip that no record speaks for becomes a take's: found in `kept/`, or put there by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.media.probe import probe
from pipeline.rendering.digest import out_task_id
from pipeline.rendering.disk import guarded
from pipeline.rendering.events import Restored
from pipeline.rendering.records import Clip

if TYPE_CHECKING:
    from pipeline.media.probe import Footage
    from pipeline.rendering.folder import Folder
    from pipeline.rendering.steps import Plan, Wanted


def inspect(folder: Folder, path: str) -> Clip:
    """A clip that lies in the folder, as records have it.

    Raises `MediaError` when it can't be played, `FolderError` when it can't be read.
    """
    with guarded(folder.clip(path)):
        footage = probe(folder.clip(path))
    return described(path, folder.sha256(path), folder.size(path) or 0, footage)


def described(path: str, sha256: str, size_bytes: int, footage: Footage) -> Clip:
    """A clip that was looked into, as records have it."""
    seconds = round(footage.duration_seconds, 3)
    return Clip(path, sha256, size_bytes, seconds, footage.width, footage.height)


def adopted(plan: Plan, wanted: Wanted, clip: Clip, at: str, attempt: int = 1) -> Restored:
    """What makes a clip the take's. `attempt`: whose place it takes among the take's attempts."""
    take = wanted.take
    key = out_task_id(
        plan.storyboard, plan.pass_name, take.shot, take.number, wanted.digest, attempt
    )
    return Restored(
        render=take.key,
        at=at,
        provider=plan.provider,
        digest=wanted.digest,
        request=wanted.fields,
        out_task_id=key,
        clip=clip,
        attempt=attempt,
    )
