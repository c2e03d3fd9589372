"""Tables of shots: rows that know their places, ids that stay, and what is wrong in words."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.storyboard import documents, table_rows
from pipeline.storyboard.names import MAX_LENGTH, name_fault
from pipeline.storyboard.places import Map, Seq
from pipeline.storyboard.scalars import UNREADABLE
from pipeline.storyboard.tables import Row, made_id, read_table
from pipeline.storyboard.violation import Findings

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = ("id", "model", "prompt", "duration", "aspect", "seed", "seeds", "takes", "init_image")

Read = tuple[list[Row], list[str]]


def read(name: str, data: str | bytes) -> Read:
    """The rows of a table, and what is wrong with it, as it is printed."""
    findings = Findings(name)
    rows = read_table(name, data.encode() if isinstance(data, str) else data, findings, COLUMNS)
    return rows, [str(violation) for violation in findings.sorted()]


def rows_of(name: str, data: str) -> list[Row]:
    """The rows of a table with which nothing is wrong."""
    rows, wrong = read(name, data)
    assert wrong == []
    return rows


def written(
    prompts: Sequence[str], delimiter: str = ",", quoting: Literal[0, 1, 2, 3] = csv.QUOTE_MINIMAL
) -> str:
    """A table as Python's own module writes it: an id column that is empty, and prompts."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)
    writer.writerows([("id", "prompt"), *(("", prompt) for prompt in prompts)])
    return out.getvalue()


def test_a_row_is_a_shot_with_places() -> None:
    """Cells are text, or numbers where the field is one; empty cells are absent fields."""
    [pour, zoom] = rows_of(
        "a.csv",
        "id,prompt,duration,aspect,seeds,_mood\n"
        'pour,"Broth, poured.",4,16:9,7 11,warm\n'
        '"zoom",Slow zoom.,,,"7; 0x0B,x",\n',
    )
    assert pour.values == {
        "id": "pour",
        "prompt": "Broth, poured.",
        "duration": 4,
        "aspect": "16:9",
        "seeds": [7, 11],
    }
    assert (pour.place, pour.path) == ((2, 1), "row 1")
    assert pour.values.spot("prompt") == (1, 4, 2, 6)
    assert pour.values.spot("duration") == (1, 11, 2, 23)
    assert [*pour.values["seeds"].places] == [(2, 30), (2, 32)]
    assert zoom.values == {"id": "zoom", "prompt": "Slow zoom.", "seeds": [7, 11, "x"]}
    assert [*zoom.values["seeds"].places] == [(3, 22), (3, 25), (3, 30)]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("4", 4),
        (" 4 ", 4),
        ("-1", -1),
        ("4.5", 4.5),
        ('"4"', 4),
        ("four", "four"),
        ('"4,5"', "4,5"),
        ("null", "null"),
        ("~", "~"),
        ("true", True),
        ("٤", "٤"),
    ],
)
def test_a_number_is_read_as_yaml_reads_it(cell: str, value: object) -> None:
    """What is no number stays text, for the checks to refuse; only an empty cell is absent."""
    [row] = rows_of("a.csv", f"prompt,duration\nx,{cell}\n")
    assert row.values["duration"] == value
    assert type(row.values["duration"]) is type(value)


