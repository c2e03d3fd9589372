"""A file of faults into rules for the studio: all that is wrong with it at once, with places.

What a value may be stands in schemas/faults.json, beside the words for it; here is what a schema
says badly: what is missing, what belongs to what, what was meant.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator

from pipeline.errors import StoryboardError, UsageError
from pipeline.storyboard import documents
from pipeline.storyboard.catalog import ANNOTATION, read_schema, schemas_folder
from pipeline.storyboard.messages import shown
from pipeline.storyboard.names import did_you_mean, listed
from pipeline.storyboard.places import START, Map, Place, Seq
from pipeline.storyboard.scalars import UNREADABLE, is_unsendable
from pipeline.storyboard.violation import Findings
from pipeline.studio import faults
from pipeline.studio.faults import EVERYWHERE, Fault, Rule, possible
from pipeline.studio.sabotage import Sabotage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from starlette.types import ASGIApp

Options = dict[str, Any]

BYTES_MAX: Final = 1024 * 1024

_BARE: Final[Mapping[str, Fault]] = {
    "lost": faults.Lost(),
    "reset": faults.Reset(),
    "malformed": faults.Malformed(),
    "html": faults.Html(),
    "expired_url": faults.ExpiredUrl(),
    "stuck": faults.Stuck(),
    "backwards": faults.Backwards(),
    "blocked": faults.Blocked(),
    "gzip": faults.Gzip(),
    "other_task": faults.OtherTask(),
}
"""Faults that a word alone asks for."""


def _blocked(how: str, _options: Options) -> Fault:
    if how == "submit":
        return faults.Blocked()
    return faults.Failed("content_policy_violation", "the prompt was blocked")


_BUILD: Final[Mapping[str, Callable[[Any, Options], Fault]]] = {
    "http": lambda status, options: faults.Http(int(status), **options),
    "slow_headers": lambda seconds, _options: faults.SlowHeaders(seconds),
    "slow_body": lambda seconds, _options: faults.SlowBody(seconds),
    "truncated": lambda fraction, _options: faults.Truncated(fraction),
    "malformed": lambda how, _options: faults.Malformed(how),
    "html": lambda status, _options: faults.Html(int(status)),
    "content_type": lambda text, _options: faults.ContentType(text),
    "expired_url": lambda status, _options: faults.ExpiredUrl(int(status)),
    "redirect": lambda url, _options: faults.Redirect(url),
    "unknown_status": lambda text, _options: faults.UnknownStatus(text),
    "failed": lambda code, options: faults.Failed(code, **options),
    "blocked": _blocked,
    "other_task": lambda task_id, _options: faults.OtherTask(task_id),
}
"""Faults that a value tells more of."""

_OPTIONS: Final = {
    "code": ("http",),
    "message": ("http", "failed"),
    "headers": ("http",),
    "reset_in_seconds": ("http",),
}
_NO_MAPPING: Final = ("the file is ", "a second document")
_EXAMPLE: Final = "`- {on: submit, do: lost}`"


@dataclass(frozen=True, slots=True)
class BadDay:
    """What a file of faults asks for."""

    rules: tuple[Rule, ...]
    seed: int = 0

    def before(
        self,
        app: ASGIApp,
        unix_time: Callable[[], float],
        told: Callable[[str], None] = lambda _line: None,
    ) -> Sabotage:
        """The app with these faults in front of it, their counters at nought."""
        return Sabotage(app, self.rules, unix_time, seed=self.seed, told=told)


def load_faults(
    path: Path, told: Callable[[str], None] = lambda _line: None
) -> Callable[[ASGIApp], ASGIApp]:
    """What puts a file's faults in front of an app; `told` hears of every one that happens.

    Raises `StoryboardError` with every violation, `UsageError` for a file that can't be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    bad_day = read_faults(data, str(path))
    return lambda app: bad_day.before(app, time.time, told)


def read_faults(data: bytes, name: str) -> BadDay:
    """The rules that a file's bytes say; `name` is the file's, for messages.

    Raises `StoryboardError` with every violation.
    """
    findings = Findings(name)
    if len(data) > BYTES_MAX:
        findings.add(START, "", "the file is over 1 MB; no bad day needs so many faults")
        raise StoryboardError(findings.sorted())
    document = documents.parse(data)
    for problem in document.problems:
        findings.add(problem.place, problem.path, _of_faults(problem.message))
    bad_day = BadDay(())
    if document.root is not None:
        bad_day = _Reader(findings).read(document.root)
    if findings:
        raise StoryboardError(findings.sorted())
    return bad_day


def _of_faults(message: str) -> str:
    """What the reader of storyboards says, where it says what one has to be like."""
    if message.startswith(_NO_MAPPING):
        return f"a file of faults is one mapping: `faults:` and under it rules, as in {_EXAMPLE}"
    return message.replace("a storyboard", "a file of faults")


