"""Fragments in prompts: what becomes of braces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rendering.decision import want
from pipeline.storyboard import validation
from pipeline.storyboard.fragments import FragmentError, Fragments

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.storyboard.resolve import Loaded


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("{hero} walks.", "a cat walks."),
        ("{hero}{hero}", "a cata cat"),
        ("{{hero}}", "{hero}"),
        ("{{{hero}}}", "{a cat}"),
        ("a } b", "a } b"),
        ("a }} b", "a } b"),
        ("no braces", "no braces"),
        ("{{", "{"),
    ],
)
def test_a_name_between_braces_becomes_its_text(prompt: str, sent: str) -> None:
    """And a doubled brace is a brace."""
    assert Fragments({"hero": "a cat"}).expand(prompt) == sent


@pytest.mark.parametrize("prompt", ["{heroo}", "{", "{hero", "{hero {hero}", "{}", "{ hero }"])
def test_what_names_nothing_is_refused(prompt: str) -> None:
    """It would be sent, and paid for, as it stands."""
    with pytest.raises(FragmentError):
        Fragments({"hero": "a cat"}).expand(prompt)


@given(st.text())
def test_doubled_braces_come_through_to_the_letter(prompt: str) -> None:
    """Any text can be said."""
    doubled = prompt.replace("{", "{{").replace("}", "}}")
    assert Fragments({"hero": "a cat"}).expand(doubled) == prompt


TEXT = """
model: veo-3.1-fast
style: %s
cast: {hero: %s}
defaults: {duration: 4}
shots:
  - {id: a, prompt: "{hero} walks. {style}"}
  - {id: b, prompt: "Rain. {style}"}
  - {id: c, prompt: "{hero} sits."}
  - {id: d, prompt: Nobody.}
"""


def test_one_edit_changes_the_shots_that_use_it_and_no_others(load: Callable[..., Loaded]) -> None:
    """By their digests, which are what a rerun goes by."""

    def digests(style: str, hero: str) -> dict[str, str]:
        (board,) = load(None, film=TEXT % (style, hero)).boards
        return {take.shot: want(take).digest for take in board.takes}

    before = digests("Grainy.", "A cat")
    for after, changed in (
        (digests("Sharp.", "A cat"), {"a", "b"}),
        (digests("Grainy.", "A dog"), {"a", "c"}),
    ):
        assert {shot for shot in before if before[shot] != after[shot]} == changed


def test_fragments_multiply_no_file_without_end(
    load: Callable[..., Loaded], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file that would come to gigabytes of prompts is refused, once."""
    monkeypatch.setattr(validation, "MAX_PROMPTS_LETTERS", 10_000)
    shots = "".join(f'  - {{id: s{n}, prompt: "{{style}} {n}"}}\n' for n in range(100))
    head = f"model: veo-3.1-fast\nstyle: {'x' * 500}\ndefaults: {{duration: 4}}\nshots:\n"
    (violation,) = load(None, film=head + shots).violations
    assert "fragments make more than" in str(violation)
