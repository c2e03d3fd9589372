"""A run: plan under the lock, do it, fold the records, say what came of it."""

from __future__ import annotations

import gc
import signal
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli import connect
from pipeline.cli.boards import Desk, examples, load_for, open_boards
from pipeline.cli.clock import now
from pipeline.cli.exits import Exit
from pipeline.cli.progress import JsonProgress, LineProgress, LiveProgress
from pipeline.cli.reporting import Reporting
from pipeline.cli.selecting import require_matches, selection
from pipeline.cli.summary import Outcome, in_flight, say_summary, summary_json
from pipeline.cli.terminal import is_screen, print_json, request_log
from pipeline.errors import CredentialsError, FolderError, ShotmakeError
from pipeline.figures import credits_text
from pipeline.rendering import settled
from pipeline.rendering.agenda import Agenda
from pipeline.rendering.notices import Kind, Report
from pipeline.rendering.runner import settle
from pipeline.rendering.settled import Settled
from pipeline.rendering.steps import Action, Selection
from pipeline.rendering.work import Terms
from pipeline.review.freshness import is_fresh

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from contextlib import AbstractAsyncContextManager

    import anyio

    from pipeline.cli.progress import Progress
    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.work import Planned
    from pipeline.storyboard.catalog import Catalog
    from pipeline.storyboard.shots import Storyboard

_REFRESH_SECONDS = 0.1


