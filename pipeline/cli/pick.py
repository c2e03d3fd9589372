"""`shotmake pick`: write into a storyboard which take of a shot is the circled one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.exits import Exit
from pipeline.errors import StoryboardError, UsageError
from pipeline.figures import count_text
from pipeline.media.stills import inspect
from pipeline.rendering import disk
from pipeline.rendering.hashes import StillHashes
from pipeline.storyboard.boards import unknown_shot
from pipeline.storyboard.catalog import load_catalog
from pipeline.storyboard.edit import EditError, set_pick, set_pick_by_id
from pipeline.storyboard.resolve import load_storyboards

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from pipeline.cli.terminal import Terminal
    from pipeline.storyboard.resolve import Loaded

_NONE = "none"


def pick(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """Write picks into the file, all or none; nothing else in it is touched."""
    path = Path(args.spec)
    for shot, change in write_picks(path, _wishes(args.picks), Path(args.outputs)).items():
        terminal.say(f"{path}: {shot}: {change}", "green")
    return Exit.COMPLETE


def write_picks(path: Path, wishes: Mapping[str, int | None], outputs: Path) -> dict[str, str]:
    """Write picks (None: none any more) into a storyboard; answers with what has changed, by shot.

    Raises `UsageError`, `StoryboardError` or `FolderError`, and has written nothing then.
    """
    loaded = _load(path, outputs)
    before = _picks(loaded)
    for shot, take in wishes.items():
        _require_take(loaded, path, shot, take)
    target = path.resolve()
    with disk.guarded(path, in_outputs=False):
        old = target.read_bytes()
        new = _edited(old, path, loaded, wishes)
        after = _load(path, outputs, {path: new})
        if after.violations:
            raise StoryboardError(after.violations)
        if new != old:
            if target.read_bytes() != old:
                raise UsageError(f"{path}: somebody is writing it just now; pick once more")
            disk.replace(target, new, mode=target.stat().st_mode & 0o7777)
    return {shot: _change(before.get(shot), take) for shot, take in wishes.items()}


def _load(path: Path, outputs: Path, contents: Mapping[Path, bytes] | None = None) -> Loaded:
    """The storyboard as it is, or would be; with violations, as another pick may mend them."""
    hashes = StillHashes(outputs, time.time)
    return load_storyboards([path], load_catalog(), "draft", inspect, hashes, contents)


def _picks(loaded: Loaded) -> dict[str, int]:
    return dict(loaded.boards[0].picks) if loaded.boards else {}


def _wishes(said: Sequence[str]) -> dict[str, int | None]:
    """`pour=2` as shot and take; None takes a pick away. Raises `UsageError`."""
    wishes: dict[str, int | None] = {}
    for text in said:
        shot, equals, number = text.partition("=")
        number = number.strip().lower()
        if not equals or not (number == _NONE or (number.isascii() and number.isdigit())):
            raise UsageError(f"{text!r} names no take; write it as in pour=2, or pour=none")
        if shot in wishes:
            raise UsageError(f"{shot} is picked twice; keep one of them")
        wishes[shot] = None if number == _NONE else int(number[:9])
    return wishes


def _require_take(loaded: Loaded, path: Path, shot: str, take: int | None) -> None:
    """Raises `UsageError` for a take that the board's own pass doesn't have."""
    if not loaded.boards:
        return  # what is wrong is said of what it would be then
    numbers = [each.number for each in loaded.boards[0].takes if each.shot == shot]
    if not numbers:
        shots = list(dict.fromkeys(each.shot for each in loaded.boards[0].takes))
        raise UsageError(f"{path}: {unknown_shot(shot, shots)}")
    if take is not None and take not in numbers:
        raise UsageError(
            f"{path}: {shot} has {count_text(len(numbers), 'take')}; there is no take {take}"
        )
    if table := loaded.pick_in_table(loaded.boards[0].name, shot):
        raise UsageError(f"{table}: {shot} has its pick in the table; change it there")


def _edited(data: bytes, path: Path, loaded: Loaded, wishes: Mapping[str, int | None]) -> bytes:
    for shot, take in wishes.items():
        by_id = bool(loaded.boards) and loaded.picked_by_id(loaded.boards[0].name, shot)
        try:
            data = (set_pick_by_id if by_id else set_pick)(data, shot, take)
        except EditError as error:
            if loaded.violations:
                raise StoryboardError(loaded.violations) from error
            raise EditError(f"{path}: {error}") from error
    return data


def _change(before: int | None, after: int | None) -> str:
    if before == after:
        return "nothing was picked" if after is None else f"take {after} was picked already"
    if after is None:
        return f"no take is picked any more (it was {before})"
    return f"take {after} is picked" + (f" (it was {before})" if before else "")
