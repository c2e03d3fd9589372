"""The reference of commands, made from the parser that reads them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pipeline.cli.parser import parser
from tests.docs.schema_words import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EVERYWHERE = "everywhere"
"""The group of options that every command has."""


def commands() -> Mapping[str, argparse.ArgumentParser]:
    """Every command by its name."""
    return _subparsers().choices


def _subparsers() -> argparse._SubParsersAction[argparse.ArgumentParser]:
    found = [a for a in parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return found[0]


def options(command: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """What a command takes, each with the title of its group; `--help` is told once, in words."""
    for group in command._action_groups:
        for action in group._group_actions:
            if not isinstance(action, argparse._HelpAction):
                yield group.title or "", action


def overview() -> str:
    """All commands, with what they do."""
    rows = [
        (f"[`shotmake {name}`](#shotmake-{name})", one.description or "")
        for name, one in commands().items()
    ]
    return table(("command", "does"), rows)


def everywhere() -> str:
    """The options that every command has."""
    found: dict[str, argparse.Action] = {}
    for command in commands().values():
        found |= {_called(a): a for group, a in options(command) if group == EVERYWHERE}
    return table(("option", "does"), [(name, action.help or "") for name, action in found.items()])


def each() -> str:
    """A section a command."""
    return "\n".join(_section(name, command) for name, command in commands().items())


def _section(name: str, command: argparse.ArgumentParser) -> str:
    own = [action for group, action in options(command) if group != EVERYWHERE]
    must = [action for action in own if not action.option_strings or action.required]
    usage = " ".join([name, *map(_placed, must)])
    text = (command.description or "").strip()
    section = f"### shotmake {name}\n\n`shotmake {usage}` – {text}.\n"
    told = [action for action in own if action.help and action.dest != "spec"]
    rows = [(_called(action), str(action.help)) for action in told]
    return section + (f"\n{table(('option', 'does'), rows)}" if rows else "")


def _placed(action: argparse.Action) -> str:
    """An argument or an option as it stands in a line of usage."""
    if action.option_strings:
        return f"{action.option_strings[0]} {_value(action)}".rstrip()
    name = _value(action)
    return {"*": f"[{name} …]", "?": f"[{name}]", "+": f"{name} …"}.get(str(action.nargs), name)


def _value(action: argparse.Action) -> str:
    """What an option takes: nothing, one of these, or what its name says."""
    if action.nargs == 0:
        return ""
    return str(action.metavar or "|".join(action.choices or ()) or action.dest.upper())


def _called(action: argparse.Action) -> str:
    return f"`{_placed(action)}`"
