"""States, the manifest, digests and keys: the pure part of the records."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import RecordsError
from pipeline.rendering import results
from pipeline.rendering.digest import differences, digest, out_task_id, request_fields
from pipeline.rendering.events import Ended, Event, Intent, Lost, Renamed, Stored, Submitted
from pipeline.rendering.records import (
    WITHOUT_A_CLIP,
    Clip,
    Failure,
    Record,
    Records,
    State,
    Status,
    state_of,
)
from pipeline.rendering.results import Results
from pipeline.rendering.states import LEGAL, apply, require_legal
from pipeline.storyboard.schemas import schema_of
from pipeline.storyboard.shots import Request, Still

AT = "2026-11-23T12:00:00.000Z"
CLIP = Clip("a.mp4", "ab" * 32, 1234, 4.0, 1280, 720)
REQUEST = Request("veo-3.1-fast", "a bowl", 4, "16:9", "720p", 7)
FIELDS = request_fields(REQUEST)
PENDING = Record(Status.PENDING, "d" * 64, FIELDS, "a.t1.a1.x", 1, "https://p.test")
BY_STATE = {
    State.NONE: None,
    State.INTENDED: PENDING,
    State.OPEN: replace(PENDING, task_id="t"),
    State.DELIVERABLE: replace(PENDING, task_id="t", completed_at=AT),
    State.COMPLETED: replace(PENDING, status=Status.COMPLETED, task_id="t", clip=CLIP),
    State.FAILED: replace(PENDING, status=Status.FAILED, error=Failure("c", "m", True)),
    State.BLOCKED: replace(PENDING, status=Status.BLOCKED),
    State.CANCELLED: replace(PENDING, status=Status.CANCELLED),
}
EVENTS: dict[type, Event] = {
    Intent: Intent("a", AT, "p", "d" * 64, {}, "k", 1, None),
    Submitted: Submitted("a", AT, "t"),
    Ended: Ended("a", AT, Status.FAILED, None, None),
    Stored: Stored("a", AT, CLIP),
    Lost: Lost("a", AT),
}


def test_every_state_is_derived_from_a_record() -> None:
    """`state_of` tells all states apart."""
    assert {state: state_of(record) for state, record in BY_STATE.items()} == {
        state: state for state in State
    }


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("state", State)
def test_only_legal_events_are_applied(state: State, kind: type) -> None:
    """What the table doesn't allow raises, and changes nothing."""
    record = BY_STATE[state]
    records: Records = {} if record is None else {"a": record}
    event = EVENTS[kind]
    if state in LEGAL[kind]:
        require_legal(records, event)
        apply(records, event)
        assert state_of(records["a"]) is not state or kind in {Intent, Stored, Submitted}
        return
    before = dict(records)
    with pytest.raises(RecordsError):
        apply(records, event)
    assert records == before


def test_a_name_is_given_once() -> None:
    """A record is renamed over none that has, or may yet have, a clip."""
    for state, there in BY_STATE.items():
        records: Records = {"a": BY_STATE[State.COMPLETED] or PENDING}
        if there is not None:
            records["b"] = there
        free = state is State.NONE or state in WITHOUT_A_CLIP
        with contextlib.nullcontext() if free else pytest.raises(RecordsError, match="taken"):
            apply(records, Renamed("a", AT, "b"))


def test_an_end_is_left_only_on_purpose() -> None:
    """No word of the provider's moves a take out of an end."""
    ends = {State.FAILED, State.BLOCKED, State.CANCELLED}
    assert not LEGAL[Submitted] & ends
    assert not LEGAL[Ended] & (ends | {State.COMPLETED, State.DELIVERABLE})


def test_the_manifest_comes_back_as_it_was() -> None:
    """Dumping and parsing a manifest with records of every state loses nothing."""
    records = {state.value: record for state, record in BY_STATE.items() if record is not None}
    records["kept/" + "d" * 12] = replace(records["completed"], provider="https://other.test")
    made = Results("film", "draft", "https://p.test", records)
    text = results.dump(made)
    assert results.parse(text, "results.json") == made
    assert results.dump(results.parse(text, "results.json")) == text


def test_the_manifest_obeys_its_schema() -> None:
    """What is written is what schemas/results.json promises to other programs."""
    request = request_fields(replace(REQUEST, extras=(("motion_intensity", "low"),)))
    records = {
        name: replace(record, request=request)
        for name, record in (("pour", BY_STATE[State.COMPLETED]), ("pour.t2", PENDING))
        if record is not None
    }
    records["zoom"] = replace(records["pour"], status=Status.FAILED, error=Failure("c", "m", False))
    records["kept/" + "d" * 12] = replace(records["pour"], provider="https://other.test")
    text = results.dump(Results("film", "draft", "https://p.test", records))
    manifest = jsonschema.Draft202012Validator(schema_of("results"))
    document = json.loads(text)
    assert list(manifest.iter_errors(document)) == []
    document["renders"]["pour"]["signed_url"] = "https://cdn.test/?signature=x"
    assert not manifest.is_valid(document)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 2}', '{"version": 1}', '{"version": 1, "renders": 3}'],
)
def test_a_damaged_manifest_is_our_error(text: str) -> None:
    """Whatever a manifest holds, a message names the file, and nothing else is raised."""
    with pytest.raises(RecordsError, match=r"results\.json"):
        results.parse(text, "results.json")