class _Reader:
    """Reads one document, noting what is wrong and leaving it out."""

    def __init__(self, findings: Findings) -> None:
        schema = read_schema(schemas_folder() / "faults.json")
        self._findings = findings
        self._validator = Draft202012Validator(schema)
        self._root: dict[str, Any] = schema["properties"]
        self._rule: dict[str, Any] = schema["$defs"]["rule"]["properties"]
        self._do: dict[str, Any] = schema["$defs"]["do"]["anyOf"][1]["properties"]
        self._header: dict[str, Any] = schema["$defs"]["header"]

    def read(self, root: Map) -> BadDay:
        self._keys(root, "", self._root, "a file of faults")
        seed = int(self._value(root, "seed", "", self._root, 0))
        listing = root.get("faults")
        if not isinstance(listing, Seq) or not listing:
            misnamed = "faults" not in root and self._findings  # one of the unknown keys is meant
            if listing is not UNREADABLE and not misnamed:
                place = root.value_place("faults") if "faults" in root else root.place
                said = f"there are no rules; write `faults:` and under it {_EXAMPLE}"
                self._findings.add(place, "faults", said)
            return BadDay(())
        if len(listing) > (most := self._root["faults"]["maxItems"]):
            self._findings.add(listing.place, "faults", f"{len(listing)} rules; {most} is the most")
        rules = [
            self._one(value, place, f"faults[{index}]")
            for index, (value, place) in enumerate(zip(listing, listing.places, strict=True))
        ]
        return BadDay(tuple(rule for rule in rules if rule is not None), seed)

    def _one(self, value: Any, place: Place, path: str) -> Rule | None:
        if not isinstance(value, Map):
            if value is not UNREADABLE:
                said = f"{shown(value)} stands here; a rule has keys, as in {_EXAMPLE}"
                self._findings.add(place, path, said)
            return None
        self._keys(value, path, self._rule, "a rule")
        for key, example in (("on", "`on: submit`"), ("do", "`do: lost`")):
            if key not in value:
                self._findings.add(place, path, f"the rule has no {key}; write one, as {example}")
        times = self._value(value, "times", path, self._rule, None)
        rule = {
            "shot": self._value(value, "shot", path, self._rule, None),
            "skip": int(self._value(value, "skip", path, self._rule, 0)),
            "times": None if times is None else int(times),
            "probability": float(self._value(value, "probability", path, self._rule, 1)),
        }
        on = self._value(value, "on", path, self._rule, None)
        named = set(on if isinstance(on, list) else [on])
        fault = self._fault(value, f"{path}.do") if "do" in value else None
        if fault is None or on is None:
            return None
        where = possible(fault)
        if beyond := sorted(named - where - {"any"}):
            said = f"this fault can't happen to {listed(beyond)}, only to {listed(sorted(where))}"
            self._findings.add(value.value_place("on"), f"{path}.on", said)
        return Rule(fault, EVERYWHERE if "any" in named else where & named, **rule)

    def _fault(self, rule: Map, path: str) -> Fault | None:
        do, place = rule["do"], rule.value_place("do")
        if isinstance(do, Map):
            return self._told_fault(do, path)
        if isinstance(do, str) and do in _BARE:
            return _BARE[do]
        if isinstance(do, str) and do in _BUILD:
            example = self._do[do]["examples"][0]
            said = f"{do} takes a value; write it as in `do: {{{do}: {example}}}`"
            self._findings.add(place, path, said)
        elif do is not UNREADABLE:
            meant = did_you_mean(do, self._words) if isinstance(do, str) else ""
            remedy = meant or f"; there are {listed(self._words)}"
            self._findings.add(place, path, f"{shown(do)} is no fault{remedy}")
        return None

    @property
    def _words(self) -> list[str]:
        return list(dict.fromkeys([*_BUILD, *_BARE]))

    def _told_fault(self, do: Map, path: str) -> Fault | None:
        """A fault with a value, as in `{http: 503, message: …}`."""
        before = len(self._findings.sorted())
        for bare in [key for key in do if key in _BARE and key not in _BUILD]:
            said = f"{bare} takes no value; write `do: {bare}`"
            self._findings.add(do.key_place(bare), f"{path}.{bare}", said)
        self._keys(do, path, {**self._do, **_BARE}, "do")
        kinds = [key for key in do if key in _BUILD]
        if len(kinds) > 1:
            said = f"{listed(kinds)} are several faults; keep one, or write a rule for each"
            self._findings.add(do.key_place(kinds[1]), path, said)
        if not kinds and not any(key in _BARE for key in do):
            self._findings.add(do.place, path, f"there is no fault in it; one of {listed(_BUILD)}")
        for option in [key for key in do if key in _OPTIONS]:
            if not set(_OPTIONS[option]) & set(kinds):
                said = f"{option} belongs to {listed(_OPTIONS[option], 'or')}"
                self._findings.add(do.key_place(option), f"{path}.{option}", said)
        values = {key: self._value(do, key, path, self._do, None) for key in do if key in self._do}
        if len(self._findings.sorted()) > before or None in values.values():
            return None
        value = values.pop(kinds[0])
        return _BUILD[kinds[0]](value, values)

    def _keys(self, holder: Map, path: str, known: Mapping[str, Any], what: str) -> None:
        for key in holder:
            if key not in known:
                remedy = did_you_mean(key, known) or f"; {what} has {listed(known)}"
                where = f"{path}.{key}" if path else key
                self._findings.add(holder.key_place(key), where, f"unknown key{remedy}")

    def _value(
        self, holder: Map, key: str, path: str, schemas: Mapping[str, Any], default: Any
    ) -> Any:
        """The value of a key, if the schema takes it; else the default, the reason noted."""
        value = holder.get(key, default)
        if key not in holder or value is UNREADABLE:
            return default
        if key == "headers" and isinstance(value, Map):
            each = dict.fromkeys(value, self._header)
            told = [self._value(value, name, f"{path}.{key}", each, None) for name in value]
            if None in told:
                return default
        schema = schemas[key]
        fits = self._validator.evolve(schema=schema).is_valid(value) and not is_unsendable(value)
        if not fits:
            verb = "stands" if value is None else "can't stand"
            said = f"{shown(value)} {verb} here; {key} takes {schema[ANNOTATION]['takes']}"
            where = f"{path}.{key}" if path else key
            self._findings.add(holder.value_place(key), where, said)
        return value if fits else default
