"""Showing a run: a live table on a terminal, plain lines in a pipe, JSON lines for programs."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from pipeline.cli.terminal import print_json, printable
from pipeline.figures import credits_text
from pipeline.rendering.notices import ENDS, Kind, Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType
    from rich.text import Text

    from pipeline.cli.terminal import Terminal

_MARKS = {
    Kind.RENDERED: ("✓", "green", "rendered"),
    Kind.RECOVERED: ("✓", "green", "recovered"),
    Kind.RESTORED: ("✓", "green", "restored"),
    Kind.SKIPPED: ("·", "dim", "up to date"),
    Kind.FAILED: ("✗", "red", "failed"),
    Kind.BLOCKED: ("✗", "red", "blocked"),
    Kind.PENDING: ("…", "yellow", "pending"),
    Kind.HELD: ("–", "yellow", "not submitted"),
    Kind.WAITING: ("–", "yellow", "waiting"),
}
_ROWS_MAX = 12
_BAR_CELLS = 18
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Progress(Protocol):
    """Watches a run."""

    def watch(self, notice: Notice) -> None:
        """Take note of one change."""
        ...

    def refresh(self) -> None:
        """Bring elapsed times up to date; called several times a second."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


class _Still:
    """What doesn't move has nothing to refresh and nothing to close."""

    def refresh(self) -> None:
        return

    def close(self) -> None:
        return


class JsonProgress(_Still):
    """One JSON object a line for every change."""

    def watch(self, notice: Notice) -> None:
        shown = {name: value for name, value in asdict(notice).items() if value not in {None, ""}}
        del shown["kind"]
        print_json({"event": notice.kind.value, **shown})


