"""The rules of faults by themselves: which fires when, and what an answer is after it."""

from __future__ import annotations

import gzip
import json
from fnmatch import fnmatchcase
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.storyboard.catalog import read_schema, schemas_folder
from pipeline.studio import faults, sabotage
from pipeline.studio.faults import EVERYWHERE, Endpoint, Fault, Faults, Rule
from pipeline.studio.sabotage import Sabotage
from pipeline.studio.spoiling import Answer, json_object, spoiled

ENDPOINTS: list[Endpoint] = sorted(EVERYWHERE)
SHOTS = ["pour", "pour-2", "serve", None]
OF_AN_END = {"result", "output", "credits", "credits_used", "completed_at", "error_code"}

rule_lists = st.lists(
    st.builds(
        Rule,
        do=st.sampled_from([faults.Lost(), faults.Stuck(), faults.Failed("x"), faults.Http(503)]),
        on=st.frozensets(st.sampled_from(ENDPOINTS), min_size=1),
        shot=st.sampled_from([None, "pour*", "serve", "?", "*"]),
        skip=st.integers(0, 3),
        times=st.none() | st.integers(1, 3),
        probability=st.sampled_from([1.0, 1.0, 0.5]),
    ),
    max_size=4,
)
requests = st.lists(st.tuples(st.sampled_from(ENDPOINTS), st.sampled_from(SHOTS)), max_size=40)


@given(rule_lists, requests, st.integers(0, 9))
def test_the_same_seed_and_requests_meet_the_same_faults(
    rules: list[Rule], asked: list[tuple[Endpoint, str | None]], seed: int
) -> None:
    """A rehearsal is repeatable."""
    first, second = Faults(rules, seed), Faults(rules, seed)
    assert [first.choose(*one) for one in asked] == [second.choose(*one) for one in asked]
    assert first.fired == second.fired


@given(rule_lists, requests)
def test_a_rule_hits_only_what_it_names(
    rules: list[Rule], asked: list[tuple[Endpoint, str | None]]
) -> None:
    """Endpoint, shot, `skip` and `times` hold for every rule, whatever chance and others do."""
    chosen = Faults(rules)
    hits, seen = [0] * len(rules), [0] * len(rules)
    for endpoint, shot in asked:
        before = chosen.fired
        fault = chosen.choose(endpoint, shot)
        hit = [after - b for after, b in zip(chosen.fired, before, strict=True)]
        assert sum(hit) == (fault is not None)
        for n, rule in enumerate(rules):
            named = endpoint in rule.on and endpoint in faults.possible(rule.do)
            named &= rule.shot is None or (shot is not None and fnmatchcase(shot, rule.shot))
            if hit[n]:
                assert named
                assert seen[n] >= rule.skip
                assert fault == rule.do
            seen[n] += named and not any(hit[:n])
            hits[n] += hit[n]
    assert all(rule.times is None or n <= rule.times for rule, n in zip(rules, hits, strict=True))


@given(
    st.integers(0, 5), st.none() | st.integers(1, 5), st.lists(st.sampled_from(["submit", "query"]))
)
def test_without_chance_a_rule_hits_exactly_its_window(
    skip: int, times: int | None, asked: list[Endpoint]
) -> None:
    """The first `skip` pass, the next `times` are hit, the rest pass."""
    chosen = Faults([Rule(faults.Lost(), frozenset({"submit"}), skip=skip, times=times)])
    hit = [chosen.choose(endpoint, None) is not None for endpoint in asked]
    window = range(skip, skip + (len(asked) if times is None else times))
    number = 0
    for endpoint, was_hit in zip(asked, hit, strict=True):
        assert was_hit == (endpoint == "submit" and number in window)
        number += endpoint == "submit"


def test_the_first_rule_that_fires_has_the_request_to_itself() -> None:
    """A rule below doesn't even count what one above has taken."""
    chosen = Faults([Rule(faults.Lost(), times=1), Rule(faults.Reset(), skip=1, times=1)])
    seen = [chosen.choose("query", None) for _ in range(4)]
    assert seen == [faults.Lost(), None, faults.Reset(), None]


def test_chance_has_about_the_share_that_it_was_given() -> None:
    """Of 10,000 requests a rule of 0.3 hits some 3,000."""
    chosen = Faults([Rule(faults.Lost(), probability=0.3)])
    for _ in range(10_000):
        chosen.choose("query", None)
    assert 2800 < chosen.fired[0] < 3200


def test_two_rules_do_not_draw_the_same_lots() -> None:
    """What goes wrong with the queries is no pattern for the cancels."""
    both: list[Endpoint] = ["query", "cancel"]
    chosen = Faults([Rule(faults.Lost(), frozenset({one}), probability=0.5) for one in both])
    hit = [[chosen.choose(one, None) is not None for one in both] for _ in range(64)]
    assert any(query != cancel for query, cancel in hit)


json_objects = st.dictionaries(
    st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8), max_size=6
)


def answer(document: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, ((b"content-type", b"application/json"),), b"").with_body(
        json.dumps(document).encode()
    )


@given(json_objects, st.sampled_from(["cut", "garbled"]), st.sampled_from([200, 404, 503]))
def test_malformed_json_is_never_json(document: dict[str, Any], how: Any, status: int) -> None:
    """No object survives being cut or garbled, and its length is right all the same."""
    broken = spoiled(answer(document, status), faults.Malformed(how))
    assert broken.status == 200
    assert json_object(broken.body) is None
    assert dict(broken.headers)[b"content-length"] == b"%d" % len(broken.body)


