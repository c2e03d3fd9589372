"""`shotmake cancel`: end what an interrupted run has left in flight."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from pipeline.cli import connect
from pipeline.cli.boards import Planner, estimator, load_for, open_boards
from pipeline.cli.exits import Exit
from pipeline.cli.terminal import credits_text
from pipeline.rendering.cancelling import Cancelled, cancel_open
from pipeline.rendering.steps import Selection

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipeline.cli.boards import Boards
    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.runner import Planned


def cancel(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """Cancel every open task of the boards in one pass, and say what each one cost."""
    destination = connect.choose(args.pass_name, connect.environment())
    loaded = load_for(destination, args.spec, terminal)
    if destination.free:
        terminal.say("nothing is in flight: animatics are drawn here, while a run goes on")
        return Exit.COMPLETE
    planner = Planner(destination, Selection(), estimator(destination, loaded.catalog))
    with ExitStack() as held:
        opened = open_boards(
            loaded.boards, planner, Path(args.outputs), partial(datetime.now, UTC), held
        )
        ended: list[Cancelled] = []
        try:
            anyio.run(partial(_cancel_all, opened, loaded, destination, ended))
        finally:
            for planned in opened:
                planned.board.book.fold()
    for one in ended:
        cost = "free" if one.credits == 0 else f"{credits_text(one.credits)} credits"
        terminal.say(
            f"{one.render}: {one.status}, {cost}" + (f" ({one.task_id})" if one.task_id else "")
        )
    if not ended:
        terminal.say("nothing is in flight")
    return Exit.COMPLETE


async def _cancel_all(
    opened: Sequence[Planned],
    loaded: Boards,
    destination: connect.Destination,
    ended: list[Cancelled],
) -> None:
    async with connect.connect(destination, loaded.catalog, connect.environment()) as gateway:
        for planned in opened:
            ended += await cancel_open(planned.board, gateway.client, gateway.provider)
