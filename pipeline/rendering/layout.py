"""The layout of `outputs/`: what its files are called. Nothing is touched here.

    outputs/<board>/<pass>/<take>.mp4, kept/<digest12>.mp4, results.json, journal.jsonl
    outputs/<board>/<pass>/index.html, posters/<take>.jpg, sheet.png, cut.mp4, <board>.otio …
    outputs/.cache/                     what may be lost: it only saves time (no board begins so)

No other module knows these names.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipeline.rendering.records import Record

_OURS = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.t([2-9]|[1-9][0-9]+))?"  # a take
    r"|kept/(unknown-)?[0-9a-f]{12}(-[0-9]+)?)\.mp4(\.part)?"
    r"|(results\.json|\.lock-owner\.json|index\.html|sheet\.png)\.new"
    r"|[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.[0-9]+)?\.(otio|edl|csv)\.new"
    r"|(.+\.)?cut\.mp4\.[0-9]+\.new"
    r"|posters/[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.t[0-9]+)?\.jpg\.[0-9]+\.new"
)
POSTERS = "posters/"
_CUT = "cut.mp4"


class Layout:
    """Where the files of one pass of one storyboard lie, as far as there are any."""

    def __init__(self, outputs: Path, board: str, pass_name: str) -> None:
        self.path = outputs / board / pass_name
        self.board = board
        self.pass_name = pass_name

    @property
    def results_path(self) -> Path:
        """Where the manifest lies."""
        return self.path / "results.json"

    @property
    def journal_path(self) -> Path:
        """Where the journal lies while a run is going, or after one was killed."""
        return self.path / "journal.jsonl"

    @property
    def page_path(self) -> Path:
        """Where the review page lies."""
        return self.path / "index.html"

    @property
    def sheet_path(self) -> Path:
        """Where the contact sheet lies."""
        return self.path / "sheet.png"

    @property
    def posters_path(self) -> Path:
        """The folder of the posters, which are called as the takes are."""
        return self.path / POSTERS.rstrip("/")

    def export_path(self, ending: str) -> Path:
        """Where a timeline or a shot list lies; `ending` without a dot."""
        return self.path / f"{self.board}.{ending}"

    def cut_path(self, takes: Iterable[str], records: Mapping[str, Record]) -> Path:
        """Where the film lies: as `cut.mp4`, if that is no clip's place by the board's takes and
        the records, else behind the board's name.
        """
        names = {name.casefold() for name in chain(takes, records)}  # some disks know no case
        free = _CUT.removesuffix(".mp4") not in names and is_film(_CUT, records)
        return self.path / (_CUT if free else f"{self.board}.{_CUT}")

    def clip(self, relative: str) -> Path:
        """A clip by its path relative to the folder."""
        return self.path / relative


def cache_path(outputs: Path, name: str) -> Path:
    """Where a file lies that only saves time, and is in no board's or pass's folder."""
    return outputs / ".cache" / name


def is_ours(relative: str) -> bool:
    """Whether a file in a pass's folder is called as shotmake calls its clips and what it writes
    on the way to one; whatever else lies there is somebody else's.
    """
    return _OURS.fullmatch(relative) is not None


def is_film(relative: str, records: Mapping[str, Record]) -> bool:
    """Whether a file is called as the film made of a pass's clips, and is no clip by any record."""
    clips = (record.clip.path.casefold() for record in records.values() if record.clip)
    return relative == _CUT and _CUT not in clips


def passes(outputs: Path, board: str) -> list[str]:
    """The passes of a board that have records, by name."""
    try:
        folders = [Layout(outputs, board, entry.name) for entry in (outputs / board).iterdir()]
        return sorted(
            folder.pass_name
            for folder in folders
            if folder.results_path.exists() or folder.journal_path.exists()
        )
    except (FileNotFoundError, NotADirectoryError):
        return []
