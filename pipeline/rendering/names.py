"""What may stand in records as a name: they are foreign input, committed, merged and edited."""

from __future__ import annotations

import re
from typing import Any

_RENDER = re.compile(r"(kept/[0-9a-f]{12}(-[0-9]+)?|[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.t[0-9]+)?)")
_CLIP = re.compile(rf"({_RENDER.pattern})\.mp4")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def render_name(name: Any) -> str:
    """The name of a record: a take's key, or `kept/<digest12>`. Raises `ValueError`."""
    return _fitting(_RENDER, name, "the name of a render")


def clip_path(path: Any) -> str:
    """A clip's path within its folder. Raises `ValueError`."""
    return _fitting(_CLIP, path, "the path of a clip")


def digest(text: Any) -> str:
    """sha256 in hex: names in `kept/` are cut from it. Raises `ValueError`."""
    return _fitting(_DIGEST, text, "a digest")


def _fitting(form: re.Pattern[str], text: Any, said: str) -> str:
    if not form.fullmatch(text):
        raise ValueError(f"{text!r} can't be {said}")
    return str(text)
