"""`shotmake export`: a film as a timeline for an editing program, or as a shot list."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.connect import choose, environment
from pipeline.cli.exits import Exit
from pipeline.cli.films import films
from pipeline.errors import UsageError
from pipeline.figures import count_text
from pipeline.rendering import disk
from pipeline.review.conform import conform, timecode
from pipeline.review.film import Standing

if TYPE_CHECKING:
    import argparse

    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.folder import Folder
    from pipeline.review.conform import Conformed

_LIBRARIES = {
    "csv": (),
    "otio": ("opentimelineio",),
    "edl": ("opentimelineio", "otio_cmx3600_adapter"),
}


def export(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake export [SPEC…] --to otio|edl|csv`: changes nothing but the file that it writes.

    Raises `UsageError` where the library isn't installed that the form needs.
    """
    form: str = args.to
    _require_library(form)
    destination = choose(args.pass_name, environment())
    complete = True
    for film, folder in films(destination, args.spec, Path(args.outputs), terminal):
        made = conform(film)
        written = _write(_texts(made, form), form, folder)
        _tell(made, terminal)
        what = "shot list" if form == "csv" else "timeline"
        shots = count_text(len(made.shots), "shot")
        length = timecode(made.frames)
        terminal.say(f"{what}: {' '.join(map(str, written))}  {shots}, {length}")
        complete = complete and not made.missing
    return Exit.COMPLETE if complete else Exit.INCOMPLETE


def _require_library(form: str) -> None:
    if not all(find_spec(name) for name in _LIBRARIES[form]):
        raise UsageError(
            f"--to {form} is written by OpenTimelineIO, which isn't installed; "
            "pip install 'shotmake[edit]' brings it, and --to csv needs none"
        )


def _texts(made: Conformed, form: str) -> list[str]:
    """What is to be written; an EDL may take several files."""
    if form == "csv":
        from pipeline.review.shot_list import shot_list  # noqa: PLC0415

        return [shot_list(made)]
    # These need what may not be installed.
    if form == "edl":
        from pipeline.review.edl import edls  # noqa: PLC0415

        return edls(made)
    from pipeline.review.timeline import timeline  # noqa: PLC0415

    return [timeline(made)]


def _write(texts: list[str], form: str, folder: Folder) -> list[Path]:
    """Write the files beside the clips: `ramen.edl`, and `ramen.2.edl` where there are more. Those
    of an earlier, longer film go. Raises `FolderError`.
    """
    numbered = (folder.export_path(form if n == 1 else f"{n}.{form}") for n in count(1))
    paths = [next(numbered) for _text in texts]
    for parent in (folder.path.parent, folder.path):
        disk.require_no_link(parent)
    with disk.guarded(folder.path):
        disk.make_folder(folder.path)
    for path, text in zip(paths, texts, strict=True):
        with disk.guarded(path):
            disk.replace(path, text.encode())
    if form == "edl":
        for path in takewhile(_is_list, numbered):
            folder.remove(path.name)
    return paths


def _is_list(path: Path) -> bool:
    """Whether an EDL of ours lies there, and not somebody's own that is called so."""
    with disk.guarded(path):
        return b"\n* SHOT: " in (disk.read(path) or b"") if path.is_file() else False


def _tell(made: Conformed, terminal: Terminal) -> None:
    """What an editor should know beforehand."""
    for placed in made.shots:
        if placed.media is None:
            terminal.warn(f"{placed.shot.shot}: missing: {placed.missing}", "yellow")
            continue
        if placed.shot.for_want_of_a_pick:
            terminal.say(f"{placed.shot.shot}: {placed.shot.for_want_of_a_pick}", "yellow")
        if placed.media.take.standing is Standing.CHANGED:
            reason = placed.media.take.told.step.reason
            terminal.say(f"{placed.media.take.key}: changed since it was rendered: {reason}")
