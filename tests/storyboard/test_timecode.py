"""A place in a clip: every way to write one, and what is said of everything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.storyboard.timecode import SECONDS_MAX, canonical_frame, frame_seconds


@pytest.mark.parametrize(
    ("written", "canonical", "seconds"),
    [
        ("first", "first", None),
        ("last", "last", None),
        (" last ", "last", None),
        (2, "2", 2.0),
        (2.0, "2", 2.0),
        (2.5, "2.5", 2.5),
        ("2.50", "2.5", 2.5),
        ("5.", "5", 5.0),
        (".5", "0.5", 0.5),
        ("+2", "2", 2.0),
        (0, "0", 0.0),
        (-0.0, "0", 0.0),
        (100, "100", 100.0),
        (1e-9, "0", 0.0),
        (1 / 3, "0.333333", 0.333333),
        ("00:00:01:12", "00:00:01:12", 1.0),
        ("0:1:2:3", "00:01:02:03", 62.0),
        ("00:59:59:59", "00:59:59:59", 3599.0),
    ],
)
def test_a_place_has_one_form(written: object, canonical: str, seconds: float | None) -> None:
    """However it is written; and a clip has to be longer than its whole seconds say."""
    assert canonical_frame(written) == canonical
    assert frame_seconds(canonical) == seconds


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("lst", "did you mean last"),
        ("First", "did you mean first"),
        ("2.5 s", "write 2.5: a plain number"),
        ("2 seconds", "write 2: a plain number"),
        ("90 minutes", "HH:MM:SS:FF"),
        ("12:30", "HH:MM:SS:FF"),
        ("00:00:01.500", "HH:MM:SS:FF"),
        ("00:00:01;12", "HH:MM:SS:FF"),
        ("2,5", "HH:MM:SS:FF"),
        ("1e3", "HH:MM:SS:FF"),
        ("٣", "HH:MM:SS:FF"),
        ("", "HH:MM:SS:FF"),
        ("00:00:01:77", "its pictures go to 59"),
        ("00:00:77:01", "its seconds go to 59"),
        ("00:77:00:01", "its minutes go to 59"),
        ("77:00:00:01", "its hours go to 23"),
        ("01:00:00:00", "no clip is an hour long"),
        (5400, "no clip is an hour long"),
        ("9" * 5000, "no clip is an hour long"),
        (-1, "write last"),
        (-0.5, "write last"),
        ("-1", "write last"),
        (float("nan"), r"\.nan is no place"),
        (float("inf"), r"\.inf is no place"),
        (True, "true is no place"),
        (None, "there is no value"),
        ([1], "a list is no place"),
        ({}, "a mapping is no place"),
    ],
)
def test_what_is_no_place_is_said(written: object, says: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValueError, match=says) as caught:
        canonical_frame(written)
    assert "write" in str(caught.value) or "timecode" in str(caught.value)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_too_long_to_be_shown_is_said(sign: int) -> None:
    """Python refuses to write it out."""
    with pytest.raises(ValueError, match="write"):
        canonical_frame(sign * 10**5000)


PIECES = st.sampled_from([*"0123456789", ":", ".", " ", "first", "last", "s", "-", "e"])
ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(st.integers()),
)


@given(value=ANYTHING)
def test_anything_is_a_place_or_a_message(value: object) -> None:
    """And the form of a place's form is that form; its seconds are within the hour."""
    try:
        canonical = canonical_frame(value)
    except ValueError as error:
        message = str(error)
        assert message
        return
    assert canonical_frame(canonical) == canonical
    seconds = frame_seconds(canonical)
    assert seconds is None or 0 <= seconds < SECONDS_MAX


@given(value=st.floats(0, SECONDS_MAX, exclude_max=True, allow_nan=False))
def test_seconds_are_kept_to_the_microsecond(value: float) -> None:
    """And never become later ones, which might show the next picture."""
    seconds = frame_seconds(canonical_frame(value))
    assert seconds is not None
    assert seconds <= value < seconds + 1.1e-6
