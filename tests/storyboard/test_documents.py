"""YAML with positions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.storyboard import documents
from pipeline.storyboard.documents import Document, Map, Seq, parse
from pipeline.storyboard.scalars import UNREADABLE

if TYPE_CHECKING:
    from pipeline.storyboard.places import Place


def value_of(text: str) -> Any:
    """What one value means after `a: `."""
    root = parse(f"a: {text}\n".encode()).root
    assert root is not None
    return root["a"]


def only_problem(data: bytes | str) -> tuple[tuple[int, int], str]:
    """Place and message of the only problem."""
    [problem] = parse(data.encode() if isinstance(data, str) else data).problems
    return problem.place, problem.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16:9", "16:9"),
        ("1:1", "1:1"),
        ("12:30:45", "12:30:45"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("y", "y"),
        ("2026-02-30", "2026-02-30"),
        ("2026-11-23", "2026-11-23"),
        ("1_000", "1_000"),
        ("0777", 777),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("+7", 7),
        ("-7", -7),
        ("4.0", 4.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        (".INF", math.inf),
        ("inf", "inf"),
        ("nan", "nan"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("", None),
        ('"4"', "4"),
        ("'true'", "true"),
        ('""', ""),
        ("! 'x'", "x"),
        ("!!str 12", "12"),
        ("!!str", ""),
        ('!!int "12"', 12),
        ("!!float 4", 4.0),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_core_says(text: str, value: object) -> None:
    """Only strings, ints, floats, bools and null are resolved; quotes make a string."""
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_float() -> None:
    """`.nan` is read, and left for the checks to refuse."""
    assert math.isnan(value_of(".nan"))


def test_floats_agree_with_python() -> None:
    """A float has the value that its digits have in Python."""
    for text in ("3.14", "-0.0", "1.5e-7", "6.02E+23", "0.1"):
        assert value_of(text) == float(text)


def test_places_point_at_the_text() -> None:
    """Keys, values and items know line and column, in characters, from 1."""
    root = parse("中文: ü\nb:\n  - x\n  - {cé: 'y'}\n".encode()).root
    assert root is not None
    assert (root.place, root.key_place("中文"), root.value_place("中文")) == (
        (1, 1),
        (1, 1),
        (1, 5),
    )
    assert root.key_place("b") == (2, 1)
    items = root["b"]
    assert isinstance(items, Seq)
    assert [*items.places] == [(3, 5), (4, 5)]
    assert isinstance(items[1], Map)
    assert items[1].key_place("cé") == (4, 6)
    assert items[1].value_place("cé") == (4, 10)


def test_byte_order_mark_and_line_ends_shift_no_place() -> None:
    """A BOM is no character, and CRLF ends one line."""
    root = parse("\ufeffa: 1\r\nb: 2\r\n".encode()).root
    assert root == {"a": 1, "b": 2}
    assert isinstance(root, Map)
    assert (root.key_place("a"), root.value_place("b")) == ((1, 1), (2, 4))


@pytest.mark.parametrize("end", ["\r", "\r\n", "\x85", "\u2028"])
def test_a_prompt_cut_by_a_hash_is_found_whatever_ends_the_lines(end: str) -> None:
    """What YAML counts as lines, and not `\\n` alone, says where a prompt was cut."""
    found, message = only_problem(end.join(["a: 1 # c", "prompt: Rain, take #1", ""]))
    assert found == (2, 20)
    assert "the prompt ends here" in message


def test_merged_values_keep_their_places() -> None:
    """What `<<` brings is reported where it was written; the mapping's own word wins."""
    root = parse(b"base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n").root
    assert root is not None
    assert root["use"] == {"x": 1, "y": 3}
    assert root["use"].value_place("x") == (1, 14)
    assert root["use"].value_place("y") == (4, 6)


def test_of_several_merges_the_first_wins() -> None:
    """`<<: [*a, *b]` takes a key from *a where both have it."""
    root = parse(b"a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n").root
    assert root is not None
    assert root["c"] == {"x": 1, "y": 2}


