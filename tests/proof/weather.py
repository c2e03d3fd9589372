"""What goes wrong at the provider on a drawn day, in the words of docs/faults.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_ANY = (
    "reset",
    "lost",
    "{truncated: 0.5}",
    "html",
    "{html: 502}",
    "{http: 500}",
    "{http: 503}",
    "{http: 504}",
    "{content_type: text/plain}",
    "gzip",
    "{redirect: 'https://elsewhere.example/'}",
    "{slow_headers: 45}",
    "{slow_body: 20}",
)
_ABOUT_TASKS = (
    "malformed",
    "{malformed: garbled}",
    "stuck",
    "backwards",
    "{unknown_status: archiving}",
    "expired_url",
    "{http: 429, code: concurrency_limit}",
    "{http: 429, code: rate_limit_exceeded}",
    "{http: 429, code: rate_limit_exceeded, reset_in_seconds: -3600}",
    "{http: 401}",
    "{http: 402}",
)
_SUBMIT = (
    "{failed: upstream_error}",
    "{blocked: task}",
    "blocked",
    "{http: 400}",
    "{http: 403, code: model_not_in_group}",
    "{http: 429, code: concurrency_limit}",
    "{http: 429, code: concurrency_limit}",
)
_CLIP = (
    "{truncated: 0.3}",
    "{truncated: 0.9}",
    "{expired_url: 410}",
    "expired_url",
    "{http: 404}",
    "{slow_body: 700}",
)
_LIES = ("other_task",)
"""What names another task's id: never beside forgotten keys, as then nobody knows the right one."""

_POSSIBLE = {
    "submit": _ANY + _ABOUT_TASKS + _SUBMIT,
    "query": _ANY + _ABOUT_TASKS,
    "cancel": _ANY + _ABOUT_TASKS,
    "clip": _ANY + _CLIP,
}
_BUCKETS = (
    ("submit", (5, 600, 3600, 5 * 3600, 5 * 3600), 100),
    ("query", (5, 600, 3600, 5 * 3600), 20),
)
"""Throttled requests, for how many seconds, and how often at most. A spend bucket fills in 5 h."""
_OFTEN = ("submit", "submit", "query", "query", "clip", "clip", "cancel")


def draw_faults(chance: random.Random, *, lies: bool) -> list[str]:
    """Rules for one day: none on a third of them, up to five else."""
    if chance.random() < 0.3:
        return []
    rules = []
    for on, seconds, limit in (*_BUCKETS,) if chance.random() < 0.75 else ():
        if chance.random() < 0.6:
            lasts = chance.choice(seconds)
            empty = f"{{http: 429, code: rate_limit_exceeded, reset_in_seconds: {lasts}}}"
            rules.append(_rule(on, empty, chance, times=min(1 + lasts // 300, limit)))
    if chance.random() < 0.5:  # a gateway out of breath: all is true, and late
        rules.append(_rule("query", "{slow_headers: 28}", chance, times=2000))
    for _rule_number in range(chance.randint(1, 4)):
        on = chance.choice(_OFTEN)
        possible = _POSSIBLE[on] + (_LIES if lies and on != "clip" else ())
        rules.append(_rule(on, chance.choice(possible), chance))
    return rules


def _rule(on: str, do: str, chance: random.Random, times: int = 0) -> str:
    times = times or chance.choice([1, 1, 2, 3, 6, 20])
    more = ""
    if chance.random() < 0.4:
        more = f", probability: {chance.choice([0.1, 0.3, 0.6])}"
    skip = chance.choice([0, 0, 1, 2, 5])
    return f"{{on: {on}, skip: {skip}, times: {times}{more}, do: {do}}}"
