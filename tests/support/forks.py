"""`shotmake` as real processes by the hundred: forked from one that has everything imported.

    python -m tests.support.forks       orders as JSON lines on stdin, ends as JSON lines on stdout

Each child is the whole command with its own arguments, folder and environment; only the clock of
its event loop runs faster, so that a cadence of seconds takes milliseconds. It can be told to die
by SIGKILL at a boundary, or to meet a failing disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

from tests.support.boundaries import Boundaries, Crossing, Fail, Kill
from tests.support.fence import fence_in
from tests.support.powercut import Platter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).parents[2]
RATE = 50.0
"""Seconds of the program's own clock in one of the world's."""
AT_ONCE = 6
"""They mostly wait for their clocks."""
_CRASHED = 70
_IMPORTED = (
    *("PIL.ImageCms", "PIL.ImageOps", "PIL.JpegImagePlugin", "PIL.PngImagePlugin"),
    *("anyio._backends._trio", "anyio._core._signals", "av.subtitles", "encodings.idna"),
    *("encodings.utf_8_sig", "httpcore", "jsonschema", "numpy", "rich._emoji_codes"),
    *("trio.testing", "pipeline.cli.accept", "pipeline.cli.cancel", "pipeline.cli.main"),
    *("pipeline.cli.planning", "pipeline.cli.running", "pipeline.media.frames"),
    *("pipeline.rendering.gateway", "pipeline.rendering.runner", "pipeline.storyboard.fields"),
    *("pipeline.tasks_api.client", "pipeline.tasks_api.download", "pipeline.tasks_api.hosts"),
    "pipeline.web.routes",
)


@dataclass(frozen=True)
class Order:
    """One process: its arguments, its folder (`outputs/` in it is watched), its environment.

    `powercut`: at the kill the disk's durable state is written to this folder.
    """

    arguments: tuple[str, ...]
    folder: str
    environment: dict[str, str] = field(default_factory=dict)
    kill: Kill | None = None
    fail: Fail | None = None
    unlocked: bool = False
    powercut: str | None = None
    survives: str = ""
    rate: float = RATE
    cpu_seconds: int | None = None
    fence: tuple[str, ...] | None = None
    """`host:port`s that alone may be connected to; then all that the process does elsewhere, and
    all that it writes outside `outputs/`, is told in `Ended.trespasses`. None: nobody watches.
    """
    clip_bytes_max: int | None = None
    """Another cap on a clip than the program's, so that a test needs no half gigabyte."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code, negative for a signal; the boundaries that it crossed
    (unless it was killed), what it said, and what it took.
    """

    exit: int
    stdout: str
    stderr: str
    crossed: tuple[Crossing, ...]
    failed: tuple[Crossing, ...]
    peak_bytes: int
    cpu_seconds: float
    trespasses: tuple[str, ...] = ()

    @property
    def killed(self) -> bool:
        """By SIGKILL."""
        return self.exit == -signal.SIGKILL


class Forks:
    """The forking process, from `with` on; `run` any number of orders.

    `wrapper` is a command to run it under.
    """

    def __init__(self, wrapper: Sequence[str] = ()) -> None:
        self._wrapper = wrapper

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [*self._wrapper, sys.executable, "-m", "tests.support.forks"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(20)
        self._server.stdout.close()

    def run(self, order: Order) -> Ended:
        """One process, from begin to end."""
        return self.side_by_side([order])[0]

    def side_by_side(self, orders: Iterable[Order], at_once: int = AT_ONCE) -> list[Ended]:
        """Many, so many `at_once`; their ends in the order of the orders."""
        asked = [_as_json(number, order) for number, order in enumerate(orders)]
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        ends: dict[int, Any] = {}
        begun = 0
        while len(ends) < len(asked):
            while begun < len(asked) and begun - len(ends) < at_once:
                self._server.stdin.write(asked[begun])
                begun += 1
            self._server.stdin.flush()
            line = self._server.stdout.readline()
            assert line, "the forking process has died"
            end = json.loads(line)
            ends[end.pop("number")] = end
        return [_read(ends[number]) for number in range(len(asked))]


def _as_json(number: int, order: Order) -> str:
    fields = asdict(order)
    for hit in filter(None, (fields["kill"], fields["fail"])):
        hit["kinds"] = sorted(hit["kinds"])
    return json.dumps({"number": number, **fields}) + "\n"


def _read(end: dict[str, Any]) -> Ended:
    for name in ("crossed", "failed"):
        end[name] = tuple(Crossing(*crossing) for crossing in end[name])
    end["trespasses"] = tuple(end["trespasses"])
    return Ended(**end)


def _serve() -> None:
    """Fork for every line until stdin ends; tell every end."""
    selector = selectors.DefaultSelector()
    orders = os.fdopen(os.dup(0), "rb", buffering=0)
    selector.register(orders, selectors.EVENT_READ)
    waiting: dict[int, tuple[int, int, list[int]]] = {}
    open_, buffered = True, b""
    while open_ or waiting:
        for key, _events in selector.select():
            if key.fileobj is orders:
                more = orders.read(1 << 16)
                open_ = bool(more)
                if not open_:
                    selector.unregister(orders)
                    continue
                *lines, buffered = (buffered + more).split(b"\n")
                for line in lines:
                    order = json.loads(line)
                    said = _fork(order)
                    descriptor = os.pidfd_open(said[0])
                    selector.register(descriptor, selectors.EVENT_READ)
                    waiting[descriptor] = (order["number"], *said)
            else:
                selector.unregister(key.fileobj)
                number, pid, files = waiting.pop(key.fd)
                os.close(key.fd)
                _tell(number, pid, files)


def _fork(order: dict[str, Any]) -> tuple[int, list[int]]:
    files = [os.memfd_create(name) for name in ("stdout", "stderr", "crossed")]
    pid = os.fork()
    if pid == 0:
        code = _CRASHED
        try:
            code = _be(order, files)
        finally:
            with contextlib.suppress(BaseException):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
    return pid, files


def _tell(number: int, pid: int, files: list[int]) -> None:
    _pid, status, used = os.wait4(pid, 0)
    stdout, stderr, crossed = (os.pread(file, 1 << 26, 0).decode() for file in files)
    for file in files:
        os.close(file)
    seen = json.loads(crossed) if crossed else {"crossed": [], "failed": [], "trespasses": []}
    end = {
        "number": number,
        "exit": os.waitstatus_to_exitcode(status),
        "stdout": stdout,
        "stderr": stderr,
        "crossed": seen["crossed"],
        "failed": seen["failed"],
        "trespasses": seen["trespasses"],
        "peak_bytes": used.ru_maxrss * 1024,
        "cpu_seconds": used.ru_utime + used.ru_stime,
    }
    sys.stdout.write(json.dumps(end) + "\n")
    sys.stdout.flush()


def _be(order: dict[str, Any], files: list[int]) -> int:
    """The child: become the command. Never comes back into the parent's code."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(files[0], 1)
    os.dup2(files[1], 2)
    os.chdir(order["folder"])
    for name in [n for n in os.environ if n.startswith(("BYTESPIKE", "SHOTMAKE"))]:
        del os.environ[name]
    # Hundreds of authorities, which nobody here is to be vouched for by, take a while to load.
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = order["folder"]
    os.environ.update(order["environment"])
    if order["cpu_seconds"]:
        resource.setrlimit(resource.RLIMIT_CPU, (order["cpu_seconds"],) * 2)
    _hurry(order["rate"])
    if order["unlocked"]:
        _unlock()
    outputs = Path(order["folder"], "outputs")
    outputs.mkdir(exist_ok=True)
    platter = Platter(outputs) if order["powercut"] else None
    plan = _plan(order)

    def die() -> None:
        if platter is not None:
            platter.cut(Path(order["powercut"]), order["survives"])
        os.kill(os.getpid(), signal.SIGKILL)

    boundaries = Boundaries(outputs, plan, die, platter)
    from pipeline.cli.main import command  # noqa: PLC0415 (imported before the fork)

    trespasses = [] if order["fence"] is None else fence_in(outputs, order["fence"])
    with boundaries.watching(), _capped(order["clip_bytes_max"]):
        code = command(order["arguments"])
    if platter is not None:
        platter.cut(Path(order["powercut"]), order["survives"])
    seen = {
        "trespasses": trespasses,
        "crossed": [[c.number, c.kind, c.name] for c in boundaries.crossed],
        "failed": [[c.number, c.kind, c.name] for c in boundaries.failed],
    }
    os.write(files[2], json.dumps(seen).encode())
    return code


