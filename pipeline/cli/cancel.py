"""`shotmake cancel`: end what is in flight, and say what is billed for it and what is not."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from pipeline.cli import connect
from pipeline.cli.boards import load, open_board
from pipeline.cli.clock import now
from pipeline.cli.exits import Exit
from pipeline.cli.selecting import spec_paths
from pipeline.cli.terminal import request_log
from pipeline.figures import count_text, credits_text
from pipeline.rendering.cancelling import Cancelled, cancel_open, open_tasks
from pipeline.rendering.folder import Folder
from pipeline.rendering.layout import passes
from pipeline.storyboard.catalog import load_catalog

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.board import Board
    from pipeline.storyboard.catalog import Catalog


def cancel(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """Cancel every open task of the boards, in one pass or in all that have one."""
    catalog, outputs = load_catalog(), Path(args.outputs)
    environ = connect.environment()
    provider = connect.base_url(environ)
    boards = load(spec_paths(args.spec), catalog, None, outputs).boards
    folders = [
        Folder(outputs, board.name, name)
        for board in boards
        for name in passes(outputs, board.name)
        if name != connect.ANIMATIC and args.pass_name in {None, name}
    ]
    with ExitStack() as held:
        opened = [open_board(folder, provider, now, held) for folder in folders]
        busy = [board for board in opened if any(open_tasks(board, provider))]
        ended: list[tuple[Board, Cancelled]] = []
        if busy:
            destination = connect.Destination(busy[0].folder.pass_name, provider, "")
            connect.api_key(destination, environ)
            try:
                anyio.run(partial(_cancel_all, busy, destination, catalog, terminal, ended))
            finally:
                for board in busy:
                    board.book.fold()
                _say(ended, terminal)
        else:
            terminal.say("nothing is in flight")
        _say_elsewhere(opened, provider, terminal)
    return Exit.INCOMPLETE if any(one.trouble for _board, one in ended) else Exit.COMPLETE


async def _cancel_all(
    boards: Sequence[Board],
    destination: connect.Destination,
    catalog: Catalog,
    terminal: Terminal,
    ended: list[tuple[Board, Cancelled]],
) -> None:
    gateway = connect.connect(
        destination, catalog, connect.environment(), log=request_log(terminal)
    )
    async with gateway as opened:
        for board in boards:
            going = cancel_open(board, opened.client, opened.provider, now())
            async for one in going:
                ended.append((board, one))  # noqa: PERF401 (what came before a refused key stays)


def _say(ended: Sequence[tuple[Board, Cancelled]], terminal: Terminal) -> None:
    """A line a task, and the sum: what was free, what is billed, what nobody knows."""
    free, known, unknown = 0, [], 0
    for board, one in ended:
        task = f" ({one.task_id})" if one.task_id else ""
        name = f"{board.folder.board}/{board.folder.pass_name}/{one.render}"
        if one.trouble:
            terminal.warn(f"{name}: not cancelled – {one.trouble}{task}", "red")
            unknown += 1
        elif one.free:
            terminal.say(f"{name}: {one.status}, free{task}", "green")
            free += 1
        else:
            later = "; its clip comes with the next run" if one.status == "completed" else ""
            billed = "nobody says what was billed" if one.credits is None else _billed(one.credits)
            terminal.say(f"{name}: {one.status}, {billed}{later}{task}", "yellow")
            if one.credits is None:
                unknown += 1
            else:
                known.append(one.credits)
    parts = [f"{free} free"]
    if known:
        parts.append(f"{count_text(len(known), 'task')} billed: {credits_text(sum(known))} credits")
    if unknown:
        parts.append(f"{unknown} unknown")
    terminal.say(" · ".join(parts), "bold")


def _say_elsewhere(boards: Sequence[Board], provider: str, terminal: Terminal) -> None:
    """Open tasks that were bought at other gateways: those must be asked, and under their key."""
    for board in boards:
        others = {record.provider for record in board.book.records.values()} - {provider}
        for other in sorted(others):
            if number := sum(1 for _task in open_tasks(board, other)):
                name = f"{board.folder.board}/{board.folder.pass_name}"
                tasks = count_text(number, "task is", "tasks are")
                terminal.warn(f"{name}: {tasks} open at {other}; cancel there", "yellow")


def _billed(credits: float) -> str:
    return f"{credits_text(credits)} credits billed"
