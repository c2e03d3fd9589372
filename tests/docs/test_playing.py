"""The player of pages itself: what differs is told, what may differ isn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.comparing import differences
from tests.docs.pages import Block, blocks_of, typed
from tests.docs.stage import Direction, stage
from tests.docs.terminal import screen

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = [
    "pass draft at http://127.0.0.1:8765 (BYTESPIKE_API_KEY is set)",
    "✓ pour         3 s clip in   1.9 s  0.135 credits",
    "✓ ramen-zoom   4 s clip in   2.2 s  0.18 credits",
    "2 rendered · 0.315 credits · 2.4 s",
]
SAID = [
    "pass draft at http://127.0.0.1:40001 (BYTESPIKE_API_KEY is set)",
    "✓ ramen-zoom   4 s clip in  12.0 s  0.18 credits",
    "✓ pour         3 s clip in   0.9 s  0.135 credits",
    "2 rendered · 0.315 credits · 12.2 s",
]


def test_what_is_another_one_each_time_is_no_difference() -> None:
    """Seconds, ports, and the order in which shots end."""
    assert not differences(SHOWN, SAID)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.18", "0.19"),
        ("3 s clip", "4 s clip"),
        ("2 rendered", "1 rendered"),
        ("✓ pour", "✗ pour"),
    ],
)
def test_other_words_are_a_difference(old: str, new: str) -> None:
    """Credits, lengths, counts, how a shot ended: each is told with both lines."""
    told = differences(SHOWN, [line.replace(old, new) for line in SAID])
    assert any(line.startswith("-") and old in line for line in told.splitlines())
    assert any(line.startswith("+") and new in line for line in told.splitlines())


def test_lines_that_are_missing_or_too_many_are_a_difference() -> None:
    """At the end, at the begin, and in between."""
    for number in range(len(SAID)):
        assert differences(SHOWN, SAID[:number] + SAID[number + 1 :])
        assert differences(SHOWN, [*SAID[:number], "a line", *SAID[number:]])
    assert differences(SHOWN, [])


def test_dots_stand_for_what_they_say_and_no_more() -> None:
    """Within a line for any text, alone for any lines; what stands around them still counts."""
    assert not differences(["a … d"], ["a b c d"])
    assert not differences(["a", "…", "z"], ["a", "b", "c", "z"])
    assert not differences(["a", "…", "z"], ["a", "z"])
    assert differences(["a … d"], ["a b c e"])
    assert differences(["a … d"], ["a b", "c d"])
    assert differences(["a", "…", "z"], ["a", "b", "y"])


def test_a_screen_is_what_is_left_on_it() -> None:
    """Lines drawn over are gone, colours are nothing, what is not understood is no guess."""
    live = "\x1b[?25l  0 of 1\r\x1b[2K\x1b[32m✓ sea\x1b[0m\r\n  1 of 1\r\n"
    assert screen(f"{live}\x1b[1A\x1b[2K\x1b[?25hdone\r\n") == ("✓ sea", "done")
    assert screen("abc\rX\r\n") == ("Xbc",)
    with pytest.raises(ValueError, match="nobody knows"):
        screen("\x1b[5;5Hx")


def test_blocks_of_all_kinds_are_found() -> None:
    """Longer fences, fences without a kind, and none that doesn't end."""
    text = "a\n````md\n```\nx\n```\n````\n~~~\ny\n~~~\n```yaml\n# specs/a.yaml\n```\n"
    found = blocks_of("p.md", text)
    assert [(block.kind, block.text) for block in found] == [
        ("md", "```\nx\n```\n"),
        ("", "y\n"),
        ("yaml", "# specs/a.yaml\n"),
    ]
    assert [block.line for block in found] == [3, 8, 11]
    assert found[2].name == "specs/a.yaml"
    with pytest.raises(ValueError, match=r"p\.md:1: a block without an end"):
        blocks_of("p.md", "```\nx\n")
    with pytest.raises(ValueError, match=r"p\.md:2: output before"):
        typed(Block("p.md", 2, "console", "x\n"))


def test_a_page_is_played_for_real(tmp_path: Path) -> None:
    """A wrong exit code, other output, and a script that fails: none passes."""
    directions = [Direction("false", "it does", ends=1), Direction("never typed", "it isn't")]
    with stage(tmp_path, directions) as played:

        def play(text: str, kind: str = "console") -> None:
            played.play(Block("p.md", 1, kind, text))

        play("# specs/a.yaml\nx: 1\n", "yaml")
        play("$ cat specs/a.yaml\n# specs/a.yaml\nx: 1\n$ false\n$ export Y=z\n")
        play("$ echo $Y   # what was exported\nz\n")
        play('echo "{$Y}"\n# {z}\n', "sh")
        with pytest.raises(AssertionError, match="exits with 1"):
            play("$ false\n")
        with pytest.raises(AssertionError, match=r"p\.md:1: \$ echo a\n"):
            play("$ echo a\nb\n")
        with pytest.raises(AssertionError, match="exits with 2"):
            play("$ shotmake check specs/a.yaml\n")
        with pytest.raises(AssertionError, match=r"\+\{z\}"):
            play('echo "{$Y}"\n# {y}\n', "sh")
        with pytest.raises(AssertionError, match="exits with 1"):
            play("false\necho\n", "sh")
        with pytest.raises(AssertionError, match="exits with 2"):
            play("$ make tea\n")
        assert played.left() == ["never typed"]
        with pytest.raises(AssertionError, match="ended the shell"):
            play("$ exit 3\n")