def test_text_stays_text() -> None:
    """No prompt, id or file name is taken for a number, a date or nothing."""
    [row] = rows_of("a.csv", "id,prompt,init_image\n007,null,1e3\n")
    assert row.values == {"id": "007", "prompt": "null", "init_image": "1e3"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_that_the_header_has(delimiter: str) -> None:
    """Comma, semicolon or tab; the other two are ordinary characters then."""
    others = "".join({",", ";", "\t"} - {delimiter})
    lines = [["id", f"_a {others}b", "prompt"], ["x", "", f"a{others}b"], ["y", "", "c"]]
    rows = rows_of("a.csv", "\r\n".join(delimiter.join(line) for line in lines))
    assert [row.values["prompt"] for row in rows] == [f"a{others}b", "c"]
    assert rows[1].values.value_place("prompt") == (3, 4)


def test_a_byte_order_mark_and_empty_rows_shift_no_line() -> None:
    """Spreadsheets write both; a cell of several lines is one row, in the line it begins in."""
    rows = rows_of(
        "a.CSV",
        "\ufeff,\r\nprompt,duration\r\n,\r\n \r\n"
        '"one\r\ntwo, ""three""",4\r\n"",\r\nfour,"5"\rsix,7',
    )
    assert [row.values["prompt"] for row in rows] == ['one\r\ntwo, "three"', "four", "six"]
    assert [(row.place, row.path) for row in rows] == [
        ((5, 1), "row 1"),
        ((8, 1), "row 2"),
        ((9, 1), "row 3"),
    ]
    assert rows[0].values.value_place("duration") == (6, 17)
    assert rows[1].values.value_place("duration") == (8, 6)


def test_columns_without_a_name_may_be_empty() -> None:
    """A spreadsheet writes delimiters for cells that somebody once clicked into."""
    [row] = rows_of("a.csv", "prompt,,\nx,,\n")
    assert set(row.values) == {"prompt", "id"}


def test_json_lines_have_jsons_values() -> None:
    """Null stays, lists know their places, and keys and values stand where they stand."""
    [row, other] = rows_of(
        "a.jsonl",
        '\n{"prompt": "a \\"duration\\": 3 \\u00e9", "_note": [1], "duration" : null,'
        '"seeds":[7, 11], "aspect": {"x": 1.5}}\r\n\r\n{"\\u0069d": "b"}',
    )
    assert row.values == {
        "id": made_id('a "duration": 3 é'),
        "prompt": 'a "duration": 3 é',
        "duration": None,
        "seeds": [7, 11],
        "aspect": {"x": 1.5},
    }
    assert (row.place, row.path) == ((2, 1), "row 1")
    assert row.values.spot("prompt") == (2, 2, 2, 12)
    assert row.values.spot("duration") == (2, 54, 2, 67)
    assert row.values.spot("id") == (2, 12, 2, 12)
    seeds, aspect = row.values["seeds"], row.values["aspect"]
    assert isinstance(seeds, Seq)
    assert [*seeds.places] == [(2, 80), (2, 80)]
    assert isinstance(aspect, Map)
    assert aspect.value_place("x") == row.values.value_place("aspect")
    assert other.values.spot("id") == (4, 1, 4, 1)


def test_a_line_of_text_is_a_prompt() -> None:
    """Nothing in it has a meaning, not even a # or a quote."""
    rows = rows_of("a.txt", '\ufeff# one\r\n\r\n  "two", 3\u2028x \n')
    assert [row.values["prompt"] for row in rows] == ["# one", '"two", 3\u2028x']
    assert [row.values.value_place("prompt") for row in rows] == [(1, 1), (3, 3)]
    assert [row.path for row in rows] == ["row 1", "row 2"]


@pytest.mark.parametrize(
    ("prompt", "identity"),
    [
        ("Slow zoom into ramen.", "slow-zoom-into-ramen-5f4c941e2b"),
        ("  Slow zoom into ramen.\n", "slow-zoom-into-ramen-5f4c941e2b"),
        ("Crème brûlée — die Straße", "creme-brulee-die-strasse-72d223e588"),
        ("拉面，特写", "shot-ff3f2b78fa"),
        ("{hero} walks. {style", "walks-0c3462c7a8"),
        ("CON", "con-a3dbc4b644"),
        ("a" * 50, f"{'a' * 40}-160b4e433e"),
        (f"{'word ' * 7}seventh more", f"{'word-' * 7}46f16c83a5"),
        ("\U0001ccd6 x", "x-7dbc0a85b3"),
    ],
)
def test_an_id_is_made_of_the_prompts_first_words(prompt: str, identity: str) -> None:
    """Up to 40 characters of them, and 10 digits of a digest. These never change: clips go by it.

    (The last begins with a letter that newer versions of Unicode take for an A.)
    """
    assert made_id(prompt) == identity


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_made_id_is_a_name(prompt: str) -> None:
    """Whatever the prompt, its id can name a file."""
    assert name_fault(made_id(prompt)) is None
    assert len(made_id(prompt)) < MAX_LENGTH


def test_ids_that_collide_are_told_apart_from_prompts_that_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One chance in 2^40; only then must a row be changed."""
    monkeypatch.setattr(table_rows, "DIGEST_LENGTH", 0)
    assert read("a.txt", "a b\na, b\n")[1] == [
        (
            "a.txt:2:1: row 2.prompt: by a rare chance the id made of it is that of line 1 too; "
            "change a word in one of them"
        )
    ]


def test_the_very_same_prompt_again_is_another_shot() -> None:
    """It has its number behind the id; which of the rows is which makes no difference."""
    rows = rows_of("a.txt", "rain\nsnow\n rain\nrain\n")
    first, second = made_id("rain"), made_id("snow")
    assert [row.values["id"] for row in rows] == [first, second, f"{first}-2", f"{first}-3"]


HEADER = "id,prompt,duration\n"
BAD: list[tuple[str, str | bytes, list[str]]] = [
    ("a.xlsx", "x", ["1:1: a table is .csv, .jsonl or .txt; save it as one of them"]),
    ("a.txt", " \n", ["1:1: there are no prompts; write one on each line"]),
    (
        "a.jsonl",
        "",
        ['1:1: there are no rows; write an object on each line, such as {"prompt": "…"}'],
    ),
    (
        "a.csv",
        HEADER + ",,\n",
        [
            (
                "1:1: there are no rows; write the columns' names into the first line, such as "
                "id,prompt,duration, and under it a line for each shot"
            )
        ],
    ),
    (
        "a.txt",
        b"one\ncr\xe8me\n",
        [
            (
                "2:3: the byte 0xE8 (è in the Windows encoding) is not UTF-8 text; "
                "save the file as UTF-8"
            )
        ],
    ),
    ("a.txt", "one\nt\0wo", ["2:2: a NUL character stands here; remove it"]),
    (
        "a.csv",
        "A cat runs,4\n",
        ["1:1: the first line names the columns, such as id,prompt,duration; this one names none"],
    ),
    (
        "a.csv",
        "Prompt,duraton\nx,4\n",
        [
            (
                "1:1: `Prompt` is no field of a shot; did you mean prompt? "
                "If it is a note, begin its name with _"
            ),
            (
                "1:8: `duraton` is no field of a shot; did you mean duration? "
                "If it is a note, begin its name with _"
            ),
        ],
    ),
    (
        "a.csv",
        "id,lens,prompt,id,\na,warm,x,b,\nb,cold,y,,z\n",
        [
            (
                "1:4: `lens` is no field of a shot; rename it, remove it, or begin its name with _ "
                "if it is a note"
            ),
            "1:16: a second column id; the first is at 1:1: keep one",
            "1:19: this column has no name, and line 3 has text in it; name it, or remove it",
        ],
    ),
    (
        "a.csv",
        "duration;seed\n4;7\n",
        ["1:1: there is no column id, and no prompt to make ids of; write one of them"],
    ),
    (
        "a.csv",
        HEADER + "a,A cat, running,4\nb,x\n" + f"c,x,{'9' * 41}\n,,4\n",
        [
            (
                "2:18: row 1: 4 cells, and the header has 3; "
                "put quotes around a cell that has a comma in it"
            ),
            "3:1: row 2: 2 cells, and the header has 3; write the commas of empty cells too",
            "4:5: row 3.duration: a number of 41 digits is too long for any field",
            "5:1: row 4: the row has no prompt to make an id of; write an id column",
        ],
    ),
    (
        "a.csv",
        HEADER + 'a, "A cat",4\nb,5" disc,4\nc,"say "hi"",4\nd,"x\ne,"y",4\nf,"z\ng,x,4,\n',
        [
            "2:4: row 1: a space stands before the quote that opens here; remove the space",
            (
                '3:4: row 2: a quote stands here, but `5" disc` does not begin with one; '
                'put the whole cell in quotes, and write "" for a quote inside it'
            ),
            '4:9: row 3: text goes on after the closing quote; write "" for a quote inside a cell',
            (
                "5:3: row 4: the quote that opens here closes only at 6:3; "
                'close it at the end of the cell, and write "" for a quote inside it'
            ),
            (
                "7:3: row 6: the quote that opens here is never closed; "
                'close it at the end of the cell, and write "" for a quote inside it'
            ),
            (
                "8:7: row 7: 4 cells, and the header has 3; "
                "put quotes around a cell that has a comma in it"
            ),
        ],
    ),
    (
        "a.csv",
        '"prompt\nx\n',
        [
            (
                "1:1: the quote that opens here is never closed; close it at the end of the cell, "
                'and write "" for a quote inside it'
            )
        ],
    ),
    (
        "a.jsonl",
        (
            '{"prompt": "a", "durashun": 1, "prompt": "b"}\n"c"\n[]\nnull\nNaN\n'
            '{"prompt": "d", "durashun": 1, "lens": 2, "seeds": [-Infinity, {"x": 1, "x": 2}]}\n'
        ),
        [
            (
                "1:1: row 1: `durashun` is no field of a shot; did you mean duration? "
                "If it is a note, begin its name with _ (it stands in 2 lines)"
            ),
            "1:32: row 1: `prompt` stands here a second time; keep one",
            '2:1: row 2: `c` stands here; a row is an object, such as {"prompt": "…"}',
            '3:1: row 3: a list stands here; a row is an object, such as {"prompt": "…"}',
            '4:1: row 4: nothing stands here; a row is an object, such as {"prompt": "…"}',
            "5:1: row 5: NaN is no number that can be sent, and no JSON; write another",
            "6:1: row 6: -Infinity is no number that can be sent, and no JSON; write another",
            (
                "6:1: row 6: `lens` is no field of a shot; rename it, remove it, or begin its name "
                "with _ if it is a note"
            ),
            "6:52: row 6.seeds[1]: `x` stands here a second time; keep one",
        ],
    ),
    (
        "a.jsonl",
        (
            '{"prompt": "a" "seed": 1}\n{"prompt": "a"\n{prompt: 1}\n{"seed": }\n{"a": "b}\n'
            '{"prompt": "a\tb"}\n{"prompt": "\\x"}\n{"seed": 1} {}\n{"seed" 1}\n'
        ),
        [
            "1:16: row 1: a comma is missing here, or a bracket that closes",
            "2:15: row 2: a comma is missing here, or a bracket that closes",
            '3:2: row 3: a name in double quotes belongs here, as in {"prompt": "…"}',
            (
                "4:10: row 4: a value belongs here: text in double quotes, a number, true, false "
                "or null"
            ),
            (
                "5:7: row 5: the quote that opens here is not closed in this line; close it, "
                "and write \\n for a line end in the text"
            ),
            "6:14: row 6: write \\t for a tab inside quotes",
            (
                "7:13: row 7: a backslash begins a code such as \\n, and this is none; "
                "write \\\\ for a backslash"
            ),
            "8:13: row 8: the object has ended before this; write one object on each line",
            "9:9: row 9: a colon is missing here, between a name and its value",
        ],
    ),
    (
        "a.jsonl",
        (
            f'{{"id": "a", "seed": {"9" * 5000}}}\n{{"id": "b", "seed": 1e999}}\n'
            f'{{"prompt": "\\ud83d"}}\n{{"prompt": 4}}\n{{"id": null, "prompt": " "}}\n'
            f'{{"id": "c", "seeds": {"[" * 40}{"]" * 40}}}\n{"[" * 100_000}\n'
        ),
        [
            "1:1: row 1: a number of 5,000 digits is too long for any field",
            "2:1: row 2: `1e999` is larger than any number that can be sent",
            "3:12: row 3.prompt: a \\ud… code stands here without its other half; remove it",
            "4:1: row 4: the row has no prompt to make an id of; write an id into it",
            "5:1: row 5: the row has no prompt to make an id of; write an id into it",
            "6:1: row 6: nested more than 32 levels deep; a storyboard has 4",
            "7:1: row 7: nested more than 32 levels deep; a storyboard has 4",
        ],
    ),
    (
        "a.jsonl",
        '[\n{"prompt": "a"},\n{"prompt": "b"}\n]\n',
        [
            (
                "1:1: the file is a list; write one object on each line, without the [ ] around "
                "them and the commas between them"
            )
        ],
    ),
    (
        "a.jsonl",
        '{\n"prompt": "a"\n}\n',
        ["1:1: an object is spread over several lines; write each on a line of its own"],
    ),
]


@pytest.mark.parametrize(("name", "data", "wrong"), BAD, ids=range(len(BAD)))
def test_what_is_wrong_is_said_with_its_place(
    name: str, data: str | bytes, wrong: list[str]
) -> None:
    """All of it at once, each with line, column and remedy."""
    assert read(name, data)[1] == [f"{name}:{message}" for message in wrong]


def test_a_refused_value_leaves_a_marker() -> None:
    """So that nothing else is said about it, and the rest of the row is read."""
    rows, _ = read("a.jsonl", '{"id": "a", "duration": NaN, "seed": 1}')
    assert [row.values for row in rows] == [{"id": "a", "duration": UNREADABLE, "seed": 1}]


def test_a_thousand_violations_are_enough() -> None:
    """Reading ends at the next one, which says that there are more."""
    for name, line in (("a.csv", "x,y\n"), ("a.jsonl", "x\n")):
        _, wrong = read(name, ("prompt\n" if name == "a.csv" else "") + line * 5_000)
        assert len(wrong) == 1_001
        assert wrong[-1].endswith("mend the 1,000 places above first")


def test_size_is_bounded() -> None:
    """A table over 32 MiB isn't even decoded."""
    _, wrong = read("a.txt", b"\xff" * (documents.MAX_BYTES + 1))
    assert wrong == [
        "a.txt:1:1: the file is 32 MB; a table may be at most 32 MB: split it into several"
    ]


PROMPT = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\"',;\t\n ü"),
    min_size=1,
).filter(lambda prompt: bool(prompt.strip()))
PROMPTS = st.lists(PROMPT, min_size=1, max_size=8, unique_by=str.strip)


