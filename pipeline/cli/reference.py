"""The commands that look things up or begin something: check, models, schema, init."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.boards import load
from pipeline.cli.exits import Exit
from pipeline.cli.selecting import DEFAULT_SPECS, spec_paths
from pipeline.cli.terminal import print_json
from pipeline.errors import FolderError, UsageError
from pipeline.figures import count_text
from pipeline.storyboard.catalog import load_catalog
from pipeline.storyboard.schemas import schema_text

if TYPE_CHECKING:
    import argparse

    from pipeline.cli.terminal import Terminal
    from pipeline.storyboard.catalog import Model

_WIDE_COLUMNS = 104
"""What the table of models takes with all its columns; names are there to be copied."""

_STARTER = """\
# yaml-language-server: $schema={schema}
title: {title}
model: veo-3.1-fast                     # `shotmake models` lists the others
defaults: {{duration: 4, aspect: 16:9}}   # for every shot that doesn't say otherwise

passes:
  final: {{model: veo-3.1, resolution: 1080p}}   # shotmake run --pass final

shots:
  - id: opening                         # the clip's file name; keep it, and it is never paid twice
    prompt: >-
      Wide aerial shot of a coastline at golden hour, slow push in,
      waves rolling towards the camera.
    seed: 7                             # the same seed again gives a similar picture
    # takes: 3                          # seeds 7, 8, 9 to choose from: shotmake pick SPEC opening=2

  - id: detail
    prompt: Macro shot of a sea shell in wet sand, static camera, soft morning light.
    duration: 3                         # seconds; whole numbers
    # init_image: stills/shell.jpg      # a first frame: a file beside this one, or an https URL
"""

_OUTPUTS_GITIGNORE = """\
# Commit results.json: it says what was rendered and paid for, and brings the clips back for free.
# The clips themselves are large, and stay out of git.
*.mp4
# `shotmake review` makes these again; take the two lines away to have the page in previews of git.
index.html
posters/
*.part
*.new
.lock
.lock-owner.json
journal.jsonl
.cache/
"""


def check(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake check [SPEC…]`: read every storyboard, against every pass's limits."""
    boards = load(spec_paths(args.spec), load_catalog(), None, Path(args.outputs)).boards
    takes = sum(len(board.takes) for board in boards)
    shots = sum(len({take.shot for take in board.takes}) for board in boards)
    said = [count_text(len(boards), "storyboard"), count_text(shots, "shot")]
    said += [count_text(takes, "take")] if takes > shots else []
    terminal.say(f"{', '.join(said)}: all good", "green")
    return Exit.COMPLETE


def models(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake models`: the models, their limits and example prices, as a table."""
    from rich.table import Table  # noqa: PLC0415 (slow to load)

    catalog = load_catalog()
    if args.json:
        print_json({"models": [_model_json(model) for model in catalog.values()]}, indent=2)
        return Exit.COMPLETE
    wide = terminal.console.width >= _WIDE_COLUMNS
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", no_wrap=True, style="bold")
    if wide:
        table.add_column("vendor", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("resolutions", no_wrap=True)
    table.add_column("typical wait", justify="right", no_wrap=True)
    table.add_column("credits/s", justify="right", no_wrap=True)
    if wide:
        table.add_column("own fields", overflow="fold")
    for model in catalog.values():
        low, high = model.latency_seconds
        cells = [
            f"1–{model.max_duration_seconds}",
            " ".join(model.resolutions),
            f"{low}–{high} s for {model.latency_clip_seconds} s",
            f"≈ {model.example_credits / model.example_seconds:.3f}",
        ]
        cells = [model.vendor, *cells, ", ".join(model.extras)] if wide else cells
        table.add_row(model.name, *cells)
    terminal.console.print(table)
    for field in () if wide else sorted({each for m in catalog.values() for each in m.extras}):
        owners = ", ".join(m.name for m in catalog.values() if field in m.extras)
        terminal.say(f"{field}: {owners}")
    aspects = {model.aspects for model in catalog.values()}
    terminal.say(
        "The first resolution is the default. "
        + (f"Aspects: {', '.join(aspects.pop())}. " if len(aspects) == 1 else "")
        + "Credits are the provider's own examples; the live rate is the server's.",
        "dim",
    )
    return Exit.COMPLETE


def _model_json(model: Model) -> dict[str, object]:
    return {
        "model": model.name,
        "vendor": model.vendor,
        "max_duration_seconds": model.max_duration_seconds,
        "resolutions": list(model.resolutions),
        "aspects": list(model.aspects),
        "latency_seconds": list(model.latency_seconds),
        "latency_clip_seconds": model.latency_clip_seconds,
        "example_credits": model.example_credits,
        "example_seconds": model.example_seconds,
        "extras": list(model.extras),
    }


def schema(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake schema [NAME]`: a JSON Schema on stdout, self-contained."""
    terminal.console.file.write(schema_text(args.name))
    return Exit.COMPLETE


def init(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake init NAME`: a commented storyboard to begin from. Never replaces a file."""
    name = args.name.removesuffix(".yaml")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise UsageError(
            f"{name!r} can't name a storyboard: letters, digits, - and _ only, as in my-film"
        )
    target = Path(DEFAULT_SPECS) / f"{name}.yaml"
    ignore = Path(args.outputs) / ".gitignore"
    schema_file = target.parent / "storyboard.schema.json"
    try:
        target.parent.mkdir(exist_ok=True)
        title = name.replace("-", " ").replace("_", " ").capitalize()
        with target.open("x", encoding="utf-8") as file:
            file.write(_STARTER.format(title=title, schema=schema_file.name))
        ignore.parent.mkdir(exist_ok=True)
        written = [target]
        for path, text in ((schema_file, schema_text()), (ignore, _OUTPUTS_GITIGNORE)):
            if not path.exists():
                path.write_text(text, "utf-8")
                written.append(path)
    except FileExistsError as error:
        raise UsageError(f"{error.filename} is there already; choose another name") from None
    except OSError as error:
        raise FolderError(f"{error.filename}: can't be written ({error.strerror})") from error
    terminal.say(f"wrote {', '.join(map(str, written))}")
    terminal.say(f"next: shotmake run {target}", "bold")
    return Exit.COMPLETE
