"""Bytes that the studio keeps for later, within bounds: clips, and init images."""

from __future__ import annotations

import hashlib
from collections import OrderedDict


class Shelf:
    """Bytes by key, at most `bytes_max` of them: what was used longest ago is dropped.

    The one that was put last stays, however large it is.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self.held_bytes = 0

    def put(self, key: str, content: bytes) -> None:
        """Keep `content`, in place of what the key held before."""
        self.drop(key)
        self._held[key] = content
        self.held_bytes += len(content)
        while self.held_bytes > self._bytes_max and len(self._held) > 1:
            _key, oldest = self._held.popitem(last=False)
            self.held_bytes -= len(oldest)

    def get(self, key: str) -> bytes | None:
        """What the key holds, if it is still there; being asked for makes it young again."""
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)

    def drop(self, key: str) -> None:
        """Let go of a key."""
        self.held_bytes -= len(self._held.pop(key, b""))


class ImageStore:
    """Init images by their SHA-256: the same picture in a thousand tasks is kept once.

    An image that an open task still needs is held; after that it stays on a shelf of
    `bytes_max`, for the drawing of a dropped clip.
    """

    def __init__(self, bytes_max: int) -> None:
        self._needed: dict[str, bytes] = {}
        self._users: dict[str, int] = {}
        self._shelf = Shelf(bytes_max)
        self.needed_bytes = 0

    def hold(self, content: bytes) -> str:
        """Keep an image for a task that begins; answers with its digest."""
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._needed:
            self._needed[digest] = content
            self.needed_bytes += len(content)
        self._users[digest] = self._users.get(digest, 0) + 1
        return digest

    def release(self, digest: str) -> None:
        """The task has ended."""
        self._users[digest] -= 1
        if not self._users[digest]:
            del self._users[digest]
            content = self._needed.pop(digest)
            self.needed_bytes -= len(content)
            self._shelf.put(digest, content)

    def get(self, digest: str) -> bytes | None:
        """An image's bytes, if they are still there."""
        needed = self._needed.get(digest)
        return self._shelf.get(digest) if needed is None else needed