tasks = st.fixed_dictionaries(
    {
        "task_id": st.just("task_1"),
        "status": st.sampled_from(["queued", "running", "completed", "failed", "cancelled"]),
        "out_task_id": st.just("pour.1"),
    },
    optional={
        "result": st.just({"video_url": "https://x.test/a.mp4?expires=99&signature=ab"}),
        "output": st.just([{"type": "video", "url": "https://x.test/a.mp4?b=1&expires=99"}]),
        "credits": st.just(0.18),
        "credits_used": st.just(0.18),
        "completed_at": st.just("2026-11-23T12:00:00Z"),
        "error_code": st.just("x"),
        "error_message": st.just("y"),
    },
)


@given(tasks, st.sampled_from([faults.Stuck(), faults.UnknownStatus("odd")]))
def test_a_task_that_has_not_ended_shows_no_end(task: dict[str, Any], fault: Fault) -> None:
    """Whatever is shown as running has neither clip nor price nor error; ids stay."""
    shown = spoiled(answer(task), fault).document
    assert shown is not None
    assert shown["status"] == ("running" if isinstance(fault, faults.Stuck) else "odd")
    assert not OF_AN_END & set(shown)
    assert (shown["task_id"], shown["out_task_id"]) == ("task_1", "pour.1")


@given(tasks)
def test_one_step_back(task: dict[str, Any]) -> None:
    """An end becomes running, running becomes queued, queued has nothing before it."""
    back = spoiled(answer(task), faults.Backwards(), earlier=True).document
    assert back is not None
    expected = {"queued": "queued", "running": "queued"}.get(task["status"], "running")
    assert back["status"] == expected
    assert spoiled(answer(task), faults.Backwards(), earlier=False) == answer(task)


@given(tasks)
def test_expired_addresses_in_both_shapes(task: dict[str, Any]) -> None:
    """The time in the address is long past, in `result` and in `output`; no more is changed."""
    shown = spoiled(answer(task), faults.ExpiredUrl()).document
    text = json.dumps(shown)
    assert "expires=99" not in text
    assert text.replace("expires=0", "expires=99") == json.dumps(task)


@given(st.binary(max_size=300))
def test_what_is_no_json_is_left_alone(body: bytes) -> None:
    """A clip or a page goes through a fault about tasks unharmed; packed, it can be unpacked."""
    clip = Answer(200, ((b"content-type", b"video/mp4"),), b"").with_body(b"\x00" + body)
    assert spoiled(clip, faults.Stuck()) == clip
    assert gzip.decompress(spoiled(clip, faults.Gzip()).body) == clip.body


def test_an_error_is_no_task() -> None:
    """An error answer has no status to turn back."""
    refused = answer({"error": {"code": "task_not_found"}}, 404)
    assert spoiled(refused, faults.Stuck()) == refused


@given(st.text(max_size=30) | st.text(st.characters(max_codepoint=127), max_size=30))
def test_every_text_that_the_schema_takes_can_be_sent(text: str) -> None:
    """Headers, content types and addresses that pass the schema pass a strict server, too."""
    schema = read_schema(schemas_folder() / "faults.json")
    told = schema["$defs"]["do"]["anyOf"][1]["properties"]
    check = Draft202012Validator(schema)
    wanted = {
        b"content-type": told["content_type"],
        b"location": told["redirect"],
        b"x-any": schema["$defs"]["header"],
    }
    for name, rule in wanted.items():
        if check.evolve(schema=rule).is_valid(text):
            h11.Response(status_code=200, headers=[(name, text.encode("ascii"))])
    if check.evolve(schema=told["headers"]).is_valid({text: "1"}):
        h11.Response(status_code=200, headers=[(text.lower().encode("ascii"), b"1")])


class Small:
    """Sabotage before an app that knows every task, as one of the shot pour."""

    def __init__(self, *rules: Rule) -> None:
        self._before = Sabotage(self._app, rules, lambda: 0.0)
        self.received: list[Any] = []

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        self.received = [await receive(), await receive()]
        task_id = scope["query_string"].decode().partition("=")[2]
        body = json.dumps({"task_id": task_id, "status": "running", "out_task_id": "pour.1"})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body.encode()})

    async def status(self, task_id: str, method: str = "GET") -> int:
        """What a query is answered."""
        heard: list[Any] = []
        messages = iter([{"type": "http.request", "body": b"{}"}, {"type": "http.disconnect"}])

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            heard.append(message)

        query = f"task_id={task_id}".encode()
        scope = {"type": "http", "method": method, "headers": []}
        await self._before(
            {**scope, "path": "/v1/tasks/query", "query_string": query}, receive, send
        )
        return int(heard[0]["status"])


@pytest.mark.anyio
async def test_what_is_remembered_of_tasks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tasks that were spoken of last are known by their shots; others are forgotten."""
    monkeypatch.setattr(sabotage, "TASKS_REMEMBERED", 3)
    small = Small(Rule(faults.Http(503), shot="pour", skip=1))
    for task_id in ("t1", "t2", "t3", "t1", "t4"):
        assert await small.status(task_id) == 200
    known = {task_id: await small.status(task_id) for task_id in ("t1", "t3", "t4", "t2")}
    assert known == {"t1": 503, "t3": 503, "t4": 503, "t2": 200}


@pytest.mark.anyio
async def test_the_app_hears_what_comes_after_the_body() -> None:
    """A body that was read before is followed by whatever the server says next."""
    small = Small(Rule(faults.Http(503), shot="nobody"))
    await small.status("t1", "POST")
    assert [message["type"] for message in small.received] == ["http.request", "http.disconnect"]