@given(st.data())
def test_a_manifest_with_any_value_replaced_is_our_error_or_still_one(data: Any) -> None:
    """A value of the wrong type anywhere never escapes as a foreign exception."""
    record = replace(PENDING, clip=CLIP, error=Failure("c", "m", True))
    document = json.loads(results.dump(Results("film", "draft", "p", {"a": record})))
    node = document
    for _depth in range(4):
        key = data.draw(st.sampled_from(sorted(node)))
        if not isinstance(node[key], dict) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = data.draw(st.sampled_from([None, 3, "x", [], {}, True]))
    with contextlib.suppress(RecordsError):
        made = results.parse(json.dumps(document), "results.json")
        assert results.parse(results.dump(made), "results.json") == made


def test_a_digest_is_about_what_is_sent() -> None:
    """A still counts by its bytes and not by its path; every other field counts."""
    still = Still(Path("/x/bowl.jpg"), "bowl.jpg", "a" * 64)
    fields = request_fields(replace(REQUEST, init_image=still))
    moved = request_fields(replace(REQUEST, init_image=replace(still, name="moved/bowl.jpg")))
    edited = request_fields(replace(REQUEST, init_image=replace(still, sha256="b" * 64)))
    assert digest(fields) == digest(moved)
    assert digest(fields) != digest(edited)
    assert differences(fields, moved) == ()
    assert differences(fields, edited) == ("init image changed",)
    changed = [
        replace(REQUEST, model="veo-3.1"),
        replace(REQUEST, prompt="a cup"),
        replace(REQUEST, duration=3),
        replace(REQUEST, aspect="1:1"),
        replace(REQUEST, resolution="1080p"),
        replace(REQUEST, seed=8),
        replace(REQUEST, init_image="https://x.test/a.png"),
        replace(REQUEST, extras=(("style_preset", "anime"),)),
    ]
    digests = {digest(request_fields(request)) for request in [REQUEST, *changed]}
    assert len(digests) == len(changed) + 1


def test_differences_are_told_field_by_field() -> None:
    """The reason for a render names each field and both values."""
    before = request_fields(REQUEST)
    after = request_fields(replace(REQUEST, duration=3, prompt="a cup", seed=None))
    assert set(differences(before, after)) == {"duration 4 → 3", "prompt changed", "seed 7 removed"}
    assert differences(after, before)[-1] == "seed 7 added"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["film", "film2"]),
            st.sampled_from(["draft", "final"]),
            st.sampled_from(["a", "b", "a" * 64, "a" * 63 + "b"]),
            st.integers(1, 12),
            st.sampled_from(["0" * 64, "1" * 64]),
            st.integers(1, 12),
        ),
        unique=True,
        max_size=20,
    )
)
def test_keys_are_distinct_short_and_repeatable(
    parts: list[tuple[str, str, str, int, str, int]],
) -> None:
    """Another board, pass, shot, take, digest or attempt is another key; the same is the same."""
    keys = [out_task_id(*part) for part in parts]
    assert len(set(keys)) == len(parts)
    assert keys == [out_task_id(*part) for part in parts]
    assert all(len(key) <= 64 and key.isascii() for key in keys)


@pytest.mark.parametrize("place", range(6))
def test_every_part_of_a_key_counts(place: int) -> None:
    """Board, pass, shot, take, digest, attempt: another one of each alone is another key."""
    long = "s" * 40  # what a key shows of a shot's name is cut
    parts = ["film", "draft", long + "a", 1, "0" * 64, 1]
    other = list(parts)
    other[place] = ["film2", "final", long + "b", 2, "1" * 64, 2][place]
    assert out_task_id(*parts) != out_task_id(*other)  # type: ignore[arg-type]


def test_another_versions_manifest_is_not_guessed_at() -> None:
    """A manifest that is whole, but of another version, is refused as that."""
    text = results.dump(Results("film", "draft", "https://gateway.test"))
    assert results.parse(text, "results.json").storyboard == "film"
    with pytest.raises(RecordsError, match="written by another shotmake"):
        results.parse(text.replace('"version": 1', '"version": 2'), "results.json")


@pytest.mark.parametrize(
    "change",
    [
        {"request": {}},
        {"request": FIELDS | {"model": ["a"]}},
        {"request": FIELDS | {"duration": 0}},
        {"request": FIELDS | {"duration": "4"}},
        {"request": FIELDS | {"aspect": "0:9"}},
        {"request": FIELDS | {"resolution": "huge"}},
        {"credits": float("nan")},
        {"credits": -1},
        {"credits": "0.18"},
        {"attempt": "1"},
        {"attempt": True},
        {"task_id": 7},
        {"clip": asdict(CLIP) | {"bytes": "1234"}},
        {"clip": asdict(CLIP) | {"sha256": 7}},
        {"submitted_at": "2026-11-23T12:00:00"},
        {"completed_at": "yesterday"},
    ],
)
def test_a_merged_manifest_is_not_believed(change: dict[str, object]) -> None:
    """What prices and frames are worked out from is looked at: damaged, and not a traceback."""
    document = json.loads(results.dump(Results("f", "draft", "https://p.test", {"a": PENDING})))
    document["renders"]["a"] |= change
    with pytest.raises(RecordsError, match="damaged"):
        results.parse(json.dumps(document), "results.json")
