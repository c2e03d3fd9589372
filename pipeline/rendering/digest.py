"""The identity of a request: what is compared, hashed, and sent as the idempotency key."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pipeline.storyboard.shots import Frame, FrameOf, Still

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.storyboard.shots import Request

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)

Fields = dict[str, Any]
"""A request as `results.json` keeps it: authored names, absent where the author said nothing."""

_SHOT_LETTERS_IN_KEY = 32


def request_fields(request: Request) -> Fields:
    """The request in authored names; an image is named and has its `sha256`, never its bytes.

    A frame that isn't known yet has none, and the request no digest.
    """
    fields: Fields = {
        "model": request.model,
        "prompt": request.prompt,
        "duration": request.duration,
        "aspect": request.aspect,
        "resolution": request.resolution,
        "seed": request.seed,
        "init_image": request.init_image,
        **dict(request.extras),
    }
    match request.init_image:
        case Still(name=name, sha256=sha256):
            fields["init_image"] = {"path": name, "sha256": sha256}
        case FrameOf() as frame:
            fields["init_image"] = _frame_fields(frame)
        case Frame(of=frame, clip_sha256=clip_sha256, sha256=sha256):
            known = {"clip_sha256": clip_sha256, "sha256": sha256}
            fields["init_image"] = _frame_fields(frame) | known
    return {name: value for name, value in fields.items() if value is not None}


def _frame_fields(frame: FrameOf) -> Fields:
    return {
        "shot": frame.shot,
        "take": frame.take,
        "pass": frame.pass_name,
        "frame": frame.frame,
    }


def digest(fields: Mapping[str, Any]) -> str:
    """sha256 (hex) of the canonical request.

    An image counts by its bytes and not by its name, so moving one re-renders nothing.
    """
    canonical = dict(fields)
    still = canonical.get("init_image")
    if isinstance(still, dict):
        canonical["init_image"] = {"sha256": still["sha256"]}
    text = _CANONICAL.encode(canonical)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def out_task_id(
    board: str, pass_name: str, shot: str, take: int, request_digest: str, attempt: int
) -> str:
    """The caller's idempotency key of one attempt (tasks-api.md, "Submit").

    A pure function of its arguments: a rerun that remembers nothing sends the same key and
    gets the same task. The hash makes it unique, the words before it are for people who
    read the provider's dashboard. At most 64 ASCII characters.
    """
    parts = json.dumps([board, pass_name, shot, take, request_digest, attempt])
    unique = hashlib.sha256(parts.encode()).hexdigest()[:20]
    return f"{shot_in_key(shot)}.t{take}.a{attempt}.{unique}"


def shot_in_key(shot: str) -> str:
    """What an `out_task_id` begins with, up to its first dot."""
    return shot[:_SHOT_LETTERS_IN_KEY]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """What changed from one request to the next, a phrase a field: `duration 4 → 3`."""
    phrases = []
    for name in changed(before, after):
        old, new = before.get(name), after.get(name)
        if name == "init_image":
            phrase = _still_difference(old, new)
        elif name == "prompt":
            phrase = "prompt changed"
        elif old is None:
            phrase = f"{name} {new} added"
        elif new is None:
            phrase = f"{name} {old} removed"
        else:
            phrase = f"{name} {old} → {new}"
        if phrase:
            phrases.append(phrase)
    return tuple(phrases)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that two requests don't agree in. An image that was only moved is the same."""
    names = [*after, *(name for name in before if name not in after)]
    return tuple(name for name in names if not _agree(before.get(name), after.get(name)))


def _agree(old: object, new: object) -> bool:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return old == new
    if "sha256" in new:
        return bool(old.get("sha256") == new["sha256"])
    return all(old.get(name) == value for name, value in new.items())  # the same frame, unseen


def _still_difference(old: object, new: object) -> str:
    if old is None or new is None:
        return f"init image {'added' if old is None else 'removed'}"
    if not isinstance(new, dict):
        return "init image changed"
    if "sha256" not in new:
        return ""  # a frame that isn't known yet tells nothing
    what = f"the {new['frame']} frame of {new['shot']}" if "shot" in new else "init image"
    return f"{what} changed"