@given(PROMPTS, st.sampled_from(",;\t"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@example(['"'], ",", csv.QUOTE_MINIMAL)
def test_what_the_csv_module_writes_is_read_to_the_letter(
    prompts: list[str], delimiter: str, quoting: Literal[0, 1]
) -> None:
    """With any delimiter and quoting; ids are unique, and lines are the file's."""
    rows = rows_of("a.csv", written(prompts, delimiter, quoting))
    assert [row.values["prompt"] for row in rows] == [prompt.strip() for prompt in prompts]
    assert len({row.values["id"] for row in rows}) == len(prompts)
    line = 2
    for row, prompt in zip(rows, prompts, strict=True):
        column = 4 if quoting == csv.QUOTE_ALL else 2
        assert row.place == (line, 1)
        assert row.values.value_place("prompt") == (line, column)
        line += 1 + prompt.count("\n")


@given(PROMPTS, st.data())
def test_ids_stay_whatever_becomes_of_other_rows(prompts: list[str], data: st.DataObject) -> None:
    """Rows inserted, removed or put in another order change no other row's id."""
    before = {r.values["prompt"]: r.values["id"] for r in rows_of("a.csv", written(prompts))}
    others = data.draw(PROMPTS)
    kept = data.draw(st.lists(st.sampled_from(prompts), unique=True))
    mixed = data.draw(st.permutations([*kept, *(o for o in others if o.strip() not in before)]))
    after = {r.values["prompt"]: r.values["id"] for r in read("a.csv", written(mixed))[0]}
    for prompt in kept:
        assert after[prompt.strip()] == before[prompt.strip()]


def _csv(line: str) -> str:
    return f"id,prompt,duration,seeds\n{line}"


@pytest.mark.parametrize("ending", ["csv", "jsonl", "txt"])
@given(
    st.binary(max_size=200)
    | st.text(alphabet=',;\t"\r\n ax1\ufeff\u2028\x85_', max_size=60).map(str.encode)
    | st.text(alphabet=',"\r\n a1', max_size=60).map(lambda text: _csv(text).encode())
    | st.text(alphabet='{}[]":,\\ud8 n1e9"\n', max_size=60).map(str.encode)
)
def test_any_bytes_give_rows_or_reasons(ending: str, data: bytes) -> None:
    """Whatever the bytes, nothing is raised; every place is in the file."""
    name = f"a.{ending}"
    findings = Findings(name)
    rows = read_table(name, data, findings, COLUMNS)
    assert rows or findings
    lines = len(re.split(rb"\r\n?|[\n]|\x85|\xe2\x80[\xa8\xa9]", data))
    for violation in findings.sorted():
        assert 1 <= violation.line <= lines
        assert violation.column >= 1
    for row in rows:
        assert all(row.values.spot(key) for key in row.values)
        assert row.values["id"] is not None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.dictionaries(st.sampled_from(COLUMNS[2:]), JSON),
    st.sampled_from([(", ", ": "), (",", ":"), (" ,", " : ")]),
)
def test_a_row_of_json_is_read_as_json(value: dict[str, Any], separators: tuple[str, str]) -> None:
    """The values are JSON's, and each key and value is found where it stands."""

    def dumps(what: object) -> str:
        return json.dumps(what, separators=separators)

    line = dumps({"id": "a", **value})
    [row] = rows_of("a.jsonl", line + "\n")
    assert row.values == {"id": "a", **value}
    for key in row.values:
        _, key_column, _, value_column = row.values.spot(key)
        assert line[key_column - 1 :].startswith(f'"{key}"')
        assert line[value_column - 1 :].startswith(dumps(row.values[key]))


def test_lines_of_a_quote_each_take_no_square_of_the_time() -> None:
    """After every fault reading goes on in the next line, and no text is read over and over."""
    for line in ('"a\n', '"""\n'):
        _, wrong = read("a.csv", "prompt,id\n" + line * 300_000)
        assert len(wrong) == 1_001
    _, wrong = read("a.csv", "prompt,id\n" + '"' + 'x,""""\n' * 100_000)
    assert len(wrong) == 1