def test_repeated_key_names_the_first() -> None:
    """A key that stands twice is an error, the first value counts, and reading goes on."""
    document = parse(b"a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert document.root == {"a": 1, "b": {"c": 1}}
    assert [(p.place, p.path) for p in document.problems] == [((2, 11), "b.c"), ((3, 1), "a")]
    assert "the first is at 2:5" in document.problems[0].message


def test_a_refused_value_leaves_a_marker() -> None:
    """What can't be read is noted once; nothing else is said about it."""
    document = parse(b"a: !mine {x: 1}\nb: " + b"9" * 5000 + b"\n")
    assert document.root == {"a": UNREADABLE, "b": UNREADABLE}
    assert len(document.problems) == 2


def test_a_list_as_key_is_skipped_with_its_value() -> None:
    """After a key that is no word the next keys are read as keys."""
    document = parse(b"? [a, {b: c}]\n: {d: 1}\ne: 2\n? {}\nf: 3\n")
    assert document.root == {"e": 2, "f": 3}
    assert [p.place for p in document.problems] == [(1, 3), (4, 3)]


@pytest.mark.parametrize(
    ("data", "places"),
    [
        # libyaml scans ahead for a key's colon, and from 0.2.6 on it has a limit of 1,000 itself.
        (b"[" * 10_000_000, [(1, 33), (1, 1001)]),
        (b"{a: " * 2_500_000, [(1, 129)]),
        (b"- " * 5_000_000, [(1, 65)]),
        (b"".join(b" " * depth + b"a:\n" for depth in range(2000)), [(33, 33)]),
    ],
    ids=["flow list", "flow mapping", "block list", "block mapping"],
)
def test_ten_megabytes_of_nesting_are_refused(data: bytes, places: list[Place]) -> None:
    """Depth is bounded: no RecursionError, and no minute of work."""
    found, message = only_problem(data)
    assert found in places
    assert "more than 32 levels" in message


def test_aliases_add_to_the_depth() -> None:
    """Nesting by alias is bounded as nesting by hand is."""
    text = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 40))
    assert "nests more than 32 levels" in only_problem(text)[1]


def test_size_is_bounded() -> None:
    """A file over 32 MiB isn't even decoded."""
    place, message = only_problem(b"#" * (documents.MAX_BYTES + 1))
    assert place == (1, 1)
    assert "at most 32 MB" in message


def test_a_wide_bomb_of_aliases_is_refused() -> None:
    """Aliases may not multiply a file beyond the bound, though sharing costs no memory."""
    text = "a: &a [" + "x, " * 1000 + "]\nb: [" + "*a, " * 1000 + "]\n"
    assert "multiply" in only_problem(text)[1]


def test_moderate_aliases_are_fine() -> None:
    """Ten thousand shots may share one mapping by alias."""
    text = "a: &a {x: 1, y: 2}\nb:\n" + "- {<<: *a, z: 1}\n" * 10_000
    document = parse(text.encode())
    assert document.problems == ()
    assert document.root is not None
    assert document.root["b"][9_999] == {"x": 1, "y": 2, "z": 1}


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document(data: bytes) -> None:
    """Whatever the bytes, the answer is a mapping or a reason, never an exception."""
    check(parse(data))


@given(
    st.text(alphabet="ab:-[]{}&*!|>'\"%@`#,?<~\n\t \\0129.xéß\u2028\ufeff\x85", max_size=60).map(
        str.encode
    )
)
def test_any_text_that_looks_like_yaml_gives_a_document(data: bytes) -> None:
    """The same for what libyaml finds hard; places lie in the file."""
    document = parse(data)
    check(document)
    for problem in document.problems:
        line, column = problem.place
        assert line >= 1
        assert column >= 1
        assert "while " not in problem.message, "libyaml's own words"


def check(document: Document) -> None:
    """A document has a root or a problem."""
    assert document.root is not None or document.problems
    assert all(problem.message for problem in document.problems)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from("abc"), JSON, min_size=1))
def test_json_is_read_as_json(value: dict[str, Any]) -> None:
    """A document that is JSON has JSON's values: YAML 1.2 contains it."""
    import json  # noqa: PLC0415 - beside its only use

    assert parse(json.dumps(value, ensure_ascii=False).encode()).root == value
