"""`shotmake review`: a page of every take, and a contact sheet; with `--serve` the page is live."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.connect import choose, environment
from pipeline.cli.exits import Exit
from pipeline.cli.films import films
from pipeline.cli.pages import write_page, write_sheet
from pipeline.errors import UsageError
from pipeline.storyboard.catalog import load_catalog

if TYPE_CHECKING:
    import argparse

    from pipeline.cli.terminal import Terminal


def review(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """Write the pages, or serve them. Raises what `films` does, `UsageError` and `FolderError`."""
    destination = choose(args.pass_name, environment())
    if args.serve and args.sheet:
        raise UsageError("--serve writes no files, and --sheet is one: leave one of them out")
    if args.serve:
        from pipeline.cli.reviewing import serve  # noqa: PLC0415 (a server takes a while to load)

        return serve(args, destination, terminal)
    for film, folder in films(destination, args.spec, Path(args.outputs), terminal):
        posters = write_page(film, folder, load_catalog(), terminal)
        if args.sheet:
            write_sheet(film, folder, posters, terminal)
    return Exit.COMPLETE
