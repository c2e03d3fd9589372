"""The shot list as CSV, as Python's own reader finds it."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.review.conform import conform
from pipeline.review.shot_list import COLUMNS, shot_list
from tests.support.films import Shot, make_film, write_clip

if TYPE_CHECKING:
    from pipeline.review.film import Film


def rows(film: Film) -> list[dict[str, str]]:
    """The list as a program reads it: its bytes, opened as `utf-8-sig`."""
    text = shot_list(conform(film)).encode().decode("utf-8-sig")
    return [*csv.DictReader(io.StringIO(text, newline=""), strict=True)]


def text_of(cell: str) -> str:
    """A text as it was before an apostrophe was put before it, as the module's docstring says."""
    return cell[1:] if re.match(r"'+[=+\-@\t\r\n＝＋－＠]", cell) else cell


def test_a_row_a_shot_in_cutting_order(tmp_path: Path) -> None:
    """Place, length, request, file and what it took, of the take that stands for its shot; empty
    where nothing is known.
    """
    for name, pictures in (("a.mp4", 12), ("a.t2.mp4", 36)):
        write_clip(tmp_path / name, pictures)
    film = make_film(
        tmp_path,
        Shot("a", ["a.mp4", "a.t2.mp4"], pick=2, seed=7, prompt='Rain, "heavy"\nat night'),
        Shot("bad", duration=2, error="overloaded"),
        Shot("open", [], duration=1),
    )
    first, second, third = rows(film)
    assert list(first) == [*COLUMNS]
    assert first == {
        "number": "1",
        "shot": "a",
        "takes": "2",
        "pick": "2",
        "status": "up to date",
        "start": "01:00:00:00",
        "duration": "00:00:01:12",
        "seconds": "1.5",
        "model": "veo-3.1-fast",
        "seed": "8",
        "aspect": "16x9",
        "resolution": "720p",
        "prompt": 'Rain, "heavy"\nat night',
        "file": "a.t2.mp4",
        "task_id": "task_a.t2",
        "credits": "0.5",
        "attempts": "1",
        "note": "",
    }
    assert {name: second[name] for name in ("start", "seconds", "file", "credits", "note")} == {
        "start": "01:00:01:12",
        "seconds": "2",
        "file": "",
        "credits": "0",
        "note": "failed: overloaded",
    }
    assert (third["number"], third["start"], third["takes"]) == ("3", "01:00:03:12", "0")
    assert (third["status"], third["attempts"], third["credits"]) == ("undecided", "", "")
    assert "none is picked" in third["note"]


def test_a_spreadsheet_sees_utf_8_and_lines_as_the_standard_has_them() -> None:
    """The byte order mark comes first, rows end with CR LF, and the same film is the same bytes."""
    made = conform(make_film(Path("nowhere"), Shot("a", prompt="Café 拉麵")))
    content = shot_list(made).encode()
    assert content.startswith(b"\xef\xbb\xbfnumber,shot,")
    assert content.count(b"\r\n") == content.count(b"\n") == 2
    assert content == shot_list(made).encode()


@pytest.mark.parametrize(
    ("prompt", "cell"),
    [
        ('=HYPERLINK("https://example.com","Rain")', '\'=HYPERLINK("https://example.com","Rain")'),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("'Tis night", "'Tis night"),
        ("Rain = water", "Rain = water"),
    ],
)
def test_no_text_becomes_a_formula(prompt: str, cell: str) -> None:
    """What a spreadsheet would reckon has an apostrophe before it, and a program takes it away."""
    (row,) = rows(make_film(Path("nowhere"), Shot("a", prompt=prompt)))
    assert row["prompt"] == cell
    assert text_of(cell) == prompt


@given(st.text())
def test_any_text_survives(prompt: str) -> None:
    """Each prompt comes back to the letter, zeros written out, and none is a formula."""
    first, second = rows(make_film(Path("nowhere"), Shot("a", prompt=prompt), Shot("b")))
    assert not first["prompt"].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert text_of(first["prompt"]) == prompt.replace("\0", r"\x00")
    assert second["shot"] == "b"
