"""`shotmake run`: plan under the lock, do it, fold the records, say what came of it."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli import connect
from pipeline.cli.boards import (
    Planner,
    examples,
    load_for,
    open_boards,
    require_matches,
    selection,
)
from pipeline.cli.exits import Exit, exit_for
from pipeline.cli.progress import JsonProgress, LineProgress, LiveProgress
from pipeline.cli.terminal import count_text, credits_text, print_json, request_log
from pipeline.errors import FolderError, ShotmakeError
from pipeline.rendering.notices import Kind, Report, Summary
from pipeline.rendering.runner import settle
from pipeline.rendering.states import Status
from pipeline.rendering.work import Terms, Work

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    import anyio

    from pipeline.cli.progress import Progress
    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.runner import Planned
    from pipeline.storyboard.catalog import Catalog

_REFRESH_SECONDS = 0.1


@dataclass(slots=True)
class _Outcome:
    report: Report
    error: ShotmakeError | None = None
    interrupted: bool = False

    @property
    def summary(self) -> Summary:
        return self.report.summary

    @property
    def exit(self) -> Exit:
        if self.interrupted:
            return Exit.INTERRUPTED
        if isinstance(self.error, FolderError):
            return Exit.INCOMPLETE  # the run had begun; 2 would say that nothing was submitted
        if self.error is not None:
            return exit_for(self.error)
        if self.summary.out_of_money:
            return Exit.MONEY
        return Exit.COMPLETE if self.summary.complete else Exit.INCOMPLETE


def run(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """Render what is new, changed or failed, and nothing else."""
    environ = connect.environment()
    destination = connect.choose(args.pass_name, environ)
    loaded = load_for(destination, args.spec, terminal)
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
    if not destination.free:
        connect.api_key(destination, environ)  # before a folder is touched
    planner = Planner(destination, selection(args), examples(catalog))
    begun = time.monotonic()
    with ExitStack() as stack:
        opened = open_boards(boards, planner, Path(args.outputs), _now, stack)
        progress = _progress(args, terminal, opened, catalog)
        gateway = partial(
            connect.connect,
            destination,
            catalog,
            environ,
            download_hosts=args.download_host,
            log=request_log(terminal),
        )
        outcome = _Outcome(Report(progress.watch))
        try:
            with closing(progress):
                rest = settle(opened, outcome.report)
                if rest:
                    import anyio  # noqa: PLC0415 (nothing to do, nothing to load)

                    anyio.run(partial(_render, rest, terms, gateway, progress, outcome))
        finally:
            _fold(opened, outcome)
    seconds = time.monotonic() - begun
    if args.json:
        print_json(_summary_json(outcome, seconds))
    if outcome.error is not None:
        terminal.fail(f"shotmake: {outcome.error}")
    if outcome.error is not None and not any(outcome.summary.counts.values()):
        return outcome.exit  # nothing was begun: there is nothing to sum up
    _say_summary(outcome, seconds, opened, terminal)
    return outcome.exit


def _progress(
    args: argparse.Namespace, terminal: Terminal, opened: Sequence[Planned], catalog: Catalog
) -> Progress:
    if args.json:
        return JsonProgress()
    if not terminal.console.is_terminal or terminal.quiet or terminal.verbose:
        return LineProgress(terminal)
    names = [(p.plan.storyboard, step.render) for p in opened for step in p.plan.steps]
    free = all(planned.plan.provider == connect.STUDIO for planned in opened)

    def typical_seconds(model: str, duration: int) -> float | None:
        known = None if free else catalog.get(model)
        return known.typical_latency_seconds(duration) if known else None

    return LiveProgress(terminal, names, typical_seconds)


def _fold(opened: Sequence[Planned], outcome: _Outcome) -> None:
    """End every board's records; what was left in flight counts as pending."""
    for planned in opened:
        try:
            planned.board.book.fold()
        except FolderError as error:
            outcome.error = outcome.error or error
    if outcome.interrupted or outcome.error is not None:
        outcome.summary.counts[Kind.PENDING] = sum(map(_in_flight, opened))