class LineProgress(_Still):
    """A line an end, and one for what holds a take up; submits too with `--verbose`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def watch(self, notice: Notice) -> None:
        if notice.kind in ENDS:
            if notice.kind is Kind.SKIPPED and not self._terminal.verbose:
                return
            _mark, style, word = _MARKS[notice.kind]
            show = self._terminal.warn if style in {"red", "yellow"} else self._terminal.say
            said = f"{word}{_details(notice)}"
            if notice.message.startswith(word):  # a reason that says so itself
                said = notice.message
            show(f"{notice.render}: {said}", style)
        elif notice.kind is Kind.WARNING:
            self._terminal.warn(f"{notice.render}: {notice.message}", "yellow")
        elif notice.kind in {Kind.DELAYED, Kind.RETRYING}:
            self._terminal.say(f"{notice.render}: {notice.kind} – {notice.message}", "dim")
        elif self._terminal.verbose:
            task = f" {notice.task_id}" if notice.task_id else ""
            self._terminal.say(f"{notice.render}: {notice.kind}{task} {notice.message}".rstrip())


def _details(notice: Notice) -> str:
    parts = [notice.message] if notice.message and notice.kind is not Kind.RENDERED else []
    if notice.clip:
        parts.append(notice.clip)
    if notice.credits:
        parts.append(_paid(notice))
    return f" – {', '.join(parts)}" if parts else ""


def _paid(notice: Notice) -> str:
    before = " paid before" if notice.kind is Kind.RECOVERED else ""
    return f"{credits_text(notice.credits)} credits{before}"


@dataclass(slots=True)
class _Row:
    notice: Notice
    begun: float


class LiveProgress:
    """Lines for what has ended, above a table of what is under way.

    `names` are all records that the run is about, by board; `typical_seconds` gives a model's
    usual wait for a clip of so many seconds, or nothing.
    """

    def __init__(
        self,
        terminal: Terminal,
        names: Sequence[tuple[str, str]],
        typical_seconds: Callable[[str, int], float | None],
    ) -> None:
        from rich.live import Live  # noqa: PLC0415 (only where there is a terminal)

        self._total = len(names)
        self._several = len({board for board, _render in names}) > 1
        self._width = max((len(self._name(*name)) for name in names), default=0)
        self._typical_seconds = typical_seconds
        self._rows: dict[tuple[str, str], _Row] = {}
        self._ended = self._skipped = 0
        self._credits = 0.0
        self._begun = time.monotonic()
        self._live = Live(console=terminal.console, auto_refresh=False, transient=True)

    def watch(self, notice: Notice) -> None:
        key = (notice.storyboard, notice.render)
        now = time.monotonic()
        if notice.kind is Kind.WARNING:
            self._live.console.print(self._warning_line(notice))
            return
        if notice.kind not in ENDS:
            known = self._rows.get(key)
            self._rows[key] = _Row(notice, known.begun if known else now)
            return
        row = self._rows.pop(key, None)
        self._ended += 1
        self._total = max(self._total, self._ended)  # a step that waited may become two
        if notice.kind is not Kind.RECOVERED:
            self._credits += notice.credits or 0.0
        if notice.kind is Kind.SKIPPED:
            self._skipped += 1
            return
        self._live.update(self._picture())  # first, or the line would stand there twice
        self._live.console.print(self._end_line(notice, now - row.begun if row else 0.0))

    def refresh(self) -> None:
        with suppress(OSError):  # a terminal that has gone ends no run
            if not self._live.is_started:
                self._live.start()
            self._live.update(self._picture(), refresh=True)

    def close(self) -> None:
        with suppress(OSError):
            self._live.stop()

    def _name(self, board: str, render: str) -> str:
        return f"{board}/{render}" if self._several else render

    def _warning_line(self, notice: Notice) -> Text:
        from rich.text import Text  # noqa: PLC0415

        line = Text("! ", "yellow", overflow="fold")
        line.append(f"{self._name(notice.storyboard, notice.render):<{self._width}}  ", "bold")
        return line.append(printable(notice.message), "yellow")

    def _end_line(self, notice: Notice, elapsed: float) -> Text:
        from rich.text import Text  # noqa: PLC0415

        mark, style, word = _MARKS[notice.kind]
        line = Text(f"{mark} ", style, overflow="fold")
        line.append(f"{self._name(notice.storyboard, notice.render):<{self._width}}  ", "bold")
        if notice.kind is not Kind.RENDERED:
            line.append(f"{word}  ", style)
        if notice.clip:
            line.append(f"{notice.duration or 0:>2} s clip in {elapsed:>5.1f} s")
            if notice.credits:
                line.append(f"  {_paid(notice)}")
        else:
            line.append(printable(notice.message))
        return line

    def _picture(self) -> RenderableType:
        from rich.console import Group  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        now = time.monotonic()
        rows = list(self._rows.values())
        lines = [self._line(row, now - row.begun) for row in rows[:_ROWS_MAX]]
        if len(rows) > _ROWS_MAX:
            lines.append(Text(f"  … and {len(rows) - _ROWS_MAX} more in flight", "dim"))
        return Group(*lines, self._overall(now))

    def _line(self, row: _Row, elapsed: float) -> Text:
        """One take under way; what holds it up takes the place of bar and price."""
        from rich.text import Text  # noqa: PLC0415

        notice = row.notice
        held_up = notice.kind in {Kind.DELAYED, Kind.RETRYING}
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{_SPINNER[int(elapsed * 10) % len(_SPINNER)]} ", "cyan")
        name = self._name(notice.storyboard, notice.render)
        line.append(f"{name:<{self._width}}  ", "bold")
        line.append(f"{notice.kind.value:<11} ", "yellow" if held_up else "cyan")
        if held_up:
            line.append(printable(notice.message), "dim")
            return line
        typical = self._typical_seconds(notice.model or "", notice.duration or 0)
        if typical:
            line.append_text(_bar(elapsed / typical))
            line.append(f" {elapsed:>4.0f} of ~{typical:.0f} s")
        else:
            line.append(f"{elapsed:>4.0f} s")
        if notice.estimated_credits != 0:
            cost = credits_text(notice.estimated_credits, estimated=True)
            line.append(f"  {cost} credits", "dim")
        return line

    def _overall(self, now: float) -> Text:
        from rich.text import Text  # noqa: PLC0415

        text = Text("  ")
        text.append_text(_bar(self._ended / self._total if self._total else 1.0))
        text.append(f" {self._ended} of {self._total} · {now - self._begun:.0f} s")
        if self._credits:
            text.append(f" · {credits_text(self._credits)} credits")
        left = self._seconds_left(now)
        if left is not None:
            text.append(f" · about {_duration_text(left)} left")
        return text

    def _seconds_left(self, now: float) -> float | None:
        """By the pace so far; nothing before the first end, as any figure would be a guess."""
        done, to_do = self._ended - self._skipped, self._total - self._ended
        if not done or not to_do:
            return None
        return max((now - self._begun) / done * to_do, 1.0)


def _bar(part: float) -> Text:
    """How far something has come; a task past its typical wait shows a full bar in yellow."""
    from rich.text import Text  # noqa: PLC0415

    filled = min(int(part * _BAR_CELLS), _BAR_CELLS)
    text = Text("━" * filled, "yellow" if part > 1 else "green")
    text.append("─" * (_BAR_CELLS - filled), "grey30")  # thin: told apart without colour too
    return text


def _duration_text(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
