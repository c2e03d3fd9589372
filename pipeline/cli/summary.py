"""What came of a run, in words and as JSON, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.cli import connect
from pipeline.cli.exits import Exit, exit_for
from pipeline.errors import FolderError, ShotmakeError
from pipeline.figures import count_text, credits_text
from pipeline.rendering.notices import Kind, Report, Summary
from pipeline.rendering.records import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.records import Record
    from pipeline.rendering.work import Planned


_TASKS_TOLD = 50


@dataclass(slots=True)
class Outcome:
    """How a run went, and what ended it."""

    report: Report
    error: ShotmakeError | None = None
    interrupted: bool = False

    @property
    def summary(self) -> Summary:
        """The report's sum."""
        return self.report.summary

    @property
    def exit(self) -> Exit:
        """The exit code that says so."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if isinstance(self.error, FolderError):
            return Exit.INCOMPLETE  # the run had begun; 2 would say that nothing was submitted
        if self.error is not None:
            return exit_for(self.error)
        if self.summary.complete:
            return Exit.COMPLETE
        return Exit.MONEY if self.summary.out_of_money else Exit.INCOMPLETE


def in_flight(planned: Planned) -> int:
    """How many of a board's takes are on their way."""
    return len(_under_way(planned))


def _under_way(planned: Planned) -> dict[str, Record]:
    records = planned.board.book.records.items()
    return {name: record for name, record in records if record.status is Status.PENDING}


def summary_json(outcome: Outcome, seconds: float) -> dict[str, object]:
    """The last line of `run --json`."""
    summary = outcome.summary
    return {
        "event": "summary",
        **{kind.value: number for kind, number in summary.counts.items()},
        "stopped": summary.halted or None,
        "credits": summary.credits if summary.exact else None,
        "seconds": round(seconds, 3),
        "exit": int(outcome.exit),
    }


def say_summary(
    outcome: Outcome, seconds: float, opened: Sequence[Planned], terminal: Terminal
) -> None:
    """What came of it, and what to do next, in words."""
    free = all(planned.plan.provider == connect.STUDIO for planned in opened)
    style = "green" if outcome.exit is Exit.COMPLETE else "yellow"
    terminal.say(sentence(outcome.summary, seconds, free=free), f"bold {style}")
    for line in _advice(outcome, opened):
        terminal.say(line)


def sentence(summary: Summary, seconds: float, *, free: bool) -> str:
    """`2 rendered · 3 up to date · 0.36 credits · 41.0 s`; `free`: it was drawn on this machine."""
    counts = summary.counts
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
            (Kind.WAITING, "waiting"),
        )
        if counts[kind]
    ]
    parts.append("free" if free else spent_text(summary))
    owed = summary.in_flight_credits
    if counts[Kind.PENDING] and owed:
        parts.append(f"up to {credits_text(owed, estimated=True)} more for what is in flight")
    parts.append(f"{seconds:.1f} s")
    return " · ".join(parts)


def spent_text(summary: Summary) -> str:
    """What a run was billed, and how sure that is."""
    spent = f"{credits_text(summary.credits)} credits"
    if summary.unknown_credits:
        spent = f"at least {spent}, as {summary.unknown_credits} did not say"
    if summary.earlier_credits:
        earlier = credits_text(summary.earlier_credits)
        spent = f"{spent}, besides {earlier} that an earlier run seems to have paid"
    return spent


def _advice(outcome: Outcome, opened: Sequence[Planned]) -> list[str]:
    counts = outcome.summary.counts
    if outcome.interrupted:
        going = sum(map(in_flight, opened))
        free = all(planned.plan.provider == connect.STUDIO for planned in opened)
        if free or not going:
            return ["interrupted; nothing is in flight, and the same command goes on from here"]
        tasks = count_text(going, "task is", "tasks are")
        return [
            f"interrupted; {tasks} in flight and on record",
            "next: the same command collects what they bring and pays for none twice;",
            "      shotmake cancel ends them",
        ]
    advice = []
    if isinstance(outcome.error, FolderError):
        advice = [*_untold(opened), "next: when that is mended the same command goes on from here"]
    if outcome.summary.halted and not outcome.summary.complete and outcome.error is None:
        advice.append(f"stopped: {outcome.summary.halted}")
    if outcome.summary.out_of_money and not outcome.summary.complete:
        capped = "--max-credits" in outcome.summary.halted
        then = "with another cap" if capped else "once there are credits in the account"
        advice.append(f"next: the same command goes on from here {then}")
    if counts[Kind.FAILED]:
        advice.append("next: --failed tries the failed ones again; a failed task is not billed")
    if counts[Kind.BLOCKED]:
        advice.append("next: change the blocked prompts, or insist with --retry-blocked")
    if counts[Kind.PENDING] and not isinstance(outcome.error, FolderError):
        advice.append("next: the same command again collects what is pending")
    if not advice and counts[Kind.RENDERED]:
        advice = [f"clips: {planned.board.folder.path}" for planned in opened]
    return advice


def _untold(opened: Sequence[Planned]) -> list[str]:
    """What is in flight; the records may be behind, so it is told while somebody knows it."""
    lines = [
        f"in flight: {name}, {record.task_id or f'sent with the key {record.out_task_id}'}"
        for planned in opened
        for name, record in _under_way(planned).items()
    ]
    more = len(lines) - _TASKS_TOLD
    return lines[:_TASKS_TOLD] + ([f"and {more} more: shotmake status"] if more > 0 else [])
