"""Takes, seeds and picks, pass by pass: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.storyboard.layers import Layer
from pipeline.storyboard.places import Map
from pipeline.storyboard.takes import Choice, TakesError, drafted, promoted
from pipeline.storyboard.violation import Findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.storyboard.resolve import Loaded


def layer(**values: Any) -> Layer:
    made = Map((1, 1))
    made.update(values)
    return Layer("shots[0]", made, Findings("a.yaml"))


@pytest.mark.parametrize(
    ("layers", "seeds"),
    [
        ([{}], (None,)),
        ([{"seed": 7}], (7,)),
        ([{"takes": 3}], (None, None, None)),
        ([{"seed": 7, "takes": 3}], (7, 8, 9)),
        ([{"seeds": [7, 11, 13]}], (7, 11, 13)),
        ([{"takes": 3}, {"seed": 7}], (7, 8, 9)),
        ([{"takes": 3}, {"seeds": [5, 6]}], (5, 6)),
        ([{"seeds": [5, 6, 7]}, {"takes": 2}], (5, 6)),
        ([{"seeds": [5, 6]}, {"seed": 9}], (9,)),
        ([{"seed": 9}, {"seeds": [5, 6]}], (5, 6)),
        ([{"seeds": [5, 6]}, {"seeds": None}], (None,)),
        ([{"seed": 9, "takes": 2}, {"seed": None}], (None, None)),
        ([{"takes": 3}, {"takes": None}], (None,)),
        ([{"seed": 7.0, "takes": 2.0}], (7, 8)),
        ([{"seeds": [7.0]}], (7,)),
    ],
)
def test_the_nearer_layer_wins(layers: list[dict[str, Any]], seeds: tuple[int | None, ...]) -> None:
    """A list takes the place of a seed, a seed that of a list, a count goes with either."""
    assert drafted([layer(**values) for values in layers], None).seeds == seeds


@pytest.mark.parametrize(
    ("base", "own", "pick", "choice"),
    [
        ({"seed": 7}, {}, None, Choice((7,))),
        ({"seeds": [7, 11]}, {}, 2, Choice((11,), 1, origin=2)),
        ({"seed": 7, "takes": 3}, {}, 3, Choice((9,), 1, origin=3)),
        ({"takes": 3}, {}, 3, Choice((None,), 1, origin=3)),
        ({"takes": 3}, {}, None, Choice((), undecided=3)),
        ({"takes": 3}, {"takes": 1}, None, Choice((None,))),
        ({"seeds": [7, 11]}, {"takes": 1}, None, Choice((7,))),
        ({"seeds": [7, 11]}, {"takes": 2}, 2, Choice((11, 12), 1)),
        ({"seeds": [7, 11]}, {"seed": 3}, 2, Choice((3,), 1)),
        ({"seeds": [7, 11]}, {"seeds": [3, 4]}, 2, Choice((3, 4), 1)),
    ],
)
def test_a_further_pass_goes_on_from_the_pick(
    base: dict[str, Any], own: dict[str, Any], pick: int | None, choice: Choice
) -> None:
    """It renders the picked take's seed once, or what it says itself; undecided it renders none."""
    assert promoted([layer(**base)], [layer(**own)], pick, None) == choice


@pytest.mark.parametrize(
    "layers",
    [
        [{"seed": 7, "seeds": [7]}],
        [{"takes": 3, "seeds": [7, 8]}],
        [{"seeds": [7, 8]}, {"takes": 3}],
    ],
)
def test_what_does_not_go_together_is_refused(layers: list[dict[str, Any]]) -> None:
    """Rather than guessed at: each take is paid for."""
    with pytest.raises(TakesError):
        drafted([layer(**values) for values in layers], None)


SEED = st.integers(0, 1000)
SAID = st.fixed_dictionaries(
    {},
    optional={
        "takes": st.none() | st.integers(1, 5),
        "seed": st.none() | SEED,
        "seeds": st.none() | st.lists(SEED, min_size=1, max_size=4, unique=True),
    },
)


@given(st.lists(SAID, min_size=1, max_size=4), st.none() | st.integers(1, 5), SAID)
def test_any_layers_come_to_takes_or_a_refusal(
    base: list[dict[str, Any]], pick: int | None, own: dict[str, Any]
) -> None:
    """Never to none at all, never to the same seed twice, and a pick never to more than is said."""
    try:
        first = drafted([layer(**values) for values in base], pick)
        then = promoted([layer(**values) for values in base], [layer(**own)], pick, None)
    except TakesError:
        return
    assert first.seeds
    assert then.seeds or then.undecided == len(first.seeds) > 1
    for seeds in (first.seeds, then.seeds):
        known = [seed for seed in seeds if seed is not None]
        assert len(known) == len(set(known))
    if pick is not None and not own:
        assert len(then.seeds) == 1


def test_a_board_is_resolved_pass_by_pass(load: Callable[..., Loaded]) -> None:
    """Takes with their seeds and their pick, in each pass of one reading."""
    text = """
model: veo-3.1-fast
defaults: {duration: 4, takes: 2}
passes: {final: {model: veo-3.1}}
shots:
  - {id: a, prompt: Rain., seed: 7, pick: 2}
  - {id: b, prompt: Snow.}
"""
    loaded = load(None, film=text)
    assert loaded.violations == ()
    (board,) = loaded.boards
    takes = [(take.key, take.request.seed, take.picked) for take in board.takes]
    assert takes == [
        ("a", 7, False),
        ("a.t2", 8, True),
        ("b", None, False),
        ("b.t2", None, False),
    ]
    final = loaded.in_pass("film", "final")
    assert final is not None
    assert [(take.key, take.request.seed, take.picked) for take in final.takes] == [("a", 8, True)]
    assert [(each.shot, each.takes, each.place) for each in final.undecided] == [("b", 2, 1)]
    assert loaded.in_pass("film", "finale") is None
    assert dict(board.picks) == {"a": 2}


def test_a_pick_by_id_is_a_pick(load: Callable[..., Loaded]) -> None:
    """At the top of the file, as shots of a table have no other place for it."""
    text = """
model: veo-3.1-fast
defaults: {duration: 4, takes: 2}
shots:
  - {id: a, prompt: Rain.}
picks: {a: 2}
"""
    (board,) = load(None, film=text).boards
    assert [take.picked for take in board.takes] == [False, True]


def test_a_limit_is_held_against_a_shots_own_words_for_a_pass(load: Callable[..., Loaded]) -> None:
    """Before anything is bought, whichever pass is asked for."""
    text = """
model: veo-3.1-fast
passes: {final: {model: veo-3.1}}
shots:
  - {id: a, prompt: Rain., duration: 4, passes: {final: {duration: 9}}}
"""
    (violation,) = load(None, film=text).violations
    assert "shots[0].passes.final.duration: 9 s is over the 8 s" in str(violation)
