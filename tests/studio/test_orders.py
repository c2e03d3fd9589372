"""Submits of any kind: an order or a refusal, and never anything else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.studio.orders import PROMPT_CHARACTERS_MAX, order_from
from pipeline.studio.refusals import RefusalError
from tests.support.world import CATALOG

if TYPE_CHECKING:
    from pipeline.studio.tasks import Order

FLAT: dict[str, Any] = {"model": "veo-3.1-fast", "prompt": "a bowl", "duration_seconds": 4}
PIXEL = "data:image/png;base64,AAAA"


def order(document: object) -> Order:
    return order_from(document, "account", CATALOG, free=False)


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """The same in the tasks reference's shape."""
    envelope = {"model", "out_task_id", "callback_url"}
    head = {name: value for name, value in flat.items() if name in envelope}
    return head | {"params": {k: v for k, v in flat.items() if k not in envelope}}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
names = st.sampled_from(
    ["model", "params", "prompt", "duration_seconds", "resolution", "aspect_ratio", "seed",
     "image_init", "out_task_id", "callback_url", "motion_intensity", "nonsense"]
)  # fmt: skip


@given(change=st.dictionaries(names, anything, max_size=3))
def test_anything_is_an_order_or_a_refusal(change: dict[str, Any]) -> None:
    """No value in any field makes the studio stumble, nor its refusal unspeakable or long."""
    try:
        order(FLAT | change)
        return
    except RefusalError as error:
        refused = error
    assert refused.status == 400
    assert len(json.dumps(str(refused))) < 1000


@given(
    seed=st.integers(-(2**63), 2**63 - 1),
    seconds=st.integers(1, 5),
    key=st.text(min_size=1, max_size=256),
)
def test_both_shapes_are_one_order(seed: int, seconds: int, key: str) -> None:
    """Flat or nested, and in any order of fields, the same order: de-duplication sees no change."""
    flat = FLAT | {"seed": seed, "duration_seconds": seconds, "out_task_id": key}
    assert order(flat) == order(nested(flat)) == order(dict(reversed(flat.items())))
    assert order(flat | {"duration_seconds": float(seconds)}) == order(flat)


@pytest.mark.parametrize(
    "change",
    [{"prompt": "another"}, {"duration_seconds": 3}, {"seed": 0}, {"resolution": "720p"},
     {"image_init": PIXEL}, {"model": "veo-3.1"}, {"prompt": "a bowl" + " " * 5000}],
)  # fmt: skip
def test_a_fingerprint_tells_changes(change: dict[str, Any]) -> None:
    """Anything else that is sent, also beyond what an engine is told, is another request."""
    assert order(FLAT | change).fingerprint != order(FLAT).fingerprint


@pytest.mark.parametrize(
    "document",
    [
        {**FLAT, "params": "prompt"},
        {**FLAT, "params": None},
        {**FLAT, "params": ["a"]},
        {**nested(FLAT), "prompt": "beside"},
        {"model": "veo-3.1-fast", "params": {**FLAT}},
        {**FLAT, "seed": None},
        {**FLAT, "image_init": None},
        {**FLAT, "out_task_id": None},
        {**FLAT, "out_task_id": "k" * 257},
        {**FLAT, "callback_url": "javascript:alert(1)"},
        {**FLAT, "seed": 2**63},
        {**FLAT, "seed": float("inf")},
        {**FLAT, "image_init": "data:image/png;base64,"},
        {**FLAT, "image_init": "data:image/png;base64,AAAA===="},
        {**FLAT, "image_init": "data:text/html;base64,AAAA"},
        {**FLAT, "image_init": "file:///etc/passwd"},
        {**FLAT, "image_init": "https://a b/"},
        {**FLAT, "image_init": "https://a.test/x\n"},
        {**FLAT, "image_init": "https://user:password@a.test/"},
        {**FLAT, "image_init": "https://a.test/" + "x" * 2100},
    ],
)
def test_what_the_contract_does_not_allow_is_refused(document: object) -> None:
    """`params` that is no object isn't flat; null is no value; addresses are http(s) alone."""
    with pytest.raises(RefusalError) as refused:
        order(document)
    assert (refused.value.status, refused.value.code) == (400, "invalid_param")


def test_an_engine_is_told_a_prompts_beginning() -> None:
    """A prompt of nearly 1 MB is accepted; a task keeps no more of it than an engine needs."""
    assert len(order(FLAT | {"prompt": "x" * 1_000_000}).job.prompt) == PROMPT_CHARACTERS_MAX
