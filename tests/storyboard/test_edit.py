"""Picks written into a storyboard's text: what each form of YAML becomes, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.storyboard.edit import EditError, set_pick, set_pick_by_id

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted((ROOT / "tests/examples").glob("*/*.yaml")),
    *sorted((ROOT / "specs").glob("*.yaml")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


BY_HAND = "write `pick: 2` in it by hand"


def picked(text: str, take: int | None) -> str:
    return set_pick(text.encode(), "pour", take).decode()


def refusal(text: str, take: int | None = 2) -> str:
    with pytest.raises(EditError) as caught:
        set_pick(text.encode(), "pour", take)
    return str(caught.value)


IN_AND_OUT = {
    "in block style": (
        "shots:\n  - id: pour\n    prompt: x\n",
        "shots:\n  - id: pour\n    pick: 2\n    prompt: x\n",
    ),
    "a comment behind the id": (
        "shots:\n- id: pour   # the hero\n  prompt: x\n",
        "shots:\n- id: pour   # the hero\n  pick: 2\n  prompt: x\n",
    ),
    "the id comes later": (
        "shots:\n  - prompt: |\n      a\n\n    id: 'pour'\n\n  - id: b\n",
        "shots:\n  - prompt: |\n      a\n\n    id: 'pour'\n    pick: 2\n\n  - id: b\n",
    ),
    "the id below its key": (
        "shots:\n  - id:\n      pour\n    prompt: x\n",
        "shots:\n  - id:\n      pour\n    pick: 2\n    prompt: x\n",
    ),
    "an id in block style": (
        "shots:\n  - id: |-\n      pour\n    prompt: x\n    seed: 1\n",
        "shots:\n  - id: |-\n      pour\n    prompt: x\n    seed: 1\n    pick: 2\n",
    ),
    "no line end": ("shots:\n- id: pour", "shots:\n- id: pour\n  pick: 2"),
    "no line end, but a comment": (
        "shots:\n- id: pour # c",
        "shots:\n- id: pour # c\n  pick: 2",
    ),
    "no line end, on Windows": ("shots:\r\n- id: pour", "shots:\r\n- id: pour\r\n  pick: 2"),
    "on Windows": (
        "\ufeffshots:\r\n  - id: pour\r\n    prompt: x\r\n",
        "\ufeffshots:\r\n  - id: pour\r\n    pick: 2\r\n    prompt: x\r\n",
    ),
    "mixed line ends": (
        "shots:\r\n  - id: pour\n    prompt: x\r\n",
        "shots:\r\n  - id: pour\n    pick: 2\n    prompt: x\r\n",
    ),
    "two byte order marks": (
        "\ufeff\ufeffshots: [{id: pour}]",
        "\ufeff\ufeffshots: [{id: pour, pick: 2}]",
    ),
    "far from the dash": (
        "shots:\n   -   id: pour\n       prompt: x\n",
        "shots:\n   -   id: pour\n       pick: 2\n       prompt: x\n",
    ),
    "anchored, for itself": (
        "shots:\n- &p\n  # about it\n  id: pour\n  prompt: x\n",
        "shots:\n- &p\n  # about it\n  id: pour\n  pick: 2\n  prompt: x\n",
    ),
    "before the end of the document": (
        "--- # here\nshots:\n- id: pour\n...\n",
        "--- # here\nshots:\n- id: pour\n  pick: 2\n...\n",
    ),
    "a key behind a question mark": (
        "shots:\n- id: pour\n  ? prompt\n  : x\n",
        "shots:\n- id: pour\n  pick: 2\n  ? prompt\n  : x\n",
    ),
    "in braces": (
        "shots:\n  - {id: pour, prompt: x}  # c\n",
        "shots:\n  - {id: pour, pick: 2, prompt: x}  # c\n",
    ),
    "in brackets": (
        "title: 🍜🍜\nshots: [{id: a}, {prompt: '🍜, id: 麺', id: pour }, {id: b}]\n",
        "title: 🍜🍜\nshots: [{id: a}, {prompt: '🍜, id: 麺', id: pour, pick: 2 }, {id: b}]\n",
    ),
    "in braces over lines": (
        "shots: [\n  {\n    id: pour, # c\n    prompt: x,\n  },\n]\n",
        "shots: [\n  {\n    id: pour, pick: 2, # c\n    prompt: x,\n  },\n]\n",
    ),
    "in JSON": (
        '{"shots": [{"id": "pour","prompt": "x"}]}',
        '{"shots": [{"id": "pour", "pick": 2,"prompt": "x"}]}',
    ),
    "merged fields": (
        "defaults: &d {seed: 1}\nshots:\n- <<: *d\n  id: pour\n",
        "defaults: &d {seed: 1}\nshots:\n- <<: *d\n  id: pour\n  pick: 2\n",
    ),
}


@pytest.mark.parametrize(("without", "with_pick"), IN_AND_OUT.values(), ids=IN_AND_OUT)
def test_a_pick_goes_in_and_out_again(without: str, with_pick: str) -> None:
    """A pick gets an entry of its own behind the id; taken away, the file is what it was."""
    assert picked(without, 2) == with_pick
    assert picked(with_pick, None) == without
    assert picked(without, None) == without


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pick: 1", "pick: 2"),
        ("pick:   12 # circled", "pick:   2 # circled"),
        ("pick:   # circled later", "pick: 2   # circled later"),
        ("pick:", "pick: 2"),
        ("pick: ~", "pick: 2"),
        ("pick: null", "pick: 2"),
        ('pick: "1"', "pick: 2"),
        ("'pick': '1' # c", "'pick': 2 # c"),
        ("pick: !!int '1'", "pick: 2"),
        ("pick :\n      # why\n      1", "pick :\n      # why\n      2"),
        ("? pick\n    : 1", "? pick\n    : 2"),
        ("? pick\n    :", "? pick\n    : 2"),
    ],
)
def test_only_the_value_of_a_pick_is_replaced(old: str, new: str) -> None:
    """Where the shot has a pick, whatever its value, nothing but that value's text changes."""
    for board in ("shots:\n  - id: pour\n    %s\n    seed: 1\n", "shots:\n  - %s\n    id: pour\n"):
        assert picked(board % old, 2) == board % new
        assert picked(board % new, 2) == board % new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{pick: 1, id: pour}", "{pick: 2, id: pour}"),
        ("{id: pour, pick: }", "{id: pour, pick: 2 }"),
        ('{id: pour, "pick":}', '{id: pour, "pick": 2}'),
        ("{id: pour, 'pick':, seed: 1}", "{id: pour, 'pick': 2, seed: 1}"),
        ("{id: pour, pick}", "{id: pour, pick: 2}"),
        ('{"id":"pour","pick":1}', '{"id":"pour","pick":2}'),
    ],
)
def test_a_pick_in_braces_is_replaced(old: str, new: str) -> None:
    """The same in flow style, where an empty value may have no characters at all."""
    assert picked(f"shots: [{old}]", 2) == f"shots: [{new}]"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- pick: 2\n  id: pour", "- id: pour"),
        ("-   pick: 2  # c\r\n    id: pour\r\n", "-   id: pour\r\n"),
        ("- pick: 2\n  # about it\n  id: pour\n", "- pick: null\n  # about it\n  id: pour\n"),
        ("- ? pick\n  : 2\n  id: pour\n", "- ? pick\n  : null\n  id: pour\n"),
        ("- id: pour\n  pick:\n    # c\n    2\n  seed: 1\n", "- id: pour\n  seed: 1\n"),
        ("- id: pour\n  pick: 2 # c", "- id: pour"),
        ("- {pick: 2}\n- {pick: 2, id: pour}\n", "- {pick: 2}\n- {id: pour}\n"),
        ("- {id: pour,\n   pick: 2,\n   seed: 1}\n", "- {id: pour,\n   seed: 1}\n"),
        ("- {id: pour, # c\n   pick: 2,\n   seed: 1}\n", "- {id: pour, # c\n   seed: 1}\n"),
        ("- {id: pour, # c\n   pick: 2}\n", "- {id: pour, # c\n   pick: null}\n"),
        ("- {id: pour, pick: 2,}\n", "- {id: pour,}\n"),
        ("- id: pour\n  pick: null # yet\n", "- id: pour\n  pick: null # yet\n"),
        ("- prompt: |+\n    x\n\n  id: pour\n", "- prompt: |+\n    x\n\n  id: pour\n"),
    ],
)
def test_a_pick_goes_with_its_line_or_one_comma(before: str, after: str) -> None:
    """The entry goes and no one else's comment; where that can't be, `null` takes its place."""
    assert picked(f"shots:\n{before}", None) == f"shots:\n{after}"


