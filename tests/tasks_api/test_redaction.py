"""What a server says is shown and kept without secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tasks_api.redaction import TEXT_LETTERS_MAX, redacted

KEY = "sk-byts-0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"the key {KEY} is revoked", "the key [key] is revoked"),
        ("the key sk-byts-another-one is revoked", "the key [key] is revoked"),
        (
            "see https://cdn.test/a/b.mp4?expires=1&signature=abc for it",
            "see https://cdn.test/a/b.mp4?… for it",
        ),
        ("at https://cdn.test/a.mp4?9f86d081884c7d65 now", "at https://cdn.test/a.mp4?… now"),
        ("why?", "why?"),
        ("HTTPS://CDN.TEST/x?sig=1", "HTTPS://CDN.TEST/x?…"),
        ("'http://cdn.test/x#token=1'", "'http://cdn.test/x?…'"),
        ("no such signature: 9f86d081, sorry", "no such signature: …, sorry"),
        ("X-Amz-Credential=AKIA0123/us", "X-Amz-Credential=…"),
        ("a risk-free text, isn't it?", "a risk-free text, isn't it?"),
        ("https://example.test/help", "https://example.test/help"),
    ],
)
def test_keys_and_signatures_are_taken_out(text: str, shown: str) -> None:
    """Our key, whatever looks like one, and the query of every URL; nothing else."""
    assert redacted(text, KEY) == shown


def test_any_key_is_taken_out_whatever_it_looks_like() -> None:
    """A key of another form is known, as it is ours."""
    assert redacted("who is hunter2?", "hunter2") == "who is [key]?"


@given(st.text(), st.text())
def test_no_text_lets_the_key_through(before: str, after: str) -> None:
    """Whatever stands around it, and however long: never the key, never more than the bound."""
    shown = redacted(f"{before}{KEY}{after}", KEY)
    assert KEY not in shown
    assert len(shown) <= TEXT_LETTERS_MAX + 1


def test_a_long_text_is_cut() -> None:
    """A server's words fill no screen."""
    assert redacted("no " * 1_000) == ("no " * 1_000)[:TEXT_LETTERS_MAX] + "…"
