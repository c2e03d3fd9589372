"""Faults on purpose: what may go wrong, and which rule says so for a request.

Pure but for the counters: nothing here waits, reads or sends. `sabotage.py` does the harm, and
docs/faults.md tells each fault for the people who ask for it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Endpoint = Literal["submit", "query", "cancel", "models", "clip"]

EVERYWHERE: Final[frozenset[Endpoint]] = frozenset(get_args(Endpoint))
ABOUT_TASKS: Final[frozenset[Endpoint]] = frozenset({"submit", "query", "cancel"})

FAIL_WITH: Final = "studio.fail_with"
"""Where (code, message) stands in a submit's scope, for its task to end `failed`."""

CODES: Final[Mapping[int, str]] = {
    400: "invalid_param",
    401: "invalid_api_key",
    402: "insufficient_balance",
    403: "permission_denied",
    404: "not_found",
    409: "duplicate_out_task_id",
    413: "request_entity_too_large",
    429: "rate_limit_exceeded",
    500: "internal_error",
    502: "api_error",
    503: "api_error",
    504: "timeout",
}
"""The code that comes with a status unless a rule names one (tasks-api.md, "Errors"; none: 451)."""


@dataclass(frozen=True, slots=True)
class Http:
    """An error answer in the API's envelope, in place of acting. An empty `code` is left out.

    `reset_in_seconds` adds `X-RateLimit-Reset`, so far from the moment of the answer.
    """

    status: int
    code: str | None = None
    message: str = "a fault on purpose"
    headers: Mapping[str, str] = field(default_factory=dict)
    reset_in_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The server acts; the connection is dropped in place of the answer."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is dropped before the server acts."""


@dataclass(frozen=True, slots=True)
class SlowHeaders:
    """The server acts at once, and holds the whole answer back."""

    seconds: float


@dataclass(frozen=True, slots=True)
class SlowBody:
    """The headers come at once, the body in small pieces over this time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Truncated:
    """The headers announce the whole body, a part of it comes, then the connection is dropped."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Malformed:
    """The server acts; its JSON comes cut off or garbled, under a 200."""

    how: Literal["cut", "garbled"] = "cut"


@dataclass(frozen=True, slots=True)
class Html:
    """A proxy's page in place of acting."""

    status: int = 200


@dataclass(frozen=True, slots=True)
class ContentType:
    """The right answer under another content type."""

    text: str


@dataclass(frozen=True, slots=True)
class ExpiredUrl:
    """A clip's address that has expired: as told in an answer, or when the clip is asked for.

    `status` is what a request for the clip is answered by a rule on clips; an expired address
    out of a task's answer is refused by the studio itself.
    """

    status: int = 403


@dataclass(frozen=True, slots=True)
class Redirect:
    """A 302 to another address in place of acting."""

    url: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """The answer says `running`, whatever the task's state."""


@dataclass(frozen=True, slots=True)
class Backwards:
    """Every second answer about a task shows it one step earlier than it is."""


@dataclass(frozen=True, slots=True)
class UnknownStatus:
    """The answer has a status that nobody documented."""

    text: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """A 451 in place of acting: the prompt is blocked."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The task that this submit begins ends `failed`, after its usual time, unbilled."""

    code: str
    message: str = "a fault on purpose"


@dataclass(frozen=True, slots=True)
class Gzip:
    """The answer's body is gzip-encoded, though nobody asked for that."""


@dataclass(frozen=True, slots=True)
class OtherTask:
    """The answer names another task's id."""

    task_id: str = "task_0000000000000000"


Fault = (
    Http
    | Lost
    | Reset
    | SlowHeaders
    | SlowBody
    | Truncated
    | Malformed
    | Html
    | ContentType
    | ExpiredUrl
    | Redirect
    | Stuck
    | Backwards
    | UnknownStatus
    | Blocked
    | Failed
    | Gzip
    | OtherTask
)

_POSSIBLE: Final[Mapping[type[Fault], frozenset[Endpoint]]] = {
    Malformed: EVERYWHERE - {"clip"},
    ExpiredUrl: ABOUT_TASKS | {"clip"},
    Stuck: ABOUT_TASKS,
    Backwards: ABOUT_TASKS,
    UnknownStatus: ABOUT_TASKS,
    OtherTask: ABOUT_TASKS,
    Blocked: frozenset({"submit"}),
    Failed: frozenset({"submit"}),
}


def possible(fault: Fault) -> frozenset[Endpoint]:
    """Where a fault can happen at all: only a submit begins a task, and a clip is no JSON."""
    return _POSSIBLE.get(type(fault), EVERYWHERE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault and the requests that it happens to.

    `on` is narrowed to where the fault is possible. `shot` is a glob; it never matches a request
    whose shot isn't known. The first `skip` matching requests pass; after them each is hit with
    `probability`, until `times` have been hit.
    """

    do: Fault
    on: frozenset[Endpoint] = EVERYWHERE
    shot: str | None = None
    skip: int = 0
    times: int | None = None
    probability: float = 1.0

    def matches(self, endpoint: Endpoint, shot: str | None) -> bool:
        """Is the rule about such a request?"""
        if endpoint not in self.on & possible(self.do):
            return False
        return self.shot is None or (shot is not None and fnmatchcase(shot, self.shot))


class Faults:
    """Rules with their counters. The first rule that fires has the request to itself.

    Each rule draws from its own generator under the seed, so the same requests in the same
    order meet the same faults. Requests that race each other have no order to rely on.
    """

    def __init__(self, rules: Sequence[Rule], seed: int = 0) -> None:
        self._counted = [_Counted(rule, f"{seed}/{n}") for n, rule in enumerate(rules)]
        self.by_shot = any(rule.shot is not None for rule in rules)

    def choose(self, endpoint: Endpoint, shot: str | None) -> Fault | None:
        """What goes wrong with this request, if anything; counts it."""
        for counted in self._counted:
            if counted.rule.matches(endpoint, shot) and counted.fires():
                return counted.rule.do
        return None

    @property
    def fired(self) -> tuple[int, ...]:
        """How often each rule has fired."""
        return tuple(counted.fired for counted in self._counted)


class _Counted:
    def __init__(self, rule: Rule, seed: str) -> None:
        self.rule = rule
        self.fired = 0
        self._passed = 0
        self._chance = random.Random(seed)  # noqa: S311 (replayable, not secret)

    def fires(self) -> bool:
        rule = self.rule
        if rule.times is not None and self.fired >= rule.times:
            return False
        if self._passed < rule.skip:
            self._passed += 1
            return False
        if rule.probability < 1.0 and self._chance.random() >= rule.probability:
            return False
        self.fired += 1
        return True
