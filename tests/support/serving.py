"""`shotmake serve` as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from tests.support.served import KEY

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@dataclass
class Serving:
    """A served studio: its process and address, what it told to export, a client with a key."""

    process: subprocess.Popen[str]
    url: str
    exports: dict[str, str]
    http: httpx.Client

    def end(self, how: signal.Signals) -> tuple[str, str]:
        """Signal the whole group, as a terminal does; what it has said on stdout and stderr."""
        os.killpg(self.process.pid, how)
        return self.process.communicate(timeout=20)


@contextmanager
def serving(*arguments: str, key: str = KEY) -> Iterator[Serving]:
    """`shotmake serve --port 0 …`, killed at the end if it is still there."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("BYTE", "SHOTMAKE"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "serve", "--port", "0", *arguments],
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        head = "".join(process.stdout.readline() for _ in range(3))
        exports = dict(re.findall(r"^export (\w+)=(\S+)", head, re.MULTILINE))
        assert set(exports) == {BASE_URL_VARIABLE, KEY_VARIABLE}, head
        url, headers = exports[BASE_URL_VARIABLE], {"x-api-key": key}
        with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
            yield Serving(process, url, exports, http)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
