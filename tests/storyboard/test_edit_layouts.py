"""Picks written into storyboards of any layout: what holds for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.storyboard.documents import parse
from pipeline.storyboard.edit import EditError, set_pick, set_pick_by_id
from pipeline.storyboard.outline import Node, outlined
from pipeline.storyboard.syntax import LINE_END

if TYPE_CHECKING:
    from collections.abc import Callable

Draw = Any

WORDS = ["rain", "🍜🍜", "na\u0308sse", "湯", "it's #1", "a: b", "pick: 3", "- x", "'", '"', "{,}"]
COMMENTS = ["", "", "", " # 🎬 circled", "   # pick: 9", " #", " \t"]
BETWEEN = ["", "# between", "      # 🎬 indented", "   "]
PICKS = [None, None, "pick: 1", "pick:", "pick:   ", "pick: null", "'pick': '3'", '"pick" : 12']
TAKES = st.integers(1, 99)

UNHURRIED = settings(deadline=None)
"""Tests run side by side; how long one takes says nothing here."""


def quoted(draw: Draw, text: str) -> str:
    """A text as a value in one line."""
    doubled = text.replace("'", "''")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return str(draw(st.sampled_from([f"'{doubled}'", f'"{escaped}"'])))


def prompt(draw: Draw, margin: str) -> list[str]:
    """A prompt in one of the ways to write one, as lines."""
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    form = draw(st.sampled_from(["quotes", "plain", "over lines", "|", "|-", "|+", ">", ">-", "#"]))
    if form == "plain":
        return ["prompt: Rain 🌧", *([f"{margin}  falls"] if len(words) > 1 else [])]
    if form == "#":
        return ["prompt: Rain # falls"]
    if form == "quotes":
        return [f"prompt: {quoted(draw, ' '.join(words))}"]
    if form == "over lines":
        return ["prompt:", f"{margin}  {quoted(draw, words[0])}"]
    blank = [""] * draw(st.integers(0, 2))
    return [f"prompt: {form}", *(f"{margin}  {word}" for word in words), *blank]


@st.composite
def block_shots(draw: Draw, name: str, dash: str) -> list[str]:
    """A shot in block style, as lines."""
    gap = draw(st.integers(1, 3))
    margin = " " * (len(dash) + 1 + gap)
    entries = [[f"id: {draw(st.sampled_from([name, repr(name), f'{name}  ']))}"]]
    entries += draw(st.sampled_from([[], [["seed: 7"]], [["still: {a: [b, c]}"]]]))
    if draw(st.booleans()):
        entries.append(prompt(draw, margin))
    pick = draw(st.sampled_from(PICKS))
    if pick is not None:
        entries.append([pick])
    lines = []
    for number, (first, *others) in enumerate(draw(st.permutations(entries))):
        comment = "" if others or first.endswith(("|", ">", "+", "-")) else COMMENTS
        shown = draw(st.sampled_from(comment)) if comment else ""
        start = f"{dash}-{' ' * gap}" if number == 0 else margin
        lines += [f"{start}{first}{shown}", *others]
        if not others and draw(st.integers(0, 5)) == 0:
            lines.append(draw(st.sampled_from(BETWEEN)))
    return lines


@st.composite
def flow_shots(draw: Draw, name: str) -> str:
    """A shot in braces, in one line."""
    entries = [f"id: {draw(st.sampled_from([name, repr(name), f'{name} ']))}", "seed: 7"]
    if draw(st.booleans()):
        entries.append(f"prompt: {quoted(draw, draw(st.sampled_from(WORDS)))}")
    pick = draw(st.sampled_from(PICKS))
    if pick is not None:
        entries.append("pick: " if pick == "pick:" else pick)  # {pick:} is nothing that YAML has
    comma = draw(st.sampled_from([",", ", ", " , "]))
    last = draw(st.sampled_from(["", " ", ", "]))
    return f"{{{comma.join(draw(st.permutations(entries)))}{last}}}"


def shot_list(draw: Draw, name: str) -> list[str]:
    """`shots:` with three of them, as lines."""
    names = draw(st.permutations(["before", name, "after"]))
    if draw(st.integers(0, 3)) == 0:
        items = [draw(flow_shots(one)) for one in names]
        if draw(st.booleans()):
            return [f"shots: [{', '.join(items)}]"]
        return ["shots: [ # 🎬", *(f"  {item}, # c" for item in items), "  ]"]
    dash = " " * draw(st.integers(0, 4))
    lines = [f"shots:{draw(st.sampled_from(COMMENTS))}"]
    for one in names:
        if draw(st.integers(0, 3)) == 0:
            lines.append(f"{dash}- {draw(flow_shots(one))}{draw(st.sampled_from(COMMENTS))}")
        else:
            lines += draw(block_shots(one, dash))
    return lines


PICK_LISTS: list[list[str]] = [
    [],
    ["picks:  # none"],
    ["picks: {}"],
    ["picks: {other: 1, } # 🎬"],
    ["picks:", "    # 🎬", "    other: 1 # c", "    'another': 2"],
    ["picks:", "  pour: 3", "  other: 1"],
    ["picks: {other: 1, pour: 3}"],
]


@st.composite
def storyboards(draw: Draw) -> bytes:
    """A whole file with the shot `pour`, in one of many layouts."""
    parts: list[list[str]] = [
        shot_list(draw, "pour"),
        draw(st.sampled_from(PICK_LISTS)),
        draw(st.sampled_from([[], ["title: 🍜 'ramen'"], ["title:", "  湯"]])),
        draw(st.sampled_from([[], ["defaults: {aspect: 16:9}  # c"], ["x: .nan", "", "# end"]])),
    ]
    lines = draw(st.sampled_from([[], ["# 🎬"], ["---"], ["# c", "--- # 🎬"]])).copy()
    for part in draw(st.permutations(parts)):
        lines += part
    lines += draw(st.sampled_from([[], ["# end"], ["..."], ["...", "# after"], ["", ""]]))
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\r\n", "\n"], ["\r"]]))
    text = "".join(line + draw(st.sampled_from(ends)) for line in lines)
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    mark: str = draw(st.sampled_from(["", "\ufeff"]))
    return (mark + text).encode()


def tree(data: bytes) -> Any:
    """What a file says; `.nan` equals itself here."""
    document = parse(data)
    assert document.problems == (), data
    return eval(repr(document.root), {"nan": "nan"})  # noqa: S307 - plain values, for comparing


def shot_in(root: Any) -> dict[str, Any]:
    [shot] = [one for one in root["shots"] if one["id"] == "pour"]
    assert isinstance(shot, dict)
    return shot


def shared(one: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def changed(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """What of the one gave way to what of the other."""
    start = shared(before, after)
    before, after = before[start:], after[start:]
    end = shared(before[::-1], after[::-1])
    return before[: len(before) - end], after[: len(after) - end]


@UNHURRIED
@given(storyboards(), TAKES)
def test_the_pick_is_there_and_else_the_storyboard_is_the_same(data: bytes, take: int) -> None:
    """Any layout takes a pick: read again, it says that and else what it said before."""
    root = tree(data)
    shot_in(root)["pick"] = take
    assert tree(set_pick(data, "pour", take)) == root


@UNHURRIED
@given(storyboards(), TAKES)
def test_every_other_byte_is_the_authors(data: bytes, take: int) -> None:
    """A new pick is a piece put in, one line or less; an old one's value alone gives way."""
    old = shot_in(tree(data)).get("pick", ...)
    out, put_in = changed(data, set_pick(data, "pour", take))
    assert len(LINE_END.findall(put_in.decode())) <= 1
    if old is ... or old is None:
        assert out in {b"", b"null"}
    else:
        assert out.strip(b"'").decode() in str(old)


