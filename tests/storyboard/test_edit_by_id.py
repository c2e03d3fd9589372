"""Picks of shots that come from a table: the mapping `picks:` at the top of the storyboard."""

from __future__ import annotations

import pytest

from pipeline.storyboard.documents import parse
from pipeline.storyboard.edit import EditError, set_pick_by_id

BY_HAND = "write `pour: 2` under `picks:` by hand"


def picked(text: str, take: int | None, shot: str = "pour") -> str:
    return set_pick_by_id(text.encode(), shot, take).decode()


IN_AND_OUT = {
    "no picks": ("table: a.csv\n", "table: a.csv\npicks:\n  pour: 2\n"),
    "no line end": ("table: a.csv", "table: a.csv\npicks:\n  pour: 2"),
    "blank lines at the end": ("table: a.csv\n\n", "table: a.csv\n\npicks:\n  pour: 2\n"),
    "a comment at the end": ("table: a.csv\n# end", "table: a.csv\n# end\npicks:\n  pour: 2"),
    "on Windows": ("\ufefftable: 🍜\r\n", "\ufefftable: 🍜\r\npicks:\r\n  pour: 2\r\n"),
    "on an old Mac": ("title: x\rtable: a", "title: x\rtable: a\rpicks:\r  pour: 2"),
    "the document ends before the file": (
        "---\ntable: a.csv\n...\n# more\n",
        "---\ntable: a.csv\npicks:\n  pour: 2\n...\n# more\n",
    ),
    "the whole file is indented": ("  table: a.csv\n", "  table: a.csv\n  picks:\n    pour: 2\n"),
    "a text to the end of the file": (
        "# c\nshots: # d\n- prompt: |\n    a",
        "# c\npicks:\n  pour: 2\nshots: # d\n- prompt: |\n    a",
    ),
    "a text that keeps its line ends": (
        "a: |+\n  x\n\n",
        "a: |+\n  x\n\npicks:\n  pour: 2\n",
    ),
    "others": (
        "picks:  # circled\n    a: 1 # Tuesday\n    b: 1\n\n# more\ntable: a.csv\n",
        "picks:  # circled\n    a: 1 # Tuesday\n    b: 1\n    pour: 2\n\n# more\ntable: a.csv\n",
    ),
    "others in braces": ("picks: {a: 1 }\n", "picks: {a: 1, pour: 2 }\n"),
    "others in JSON": ('{"picks": {"a": 1}}', '{"picks": {"a": 1, "pour": 2}}'),
    "empty braces": ("picks: {}  # yet\n", "picks: {pour: 2}  # yet\n"),
    "empty braces in JSON": ('{"picks": { }}', '{"picks": { "pour": 2}}'),
}