@contextlib.contextmanager
def _capped(clip_bytes_max: int | None) -> Iterator[None]:
    from pipeline.tasks_api import download  # noqa: PLC0415 (imported before the fork)

    cap = clip_bytes_max or download.CLIP_BYTES_MAX
    with mock.patch.object(download, "CLIP_BYTES_MAX", cap):
        yield


def _plan(order: dict[str, Any]) -> Kill | Fail | None:
    if hit := order["kill"] or order["fail"]:
        kind = Kill if order["kill"] else Fail
        return kind(**{**hit, "kinds": frozenset(hit["kinds"])})
    return None


def _hurry(rate: float) -> None:
    """The command's event loop gets a clock that runs faster than the world's."""
    import anyio  # noqa: PLC0415
    import trio.testing  # noqa: PLC0415

    real = anyio.run
    anyio.run = partial(  # type: ignore[assignment]
        real, backend="trio", backend_options={"clock": trio.testing.MockClock(rate=rate)}
    )


def _unlock() -> None:
    """The folder's lock is broken: everybody gets it."""
    import filelock  # noqa: PLC0415

    mock.patch.object(filelock.FileLock, "_acquire", _pretend).start()


def _pretend(lock: Any) -> None:
    lock._context.lock_file_fd = os.open(os.devnull, os.O_RDONLY)


def _import_everything() -> None:
    """What the children would import, and look into once, so that a fork is all that they cost."""
    for name in _IMPORTED:
        import_module(name)

    from PIL import Image  # noqa: PLC0415

    from pipeline.storyboard.catalog import load_catalog  # noqa: PLC0415
    from pipeline.storyboard.fields import Rules  # noqa: PLC0415
    from pipeline.storyboard.schemas import storyboard_schema  # noqa: PLC0415

    Image.preinit()
    catalog = load_catalog()
    Rules(catalog, storyboard_schema(catalog))


if __name__ == "__main__":
    _import_everything()
    _serve()
