"""The boundaries that the proofs enumerate are those that the operating system sees."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tests.support.boundaries import DISK
from tests.support.forks import Forks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proof.stage import Stage

_KINDS = {
    "openat": "open",
    "write": "write",
    "pwrite64": "write",
    "writev": "write",
    "fsync": "fsync",
    "fdatasync": "fsync",
    "rename": "rename",
    "renameat": "rename",
    "renameat2": "rename",
    "unlink": "unlink",
    "unlinkat": "unlink",
    "mkdir": "mkdir",
    "mkdirat": "mkdir",
    "truncate": "truncate",
    "ftruncate": "truncate",
}
_CALL = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (\d+|-1 EEXIST)")
_PATH = re.compile(r'<([^<>]*)>|"((?:[^"\\]|\\.)*)"')


def test_strace_sees_the_same(stage: Stage, tmp_path: Path) -> None:
    """Every system call that changes a file under `outputs/` is a boundary that was counted: none
    happens behind the back of the proofs."""
    log = tmp_path / "strace.txt"
    calls = ",".join(_KINDS)
    scene = stage.scene()
    scene.film("a bowl", "a cup")
    with Forks(("strace", "-f", "-y", "-s", "0", "-o", str(log), "-e", f"trace={calls}")) as traced:
        ended = traced.run(scene.order("run", "--concurrency", "1"))
        scene.film("a tall bowl", "a cup")
        changed = traced.run(scene.order("run", "--concurrency", "1"))
    assert (ended.exit, changed.exit) == (0, 0)
    counted = Counter(c.kind for c in (*ended.crossed, *changed.crossed) if c.kind in DISK)
    assert _seen(log.read_text(), f"{scene.folder}/outputs") == counted
    network = Counter(c.kind for c in ended.crossed)
    assert network["request"] == network["answer"] >= 6  # a submit, a query and a clip a shot
    assert network["chunk"] >= network["answer"]


def _seen(log: str, outputs: str) -> Counter[str]:
    """How often each kind of system call was made on something under a folder."""
    seen: Counter[str] = Counter()
    for line in log.splitlines():
        call = _CALL.match(line)
        if call is None:
            continue
        name, arguments, result = call.groups()
        if result.startswith("-") and name != "openat":  # a folder that is there already
            continue
        paths = [found or quoted for found, quoted in _PATH.findall(arguments)]
        touches = any(path.startswith((f"{outputs}/", "outputs/")) for path in paths)
        touches = touches or (name == "fsync" and outputs in paths)
        changes = re.search("O_(CREAT|WRONLY|RDWR)", arguments) and "O_TMPFILE" not in arguments
        seen[_KINDS[name]] += touches and (name != "openat" or bool(changes))
    return +seen
