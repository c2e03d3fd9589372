"""The commands that look before anything is done: plan and status."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli import comparison
from pipeline.cli.boards import Desk, examples, load, load_for
from pipeline.cli.columns import print_rows
from pipeline.cli.connect import choose, environment
from pipeline.cli.exits import Exit
from pipeline.cli.selecting import require_matches, selection, spec_paths
from pipeline.cli.terminal import print_json
from pipeline.figures import count_text, credits_text
from pipeline.rendering.book import read
from pipeline.rendering.decision import clip_is_there
from pipeline.rendering.folder import Folder
from pipeline.rendering.layout import passes
from pipeline.rendering.records import KEPT, Status
from pipeline.rendering.steps import UP_TO_DATE, Action, Selection, as_json, merged_totals
from pipeline.storyboard.catalog import load_catalog

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from pipeline.cli.columns import Row
    from pipeline.cli.connect import Destination
    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.comparing import ShotRow
    from pipeline.rendering.records import Record
    from pipeline.rendering.results import Results
    from pipeline.rendering.steps import Plan, Step
    from pipeline.storyboard.shots import Storyboard

_STYLES = {
    Action.RENDER: "yellow",
    Action.RESUME: "cyan",
    Action.RECOVER: "cyan",
    Action.RESTORE: "cyan",
    Action.SKIP: "dim",
}
_STATUS_STYLES = {Status.COMPLETED.value: "green", Status.PENDING.value: "cyan", None: "dim"}
_UP_TO_DATE_MAX = 50
"""More of them would bury what there is to do."""


def plan(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake plan SPEC…`: what a run would do, and why."""
    destination = choose(args.pass_name, environment())
    loaded = load_for(destination, args.spec, Path(args.outputs), terminal)
    chosen = selection(args)
    require_matches(loaded.boards, chosen)
    desk = Desk(destination, chosen, examples(loaded.catalog), loaded.loaded)
    plans = [desk.from_records(board, Path(args.outputs)) for board in loaded.boards]
    rows = [comparison.compared(board, desk, Path(args.outputs)) for board in loaded.boards]
    if args.json:
        print_json(_plans_json(plans, rows, destination), indent=2)
    else:
        for made, row in zip(plans, rows, strict=True):
            _show_plan(made, terminal)
            comparison.show(row, terminal)
    to_do = any(step.reason != UP_TO_DATE for made in plans for step in made.steps)
    return Exit.INCOMPLETE if args.check and to_do else Exit.COMPLETE


def _plans_json(
    plans: Sequence[Plan], rows: Sequence[list[ShotRow]], destination: Destination
) -> dict[str, Any]:
    return {
        "pass": destination.pass_name,
        "provider": destination.provider,
        "steps": [step for made in plans for step in as_json(made)],
        "shots": [
            row
            for made, found in zip(plans, rows, strict=True)
            for row in comparison.as_json(made.storyboard, found)
        ],
        "totals": merged_totals(plans),
    }


def _show_plan(made: Plan, terminal: Terminal) -> None:
    terminal.say(made.storyboard, "bold")
    if not terminal.quiet:
        shown = _worth_a_line(made, terminal)
        print_rows(partial(_rows_of, shown, terminal), terminal, right=3)
        if more := len(made.steps) - len(shown):
            terminal.say(f"  … and {more} that are up to date; --verbose lists them", "dim")
    terminal.say(f"  {plan_sentence(made)}")
    for name in made.unasked:
        terminal.say(f"  {name}: in the outputs, but in no shot any more", "dim")


def _worth_a_line(made: Plan, terminal: Terminal) -> Sequence[Step]:
    """All steps, as long as somebody can take in all those that do nothing."""
    if terminal.verbose or made.up_to_date <= _UP_TO_DATE_MAX:
        return made.steps
    return [step for step in made.steps if step.reason != UP_TO_DATE]


def _rows_of(steps: Sequence[Step], terminal: Terminal) -> Iterator[Row]:
    for step in steps:
        style = _STYLES[step.action]
        cost = step.estimated_credits
        skipped = step.action is Action.SKIP
        yield (
            ("  " + step.action, style),
            (step.render, "dim" if skipped else "bold"),
            (step.reason, style if skipped else ""),
            ("" if cost == 0 else credits_text(cost, estimated=True), ""),
        )
        if terminal.verbose and step.wanted is not None:
            prompt = step.wanted.take.request.prompt
            yield (("", ""), ("", ""), (prompt, "dim"), ("", ""))


def plan_sentence(made: Plan) -> str:
    """`2 to render, 3 up to date; ≈ 0.36 credits (from the models' example prices)`."""
    counts = made.counts()
    names = {
        Action.RENDER: "to render",
        Action.RESUME: "to resume",
        Action.RECOVER: "to recover, free",
        Action.RESTORE: "to restore, free",
    }
    parts = [f"{counts[action]} {name}" for action, name in names.items() if counts[action]]
    waiting = counts[Action.SKIP] - made.up_to_date
    if made.up_to_date:
        parts.append(f"{made.up_to_date} up to date")
    if waiting:
        parts.append(f"{waiting} left alone")
    sentence = ", ".join(parts) or "no shot selected"
    if made.estimated_credits != 0:
        cost = credits_text(made.estimated_credits, estimated=True)
        sentence += f"; {cost} credits ({_where_from(made)})"
    if made.in_flight_credits != 0:
        owed = credits_text(made.in_flight_credits, estimated=True)
        sentence += f"; up to {owed} more for what is in flight"
    return sentence


