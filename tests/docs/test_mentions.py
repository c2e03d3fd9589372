"""The documentation speaks of what is there."""

from __future__ import annotations

import re

import pytest

from pipeline.cli.exits import Exit
from pipeline.rendering.notices import Kind
from pipeline.rendering.steps import Action
from pipeline.studio.accounts import LINES_MAX
from pipeline.studio.app import BODY_BYTES_MAX
from pipeline.studio.images import FETCH_SECONDS, IMAGE_BYTES_MAX
from pipeline.studio.orders import ADDRESS_MAX, PROMPT_CHARACTERS_MAX
from pipeline.studio.sabotage import TASKS_REMEMBERED
from pipeline.studio.tasks import Bounds
from pipeline.tasks_api.retry import (
    CONCURRENCY_WAIT_SECONDS,
    FAULT_WAITS_SECONDS,
    RATE_LIMIT_WAIT_MAX_SECONDS,
)
from tests.docs.commands import EVERYWHERE, commands, options
from tests.docs.pages import PAGES, ROOT, text_of
from tests.mutants.__main__ import SAFEGUARDS
from tests.test_layers import EVERYONE, MAY_IMPORT

TEXTS = (*PAGES, "CHANGELOG.md")
MODULE = re.compile(r"`([\w/]+\.py)(?:::(\w+))?")
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]*))?\)")
SOURCE = re.compile(r'\bsrc(?:set)?="([^"]+)"')
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
ROW = re.compile(r"^\| `shotmake ([a-z]+)", re.MULTILINE)
EXIT = re.compile(r"^\| (\d+) \|", re.MULTILINE)


@pytest.mark.parametrize("page", TEXTS)
def test_what_a_page_names_is_there(page: str) -> None:
    """Modules, tests by their names, and the targets of links."""
    text = text_of(page)
    files = [path for folder in ("pipeline", "tests") for path in (ROOT / folder).rglob("*.py")]
    for name, test in MODULE.findall(text):
        found = [path for path in files if path.as_posix().endswith(f"/{name}")]
        assert found, f"{page} names {name}"
        assert not test or f"def {test}(" in found[0].read_text("utf-8"), f"{name}::{test}"
    for target, heading in [*LINK.findall(text), *((shown, "") for shown in SOURCE.findall(text))]:
        path = ((ROOT / page).parent / target).resolve() if target else ROOT / page
        assert path.exists(), f"{page} links to {target}"
        if heading:
            assert heading in anchors(path.read_text("utf-8")), f"{page} links to #{heading}"


def anchors(text: str) -> set[str]:
    """What headings are called in addresses, as GitHub makes it."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(text)
    }


@pytest.mark.parametrize("page", TEXTS)
def test_options_that_a_page_names_are_there(page: str) -> None:
    """Each `--option` in a line of text is one of a command's; those of blocks are typed."""
    known = {
        option
        for command in commands().values()
        for _group, action in options(command)
        for option in action.option_strings
    }
    named = {option for code in CODE.findall(text_of(page)) for option in OPTION.findall(code)}
    assert named <= known | {"--help", "--write"}


def test_the_readme_has_every_command_and_exit_code() -> None:
    """Its tables: none is missing, none is left over."""
    text = text_of("README.md")
    assert sorted(ROW.findall(text)) == sorted(commands())
    assert [int(code) for code in EXIT.findall(text)] == list(Exit)


def test_every_page_can_be_found() -> None:
    """The README's list has all of docs/."""
    linked = {target for target, _heading in LINK.findall(text_of("README.md"))}
    assert {page for page in PAGES if page != "README.md"} <= linked


def test_the_layers_are_drawn_as_they_are() -> None:
    """Each wing has a row in design.md, with all that it may import."""
    rows = re.findall(
        r"^\| `(\w+)(?:/|\.py)` \| .* \| (.*) \|$", text_of("docs/design.md"), re.MULTILINE
    )
    drawn = {wing: set(re.findall(r"[\w.]+", may)) for wing, may in rows}
    assert drawn.pop("cli") == {"all"}
    assert MAY_IMPORT["cli"] == MAY_IMPORT.keys() - {"cli"}
    assert drawn == {w: may - EVERYONE for w, may in MAY_IMPORT.items() if w != "cli"}
    everyone = " and ".join(f"`{wing}`" for wing in sorted(EVERYONE))
    assert f"Everybody may import {everyone}." in text_of("docs/design.md")


