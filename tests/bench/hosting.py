"""Processes that benchmarks talk to while they go on: the gateway, and its clients."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.bench.measure import PYTHON, ROOT, BenchError, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ENDING_SECONDS = 60.0


@dataclass(frozen=True)
class Hosted:
    """The gateway's process, as the benchmark sees it."""

    address: str

    def answered(self) -> dict[str, float]:
        """How many submits were answered (`count`), and when the `first` and the `last`."""
        return dict(self._get("/bench/answered"))

    def tasks(self) -> list[list[float]]:
        """By task: when its submit was answered, then when it was asked about."""
        return list(self._get("/bench/tasks"))

    def wait_for(
        self, count: int, client: subprocess.Popen[bytes], seconds: float, *, insist: bool = True
    ) -> dict[str, float]:
        """Wait until so many submits are `answered`, but not longer than that.

        Raises `BenchError` when the client has ended, and, with `insist`, when time is up.
        """
        deadline = time.monotonic() + seconds
        while (answered := self.answered())["count"] < count:
            late = time.monotonic() > deadline
            if client.poll() is not None or (late and insist):
                have = answered["count"]
                raise BenchError(f"only {have} of {count} tasks were submitted in {seconds:.0f} s")
            if late:
                break
            time.sleep(0.1)
        return answered

    def _get(self, path: str) -> Any:
        connection = HTTPConnection(urlsplit(self.address).netloc)
        try:
            connection.request("GET", path)
            return json.load(connection.getresponse())
        finally:
            connection.close()


@contextmanager
def gateway(*arguments: str) -> Iterator[Hosted]:
    """A gateway of its own that nobody has asked yet."""
    command = [PYTHON, "-m", "tests.bench.gateway", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        if not address:
            raise BenchError("the gateway has not begun")
        yield Hosted(address)
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def client(command: Sequence[str], folder: Path, address: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that asks the gateway; it is interrupted at the end, as by Ctrl-C."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(address),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_ENDING_SECONDS)
        finally:
            process.kill()
            process.wait()
