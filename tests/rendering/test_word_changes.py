"""What is marked as changed in a prompt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.rendering.word_changes import Spans, word_changes


def marked(spans: Spans) -> list[str]:
    """The pieces that have changed."""
    return [text for text, changed in spans if changed]


def test_the_words_that_changed_are_marked() -> None:
    """Words and not letters, and neighbours together; what stays is not marked."""
    before, after = word_changes("steam rising, warm soft light.", "steam rising, cold hard light!")
    assert marked(before) == ["warm soft", "."]
    assert marked(after) == ["cold hard", "!"]


def test_writing_without_spaces_is_compared_by_letters() -> None:
    """A Chinese prompt isn't one word."""
    before, after = word_changes("一碗热的拉面", "一碗冷的拉面")
    assert (marked(before), marked(after)) == (["热"], ["冷"])


def test_endless_texts_are_not_compared() -> None:
    """Records may hold anything: what would take minutes is marked as a whole."""
    before, after = word_changes("a b " * 100_000, "b a " * 100_000)
    assert [changed for _text, changed in before + after] == [True, True]


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_texts_are_there_on_a_line_each(old: str, new: str) -> None:
    """The pieces make up the texts, white space aside; equal texts have no mark."""
    for text, spans in zip((old, new), word_changes(old, new), strict=True):
        assert "".join(piece for piece, _changed in spans) == " ".join(text.split())
    same, again = word_changes(old, old)
    assert same == again
    assert marked(same) == []
