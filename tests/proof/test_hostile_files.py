"""Storyboards and records that mean no good: messages with places, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.rendering.events import Submitted
from pipeline.rendering.journal import encode
from tests.proof.hostile.bounds import CPU_SECONDS_MAX, PEAK_BYTES_MAX
from tests.proof.hostile.fields import fuzz_fields
from tests.proof.hostile.files import CORPUS, fuzz, fuzz_records

if TYPE_CHECKING:
    from tests.proof.stage import Stage

_SHOT = b"model: veo-3.1-fast\nshots:\n- id: a\n  prompt: "
BOMBS = {
    "aliases": b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(
        b"%c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 112)
    ),
    "merges": b"a: &a {x: 1}\n"
    + b"".join(
        b"%c: &%c {<<: [%s]}\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 112)
    ),
    "depth": b"[" * 1_000_000,
    "depth of blocks": b"- " * 200_000,
    "depth of maps": b"{a: " * 200_000,
    "a huge integer": _SHOT + b"x\n  seed: " + b"9" * 1_000_000,
    "a huge float": _SHOT + b"x\n  duration: 1e" + b"9" * 1_000_000,
    "a huge prompt": _SHOT + b"x" * 30_000_000,
    "many shots": _SHOT + b"x\n" + b"- {}\n" * 50_000,
    "many keys": b"".join(b"k%d: 1\n" % n for n in range(10_000)),
    "one line": b"a" * 50_000_000,
    "many anchors": b"".join(b"- &a%d x\n" % n for n in range(50_000)),
    "zeros": b"\0" * 10_000_000,
    "tabs": b"\t" * 1_000_000,
    "quotes": b'"' + b"\\x41" * 5_000_000,
    "comments": b"# x\n" * 5_000_000,
}


def test_mutated_storyboards_give_boards_or_violations() -> None:
    """Mutated from the corpus, a file is boards or violations in one printable line each, which
    begin with its path, within 2 s of CPU and 256 MB; nothing is raised, nothing is written, and
    nobody is connected to."""
    figures = fuzz(600, seed=1)
    assert figures.peak_bytes < PEAK_BYTES_MAX
    assert len(CORPUS) > 30
    assert min(figures.ends["violations"], figures.ends["a board"]) > 5


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_bounds(stage: Stage, name: str) -> None:
    """`check` and `run` end with exit 2 and a place, within 2 s of CPU and 256 MB, having
    submitted nothing. (What is merely long takes time in proportion: some 100,000 nodes a second.)
    """
    scene = stage.scene()
    (scene.folder / "specs" / "bomb.yaml").write_bytes(BOMBS[name])
    for command in ("check", "run"):
        ended = scene.run(command, cpu_seconds=CPU_SECONDS_MAX)
        assert ended.exit == 2, f"{ended.exit} {ended.stderr[-2000:]}"
        assert "specs/bomb.yaml" in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        assert ended.peak_bytes < PEAK_BYTES_MAX
    assert not scene.tasks()


def test_mutated_records_are_read_or_refused(stage: Stage) -> None:
    """A manifest or a journal that was changed by anybody is what it says, or damage that names
    the file."""
    scene = stage.scene()
    scene.film("a bowl", "a cup that FAILS")
    assert scene.run("run").exit == 1
    manifest = scene.outputs.results_path.read_bytes()
    lines = [encode(Submitted("a", "2026-11-23T12:00:00Z", f"task_{n}"), n) for n in range(1, 9)]
    figures = fuzz_records(manifest, b"".join(lines), 3000, seed=1)
    assert figures.ends["results.json refused"] > 300
    assert figures.ends["journal.jsonl refused"] > 300


def test_odd_fields_of_a_journal_are_read_or_refused() -> None:
    """Any field of any kind of entry replaced by anything odd, left out or doubled under another
    name, with a checksum that is right: the line is refused with its place, or it makes records
    that stand in the manifest and are read from there again as they were."""
    found = fuzz_fields()
    assert found.journals > 4000
    assert set(found.ends) == {"refused", "can't follow", "read"}, "\n".join(found.wrong)
    assert min(found.ends.values()) > 10
