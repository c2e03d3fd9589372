"""What a process may say and leave behind, whatever it was answered."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pipeline.rendering.book import read
from pipeline.rendering.folder import Folder
from tests.proof.hostile.answer import SIGNATURE

if TYPE_CHECKING:
    from tests.proof.hostile.server import Case
    from tests.support.forks import Ended

_INSIDES = re.compile(
    r"Error\(|Exception\(|Errno|object at 0x|<class|<bound method|\bscopes?\b|\bnursery\b"
)
"""How Python tells things to programmers, and the event loop's own words."""
_CLASS = re.compile(r"(?<!\()\b[A-Z]\w*[a-z](?:Error|Exception|Timeout)\b")
"""An exception's name; in parentheses it may stand behind what it means."""
_LINE = re.compile(
    r"^(?:film/draft/)?s(\d+): (rendered|recovered|failed|blocked|pending|not submitted|up to date"
    r"|not cancelled|\w+, (?=free|nobody|[\d.]+ credits)|unknown to the provider)"
    r"(.*)$",
    re.MULTILINE,
)


def require_no_secrets(case: Case, said: str) -> None:
    """Neither on the terminal nor on the disk; but in a clip there is what its host has sent."""
    secrets = {case.key.encode(), SIGNATURE.encode(), *case.signatures}
    written = (p for p in (case.folder / "outputs").rglob("*") if p.suffix != ".mp4")
    files = {path: path.read_bytes() for path in written if path.is_file()}
    for place, content in (("the terminal", said.encode()), *files.items()):
        for secret in secrets:
            at = content.find(secret)
            assert at < 0, f"{secret!r} in {place}: {content[max(at - 500, 0) : at + 500]!r}"


def require_words(said: str, about: str) -> None:
    """Nothing of what is said is a notation of Python's, or a word of the event loop's."""
    found = _INSIDES.findall(said)
    assert not found, f"{found} is for programmers: {about}"


def _require_reason(reason: str, about: str) -> None:
    """Something is said, and no exception's name has to do for it."""
    assert reason.strip(), f"no reason: {about}"
    assert not _CLASS.search(reason), f"{reason!r} names a class: {about}"


def require_reasons(case: Case, ended: Ended, about: str) -> None:
    """Every shot that met an answer has an end, and one that is not good has a reason."""
    ends = _ends(ended)
    if ended.exit in {3, 4}:  # what stopped the run is said once, at the end
        said = ended.stdout + ended.stderr
        why = re.search(r"^(?:shotmake|stopped): (.{10,})", said, re.MULTILINE)
        assert why, about
        _require_reason(why[1], about)
        return
    for shot, times in case.met.items():
        assert times == 0 or shot in ends, f"shot {shot} has no end: {about}"
        word, reason = ends[shot]
        if word in {"failed", "blocked", "pending", "not cancelled"}:
            _require_reason(reason, f"shot {shot}: {about}")


def _ends(ended: Ended) -> dict[int, tuple[str, str]]:
    """By shot, how it ended and why, from lines for people or for programs."""
    if not ended.stdout.startswith("{"):
        found = _LINE.findall(ended.stdout + ended.stderr)
        return {int(shot): (word.rstrip(", "), rest.strip(" –")) for shot, word, rest in found}
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    return {
        int(one["render"][1:]): (one["event"].replace("_", " "), one.get("message", ""))
        for one in told
        if "render" in one
    }


def require_records(case: Case, about: str) -> None:
    """What was submitted last for each shot is what is on record for it."""
    records = read(Folder(case.folder / "outputs", "film", "draft"), "any").records
    for shot, key in case.submitted.items():
        recorded = records[f"s{shot}"].out_task_id
        assert recorded == key, f"shot {shot}, {key} and not {recorded}: {about}"