@UNHURRIED
@given(storyboards(), TAKES)
def test_twice_is_once(data: bytes, take: int) -> None:
    """What is there already is not written again."""
    for edit in (set_pick, set_pick_by_id):
        after = edit(data, "pour", take)
        assert edit(after, "pour", take) == after


@UNHURRIED
@given(storyboards(), TAKES)
def test_a_pick_taken_away_leaves_no_trace(data: bytes, take: int) -> None:
    """Put in and taken out again, the file is what it was, byte for byte."""
    without = set_pick(data, "pour", None)
    root = tree(data)
    if shot_in(root).pop("pick", None) is not None:
        assert shot_in(tree(without)).pop("pick", None) is None
    if "pick" not in shot_in(tree(without)):
        assert set_pick(set_pick(without, "pour", take), "pour", None) == without


@UNHURRIED
@given(storyboards(), TAKES)
def test_picks_by_id_leave_the_rest_alone(data: bytes, take: int) -> None:
    """Under `picks:` the same holds: the pick is there, and out again nothing else has changed."""
    root = tree(data)
    after = set_pick_by_id(data, "pour", take)
    assert tree(after) == {**root, "picks": {**(root.get("picks") or {}), "pour": take}}
    without = set_pick_by_id(after, "pour", None)
    others = {key: pick for key, pick in (root.get("picks") or {}).items() if key != "pour"}
    rest = {key: value for key, value in root.items() if key != "picks"}
    assert tree(without) in ({**rest, "picks": others}, rest if not others else ...)
    if "picks" not in root or others == root["picks"] != {}:
        assert without == data


ODD = st.text(alphabet="ab:-[]{}&*!|>'\"?, \n\r\t#<~\ufeff\x85\u2028é🍜", max_size=30)


@UNHURRIED
@given(ODD, ODD, ODD, st.sampled_from([set_pick, set_pick_by_id]), st.none() | TAKES)
def test_any_text_is_edited_or_refused(
    head: str,
    middle: str,
    tail: str,
    edit: Callable[[bytes, str, int | None], bytes],
    take: int | None,
) -> None:
    """Whatever stands around the shot, nothing is raised but `EditError`, and nothing is lost."""
    for text in (f"{head}\nshots:\n- id: a{middle}\n{tail}", f"{head}picks: {middle}\n{tail}"):
        data = text.encode()
        try:
            after = edit(data, "a", take)
        except EditError:
            continue
        assert parse(after).problems == ()
        assert edit(after, "a", take) == after
        if take is not None:
            assert len(after) >= len(data) - len(middle)


@UNHURRIED
@given(storyboards())
def test_an_outline_knows_its_characters(data: bytes) -> None:
    """Every quoted, plain and bracketed node lies where the outline says, in characters."""
    text = data.decode().lstrip("\ufeff")
    todo: list[Node] = [outlined(text)[0]]
    while todo:
        node = todo.pop()
        todo += node.children
        shown = text[node.start : node.end]
        if node.kind == "scalar" and not node.style and not LINE_END.search(shown):
            assert shown == node.text
        elif node.style in {"'", '"', "|", ">"}:
            assert shown[0] == node.style
        elif node.is_flow:
            assert shown[0] + shown[-1] in {"[]", "{}"}