def run(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """Everything that `shotmake run` does, whether there is something to do or not."""
    reporting = Reporting(args.junit, time.monotonic)
    environ = connect.environment()
    destination = connect.choose(args.pass_name, environ)
    loaded = load_for(destination, args.spec, Path(args.outputs), terminal)
    catalog, boards = loaded.catalog, loaded.boards
    require_matches(boards, selection(args))
    terms = Terms(
        concurrency=connect.concurrency(args.concurrency, environ),
        timeout_seconds=args.timeout,
        retries=args.retries,
        fail_fast=args.fail_fast,
        resubmit_uncertain=args.resubmit_uncertain,
        max_credits=args.max_credits,
    )
    desk = Desk(destination, selection(args), examples(catalog), loaded.loaded)
    _require_key(desk, boards, Path(args.outputs))
    begun = time.monotonic()
    with ExitStack() as stack:
        opened = open_boards(boards, desk, Path(args.outputs), now, stack)
        _warn_of_cap(terms, opened, terminal)
        progress = _progress(args, terminal, opened, catalog)
        gateway = partial(
            connect.connect,
            destination,
            catalog,
            environ,
            download_hosts=args.download_host,
            log=request_log(terminal),
        )
        outcome, agenda = Outcome(Report(reporting.through(progress.watch))), Agenda()
        try:
            with closing(progress):
                agenda = settle(opened, outcome.report)
                if agenda:
                    import anyio  # noqa: PLC0415 (nothing to do, nothing to load)

                    with _spared():
                        anyio.run(partial(_render, agenda, terms, gateway, progress, outcome))
        finally:
            _fold(opened, outcome)
            # A run that was ended never came to these.
            outcome.summary.counts[Kind.HELD] += len(agenda)
        reporting.end(outcome, boards, opened, terminal)
        _tell(outcome, time.monotonic() - begun, opened, args, terminal)
        if not (args.no_review or outcome.interrupted or outcome.error):
            _review(boards, opened, desk, terminal)
        if outcome.exit is Exit.COMPLETE:
            _remember(opened, desk, Path(args.outputs))
    return outcome.exit


@contextmanager
def _spared() -> Iterator[None]:
    """What was loaded stays to the end: the collector needn't look at it again and again, while
    thousands of tasks are asked about (a fifth of what that takes).
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _remember(opened: Sequence[Planned], desk: Desk, outputs: Path) -> None:
    """Where nothing was to be done, the next run needn't find that out again."""
    if desk.selection != Selection():
        return
    for path in desk.loaded.without_pass:
        settled.remember(outputs, _settled(path, None, desk), "", {})
    for planned in opened:
        plan, manifest = planned.plan, planned.board.book.manifest_sha256
        if manifest is None or not plan.settled or planned.planner.looks_elsewhere:
            continue
        found = _settled(planned.planner.storyboard.path, len(plan.steps), desk)
        settled.remember(outputs, found, manifest, planned.planner.clips)


def _settled(storyboard: Path, takes: int | None, desk: Desk) -> Settled:
    return Settled(
        storyboard,
        desk.destination.pass_name,
        desk.destination.provider,
        takes,
        desk.loaded.sources(storyboard.stem),
        desk.loaded.stills,
    )


def _review(
    boards: Sequence[Storyboard], opened: Sequence[Planned], desk: Desk, terminal: Terminal
) -> None:
    """Have a page of each board; where nothing has changed, it is there."""
    stale = [
        (board, planned)
        for board, planned in zip(boards, opened, strict=True)
        if not is_fresh(
            planned.board.folder.page_path,
            [planned.board.folder.results_path, *desk.loaded.sources(board.name)],
        )
    ]
    if stale:
        from pipeline.cli.pages import review_run  # noqa: PLC0415 (most runs need none)

        review_run(stale, replace(desk, selection=Selection()), terminal)


def _tell(
    outcome: Outcome,
    seconds: float,
    opened: Sequence[Planned],
    args: argparse.Namespace,
    terminal: Terminal,
) -> None:
    """Say what came of it."""
    if args.json:
        print_json(summary_json(outcome, seconds))
    if outcome.error is not None:
        terminal.fail(f"shotmake: {outcome.error}")
    if outcome.error is not None and not any(outcome.summary.counts.values()):
        return  # nothing was begun: there is nothing to sum up
    if not any(planned.plan.steps for planned in opened):
        terminal.warn("no take is selected: there is nothing to do", "yellow")
    say_summary(outcome, seconds, opened, terminal)


def _require_key(desk: Desk, boards: Sequence[Storyboard], outputs: Path) -> None:
    """Raises `CredentialsError` where a key is needed and missing, before a folder is touched."""
    if desk.destination.free:
        return
    try:
        connect.api_key(desk.destination, connect.environment())
    except CredentialsError:
        plans = [desk.from_records(board, outputs) for board in boards]
        on_this_machine = {Action.SKIP, Action.RESTORE}
        if any(step.action not in on_this_machine for made in plans for step in made.steps):
            raise


def _warn_of_cap(terms: Terms, opened: Sequence[Planned], terminal: Terminal) -> None:
    """Say before the first submit that the cap won't do."""
    steps = [step for planned in opened for step in planned.plan.steps]
    worst = [step.reserve for step in steps]
    known = sum(amount or 0.0 for amount in worst)
    if terms.max_credits is None or (None not in worst and known <= terms.max_credits + 1e-9):
        return
    owed = sum(step.reserve or 0.0 for step in steps if step.action is Action.RESUME)
    if owed > terms.max_credits + 1e-9:
        terminal.warn(
            f"what is in flight may be billed {credits_text(owed)} credits, over --max-credits "
            f"{terms.max_credits:g}; that can't be held back, but `shotmake cancel` ends it. "
            "Nothing more is submitted",
            "yellow",
        )
        return
    cost = "an unknown sum" if None in worst else f"up to {credits_text(known)} credits"
    terminal.warn(
        f"this may cost {cost}, over --max-credits {terms.max_credits:g}: "
        "what no longer fits is not submitted",
        "yellow",
    )


def _progress(
    args: argparse.Namespace, terminal: Terminal, opened: Sequence[Planned], catalog: Catalog
) -> Progress:
    if args.json:
        return JsonProgress()
    if not is_screen(terminal.console) or terminal.quiet or terminal.verbose:
        return LineProgress(terminal)
    names = [(p.plan.storyboard, step.render) for p in opened for step in p.plan.steps]
    free = all(planned.plan.provider == connect.STUDIO for planned in opened)

    def typical_seconds(model: str, duration: int) -> float | None:
        known = None if free else catalog.get(model)
        return known.typical_latency_seconds(duration) if known else None

    return LiveProgress(terminal, names, typical_seconds)


def _fold(opened: Sequence[Planned], outcome: Outcome) -> None:
    """End every board's records; what was left in flight counts as pending."""
    for planned in opened:
        try:
            planned.board.book.fold()
        except FolderError as error:
            outcome.error = outcome.error or error
    if outcome.interrupted or outcome.error is not None:
        outcome.summary.counts[Kind.PENDING] = sum(map(in_flight, opened))


async def _render(
    agenda: Agenda,
    terms: Terms,
    gateway: Callable[[], AbstractAsyncContextManager[Gateway]],
    progress: Progress,
    outcome: Outcome,
) -> None:
    """Do what needs the provider, until it is done, fails as a whole, or is interrupted."""
    import anyio  # noqa: PLC0415

    from pipeline.rendering import runner  # noqa: PLC0415

    # Around the crew: the second Ctrl-C of an impatient hand is not to raise KeyboardInterrupt
    # amid what winds up, which is soon done.
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as crew:
            crew.start_soon(_interrupt, signals, crew.cancel_scope, outcome)
            crew.start_soon(_refresh, progress)
            try:
                async with gateway() as opened:
                    await runner.run(agenda, opened, terms, outcome.report, now)
            except ShotmakeError as error:
                outcome.error = error
            crew.cancel_scope.cancel()
    if outcome.interrupted:  # nor amid the folding that is all that is left of the process
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # The same hand has ended the drawing processes, too; that their loop was closed before one
        # of them was missed is nobody's concern.
        sys.unraisablehook = _unheard


def _unheard(_what: object) -> None:
    """What Python can raise nowhere is told to nobody."""


async def _interrupt(
    signals: AsyncIterator[signal.Signals], scope: anyio.CancelScope, outcome: Outcome
) -> None:
    async for _number in signals:
        outcome.interrupted = True
        scope.cancel()


async def _refresh(progress: Progress) -> None:
    import anyio  # noqa: PLC0415

    while True:
        progress.refresh()
        await anyio.sleep(_REFRESH_SECONDS)
