"""Foreign files, mutated: storyboards from the corpus, manifests and journals from a run."""

from __future__ import annotations

import multiprocessing
import random
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import RecordsError
from pipeline.media.stills import inspect
from pipeline.rendering import results
from pipeline.rendering.journal import replay
from pipeline.storyboard.catalog import load_catalog
from pipeline.storyboard.resolve import load_storyboards
from tests.proof.hostile.bounds import CPU_SECONDS_MAX
from tests.support.fence import fence_in
from tests.support.memory import workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[3]
CORPUS = sorted(
    path
    for folder in ("specs", "tests/examples")
    for path in (ROOT / folder).rglob("*.yaml")
    if path.stat().st_size < 20_000
)
_CATALOG = load_catalog()
_TOKENS = [
    *(b"&a [*a, *a]", b"*a", b"<<: *x", b"!!python/object:os.system x", b"!!binary aGk=", b"---\n"),
    *(b"...\n", b"? ", b": ", b"- ", b"{", b"}", b"[", b"]", b"|\n"),
    *(b">-\n", b"%YAML 1.1\n", b"\t"),
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8", b"\r"),
    *(b"1" * 5000, b"0x" + b"f" * 400, b"1e999", b".inf", b".nan", b"2026-99-99", b"12:60:60"),
    *(b"[" * 2000, b"{a: " * 500, b"- " * 1000, b"'", b'"', b"\\ud800", b"\x1b[2J", b"../" * 50),
    *(b"null", b"~", b"no", b"16:9", b"seed: -1\n", b"shots:\n", b"id: a\n", b"x" * 10_000),
    *(b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> theirs\n"),
]


@dataclass
class Figures:
    """How many files there were, and what came of them."""

    files: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    peak_bytes: int = 0
    """Of the process that read them all."""
    cpu_seconds: float = 0.0
    """Of the dearest file."""


def mutated(content: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """The file with a few changes: bytes flipped, cut, doubled, tokens and other files put in."""
    made = bytearray(content)
    for _change in range(chance.choice([1, 1, 2, 4, 16])):
        at = chance.randint(0, len(made))
        end = min(len(made), at + chance.choice([1, 2, 10, 200]))
        match chance.randint(0, 5):
            case 0 if at < len(made):
                made[at] ^= 1 << chance.randint(0, 7)
            case 1:
                del made[at:end]
            case 2:
                made[at:at] = made[at:end]
            case 3:
                made[at:at] = chance.choice(_TOKENS)
            case 4:
                made[at:end] = chance.choice(_TOKENS)
            case 5:
                other = chance.choice(others)
                begin = chance.randint(0, len(other))
                made[at:end] = other[begin : begin + 200]
    return bytes(made)


def fuzz(count: int, seed: int) -> Figures:
    """So many mutated storyboards through the loader, in a process of their own that is fenced in:
    boards, or violations that have a place, each within two seconds of CPU.

    Raises `AssertionError` with the file for anything else.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        came = pool.submit(_fuzz, count, seed).result()
    assert isinstance(came, Figures), came
    return came


def _fuzz(count: int, seed: int) -> Figures | str:
    """Figures, or what went wrong in words: not every exception crosses processes whole."""
    chance = random.Random(seed)  # noqa: S311 (replayable, not secret)
    corpus = [path.read_bytes() for path in CORPUS]
    sound = [path.read_bytes() for path in CORPUS if "invalid" not in path.parts]
    figures = Figures()
    with workshop() as folder:
        trespasses = fence_in(folder, ())
        spec = folder / "board.yaml"
        for number in range(count):
            begun = chance.choice(chance.choice([corpus, sound]))
            content = mutated(begun, chance, corpus)
            spec.write_bytes(content)
            try:
                _load(spec, figures)
            except Exception as error:
                error.add_note(f"seed {seed}, file {number}: {content!r}")
                return "".join(traceback.format_exception(error))
        if trespasses:
            return f"seed {seed}: {trespasses}"
    figures.peak_bytes = _peak_bytes()
    return figures


def _peak_bytes() -> int:
    """Of this process alone: `ru_maxrss` keeps what its parent had when it was begun."""
    status = Path("/proc/self/status").read_text("ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _load(spec: Path, figures: Figures) -> None:
    begun = time.process_time()
    loaded = load_storyboards([spec], _CATALOG, None, inspect)
    took = time.process_time() - begun
    assert took <= CPU_SECONDS_MAX, f"{took:.2f} s"
    for violation in loaded.violations:
        told = str(violation)
        assert told.startswith(f"{spec}"), told
        assert told.isprintable(), told
    figures.files += 1
    figures.ends["violations" if loaded.violations else "a board"] += 1
    figures.cpu_seconds = max(figures.cpu_seconds, took)


def fuzz_records(manifest: bytes, journal: bytes, count: int, seed: int) -> Figures:
    """So many mutated manifests and journals: records, or `RecordsError` with the file's name."""
    chance = random.Random(seed)  # noqa: S311 (replayable, not secret)
    figures = Figures()
    readers: list[tuple[str, bytes, Callable[[bytes], object]]] = [
        ("results.json", manifest, lambda c: results.parse(c.decode(), "results.json")),
        ("journal.jsonl", journal, lambda c: replay(c, "journal.jsonl")),
    ]
    for _number in range(count):
        name, content, read = chance.choice(readers)
        said = name
        try:
            read(mutated(content, chance, [manifest, journal]))
            figures.ends[f"{name} read"] += 1
        except RecordsError as error:
            said = str(error)
            figures.ends[f"{name} refused"] += 1
        except UnicodeDecodeError:  # the folder's own business, before the text is looked at
            figures.ends[f"{name} no text"] += 1
        assert name in said, said
        figures.files += 1
    return figures
