"""An explained take on the terminal: labels and what they say, then its attempts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.cli.terminal import printable
from pipeline.figures import count_text, credits_text, took_text
from pipeline.rendering.explaining import Change, image_words
from pipeline.rendering.records import Status
from pipeline.rendering.steps import Action
from pipeline.rendering.word_changes import word_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.explaining import Explained, Told
    from pipeline.rendering.folder import Folder
    from pipeline.rendering.word_changes import Spans
    from pipeline.storyboard.shots import Storyboard

_DIGITS = 12
_BELOW = 7
"""Where the lines below an attempt begin: under its time."""

_STYLES = {Status.COMPLETED: "green", Status.PENDING: "cyan"}
_SHOWN_APART = frozenset({"model", "prompt", "duration", "aspect", "resolution", "init_image"})
_SOURCES = {
    "past": "by what this board's clips have cost",
    "example": "by the model's example price",
    "unknown": "nobody knows its price",
}


def show(made: Explained, board: Storyboard, folder: Folder, terminal: Terminal) -> None:
    """Print one take; nothing with `--quiet`."""
    if terminal.quiet:
        return
    picked = " (picked)" if made.take.picked else ""
    terminal.say(f"{board.name}/{board.pass_name}/{made.take.key}{picked}", "bold")
    table = _grid()
    for label, value in _rows(made):
        table.add_row(_text(f"  {label}", "dim"), value)
    terminal.console.print(table)
    for line in _history(made, folder, terminal.console.width) if made.history else ():
        terminal.console.print(line, highlight=False)


def _rows(made: Explained) -> Iterator[tuple[str, RenderableType]]:
    style = "dim" if made.step.action is Action.SKIP else "yellow"
    step = _text("").append(made.step.action.value, style)
    yield "step", step.append(f"  {printable(made.step.reason)}")
    for other in made.besides:
        yield "", _text(f"{other.action.value} {other.render}  {other.reason}")
    if made.step.estimated_credits != 0:
        cost = credits_text(made.step.estimated_credits, estimated=True)
        yield "may cost", _text(f"{cost} credits ({_SOURCES[made.step.price.source]})")
    yield "request", _text(_request_line(made.fields))
    yield "prompt", _text(str(made.fields["prompt"]))
    image = made.fields.get("init_image")
    if image is not None:
        yield "begins with", _text((image_words(image) or "").strip("<>"))
    unknown = f"none yet: it begins with {made.unknown}"
    yield "digest", _text(made.digest or unknown, "" if made.digest else "yellow")
    yield from _difference(made)
    yield "sent as", _body(made.sent)
    attempts = len(made.history)
    yield "history", _text(count_text(attempts, "attempt") if attempts else "no attempt yet", "dim")


def _request_line(asked: dict[str, Any]) -> str:
    """`veo-3.1-fast · 4 s · 16:9 · 720p · seed 7`."""
    parts = [asked["model"], f"{asked['duration']} s", asked["aspect"], asked["resolution"]]
    more = (f"{name} {_value(asked[name])}" for name in asked if name not in _SHOWN_APART)
    return " · ".join([*map(str, parts), *more])


def _body(sent: dict[str, Any]) -> RenderableType:
    """JSON whose long lines go on under their beginning."""
    from rich.console import Group  # noqa: PLC0415 (slow to load)
    from rich.padding import Padding  # noqa: PLC0415

    lines = json.dumps(sent, ensure_ascii=False, indent=2).splitlines()
    bare = [line.lstrip() for line in lines]
    return Group(
        *(
            Padding(_text(text, "dim"), (0, 0, 0, len(line) - len(text)), expand=False)
            for line, text in zip(lines, bare, strict=True)
        )
    )


def _difference(made: Explained) -> Iterator[tuple[str, RenderableType]]:
    label = "difference"
    if made.changes is None:
        yield label, _text("never rendered", "dim")
    elif not made.changes:
        waits = ", as far as it is known" if made.unknown else ""
        yield label, _text(f"no difference{waits}", "dim")
    for change in made.changes or ():
        yield label, _change(change)
        label = ""


def _change(change: Change) -> RenderableType:
    old, new = change.old, change.new
    if change.field == "prompt":
        return _prompt_change(str(old), str(new))
    if change.field == "init_image":
        old, new = ((image_words(image) or "").strip("<>") for image in (old, new))
        return _text(f"init image {old or 'none'} → {new or 'none'}")
    told = ("none" if value is None else _value(value) for value in (old, new))
    return _text(f"{change.field} {' → '.join(told)}")


def _prompt_change(old: str, new: str) -> RenderableType:
    before, after = word_changes(old, new)
    if before == after:
        return _text("prompt: only its white space")
    table = _grid(1)
    for sign, spans, style in (("-", before, "red"), ("+", after, "green")):
        table.add_row(_text(sign, style), _marked(spans, style))
    return table


def _marked(spans: Spans, style: str) -> Text:
    line = _text("")
    for text, changed in spans:
        line.append(printable(text), f"bold underline {style}" if changed else "")
    return line


def _history(made: Explained, folder: Folder, columns: int) -> Iterator[RenderableType]:
    """A line an attempt, with what there is to say about it below; within 80 columns."""
    from rich.padding import Padding  # noqa: PLC0415

    yield _text(
        f"  {'#':>3}  {'when (UTC)':<19}  {'took':>7}  {'outcome':<9}  {'credits':>7}  task", "dim"
    )
    for told in made.history:
        attempt = told.attempt
        when = _when(attempt.submitted_at or attempt.completed_at)
        line = _text(f"  {attempt.attempt:>3}  {when:<19}  {took_text(told.seconds):>7}  ")
        line.append(f"{attempt.status.value:<9}", _STYLES.get(attempt.status, "red"))
        line.append(f"  {_credits(told):>7}  ")
        task = printable(attempt.task_id or "")
        fits = line.cell_len + len(task) <= columns
        yield line.append(task) if fits else line
        below = [] if fits else [_text(task)]
        below += _below(told, folder)
        yield from (Padding(each, (0, 0, 0, _BELOW), expand=False) for each in below)


def _below(told: Told, folder: Folder) -> Iterator[Text]:
    attempt = told.attempt
    if attempt.error is not None:
        style = "yellow" if attempt.status is Status.COMPLETED else "red"
        yield _text(": ".join(filter(None, (attempt.error.code, attempt.error.message))), style)
    said = [f"request {attempt.digest[:_DIGITS]}"]
    if attempt.status is Status.PENDING and attempt.task_id is None:
        said.append(f"sent with the key {attempt.out_task_id}, no answer on record")
    elif attempt.status is Status.PENDING and attempt.completed_at is not None:
        said.append("completed there, its clip is not fetched yet")
    if told.clip is not None:
        said.append(str(folder.clip(told.clip)))
    if told.accepted is not None:
        said.append(f"called good for {told.accepted[:_DIGITS]}, too")
    yield _text(" · ".join(said), "dim")


def _when(time: str | None) -> str:
    """To the second; a time that isn't in UTC, as somebody has written it."""
    if time is None:
        return ""
    moment = datetime.fromisoformat(time)
    return time if moment.utcoffset() else moment.strftime("%Y-%m-%d %H:%M:%S")


def _credits(told: Told) -> str:
    """What a clip has cost, also where that is unknown; of the others, what was billed."""
    billed, completed = told.attempt.credits, told.attempt.status is Status.COMPLETED
    return credits_text(billed) if completed or billed is not None else ""


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _grid(gap: int = 2) -> Table:
    """Columns side by side, of which the last one takes the rest of the line."""
    from rich.table import Table  # noqa: PLC0415 (slow to load)

    table = Table.grid(padding=(0, gap))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _text(text: str, style: str = "") -> Text:
    """Text of whatever origin."""
    from rich.text import Text  # noqa: PLC0415

    return Text(printable(text), style, overflow="fold")