def test_an_inherited_pick_is_overruled() -> None:
    """A shot that merges a pick gets one of its own, and `pick: null` to have none."""
    board = "x: &base {pick: 1}\nshots:\n- id: pour\n  <<: *base\n"
    assert picked(board, 1) == board
    assert picked(board, 2) == board.replace("pour\n", "pour\n  pick: 2\n")
    assert picked(board, None) == board.replace("pour\n", "pour\n  pick: null\n")
    assert picked(picked(board, 2), None) == picked(board, None)


def test_a_merged_shot_may_change_where_nobody_inherits_it() -> None:
    """Who merges a shot but has a pick of its own is no obstacle."""
    board = "shots:\n- &base\n  id: pour\n- {<<: *base, id: b, pick: 3}\n"
    assert picked(board, 2) == board.replace("pour\n", "pour\n  pick: 2\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "x: &s {id: pour}\nshots:\n- *s\n",
            "shot pour can't be edited here, as it is an alias (*s in line 3); " + BY_HAND,
        ),
        (
            "x: &l [{id: pour}]\nshots: *l\n",
            "shot pour can't be edited here, as the list of shots is an alias (*l); " + BY_HAND,
        ),
        ("x: &l {shots: [{id: pour}]}\n<<: *l\n", "the list of shots is merged into the file"),
        (
            "shots:\n- &base\n  id: pour\n- <<: *base\n  id: b\n",
            "as what takes &base over in other lines would change with it; "
            + BY_HAND
            + ", and beside each *base the pick that shall hold there",
        ),
        (
            "shots: &l\n- id: pour\nthe same: *l\n",
            "as more than its pick would change; " + BY_HAND,
        ),
        ("x: &one 1\nshots:\n- id: pour\n  pick: *one\n", "its pick in line 4 is an alias (*one)"),
        ("shots:\n- id: pour\n  pick: &p 1\nx: *p\n", "its pick in line 3 is known as &p"),
        ("shots:\n- id: pour\n  pick: [1]\n", "its pick in line 3 is not written as a number"),
        ("shots:\n- id: pour\n  pick: |\n    1\n", "its pick in line 3 is not written as a number"),
        ("shots:\n- id: pour\n  ? pick\n", "more than its pick would change"),
        ("shots: [id: pour]", "more than its pick would change"),
        ("shots:\n- ? id\n  : pour\n", "more than its pick would change"),
        (
            "shots: [{id: pourer}]",
            "there is no shot pour under `shots:`; did you mean pourer?",
        ),
        ("shots: pour", "there is no shot pour under `shots:`; write one, or mend the name"),
        ("title: x", "there is no shot pour under `shots:`"),
        ("shots: [{id: pour}, {id: pour}]", "several shots are called pour"),
        (
            "shots:\n- id: pour\n  id: b\n",
            "the storyboard is not edited before this is mended: 3:3: shots[0].id: `id` stands",
        ),
        ("", "the storyboard is not edited before this is mended: 1:1: the file is empty"),
        ("[" * 10_000, "is not edited before this is mended: 1:1001: nested more than 32 levels"),
        ("{id: " * 10_000, "nested more than 32 levels"),
    ],
)
def test_what_cannot_be_edited_is_left_to_the_author(text: str, said: str) -> None:
    """A refusal says why, where, and what to write by hand; the command line ends with 2."""
    assert said in refusal(text)
    assert issubclass(EditError, UsageError)


