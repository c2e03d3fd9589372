"""Every I/O boundary that the program crosses under a folder, and what may happen at each.

A boundary is what a kill or a disk can come between: opening for writing, a write, an fsync, a
rename, an unlink, a mkdir; and, over the network, a request, its answer, a chunk of a body. They
are watched where Python meets the operating system and not at seams of the program's own, so that
an I/O that somebody adds one day is a boundary too (`test_boundaries.py` holds this against what
strace sees).
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import httpx

from pipeline.web.connections import Connections

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.support.powercut import Platter

DISK = frozenset({"open", "write", "truncate", "fsync", "rename", "unlink", "mkdir"})
READS = frozenset({"read"})
"""Opening for reading: nothing is changed by it, so that it is a boundary for a disk that fails and
for no kill.
"""
DIVISIBLE = frozenset({"write", "chunk"})
"""What can be half done."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """The `number`-th boundary (from 1), what it is, and the file's or request's name."""

    number: int
    kind: str
    name: str


class KilledError(BaseException):
    """Stands for SIGKILL where a whole process would be too much: nothing catches it."""


def die_here() -> None:
    """What a kill is within a process that has to live on."""
    raise KilledError


@dataclass(frozen=True, slots=True)
class Kill:
    """Dies at the `at`-th crossing: before it, or with only half of a write or chunk done.

    With `kinds` those alone are counted, and submits: however often a busy machine has it poll, it
    is the same place.
    """

    at: int
    half: bool = False
    kinds: frozenset[str] = frozenset()

    def counts(self, crossing: Crossing) -> bool:
        """Whether a crossing is one of those."""
        return not self.kinds or crossing.kind in self.kinds or is_submit(crossing)


@dataclass(frozen=True, slots=True)
class Fail:
    """The `at`-th crossing of the disk fails with an errno, and with `for_good` every later one
    that changes it; `short`: half of a write is done, and the rest never.
    """

    at: int
    errno: int = 0
    for_good: bool = False
    short: bool = False
    kinds: frozenset[str] = DISK


class Boundaries:
    """Watches one program under `root`; `plan` says what goes wrong, `crossed` what happened.

    Opening for reading is a boundary only where that is to fail.
    After a kill nothing is done any more: every later crossing dies as well.
    """

    def __init__(
        self,
        root: Path,
        plan: Kill | Fail | None = None,
        die: Callable[[], None] = die_here,
        platter: Platter | None = None,
    ) -> None:
        self._root = os.path.realpath(root)
        self._plan = plan
        self._die = die
        self._platter = platter
        self._counted = 0
        self.crossed: list[Crossing] = []
        self.failed: list[Crossing] = []
        self.dead = False

    def cross(self, kind: str, name: str) -> int:
        """Go over a boundary; answers with how much of it is done: 1 all, 2 a half of it."""
        if self.dead:
            self._kill()
        crossing = Crossing(len(self.crossed) + 1, kind, name)
        self.crossed.append(crossing)
        match self._plan:
            case Kill() as kill if kill.counts(crossing):
                self._counted += 1
                if self._counted == kill.at:
                    if kill.half and kind in DIVISIBLE:
                        return 2
                    self._kill()
            case Fail() as fault if self._fails(fault, crossing):
                self.failed.append(crossing)
                if fault.short and kind == "write":
                    return 2
                raise OSError(fault.errno, os.strerror(fault.errno), name)
        return 1

    def done(self, part: int) -> None:
        """A part of a crossing was done; a half one ends here where it was a kill's."""
        if part == 2 and isinstance(self._plan, Kill):
            self._kill()

    def _fails(self, fault: Fail, crossing: Crossing) -> bool:
        if crossing.kind not in fault.kinds:
            return False
        number = sum(c.kind in fault.kinds for c in self.crossed)
        return number >= fault.at if fault.for_good else number == fault.at

    def _kill(self) -> None:
        self.dead = True
        self._die()
        raise KilledError

    def ours(self, path: Any) -> str | None:
        """The path relative to the root; None for what lies elsewhere."""
        if isinstance(path, int):
            path = Path(f"/proc/self/fd/{path}").readlink()
        name = os.fspath(path)
        folder = os.path.realpath(os.path.dirname(name) or ".")  # noqa: PTH120
        full = os.path.join(folder, os.path.basename(name))  # noqa: PTH118, PTH119
        if full != self._root and not full.startswith(self._root + os.sep):
            return None
        return os.path.relpath(full, self._root)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch for as long as the block lasts."""
        with (
            mock.patch.object(os, "open", self._open(os.open)),
            mock.patch.object(os, "write", self._write(os.write)),
            mock.patch.object(os, "ftruncate", self._truncate(os.ftruncate)),
            mock.patch.object(os, "fsync", self._fsync(os.fsync)),
            mock.patch.object(os, "rename", self._rename(os.rename)),
            mock.patch.object(os, "replace", self._rename(os.replace)),
            mock.patch.object(os, "unlink", self._unlink(os.unlink)),
            mock.patch.object(os, "mkdir", self._mkdir(os.mkdir)),
            mock.patch.object(io, "open", self._io_open(io.open)),
            mock.patch.object(builtins, "open", self._io_open(builtins.open)),
            mock.patch.object(
                Connections,
                "handle_async_request",
                self._exchange(Connections.handle_async_request),
            ),
        ):
            yield

    def _opening(self, path: Any, writes: bool) -> str | None:
        """Go over an opening; the file's name where it is one of ours that may be changed."""
        reads = isinstance(self._plan, Fail) and self._plan.kinds >= READS
        name = self.ours(path) if writes or reads else None
        if name is not None:
            self.cross("open" if writes else "read", name)
        return name if writes else None

    def _open(self, real: Callable[..., int]) -> Callable[..., int]:
        def watched(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            # filelock asks with a file that never gets a name what the file system can do.
            if is_nameless(flags):
                return real(path, flags, *rest, **more)
            name = self._opening(path, bool(flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR)))
            if name is None:
                return real(path, flags, *rest, **more)
            new = not os.path.lexists(path)
            descriptor = real(path, flags, *rest, **more)
            if new and self._platter is not None:
                self._platter.created(descriptor)
            return descriptor

        return watched

    def _write(self, real: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
        def watched(descriptor: int, data: Any) -> int:
            # What is no file is the event loop's own: it wakes itself up through a socket.
            regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            name = self.ours(descriptor) if regular else None
            if name is None:
                return real(descriptor, data)
            part = self.cross("write", name)
            written = real(descriptor, bytes(data)[: len(data) // part])
            self.done(part)
            return written

        return watched

    def _truncate(self, real: Callable[..., None]) -> Callable[..., None]:
        def watched(descriptor: int, length: int) -> None:
            name = self.ours(descriptor)
            if name is not None:
                self.cross("truncate", name)
            real(descriptor, length)

        return watched

    def _mkdir(self, real: Callable[..., None]) -> Callable[..., None]:
        def watched(path: Any, *rest: Any, **more: Any) -> None:
            name = self.ours(path)
            if name is not None and not os.path.lexists(path):
                self.cross("mkdir", name)
            real(path, *rest, **more)

        return watched

    def _fsync(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def watched(descriptor: int) -> None:
            name = self.ours(descriptor)
            if name is not None:
                self.cross("fsync", name)
            real(descriptor)
            if name is not None and self._platter is not None:
                self._platter.synced(descriptor)

        return watched

    def _rename(self, real: Callable[..., None]) -> Callable[..., None]:
        def watched(source: Any, target: Any, **more: Any) -> None:
            name = self.ours(target)
            if name is not None:
                self.cross("rename", f"{self.ours(source)} → {name}")
            real(source, target, **more)

        return watched

    def _unlink(self, real: Callable[..., None]) -> Callable[..., None]:
        def watched(path: Any, **more: Any) -> None:
            name = self.ours(path)
            if name is not None and os.path.lexists(path):
                self.cross("unlink", name)
            real(path, **more)

        return watched

    def _io_open(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def watched(file: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
            writes = not set("wax+").isdisjoint(mode)
            name = None if isinstance(file, int) else self._opening(file, writes)
            if name is None:
                return real(file, mode, *rest, **more)
            new = not os.path.lexists(file)
            raw = _Watched(file, mode.replace("b", "").replace("t", ""), self, name)
            if new and self._platter is not None:
                self._platter.created(raw.fileno())
            buffered = io.BufferedWriter(raw)
            if "b" in mode:
                return buffered
            more.pop("buffering", None)
            return io.TextIOWrapper(buffered, **more)

        return watched

    def _exchange(self, real: Callable[..., Any]) -> Callable[..., Any]:
        async def watched(transport: Any, request: httpx.Request) -> httpx.Response:
            name = f"{request.method} {request.url.path}"
            self.cross("request", name)
            answer: httpx.Response = await real(transport, request)
            self.cross("answer", name)
            assert isinstance(answer.stream, httpx.AsyncByteStream)
            answer.stream = _Chunks(answer.stream, self, name)
            return answer

        return watched


class _Watched(io.FileIO):
    """A file whose every write is a boundary, below Python's own buffer."""

    def __init__(self, file: Any, mode: str, boundaries: Boundaries, name: str) -> None:
        super().__init__(file, mode)
        self._boundaries = boundaries
        self._name = name

    def write(self, data: Any, /) -> int:
        part = self._boundaries.cross("write", self._name)
        content = bytes(data)
        if part == 1:
            return super().write(content)
        written = super().write(content[: len(content) // 2])
        self._boundaries.done(part)
        # Python's buffer would go on with the rest: a full disk takes none of it.
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} after {written} bytes")


class _Chunks(httpx.AsyncByteStream):
    """A body whose every chunk is a boundary, in pieces of at most 4 KiB."""

    def __init__(self, inner: httpx.AsyncByteStream, boundaries: Boundaries, name: str) -> None:
        self._inner = inner
        self._boundaries = boundaries
        self._name = name

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            part = self._boundaries.cross("chunk", self._name)
            if part == 2:
                yield chunk[: len(chunk) // 2]
                self._boundaries.done(part)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


def is_submit(crossing: Crossing) -> bool:
    """Whether something is bought there: the request of a submit, its answer, a chunk of that."""
    return crossing.name.endswith("/submit")


def is_nameless(flags: int) -> bool:
    """Whether a file is opened that no folder shows, and nothing is left of."""
    return flags & os.O_TMPFILE == os.O_TMPFILE


def under(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
