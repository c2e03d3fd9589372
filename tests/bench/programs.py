"""The peers that a machine must have, and how to get them."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tests.bench.measure import SCRIPTS, BenchError

if TYPE_CHECKING:
    from collections.abc import Iterable

_EXTRA = "pip install -e '.[dev,bench]'"
_PROGRAMS = {
    "curl": "Debian's package curl",
    "doit": f"PyPI's doit: {_EXTRA}",
    "make": "Debian's package make",
    "ninja": f"Debian's package ninja-build, or PyPI's ninja: {_EXTRA}",
}
_MODULES = {name: f"PyPI's {name}: {_EXTRA}" for name in ("aiohttp", "matplotlib")}
NEEDED = {
    "noop": ("doit", "make", "ninja"),
    "polling": ("aiohttp",),
    "memory": ("aiohttp",),
    "downloads": ("aiohttp", "curl"),
    "growth": ("matplotlib",),
}
"""By benchmark; the others need nothing but shotmake's own."""


def program(name: str) -> str:
    """Where a program is: beside this Python, else on the path. Raises `BenchError`."""
    path = os.pathsep.join((str(SCRIPTS), os.environ.get("PATH", os.defpath)))
    found = shutil.which(name, path=path)
    if found is None:
        raise BenchError(f"{name} is missing; install {_PROGRAMS[name]}")
    return found


def require(benchmarks: Iterable[str]) -> None:
    """See that all is there that these need. Raises `BenchError` naming all that is missing."""
    missing = []
    for name in sorted({each for benchmark in benchmarks for each in NEEDED.get(benchmark, ())}):
        if name in _MODULES:
            missing += [] if find_spec(name) else [f"{name} is missing; install {_MODULES[name]}"]
            continue
        try:
            program(name)
        except BenchError as error:
            missing.append(str(error))
    if missing:
        raise BenchError("\n".join(missing))
