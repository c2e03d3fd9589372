"""`shotmake cut`: the chosen takes in their order as one MP4."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.connect import choose, environment
from pipeline.cli.exits import Exit
from pipeline.cli.films import films
from pipeline.cli.terminal import is_screen
from pipeline.errors import MediaError
from pipeline.figures import count_text, length_text
from pipeline.media.assembling import assemble
from pipeline.media.reels import Reel, read_reel
from pipeline.rendering.disk import guarded, written
from pipeline.review.advice import run_command
from pipeline.review.cut import Cut, plan_cut, why_missing
from pipeline.review.film import remarks

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.folder import Folder
    from pipeline.rendering.records import Clip, Record
    from pipeline.review.film import Film

_Marks = dict[Path, tuple[int, int, int] | None]
"""Which file lies at a path, as long as nobody touches it."""


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where one film is cut. `prefix` stands before the names of its shots, where there are films
    of several boards; `free`: the pass is drawn on this machine.
    """

    film: Film
    folder: Folder
    terminal: Terminal
    prefix: str
    free: bool

    @property
    def clips(self) -> Iterator[tuple[str, Record, Clip]]:
        """The shots of which a clip is on record, wherever that is now."""
        for shot in self.film.shots:
            record = shot.chosen.record if shot.chosen else None
            if record is not None and record.clip is not None:
                yield shot.shot, record, record.clip


def cut(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake cut [SPEC…]`: a film for every board that has the pass. Raises `FolderError`."""
    destination = choose(args.pass_name, environment())
    found = films(destination, args.spec, Path(args.outputs), terminal)
    code = Exit.COMPLETE
    for film, folder in found:
        prefix = f"{film.board.name}/" if len(found) > 1 else ""
        bench = _Bench(film, folder, terminal, prefix, destination.free)
        try:
            code = max(code, _cut(bench, slate=args.slate))
        except MediaError as error:
            terminal.fail(f"shotmake: {error}")
            code = max(code, Exit.INCOMPLETE)
    return code


def _cut(bench: _Bench, *, slate: bool) -> Exit:
    """One film. Raises `MediaError` and `FolderError`; what was cut before is there then."""
    film, folder = bench.film, bench.folder
    target = folder.cut_path(_names(film), film.records)
    paths = [target, *(folder.clip(clip.path) for _shot, _record, clip in bench.clips)]
    with guarded(folder.path):
        before = _marks(paths)
    reels = _reels(bench)
    if not reels:
        raise MediaError(
            f"{film.board.name}: nothing is rendered yet in pass {film.board.pass_name}; "
            f"`{run_command(film)}` renders it"
        )
    made = plan_cut(film, reels, slate=slate)
    _remark(bench, target)
    with guarded(target), _ctrl_c_by_sigterm(), written(target) as new:
        try:
            with _progress(bench, made) as progress:
                assemble(made.montage, new, progress)
        except MediaError as error:
            _require_unchanged(before)
            raise MediaError(f"{error}. {_AS_BOUGHT}") from error
        _require_unchanged(before)
    bench.terminal.say(_told(bench, made, target), "bold")
    return Exit.INCOMPLETE if made.missing else Exit.COMPLETE


def _names(film: Film) -> Iterator[str]:
    """What its clips are called, and are to be called."""
    yield from (take.key for take in film.board.takes)
    yield from (shot.shot for shot in film.board.undecided)


def _marks(paths: Sequence[Path]) -> _Marks:
    """What lies there now. Raises `OSError`."""
    marks: _Marks = {}
    for path in paths:
        try:
            stat = path.stat(follow_symlinks=False)
            marks[path] = stat.st_ino, stat.st_size, stat.st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            marks[path] = None
    return marks


def _require_unchanged(before: _Marks) -> None:
    """A run may bring other clips meanwhile, and one even where the film is to lie."""
    for path, mark in _marks([*before]).items():
        if mark != before[path]:
            raise MediaError(f"{path}: it has changed while the film was cut; cut it again")


_AS_BOUGHT = "It is as it was rendered; `shotmake run --force --shot` renders it once more."


def _reels(bench: _Bench) -> dict[str, Reel]:
    """The clips that there are, by their shots. Raises `MediaError` with all that are damaged."""
    reels: dict[str, Reel] = {}
    damaged: list[str] = []
    for shot, record, clip in bench.clips:
        size = bench.folder.size(clip.path)
        if size is None:
            continue
        path = bench.folder.clip(clip.path)
        try:
            # Its size alone is what a plan goes by; changed bytes would be cut in unseen.
            if size != clip.bytes or bench.folder.sha256(clip.path) != clip.sha256:
                remedy = _remedy(record, free=bench.free)
                damaged.append(f"{path}: it is not the clip on record. {remedy}")
            else:
                reels[shot] = read_reel(path)
        except MediaError as error:
            damaged.append(f"{error}. {_AS_BOUGHT}")
    if damaged:
        raise MediaError("\n".join(damaged))
    return reels


def _remedy(record: Record, *, free: bool) -> str:
    if record.task_id is None:
        return "Put that back, or `shotmake accept` this one."
    anew = "draws that anew, free" if free else "fetches that anew, free while the provider has it"
    return f"Remove it, and `shotmake run` {anew}; or `shotmake accept` this one."


def _remark(bench: _Bench, target: Path) -> None:
    """What people should know of the shots, and of the film's name."""
    for shot in bench.film.shots:
        if shot.missing:
            text = f"{bench.prefix}{shot.shot}: a card stands for it – {why_missing(shot)}"
            bench.terminal.warn(text, "yellow")
    for name, remark in remarks(bench.film):
        bench.terminal.say(f"{bench.prefix}{name}: {remark}", "yellow")
    if target.name != "cut.mp4":
        said = f"cut.mp4 is a shot's clip here: the film is called {target.name}"
        bench.terminal.say(said, "yellow")


@contextmanager
def _ctrl_c_by_sigterm() -> Iterator[None]:
    """Whoever ends us leaves no half film behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress(bench: _Bench, made: Cut) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, where pictures are encoded: that takes about as long as they last."""
    terminal = bench.terminal
    if not made.reason or terminal.quiet or not is_screen(terminal.console):
        yield lambda _pictures: None
        return
    from rich.progress import (  # noqa: PLC0415 (only where there is a terminal)
        BarColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = TextColumn("  {task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=terminal.console, transient=True) as bar:
        name = f"cutting {bench.film.board.name}"
        task = bar.add_task(name, total=made.montage.frames)
        yield lambda pictures: bar.update(task, completed=pictures)


def _told(bench: _Bench, made: Cut, target: Path) -> str:
    """`cut: outputs/ramen/animatic/cut.mp4  12 shots, 38.0 s, 1280×720, without loss`."""
    montage = made.montage
    shots = count_text(len(bench.film.shots), "shot")
    missing = f" ({made.missing} missing)" if made.missing else ""
    seconds = length_text(float(montage.frames / montage.rate))
    size = f"{montage.size[0]}×{montage.size[1]}"
    if made.reason:
        how = f"re-encoded, as {made.reason}"
    else:
        how = "without loss" + (", the sound encoded anew" if montage.sound else "")
    return f"cut: {target}  {shots}{missing}, {seconds}, {size}, {how}"
