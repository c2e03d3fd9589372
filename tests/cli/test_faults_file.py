"""Files of faults: the ready ones, the reference, and what is said of a wrong one."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.cli.faults import BYTES_MAX, BadDay, load_faults, read_faults
from pipeline.errors import StoryboardError, UsageError
from pipeline.storyboard.catalog import read_schema, schemas_folder
from pipeline.studio import faults
from pipeline.studio.faults import EVERYWHERE, Rule
from pipeline.studio.sabotage import Sabotage

DOCS = Path(__file__).parents[2] / "docs"
READY = sorted((DOCS / "faults").glob("*.yaml"))
SCHEMA = read_schema(schemas_folder() / "faults.json")
DO = SCHEMA["$defs"]["do"]["anyOf"]
OPTIONS = {"code", "message", "headers", "reset_in_seconds"}
WORDS: list[str] = DO[0]["enum"]
TOLD: list[str] = [kind for kind in DO[1]["properties"] if kind not in OPTIONS]
KINDS = sorted({*WORDS, *TOLD})


def read(text: str) -> BadDay:
    return read_faults(text.encode(), "f.yaml")


def wrong(text: str) -> list[str]:
    """What is said of a file that can't be read."""
    with pytest.raises(StoryboardError) as raised:
        read(text)
    return [str(violation) for violation in raised.value.violations]


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_files_load(path: Path) -> None:
    """Each file under docs/faults can be served as it is."""
    assert isinstance(load_faults(path)(nothing), Sabotage)


async def nothing(*_asgi: Any) -> None:
    """An app that answers nothing."""


