"""Keeping secrets out of what is shown and kept: texts of a server's may repeat them. Pure."""

from __future__ import annotations

import re

TEXT_LETTERS_MAX = 400
"""No message of a server's needs more; a longer one is cut."""

_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{4,}")
_QUERY = re.compile(
    r"(?i)(\?|%3f|#)[^\s\"'<>?#]*(=|%3d)[^\s\"'<>]*"
    r"|(?<=[^\s\"'<>?#])[?#][^\s\"'<>?#]{8,}"
)
"""Of any address, in whatever form it is written: there a signature stands."""
_NAMED = re.compile(
    r"(?i)\b((?:x-amz-)?(?:signature|security-token|credential)|sig|token|api[-_]?key|bearer)"
    r"(\s*[=:]\s*|\s+)(?=[^\s\"'<>]*[0-9])[^\s\"'<>,;&]+"
)
"""What is called a secret, and has a figure in it as secrets have."""


def redacted(text: str, key: str = "") -> str:
    """The text in one line, without `key`, what looks like one, URLs' queries, named secrets.

    Half a surrogate pair, which no file can hold, becomes a question mark.
    """
    if not text:
        return text
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    if key:
        text = text.replace(key, "[key]")
    text = _NAMED.sub(r"\1\2…", _QUERY.sub("?…", _KEY.sub("[key]", text)))
    return text if len(text) <= TEXT_LETTERS_MAX else text[:TEXT_LETTERS_MAX] + "…"
