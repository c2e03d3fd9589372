"""Which storyboards and which of their takes a command line is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.rendering.steps import Selection

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipeline.storyboard.shots import Storyboard

DEFAULT_SPECS = "specs"


def spec_paths(asked: Sequence[str]) -> list[Path]:
    """The storyboards to read: those asked for, else all of `specs/`. Raises `UsageError`."""
    if asked:
        return [Path(spec) for spec in asked]
    folder = Path(DEFAULT_SPECS)
    found = sorted(p for p in folder.glob("*.y*ml") if p.suffix in {".yaml", ".yml"})
    if not found:
        raise UsageError(
            "there is no storyboard in specs/; name one, or write a first one: "
            "shotmake init my-film"
        )
    return found


def selection(args: argparse.Namespace) -> Selection:
    """What SELECT and run's options say about which takes are meant."""
    return Selection(
        shots=tuple(args.shot or ()),
        failed=args.failed,
        force=args.force,
        retry_blocked=args.retry_blocked,
        resubmit_uncertain=args.resubmit_uncertain,
        only_picked=args.only_picked,
    )


def require_matches(boards: Sequence[Storyboard], chosen: Selection) -> None:
    """Raises `UsageError` for a `--shot` that names no shot, and no take, of any board."""
    if not chosen.shots:
        return
    from difflib import get_close_matches  # noqa: PLC0415 (most commands name no shot)

    takes = [take for board in boards for take in board.takes]
    undecided = [each.shot for board in boards for each in board.undecided]
    shots = list(dict.fromkeys([*(take.shot for take in takes), *undecided]))
    for glob in chosen.shots:
        one = Selection((glob,))
        if any(map(one.includes_take, takes)) or any(map(one.includes_undecided, undecided)):
            continue
        small = {shot.casefold(): shot for shot in shots}
        close = [small[name] for name in get_close_matches(glob.casefold(), small, n=1)]
        hint = f"; did you mean {close[0]}?" if close else f"; there are {_few(shots)}"
        raise UsageError(f"--shot {glob} names no shot{hint}")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