def test_the_options_of_serve_are_told_with_their_defaults() -> None:
    """studio.md has a row for each, in their order."""
    own = [a for group, a in options(commands()["serve"]) if group != EVERYWHERE]
    rows = re.findall(
        r"^\| `(--[a-z-]+).*?` \| (.*?) ?\| ", text_of("docs/studio.md"), re.MULTILINE
    )
    assert [name for name, _default in rows] == [*(a.option_strings[0] for a in own), "--verbose"]
    for (name, told), action in zip(rows, own, strict=False):
        if action.default is not None:
            shown = f"{action.default:g}" if isinstance(action.default, float) else action.default
            assert told == str(shown), name


EVENTS = {*Kind, "summary"}
BOUNDS = Bounds()
RUN = {action.dest: action.default for _group, action in options(commands()["run"])}
FIGURES = [
    ("running.md", f"`--timeout`, {RUN['timeout']:g} s"),
    ("running.md", f"`--retries` times ({RUN['retries']})"),
    ("money.md", f"`--retries {RUN['retries']}`"),
    ("money.md", "{:g}, {:g}, {:g} and {:g} s, then fails".format(*FAULT_WAITS_SECONDS)),
    ("money.md", f"at least every {RATE_LIMIT_WAIT_MAX_SECONDS:g} s"),
    ("money.md", "waits {:g}–{:g} s and comes first".format(*CONCURRENCY_WAIT_SECONDS)),
    ("faults.md", f"the last {TASKS_REMEMBERED:,} tasks"),
    ("studio.md", f"all accounts | {BOUNDS.open_tasks} |"),
    ("studio.md", f"that these need | {BOUNDS.open_image_bytes >> 20} MiB |"),
    ("studio.md", f"that have ended | {BOUNDS.ended_tasks} |"),
    ("studio.md", f"bytes of clips | {BOUNDS.clip_bytes >> 20} MiB |"),
    ("studio.md", f"tasks' init images | {BOUNDS.ended_image_bytes >> 20} MiB |"),
    ("studio.md", f"of the ledger | {LINES_MAX:,} |"),
    ("studio.md", f"A body is at most {BODY_BYTES_MAX >> 20} MiB"),
    ("studio.md", f"its first {PROMPT_CHARACTERS_MAX} characters"),
    ("studio.md", f"of at most {ADDRESS_MAX} characters"),
    ("studio.md", f"at most {IMAGE_BYTES_MAX >> 20} MiB within {FETCH_SECONDS:g} s"),
]


@pytest.mark.parametrize(("page", "told"), FIGURES, ids=lambda value: str(value).strip())
def test_figures_are_those_of_the_program(page: str, told: str) -> None:
    """Where a page gives a bound, it is the one that holds."""
    assert told in " ".join(text_of(f"docs/{page}").split())


def test_every_event_and_every_step_is_told() -> None:
    """The table of events in programs.md, and that of steps in running.md."""
    rows = re.findall(r"^\| (`[a-z`, ]+`) \| ", text_of("docs/programs.md"), re.MULTILINE)
    events = [word for row in rows for word in re.findall(r"\w+", row) if word in EVENTS]
    assert sorted(events) == sorted(EVENTS)
    steps = re.findall(r"^\| ([a-z]+) \| .* \| .* \|$", text_of("docs/running.md"), re.MULTILINE)
    assert set(steps) - {"step"} == set(Action)


def test_every_safeguard_is_listed() -> None:
    """The table in guarantees.md is that of the list as it is; `make mutants` writes it."""
    text = text_of("docs/guarantees.md")
    table = text.partition("<!-- mutants: begin -->")[2].partition("<!-- mutants: end -->")[0]
    rows = [line.split(" | ")[:2] for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows == [[f"| {guard.name}", guard.says] for guard in SAFEGUARDS]