@pytest.mark.parametrize(("without", "with_pick"), IN_AND_OUT.values(), ids=IN_AND_OUT)
def test_a_pick_goes_in_and_out_again(without: str, with_pick: str) -> None:
    """The entry goes behind the last, into a new `picks:` if need be; out, nothing is left."""
    assert picked(without, 2) == with_pick
    assert picked(with_pick, 2) == with_pick
    assert picked(with_pick, 3) == with_pick.replace(": 2", ": 3").replace('": 2', '": 3')
    if "{ " not in without:
        assert picked(with_pick, None) == without
    assert picked(without, None) == without


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("picks:\n", "picks:\n  pour: 2\n"),
        ("picks:   # none yet\n  # really\ntable: a\n", None),
        ("picks: null # none yet\n", "picks: {pour: 2} # none yet\n"),
        ("picks: ~", "picks: {pour: 2}"),
        ("{table: a, picks: }", "{table: a, picks: {pour: 2} }"),
        ("{table: a, picks}", "{table: a, picks: {pour: 2}}"),
        ("{table: a,}", "{table: a, picks: {pour: 2},}"),
        ('{"table": "a"}', '{"table": "a", "picks": {"pour": 2}}'),
        ("{}", "{picks: {pour: 2}}"),
        ("picks: {\n  # none\n}\n", "picks: {\n  # none\npour: 2}\n"),
        ("picks:\n  pour:   # later\n  a: 1\n", "picks:\n  pour: 2   # later\n  a: 1\n"),
        ("picks:\n  a: 1\n  b:\n", "picks:\n  a: 1\n  b:\n  pour: 2\n"),
    ],
)
def test_picks_that_are_there_are_filled(before: str, after: str | None) -> None:
    """An empty `picks:`, in whatever form, takes the entry."""
    after = after or before.replace("yet\n", "yet\n  pour: 2\n")
    assert picked(before, 2) == after
    assert picked(after, 2) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\npicks:\n  pour: 2 # c\nb: 2\n", "a: 1\nb: 2\n"),
        ("a: 1\npicks: # circled\n  pour: 2\n", "a: 1\npicks: {} # circled\n"),
        ("picks:\n  # circled\n  pour: 2\n", "picks: {}\n  # circled\n"),
        ("picks:\n  pour: 2\n", "picks: {}\n"),
        ("picks: {pour: 2}\n", "picks: {}\n"),
        ("picks: {pour: 2,}\n", "picks: {}\n"),
        ("picks: {pour: 2, a: 1}\n", "picks: {a: 1}\n"),
        ("picks:\n  pour: 2\n  a: 1\n", "picks:\n  a: 1\n"),
        ("x: &p\n  a: 1\npicks:\n  <<: *p\n  pour: 2\n", "x: &p\n  a: 1\npicks:\n  <<: *p\n"),
        ("x: &p {pour: 1}\npicks: {<<: *p}\n", "x: &p {pour: 1}\npicks: {<<: *p, pour: null}\n"),
    ],
)
def test_the_last_pick_takes_the_mapping_along(before: str, after: str) -> None:
    """`picks:` goes with its only entry; a comment in it, braces, or an empty file keep it."""
    assert picked(before, None) == after


@pytest.mark.parametrize(
    ("shot", "key"),
    [
        ("123", '"123"'),
        ("true", '"true"'),
        ("null", '"null"'),
        ("1e3", '"1e3"'),
        ("0x1F", '"0x1F"'),
        ("9" * 64, '"' + "9" * 64 + '"'),
        ("1_000", "1_000"),
        ("no", "no"),
        ("3d-logo", "3d-logo"),
        ("a: b", '"a: b"'),
        ("*", '"*"'),
    ],
)
def test_an_id_that_yaml_would_misread_is_quoted(shot: str, key: str) -> None:
    """Whatever the id, it is the name that stands under `picks:`."""
    after = picked("table: a.csv\n", 2, shot)
    assert after == f"table: a.csv\npicks:\n  {key}: 2\n"
    root = parse(after.encode()).root
    assert root is not None
    assert root["picks"] == {shot: 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "x: &p {a: 1}\npicks: *p\n",
            "shot pour can't be edited here, as `picks:` in line 2 is an alias (*p); " + BY_HAND,
        ),
        ("picks: [a]\n", "`picks:` in line 1 is no mapping"),
        ("picks: a\n", "`picks:` in line 1 is no mapping"),
        ("picks: &p {a: 1}\nx: *p\n", "as what takes &p over in other lines would change with it"),
        ("x: &p {picks: {a: 1}}\n<<: *p\n", "as more than its pick would change"),
        ("picks: {pour: [1]}\n", "its pick in line 1 is not written as a number"),
        ("picks: {pour: 1, pour: 1}\n", "before this is mended: 1:18: picks.pour: "),
    ],
)
def test_what_cannot_be_edited_is_left_to_the_author(text: str, said: str) -> None:
    """A refusal says why, where, and what to write by hand."""
    with pytest.raises(EditError) as caught:
        picked(text, 2)
    assert said in str(caught.value)


def test_taking_a_pick_out_by_hand() -> None:
    """A refusal to take a pick away says that, and not what to write."""
    with pytest.raises(EditError, match="; take pour out of `picks:` by hand"):
        picked("x: &p {pour: 1}\npicks: *p\n", None)