def _in_flight(planned: Planned) -> int:
    records = planned.board.book.records.values()
    return sum(record.status is Status.PENDING for record in records)


async def _render(
    rest: Sequence[Work],
    terms: Terms,
    gateway: Callable[[], AbstractAsyncContextManager[Gateway]],
    progress: Progress,
    outcome: _Outcome,
) -> None:
    """Do what needs the provider, until it is done, fails as a whole, or is interrupted."""
    import anyio  # noqa: PLC0415

    from pipeline.rendering import runner  # noqa: PLC0415

    async with anyio.create_task_group() as crew:
        crew.start_soon(_interrupt, crew.cancel_scope, outcome)
        crew.start_soon(_refresh, progress)
        try:
            async with gateway() as opened:
                await runner.run(rest, opened, terms, outcome.report, _now)
        except ShotmakeError as error:
            outcome.error = error
        crew.cancel_scope.cancel()


async def _interrupt(scope: anyio.CancelScope, outcome: _Outcome) -> None:
    import anyio  # noqa: PLC0415

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _number in signals:
            outcome.interrupted = True
            scope.cancel()
            return


async def _refresh(progress: Progress) -> None:
    import anyio  # noqa: PLC0415

    while True:
        progress.refresh()
        await anyio.sleep(_REFRESH_SECONDS)


def _summary_json(outcome: _Outcome, seconds: float) -> dict[str, object]:
    summary = outcome.summary
    unknown = summary.unknown_credits
    return {
        "event": "summary",
        **{kind.value: number for kind, number in summary.counts.items()},
        "credits": None if unknown else summary.credits,
        "seconds": round(seconds, 3),
        "exit": int(outcome.exit),
    }


def _say_summary(
    outcome: _Outcome, seconds: float, opened: Sequence[Planned], terminal: Terminal
) -> None:
    """What came of it, and what to do next, in words."""
    free = all(planned.plan.provider == connect.STUDIO for planned in opened)
    counts = outcome.summary.counts
    parts = [
        f"{counts[kind]} {word}"
        for kind, word in (
            (Kind.RENDERED, "rendered"),
            (Kind.RECOVERED, "recovered"),
            (Kind.RESTORED, "restored"),
            (Kind.SKIPPED, "up to date"),
            (Kind.FAILED, "failed"),
            (Kind.BLOCKED, "blocked"),
            (Kind.PENDING, "pending"),
            (Kind.HELD, "not submitted"),
        )
        if counts[kind]
    ]
    spent = f"{credits_text(outcome.summary.credits)} credits"
    if outcome.summary.unknown_credits:
        spent = f"at least {spent}, as {outcome.summary.unknown_credits} did not say"
    parts.append("free" if free else spent)
    parts.append(f"{seconds:.1f} s")
    style = "green" if outcome.exit is Exit.COMPLETE else "yellow"
    terminal.say(" · ".join(parts), f"bold {style}")
    for line in _advice(outcome, opened):
        terminal.say(line)


def _advice(outcome: _Outcome, opened: Sequence[Planned]) -> list[str]:
    counts = outcome.summary.counts
    if outcome.interrupted:
        in_flight = sum(map(_in_flight, opened))
        free = all(planned.plan.provider == connect.STUDIO for planned in opened)
        if free or not in_flight:
            return ["interrupted; nothing is in flight, and the same command goes on from here"]
        tasks = count_text(in_flight, "task is", "tasks are")
        return [
            f"interrupted; {tasks} in flight and on record",
            "next: the same command collects what they bring, and pays for none of them twice;",
            "      shotmake cancel, with the same --pass, ends them",
        ]
    advice = []
    if counts[Kind.FAILED]:
        advice.append("next: --failed tries the failed ones again; a failed task is not billed")
    if counts[Kind.BLOCKED]:
        advice.append("next: change the blocked prompts, or insist with --retry-blocked")
    if counts[Kind.PENDING]:
        advice.append("next: the same command again collects what is pending")
    if not advice and counts[Kind.RENDERED]:
        advice = [f"clips: {planned.board.folder.path}" for planned in opened]
    return advice


def _now() -> datetime:
    return datetime.now(UTC)