def test_taking_a_pick_out_by_hand() -> None:
    """A refusal to take a pick away says that, and not what to write."""
    said = refusal("x: &s {id: pour, pick: 1}\nshots:\n- *s\n", take=None)
    assert said.endswith("it is an alias (*s in line 3); take its `pick` out by hand")


def test_what_holds_already_needs_no_edit() -> None:
    """A pick that is there already is no reason to refuse, be it by an alias."""
    board = "x: &s {id: pour, pick: 2}\nshots:\n- *s\n"
    assert picked(board, 2) == board


def test_only_a_whole_number_is_a_pick() -> None:
    """`2.0` and `true` are equal to numbers in Python, and are replaced nevertheless."""
    assert picked("shots: [{id: pour, pick: 2.0}]", 2) == "shots: [{id: pour, pick: 2}]"
    assert picked("shots: [{id: pour, pick: true}]", 1) == "shots: [{id: pour, pick: 1}]"


def test_numbers_that_equal_nothing_are_compared() -> None:
    """`.nan` elsewhere in the file doesn't count as a change."""
    assert picked("x: .nan\nshots: [{id: pour}]", 2).endswith("[{id: pour, pick: 2}]")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_any_file_is_edited_or_refused(path: Path) -> None:
    """Right or wrong, or no storyboard at all: nothing is raised but `EditError`."""
    data = path.read_bytes()
    ids = re.findall(r"\bid: ([\w-]+)", data.decode(errors="replace"))
    for name in {*ids, "pour"}:
        for edit in (set_pick, set_pick_by_id):
            try:
                after = edit(data, name, 7)
            except EditError:
                continue
            assert after != data
            assert edit(after, name, 7) == after
            edit(after, name, None)