def test_ready_files_fit_the_schema() -> None:
    """An independent validator finds nothing in them, nor in the schema itself."""
    schema = schemas_folder() / "faults.json"
    checks = [["--check-metaschema", str(schema)], ["--schemafile", str(schema), *map(str, READY)]]
    for arguments in checks:
        done = subprocess.run(
            [sys.executable, "-m", "check_jsonschema", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_every_fault_is_there_to_copy_and_told_of() -> None:
    """every-fault.yaml has each kind, the reference a row for it."""
    listed = yaml.safe_load((DOCS / "faults" / "every-fault.yaml").read_text("utf-8"))
    used: set[str] = set()
    for rule in listed["faults"]:
        used |= {rule["do"]} if isinstance(rule["do"], str) else set(rule["do"]) - OPTIONS
    assert used == set(KINDS)
    rows = re.findall(r"^\| (`.*?`) \|", (DOCS / "faults.md").read_text("utf-8"), re.MULTILINE)
    told = set(re.findall(r"`\{?([a-z_]+)", " ".join(rows)))
    assert set(KINDS) <= told


def test_everything_in_the_schema_is_described() -> None:
    """An editor has something to show over every key, and an example."""
    for where in (SCHEMA["properties"], SCHEMA["$defs"]["rule"]["properties"], DO[1]["properties"]):
        for key, value in where.items():
            told = SCHEMA["$defs"][value["$ref"][8:]] if "$ref" in value else value
            assert told["description"], key
            assert told.get("examples") or key == "faults", key


@pytest.mark.parametrize("key", [*TOLD, *sorted(OPTIONS)])
def test_the_schemas_own_examples_load(key: str) -> None:
    """What the schema offers as an example is one."""
    for example in DO[1]["properties"][key]["examples"]:
        do = {key: example} if key in TOLD else {"http": 503, key: example}
        loaded = read(yaml.safe_dump({"faults": [{"on": "any", "do": do}]}))
        assert len(loaded.rules) == 1


def test_a_whole_rule() -> None:
    """Every key arrives."""
    text = """
    seed: 7
    faults:
      - on: [submit, query]
        shot: 'pour*'
        skip: 2
        times: 3
        probability: 0.5
        do:
          http: 429
          code: rate_limit_exceeded
          message: wait
          headers: {X-Extra: "1"}
          reset_in_seconds: 60
    """
    fault = faults.Http(429, "rate_limit_exceeded", "wait", {"X-Extra": "1"}, 60)
    rule = Rule(fault, frozenset({"submit", "query"}), "pour*", 2, 3, 0.5)
    assert read(text) == BadDay((rule,), 7)


def test_any_is_wherever_the_fault_is_possible() -> None:
    """`any` needs no thought about where a fault makes sense."""
    rules = read("faults: [{on: any, do: stuck}, {on: any, do: lost}]").rules
    assert [rule.on for rule in rules] == [EVERYWHERE, EVERYWHERE]
    reached = [
        [endpoint for endpoint in sorted(EVERYWHERE) if rule.matches(endpoint, None)]
        for rule in rules
    ]
    assert reached == [["cancel", "query", "submit"], sorted(EVERYWHERE)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "",
            (
                "1:1: a file of faults is one mapping: `faults:` and under it rules, as in "
                "`- {on: submit, do: lost}`"
            ),
        ),
        ("- {on: submit, do: lost}", "1:1: a file of faults is one mapping"),
        ("lost", "1:1: a file of faults is one mapping"),
        ("faults: []\n---\n", "2:1: a file of faults is one mapping"),
        ("faults: !x []", "1:9: faults: the tag !x means nothing in a file of faults; remove it"),
        ("seed: 7", "1:1: faults: there are no rules; write `faults:` and under it"),
        ("faults: []", "1:9: faults: there are no rules"),
        ("falts: []", "1:1: falts: unknown key; did you mean faults?"),
        ("faults: [lost]", "1:10: faults[0]: `lost` stands here; a rule has keys, as in"),
        ("faults: [{do: lost}]", "1:10: faults[0]: the rule has no on; write one, as `on: submit`"),
        ("faults: [{on: submit}]", "1:10: faults[0]: the rule has no do; write one, as `do: lost`"),
        (
            "faults: [{on: sumbit, do: lost}]",
            (
                "1:15: faults[0].on: `sumbit` can't stand here; on takes submit, query, cancel, "
                "models, clip or any, or a list of them"
            ),
        ),
        (
            "faults: [{on: submit, do: lots}]",
            "1:27: faults[0].do: `lots` is no fault; did you mean lost?",
        ),
        (
            "faults: [{on: submit, do: http}]",
            "1:27: faults[0].do: http takes a value; write it as in `do: {http: 503}`",
        ),
        (
            "faults: [{on: submit, do: {lost: true}}]",
            "1:28: faults[0].do.lost: lost takes no value; write `do: lost`",
        ),
        ("faults: [{on: submit, do: {}}]", "1:27: faults[0].do: there is no fault in it; one of"),
        (
            "faults: [{on: submit, do: {http: 503, html: 502}}]",
            "1:39: faults[0].do: http and html are several faults; keep one, or write a rule",
        ),
        (
            "faults: [{on: submit, do: {html: 502, code: api_error}}]",
            "1:39: faults[0].do.code: code belongs to http",
        ),
        (
            "faults: [{on: submit, do: {http: 200}}]",
            "1:34: faults[0].do.http: 200 can't stand here; http takes a status from 300 to 599",
        ),
        (
            "faults: [{on: clip, do: {slow_body: .inf}}]",
            "1:37: faults[0].do.slow_body: .inf can't stand here; slow_body takes seconds",
        ),
        (
            "faults: [{on: submit, probability: .nan, do: lost}]",
            "1:36: faults[0].probability: .nan can't stand here; probability takes a number over 0",
        ),
        (
            "faults: [{on: submit, do: {http: 503, headers: {Retry-After: 30}}}]",
            (
                "1:62: faults[0].do.headers.Retry-After: 30 can't stand here; Retry-After takes "
                "a text in plain ASCII without spaces around it; put a number in quotes"
            ),
        ),
        (
            "faults: [{on: submit, times: 0, do: lost}]",
            "1:30: faults[0].times: 0 can't stand here; times takes a whole number from 1",
        ),
        (
            "faults: [{on: submit, times: , do: lost}]",
            "1:30: faults[0].times: nothing stands here; times takes a whole number from 1",
        ),
        (
            "faults: [{on: [query, submit], do: blocked}]",
            "1:15: faults[0].on: this fault can't happen to query, only to submit",
        ),
        (
            "faults: [{on: query, probabilty: 1, do: lost}]",
            "1:22: faults[0].probabilty: unknown key; did you mean probability?",
        ),
        ("faults: [{on: query, on: clip, do: lost}]", "1:22: faults[0].on: `on` stands here a sec"),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, said: str) -> None:
    """One line: the place, what is wrong there, and what would be right."""
    (told,) = wrong(text)
    assert told.startswith(f"f.yaml:{said}")


def test_all_mistakes_are_told_at_once() -> None:
    """A file of five mistakes is mended in one go, from top to bottom."""
    text = """\
sed: 1
faults:
  - {on: submit, do: {http: 99}}
  - {shot: '', on: clip, do: failed}
  - {on: clip, do: {failed: x}}
"""
    places = [told.split(":")[1:3] for told in wrong(text)]
    assert places == [["1", "1"], ["3", "29"], ["4", "12"], ["4", "30"], ["5", "10"]]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """One that isn't there, or is endless, is a mistake of the command line or of the file."""
    with pytest.raises(UsageError, match="can't be read"):
        load_faults(tmp_path / "none.yaml")
    big = tmp_path / "big.yaml"
    big.write_bytes(b"#" * (BYTES_MAX + 1))
    with pytest.raises(StoryboardError, match="over 1 MB"):
        load_faults(big)


VALUES: dict[str, list[Any]] = {
    "http": [299, 300, 304, 503, 503.0, 599, 600, "503", True],
    "slow_headers": [0, 0.1, 5, 86400, 86401, -1, "5"],
    "slow_body": [0, 0.1, 5, None],
    "truncated": [-0.1, 0, 0.5, 0.99, 1],
    "malformed": ["cut", "garbled", "x", True],
    "html": [199, 200, 204, 205, 304, 502],
    "content_type": ["text/plain", "a b", "", " ", "a ", "a\nb", "a\n", "é", 1],
    "expired_url": [403, 404, 410, 410.0, 401, True],
    "redirect": ["https://a.test/", "/x", "", "a b", "a\n", "é"],
    "unknown_status": ["archiving", "", " ", 1],
    "failed": ["engine_error", "", 1],
    "blocked": ["submit", "task", "x"],
    "other_task": ["task_1", "", 1],
    "lost": [True, None],
    "code": ["api_error", "", 1],
    "message": ["hm", "", 1],
    "headers": [
        {"A": "1"},
        {"a b": "1"},
        {"A": 1},
        {"A": ""},
        {"A": "é"},
        {"A": " padded"},
        {"A": "1\n"},
        {"A\n": "1"},
        {},
        {"Content-Length": "1"},
        {"transfer-encodinG": "x"},
        "A: 1",
    ],
    "reset_in_seconds": [60, -60, 0.5, 1e10, "60"],
}
ENDPOINTS = ["submit", "query", "cancel", "models", "clip", "any"]
dos = st.one_of(
    st.sampled_from([*KINDS, "x", None, 1]),
    st.lists(st.sampled_from(sorted(VALUES)), min_size=0, max_size=3, unique=True).flatmap(
        lambda keys: st.fixed_dictionaries({key: st.sampled_from(VALUES[key]) for key in keys})
    ),
)
ons = st.one_of(
    st.sampled_from([*ENDPOINTS, "x", None]),
    st.lists(st.sampled_from([*ENDPOINTS, "x"]), max_size=3),
)
rules = st.fixed_dictionaries(
    {},
    optional={
        "on": ons,
        "do": dos,
        "shot": st.sampled_from(["pour*", "", 1]),
        "skip": st.sampled_from([0, 2, 2.0, -1, 1.5, True]),
        "times": st.sampled_from([1, 3, 0, None]),
        "probability": st.sampled_from([0, 0.3, 1, 1.1]),
        "extra": st.just(1),
    },
)
CHECK = Draft202012Validator(SCHEMA)


def _agree(document: Any) -> bool:
    """Do the schema and the reader say the same of it? True: both take it."""
    text = yaml.safe_dump(document, allow_unicode=True)
    try:
        read(text)
    except StoryboardError as error:
        told = str(error)
    else:
        told = ""
    assert CHECK.is_valid(document) == (not told), (document, told)
    return not told


@settings(max_examples=400, deadline=None)
@given(st.lists(rules, max_size=2), st.sampled_from([0, 7, -1, "7"]))
def test_schema_and_reader_agree(listed: list[Any], seed: Any) -> None:
    """What an editor underlines is what `serve` refuses, and nothing else."""
    _agree({"seed": seed, "faults": listed})


def test_schema_and_reader_agree_on_every_value_and_place() -> None:
    """Each word and each value, at each endpoint: both take it or neither does."""
    taken = 0
    told: list[Any] = [{kind: value} for kind in TOLD for value in VALUES[kind]]
    told += [{"http": 503, key: value} for key in sorted(OPTIONS) for value in VALUES[key]]
    told += [{"failed": "x", "message": "hm"}, {"failed": "x", "code": "y"}]
    for do, on in itertools.product([*WORDS, *told], [*ENDPOINTS, ["submit", "clip"]]):
        taken += _agree({"faults": [{"on": on, "do": do}]})
    assert taken > 100


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """Whatever a file holds, the answer is rules or violations."""
    said: list[str] = []
    try:
        assert isinstance(read_faults(data, "f.yaml"), BadDay)
    except StoryboardError as error:
        said = [str(violation) for violation in error.violations] or ["nothing"]
    assert all(line.startswith("f.yaml") for line in said)


@pytest.mark.parametrize("tag", ["!!binary aGk=", "!x y", "2020-99-99", "*a", "&a [*a]"])
@pytest.mark.parametrize("key", ["on", "shot", "times", "do", "do: {http", "do: {message"])
def test_what_yaml_cannot_read_is_told_with_its_place(tag: str, key: str) -> None:
    """A value that is refused as YAML breaks nothing further on."""
    end = "}" if "{" in key else ""
    said = wrong(f"faults:\n- on: submit\n  {key}: {tag}{end}\n")
    assert said
    assert all(re.match(r"f\.yaml:[123](:[0-9]+)?: ", line) for line in said), said
