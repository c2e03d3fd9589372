"""Completion in shells: `shotmake completion SHELL`, and what may stand where on a command line.

For every Tab the shell runs the program itself, by way of argcomplete. Nothing is printed but the
answer: a storyboard that is missing, or can't be read, has none.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.exits import Exit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from pipeline.cli.terminal import Terminal
    from pipeline.storyboard.glance import Glance, Seen

    Completer = Callable[[str, argparse.Namespace], dict[str, str]]
    """What a word may become, by how it begins and what else is on the line; and what that is,
    where there is more to say, for shells that show it.
    """

_STORYBOARDS = (".yaml", ".yml")
_SPECS = "specs"
_SAID_MAX = 60
_OF_PASSES = {"animatic": "drawn on this machine, free", "draft": "the storyboard's own model"}

_FOR_ZSH = {
    # A zsh that nobody has set up knows of no completion yet.
    "#compdef shotmake\n": "#compdef shotmake\n"
    "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }\n",
    # Words of which nothing is said are words alone, and not `word  --`.
    "local nosort=()": 'completions=("${completions[@]%:}")\n        local nosort=()',
}


def completion(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """`shotmake completion bash|zsh|fish`: code on stdout, for the shell to evaluate."""
    from argcomplete.shell_integration import shellcode  # noqa: PLC0415 (only here is it needed)

    # Where we have nothing to offer bash's own file names would be no help.
    code = shellcode(["shotmake"], shell=args.shell, complete_arguments=["-o", "nospace"])
    for old, new in _FOR_ZSH.items() if args.shell == "zsh" else ():
        code = code.replace(old, new, 1)
    terminal.console.file.write(code)
    return Exit.COMPLETE


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, and end the process."""
    from argcomplete.completers import SuppressCompleter  # noqa: PLC0415 (only for a Tab)
    from argcomplete.finders import CompletionFinder  # noqa: PLC0415

    for command, subparser in _commands(parser):
        for action in subparser._actions:
            completer = _COMPLETERS.get(f"{command} {action.dest}") or _COMPLETERS.get(action.dest)
            if completer is not None:
                action.completer = _called(completer)  # type: ignore[attr-defined] # its own way
    CompletionFinder()(parser, always_complete_options=False, default_completer=SuppressCompleter())


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action.choices, dict):
            yield from action.choices.items()


def _called(completer: Completer) -> Callable[..., Mapping[str, str]]:
    """As argcomplete calls it: by names, and with more than is needed. What a terminal would obey
    is offered by nobody.
    """

    def call(*, prefix: str, parsed_args: argparse.Namespace, **_more: object) -> Mapping[str, str]:
        offered = completer(prefix, parsed_args)
        return {word: _line(said) for word, said in offered.items() if word.isprintable()}

    return call


def _line(said: str) -> str:
    """What is said of a word, in the half of a line that shells have for it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in said[:500]).split())
    return line if len(line) <= _SAID_MAX else f"{line[: _SAID_MAX - 1]}…"


def _storyboards(prefix: str, _args: argparse.Namespace) -> dict[str, str]:
    return _paths(prefix, _STORYBOARDS)


def _files(prefix: str, _args: argparse.Namespace) -> dict[str, str]:
    return _paths(prefix, ("",))


def _folders(prefix: str, _args: argparse.Namespace) -> dict[str, str]:
    return _paths(prefix, ())


def _paths(prefix: str, endings: tuple[str, ...]) -> dict[str, str]:
    """Folders, and files with one of the endings; hidden ones only if they are asked for."""
    folder, begin = os.path.split(prefix)
    try:
        entries = sorted(Path(folder or ".").expanduser().iterdir())
    except (OSError, RuntimeError):  # no such folder, no such home
        return {}
    found = {}
    for entry in entries:
        if entry.name.startswith(".") and not begin.startswith("."):
            continue
        if entry.is_dir():
            found[os.path.join(folder, entry.name, "")] = ""  # noqa: PTH118 (`~/` stays as it is)
        elif entry.name.endswith(endings):
            found[os.path.join(folder, entry.name)] = ""  # noqa: PTH118
    return found


def _passes(_prefix: str, args: argparse.Namespace) -> dict[str, str]:
    """Those of the boards on the line, or of all."""
    names = (name for board in _boards(args) for name in board.passes)
    return {name: _OF_PASSES.get(name, "as the storyboard has it") for name in names}


def _globs(_prefix: str, args: argparse.Namespace) -> dict[str, str]:
    """Shots, and those takes of theirs that have a name of their own."""
    return _named(args, 2)


def _shots(_prefix: str, args: argparse.Namespace) -> dict[str, str]:
    """Shots, and the takes of those that have several."""
    return _named(args, 1)


def _named(args: argparse.Namespace, first: int) -> dict[str, str]:
    found = {}
    for seen in _seen(args, getattr(args, "pass_name", None)):
        found[seen.shot] = seen.prompt
        for number in range(first, seen.takes + 1) if seen.takes > 1 else ():
            found[f"{seen.shot}.t{number}"] = f"take {number} of {seen.takes}"
    return found


def _picks(prefix: str, args: argparse.Namespace) -> dict[str, str]:
    """`pour=` where several shots begin so, and the takes of a single one."""
    picked = {pick.partition("=")[0] for pick in getattr(args, "picks", None) or ()}
    shot, equals, _take = prefix.partition("=")
    meant = [
        seen
        for seen in _seen(args, None)
        if (seen.shot == shot if equals else seen.shot.startswith(shot)) and seen.shot not in picked
    ]
    if len(meant) > 1:
        return {f"{seen.shot}=": seen.prompt for seen in meant}
    takes = {
        f"{seen.shot}={number}": f"take {number} of {seen.takes}"
        for seen in meant
        for number in range(1, seen.takes + 1)
    }
    return takes | {f"{seen.shot}=none": "no take is picked any more" for seen in meant}


def _seen(args: argparse.Namespace, pass_name: str | None) -> list[Seen]:
    """The shots of the boards on the line; without a pass as the animatic and the draft do."""
    return [seen for board in _boards(args) for seen in board.shots(pass_name or "draft")]


def _boards(args: argparse.Namespace) -> list[Glance]:
    from pipeline.storyboard.glance import glance  # noqa: PLC0415 (only for what it tells)

    named = getattr(args, "spec", None) or [*_paths(f"{_SPECS}/", _STORYBOARDS)]
    paths = [named] if isinstance(named, str) else named
    looked = (glance(Path(path).expanduser()) for path in paths)
    return [board for board in looked if board is not None]


def _schemas(_prefix: str, _args: argparse.Namespace) -> dict[str, str]:
    from pipeline.storyboard.catalog import load_catalog  # noqa: PLC0415
    from pipeline.storyboard.schemas import schema_names  # noqa: PLC0415

    catalog = load_catalog()
    return {
        name: "a model's requests" if name in catalog else "what shotmake reads or writes"
        for name in schema_names(catalog)
    }


_COMPLETERS: dict[str, Completer] = {
    "spec": _storyboards,
    "pass_name": _passes,
    "shot": _globs,
    "explain shot": _shots,
    "accept shot": _shots,
    "picks": _picks,
    "schema name": _schemas,
    "outputs": _folders,
    "junit": _files,
    "faults": _storyboards,
}
"""By what an argument is called in `parser.py`, or by its command and that. Choices speak for
themselves, and of the rest nothing is known.
"""
