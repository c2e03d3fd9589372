"""Tells of all that a process does where it has no business: writes outside a folder, connections
to strangers, other programs.

It hangs on Python's audit events and not on the program's own seams, so that no way around those
goes unseen. It forbids nothing: the program must not be able to tell.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_STARTS = (
    *("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork"),
    *("os.forkpty", "pty.spawn", "ctypes.dlopen"),
)
_NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_PATHS: dict[str, tuple[tuple[int, int | None], ...]] = {
    # Event → where its arguments hold a path, and the folder's descriptor that it begins at.
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((0, 2), (1, 3)),
    "os.symlink": ((1, 2),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
    "os.truncate": ((0, None),),
    "os.setxattr": ((0, None),),
}


def fence_in(inside: Path, peers: Collection[str]) -> list[str]:
    """Watch this process from now on, for good; what comes back grows with every trespass.

    `peers` are the `host:port`s that it may talk to.
    """
    sys.dont_write_bytecode = True  # what Python writes for itself is none of the program's
    trespasses: list[str] = []
    sys.addaudithook(partial(_watch, os.path.realpath(inside), frozenset(peers), trespasses.append))
    return trespasses


def _watch(
    inside: str,
    peers: frozenset[str],
    note: Callable[[str], None],
    event: str,
    arguments: tuple[Any, ...],
) -> None:
    for full in _written(event, arguments):
        if full not in {inside, os.devnull} and not full.startswith(inside + os.sep):
            note(f"{event} {full}")
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        peer = ":".join(map(str, address[:2])) if isinstance(address, tuple) else str(address)
        if peer not in peers:
            note(f"{event} {peer}")
    elif event in _NAMES:
        if str(arguments[0]) not in {peer.rpartition(":")[0] for peer in peers}:
            note(f"{event} {arguments[0]}")
    elif event.startswith(_STARTS):
        note(f"{event} {arguments[0]!r:.200}")


def _written(event: str, arguments: tuple[Any, ...]) -> Iterator[str]:
    """The files that an event changes; a descriptor was seen when it was opened."""
    if event == "open":
        path, _mode, flags = arguments
        if isinstance(flags, int) and flags & _WRITES and not isinstance(path, int):
            yield _full(path, -1, followed=not flags & os.O_NOFOLLOW)
    for at, folder in _PATHS.get(event, ()):
        if not isinstance(arguments[at], int):
            begins = -1 if folder is None else arguments[folder]
            yield _full(arguments[at], begins, followed=event == "os.truncate")


def _full(path: Any, folder: Any, *, followed: bool) -> str:
    """Where a path leads; a link at its end is one itself unless it is `followed`."""
    name = os.fsdecode(path)
    if isinstance(folder, int) and folder >= 0:
        name = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), name)  # noqa: PTH115, PTH118
    if followed:
        return os.path.realpath(name)
    above, last = os.path.split(name)
    return os.path.join(os.path.realpath(above or "."), last)  # noqa: PTH118
