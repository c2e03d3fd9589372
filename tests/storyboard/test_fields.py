"""A field's value against its rule: what is plain is decided without jsonschema, and never else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.storyboard.catalog import load_catalog
from pipeline.storyboard.fields import Rules, _Plain
from pipeline.storyboard.schemas import storyboard_schema

CATALOG = load_catalog()
RULES = Rules(CATALOG, storyboard_schema(CATALOG))
FIELDS = sorted({(model, field) for model, its in RULES._rules.items() for field in its}, key=str)
VALUES = st.one_of(
    st.text(max_size=5),
    st.sampled_from(["", " ", "\n", "16:9", "720p", "cinematic", "a-b", "\ud800", "\u2003"]),
    st.integers(-5, 30),
    st.integers(2**32 - 2, 2**32 + 2),
    st.floats(allow_nan=False),
    st.booleans(),
    st.none(),
)


@given(st.sampled_from(FIELDS), VALUES)
def test_what_is_plain_is_what_jsonschema_says(
    where: tuple[str | None, str], value: object
) -> None:
    """Whatever the rules of our own files allow plainly has no fault by them."""
    rule = RULES._rules[where[0]][where[1]]
    by_schema = [*RULES._validators[rule].iter_errors(value)]
    if RULES._plain[rule].allows(value):
        assert by_schema == []
    found = RULES.faults(*where, value)
    assert [fault.message for fault in found] == [fault.message for fault in by_schema]


def test_prompts_and_seeds_are_plain() -> None:
    """Else nothing is gained: those are what no two shots have alike."""
    for model in CATALOG:
        for field, value in (("prompt", "Rain."), ("seed", 7), ("duration", 1)):
            assert RULES._plain[RULES._rules[model][field]].allows(value)


KEYWORDS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", ["string", "integer"]]),
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 3),
        "pattern": st.sampled_from([r"\S", "^a", "b$"]),
        "minimum": st.integers(-3, 3),
        "maximum": st.one_of(st.integers(-3, 9), st.floats(-3, 9)),
        "multipleOf": st.just(2),
        "enum": st.just(["a", 1]),
        "not": st.just({"const": 2}),
    },
)


@given(KEYWORDS, VALUES)
def test_a_keyword_that_is_not_known_leaves_nothing_plain(
    rule: dict[str, object], value: object
) -> None:
    """Of any rule that a model's file may have: never more than jsonschema allows."""
    if _Plain.of(rule).allows(value):
        assert Draft202012Validator(rule).is_valid(value)
