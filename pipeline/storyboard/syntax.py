"""What is wrong with a file as text or as YAML, in people's words instead of libyaml's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import yaml
    from yaml.events import ScalarEvent

    from pipeline.storyboard.places import Place

LINE_END: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What libyaml counts as a line's end."""

MAX_DEPTH: Final = 32
TOO_DEEP: Final = f"nested more than {MAX_DEPTH} levels deep; a storyboard has 4"


def quoted(text: str, limit: int = 40) -> str:
    """The text between backquotes, shortened, on one line."""
    flat = " ".join(text.split()) if any(end in text for end in "\r\n\t") else text
    return f"`{flat}`" if len(flat) <= limit else f"`{flat[: limit - 1]}…`"


def undecodable(data: bytes, offset: int) -> tuple[Place, str]:
    """Place and message for bytes that are not UTF-8."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return (1, 1), "the file is UTF-16 text; save it as UTF-8"
    before = data[:offset].decode("utf-8-sig", errors="replace")
    byte = data[offset]
    likely = bytes([byte]).decode("cp1252", errors="ignore")
    guess = f" ({likely} in the Windows encoding)" if likely.isprintable() and likely else ""
    return place_of(before, len(before)), (
        f"the byte 0x{byte:02X}{guess} is not UTF-8 text; save the file as UTF-8"
    )


def control_character(text: str, offset: int) -> tuple[Place, str]:
    """Place and message for a character that YAML forbids."""
    code = ord(text[offset])
    if code == 0 and text.count("\0") * 3 > len(text):
        return (1, 1), "the file is UTF-16 text; save it as UTF-8"
    name = "a NUL character" if code == 0 else f"an invisible control character (U+{code:04X})"
    return place_of(text, offset), f"{name} stands here; remove it"


def place_of(text: str, offset: int) -> Place:
    """Line and column, from 1, of a character."""
    line, start = 1, 0
    for end in LINE_END.finditer(text, 0, offset):
        line, start = line + 1, end.end()
    return line, offset - start + 1


def explain(error: yaml.YAMLError, text: str, last: ScalarEvent | None) -> tuple[Place, str]:
    """Place and message for an error of libyaml's; `last` is the last scalar that was read."""
    problem = getattr(error, "problem", None) or ""
    at = _mark(getattr(error, "problem_mark", None)) or (1, 1)
    since = _mark(getattr(error, "context_mark", None)) or at
    lines = LINE_END.split(text)
    for line in dict.fromkeys((at[0], since[0])):
        if tab := _tab(lines, line):
            return tab, "a tab stands in the indentation; YAML takes spaces only: indent by two"
    if "quoted scalar" in (getattr(error, "context", None) or ""):
        return _quoted_scalar(problem, at, since)
    if problem == "did not find expected key" and (found := _after_quotes(last, at, lines)):
        return found
    if "mapping values" in problem:
        return _second_colon(at, lines)
    return _by_problem(problem, at, since, lines)


def _mark(mark: yaml.Mark | None) -> Place | None:
    return None if mark is None else (mark.line + 1, mark.column + 1)


def _tab(lines: list[str], line: int) -> Place | None:
    content = lines[line - 1] if line <= len(lines) else ""
    indentation = content[: len(content) - len(content.lstrip())]
    return (line, indentation.index("\t") + 1) if "\t" in indentation else None


def _quoted_scalar(problem: str, at: Place, since: Place) -> tuple[Place, str]:
    if "end of stream" in problem or "document indicator" in problem:
        return since, "the quote that opens here is never closed; close it at the end of the text"
    if "escape" in problem or "hexdecimal" in problem:
        return at, (
            "inside double quotes a backslash begins a code such as \\n, and this is none; "
            "write \\\\ for a backslash, or use single quotes"
        )
    return at, "this can't stand inside quotes"


def _after_quotes(
    last: ScalarEvent | None, at: Place, lines: list[str]
) -> tuple[Place, str] | None:
    """Text that goes on behind a closing quote: an apostrophe, or a quote closed too late."""
    if last is None or last.style not in {"'", '"'} or not last.start_mark or not last.end_mark:
        return None
    opens = (last.start_mark.line + 1, last.start_mark.column + 1)
    closes = (last.end_mark.line + 1, last.end_mark.column)
    if opens[0] != closes[0]:
        return opens, (
            f"the quote that opens here closes only at {closes[0]}:{closes[1]}; "
            "close it at the end of the text"
        )
    if at[0] != closes[0]:
        return None
    rest = lines[at[0] - 1][closes[1] :]
    if last.style == "'" and rest[:1].isalpha():
        return closes, (
            "this apostrophe ends the quoted text; write '' for an apostrophe inside single "
            "quotes, or put the text in double quotes"
        )
    return at, (
        "text goes on after the closing quote; put the whole value in quotes, "
        'and write \\" for a quote inside double quotes'
    )


def _second_colon(at: Place, lines: list[str]) -> tuple[Place, str]:
    before = lines[at[0] - 1][: at[1] - 1]
    if ": " in before:
        return at, (
            "a second colon in one line; put quotes around the text that has it, "
            'as in prompt: "Ramen: the film"'
        )
    return at, (
        "this line is indented as if it belonged to the text above it; "
        "begin it in the same column as its neighbours"
    )


def _by_problem(problem: str, at: Place, since: Place, lines: list[str]) -> tuple[Place, str]:
    line = lines[at[0] - 1] if at[0] <= len(lines) else ""
    character = line[at[1] - 1 : at[1]]
    opened = f"that opens at {since[0]}:{since[1]} is not closed, or a comma is missing"
    if "could not find expected ':'" in problem:
        words = quoted(lines[since[0] - 1].strip())
        return since, f"{words} has no colon; write `name: value`"
    known = {
        "cannot start any token": f"a value can't begin with {character}; put it in quotes",
        "did not find expected key": (
            f"this does not line up with the names around it, which begin in column {since[1]}; "
            "mend its indentation"
        ),
        "expected '-' indicator": (
            f"this stands in a list, whose items begin with `- ` in column {since[1]}; "
            "mend its indentation"
        ),
        "',' or ']'": f"the [ {opened}",
        "',' or '}'": f"the {{ {opened}",
        "block sequence entries": "a list can't begin on this line; put it on lines of its own",
        "alphabetic or numeric": "& and * have a meaning in YAML; put quotes around the text",
        "expected comment or line break": (
            "after | or > the text begins on the next line; to write it here, put it in quotes"
        ),
        "expected node content": f"a value belongs here, not {character}; put it in quotes",
        "tag": "! has a meaning in YAML; put quotes around the text",
        "incompatible YAML": "this file asks for another YAML version; remove the %YAML line",
        "maximum nesting depth": TOO_DEEP,  # libyaml's scanner runs ahead of what we count
        "<document start>": "the storyboard has ended before this line; mend its indentation",
    }
    for part, message in known.items():
        if part in problem:
            return (since if part == "alphabetic or numeric" else at), message
    return at, f"this is not YAML ({problem or 'unreadable'}); put quotes around the text"


def cut_by_comment(line: str, column: int) -> str:
    """What to say of a plain text that ends at `column` (from 0) before something like `#1`.

    Empty where nothing follows, or where a space behind the # shows that a comment is meant.
    """
    rest = line[column:]
    comment = rest.strip()
    if not rest[:1].isspace() or not comment.startswith("#") or comment[1:2] in {"", " ", "#"}:
        return ""
    return (
        f"the prompt ends here, because YAML takes {quoted(comment)} for a comment; put the "
        "whole prompt in quotes, or a space behind the # if it is a comment"
    )
