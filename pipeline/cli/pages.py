"""Writes review pages, with the posters that stand on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cli.films import film_of
from pipeline.errors import ShotmakeError
from pipeline.rendering import disk
from pipeline.review.freshness import require_own
from pipeline.review.page import page
from pipeline.review.posters import make_posters
from pipeline.storyboard.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.cli.boards import Desk
    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.folder import Folder
    from pipeline.rendering.work import Planned
    from pipeline.review.cards import Typical
    from pipeline.review.film import Film
    from pipeline.review.posters import Posters
    from pipeline.storyboard.catalog import Catalog
    from pipeline.storyboard.shots import Storyboard

_WORTH_A_WORD = 50
"""So many posters take a while."""


def review_run(stale: Sequence[tuple[Storyboard, Planned]], desk: Desk, terminal: Terminal) -> None:
    """At the end of a run: write a page of each board. What goes wrong with it is said, and is no
    fault of the run's.
    """
    for board, planned in stale:
        folder = planned.board.folder
        try:
            film = film_of(board, desk, folder, planned.board.book.records)
            write_page(film, folder, load_catalog(), terminal)
        except ShotmakeError as error:
            terminal.warn(f"no review page: {error}", "yellow")
        except KeyboardInterrupt:
            terminal.warn("no review page: interrupted", "yellow")
            return


def write_page(film: Film, folder: Folder, catalog: Catalog, terminal: Terminal) -> Posters:
    """Write one film's page, and the posters that are missing. Raises `FolderError`."""

    with disk.guarded(folder.page_path):
        require_own(folder.page_path)

    def begin(count: int) -> None:
        if count >= _WORTH_A_WORD:
            terminal.say(f"making {count} posters", "dim")

    posters = make_posters(film, folder, begin)
    for key, fault in posters.damaged.items():
        terminal.warn(f"{folder.clip(f'{key}.mp4')}: has no picture to show: {fault}", "yellow")
    text = page(film, posters, typical_of(catalog, free=film.free))
    with disk.guarded(folder.page_path):
        disk.make_folder(folder.path)
        disk.replace(folder.page_path, text.encode())
    terminal.say(f"page: {folder.page_path}")
    return posters


def write_sheet(film: Film, folder: Folder, posters: Posters, terminal: Terminal) -> None:
    """Write a film's contact sheet. Raises `FolderError`."""
    from pipeline.review.sheet import sheet_png  # noqa: PLC0415 (Pillow takes a while to load)

    with disk.guarded(folder.sheet_path):
        disk.replace(folder.sheet_path, sheet_png(film, posters))
    terminal.say(f"sheet: {folder.sheet_path}")


def typical_of(catalog: Catalog, *, free: bool) -> Typical:
    """How long models take as a rule; on this machine nobody knows."""

    def typical(model: str, seconds: int) -> float | None:
        known = None if free else catalog.get(model)
        return known.typical_latency_seconds(seconds) if known else None

    return typical
