"""Keeping secrets out of what is shown and kept: texts of a server's may repeat them. Pure."""

from __future__ import annotations

import re

TEXT_LETTERS_MAX = 400
"""No message of a server's needs more; a longer one is cut."""

_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{4,}")
_SIGNED = re.compile(r"(?i)\b(https?://[^\s?#\"'<>]*)[?#][^\s\"'<>]*")


def redacted(text: str, key: str = "") -> str:
    """The text without `key`, without anything that looks like one, without URLs' queries."""
    if key:
        text = text.replace(key, "[key]")
    text = _SIGNED.sub(r"\1?…", _KEY.sub("[key]", text))
    return text if len(text) <= TEXT_LETTERS_MAX else text[:TEXT_LETTERS_MAX] + "…"