def _where_from(made: Plan) -> str:
    """What the estimate is made of."""
    sources = {step.price.source for step in made.steps if step.price.source != "free"}
    names = {
        "past": "what this board's clips have cost",
        "example": "the models' example prices",
        "unknown": "a model whose price nobody knows",
    }
    known = [name for source, name in names.items() if source in sources]
    return "an estimate from " + " and ".join(known)


def status(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake status SPEC…`: what there is, pass by pass, without asking anybody."""
    destination = choose(args.pass_name, environment())
    catalog = load_catalog()
    outputs = Path(args.outputs)
    loaded = load(spec_paths(args.spec), catalog, args.pass_name, outputs)
    shown = []
    complete = True
    for board in loaded.boards:
        names = [args.pass_name] if args.pass_name else passes(outputs, board.name)
        for name in names or [destination.pass_name]:
            folder = Folder(outputs, board.name, name)
            desk = Desk(choose(name, environment()), Selection(), examples(catalog), loaded)
            known = read(folder, desk.destination.provider)
            rows = _rows(known, folder, loaded.in_pass(board.name, name), desk)
            complete = complete and all(row["current"] for row in rows if row["asked"])
            shown.append(
                {
                    "storyboard": board.name,
                    "pass": name,
                    "provider": known.provider,
                    "renders": rows,
                    "kept": sum(path.startswith(KEPT) for path in folder.clips()),
                    "credits": sum(record.credits or 0.0 for record in known.records.values()),
                }
            )
    if args.json:
        print_json({"boards": shown}, indent=2)
    else:
        for entry in shown:
            _show_status(entry, terminal)
    return Exit.COMPLETE if complete else Exit.INCOMPLETE


def _rows(
    known: Results, folder: Folder, board: Storyboard | None, desk: Desk
) -> list[dict[str, Any]]:
    """A row a take; `board` None: the storyboard has no such pass any more."""
    clips = folder.clips()
    steps = {}
    if board is not None:
        made = desk.planner(board, folder, known.records).plan()
        steps = {step.render: step for step in made.steps if step.asked}
    rows = []
    for name in [*steps, *(n for n in sorted(known.records) if n not in steps)]:
        record, step = known.records.get(name), steps.get(name)
        if name.startswith(KEPT) and (record is None or record.clip is not None):
            continue  # only what was paid for and isn't here yet is worth a line
        current = step is not None and step.action is Action.SKIP and step.reason == UP_TO_DATE
        rows.append(
            {
                "render": name,
                "asked": step is not None,
                "current": current,
                "recoverable": step is not None and step.action in {Action.RECOVER, Action.RESTORE},
                "status": record.status.value if record else None,
                "note": step.reason if step else _unasked_note(record),
                "clip": _clip_path(record, folder, clips),
                "task_id": record.task_id if record else None,
                "credits": record.credits if record else None,
            }
        )
    return rows


def _unasked_note(record: Record | None) -> str:
    if record is not None and record.status is Status.PENDING:
        return "bought before, asked for no more; the next run fetches its clip"
    return "asked for no more; its clip is kept" if record and record.clip else "asked for no more"


def _clip_path(record: Record | None, folder: Folder, clips: dict[str, int]) -> str | None:
    if record is None or record.clip is None or not clip_is_there(record, clips.get):
        return None
    return str(folder.clip(record.clip.path))


def _standing(row: dict[str, Any]) -> str:
    """In a word, for the headline: how a take stands with the storyboard as it is now."""
    if row["current"]:
        return "up to date"
    if not row["asked"]:
        return "asked for no more"
    if row["status"] == Status.COMPLETED.value:
        return "to recover" if row["recoverable"] else "to render again"
    return str(row["status"] or "not rendered")


def _show_status(entry: dict[str, Any], terminal: Terminal) -> None:
    rows = entry["renders"]
    counts = Counter(_standing(row) for row in rows)
    said = ", ".join(f"{number} {word}" for word, number in counts.items()) or "nothing yet"
    spent = sum(row["credits"] or 0.0 for row in rows if row["clip"] and row["asked"])
    terminal.say(f"{entry['storyboard']}, pass {entry['pass']}: {said}", "bold")
    if not terminal.quiet:
        print_rows(partial(map, _status_row, rows), terminal)
    if entry["credits"]:
        altogether = credits_text(entry["credits"])
        terminal.say(f"  {credits_text(spent)} credits for these clips, {altogether} on record")
    if entry["kept"]:
        terminal.say(f"  {count_text(entry['kept'], 'earlier clip')} in kept/", "dim")


def _status_row(row: dict[str, Any]) -> Row:
    style = _STATUS_STYLES.get(row["status"], "red")
    if row["asked"] and not row["current"]:
        style = "yellow"
    return (
        (f"  {row['render']}", "bold"),
        (row["status"] or "not rendered", style),
        (row["note"], ""),
        (row["clip"] or row["task_id"] or "", "dim"),
    )
