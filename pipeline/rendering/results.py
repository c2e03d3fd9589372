"""The manifest, `results.json`: what every take came to. Sorted, diffable, without secrets."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, asdict, dataclass, field, fields
from itertools import chain
from typing import Any

from pipeline.errors import RecordsError
from pipeline.rendering import foreign
from pipeline.rendering.foreign import CHECKS
from pipeline.rendering.records import KEPT, Record, Records

VERSION = 1
_FIELDS = tuple((each.name, CHECKS[each.name], each.default) for each in fields(Record))

_HALF_PAIR = re.compile("[\ud800-\udfff]")
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
_REMEDY = (
    "Nothing was submitted. Take it back from git (git checkout), or repair it by hand. Failing "
    "that, move it away: what was bought is found again by its keys, as long as the provider knows "
    "them"
)


@dataclass(slots=True)
class Results:
    """One pass of one storyboard. `provider` is where its newest tasks were bought."""

    storyboard: str
    pass_name: str
    provider: str
    records: Records = field(default_factory=dict)


def dump(results: Results) -> str:
    """The manifest as JSON text (schemas/results.json).

    Every render names its provider: two branches that bought at different ones are merged by git.
    """
    records = results.records
    document = {
        "version": VERSION,
        "storyboard": results.storyboard,
        "pass": results.pass_name,
        "provider": results.provider,
        "renders": {name: asdict(r) for name, r in records.items() if not name.startswith(KEPT)},
        "kept": {
            name.removeprefix(KEPT): asdict(r)
            for name, r in records.items()
            if name.startswith(KEPT)
        },
    }
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    # Out of an escape in a merged file: nothing but an escape can say it.
    if _HALF_PAIR.search(text):
        text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    return text


def parse(content: bytes | str, place: str) -> Results:
    """Read a manifest back; `place` names the file in messages.

    Raises `RecordsError` on anything that `dump` wouldn't have written.
    """
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordsError(
            f"{place}: damaged, as it is no UTF-8 text. Nothing was submitted. "
            "Take it back from git (git checkout)."
        ) from error
    try:
        document = json.loads(text, object_pairs_hook=_unique)
        version = document["version"]
        if version != VERSION:
            raise RecordsError(
                f"{place}: written by another shotmake (version {version}; this one reads "
                f"{VERSION}). Use that one, or move the folder away to begin anew."
            )
        provider = foreign.text(document["provider"])
        renders = document["renders"].items()
        kept = ((KEPT + name, shown) for name, shown in document.get("kept", {}).items())
        return Results(
            foreign.text(document["storyboard"]),
            foreign.text(document["pass"]),
            provider,
            {name: _record(name, shown, provider) for name, shown in chain(renders, kept)},
        )
    except RecordsError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecordsError(f"{place}{_damage(text, error)}. {_REMEDY}.") from error


def _damage(text: str, error: Exception) -> str:
    """Where it is and what, to stand behind the file's name."""
    if isinstance(error, json.JSONDecodeError):
        if conflict := _CONFLICT.search(text):
            line = text.count("\n", 0, conflict.start()) + 1
            return f":{line}: damaged: a merge conflict that was never resolved"
        return f":{error.lineno}:{error.colno}: damaged: {error.msg}"
    if isinstance(error, _DamagedRecordError):
        return f": {error.name}: damaged: {_words(error.__cause__)}"
    return f": damaged: {_words(error)}"


def _words(error: BaseException | None) -> str:
    match error:
        case KeyError():
            return f"{error} is missing"
        case AttributeError() | RecursionError():
            return "something else stands where names and values belong"
        case _:
            return str(error)


class _DamagedRecordError(ValueError):
    """What is wrong with a render is its cause."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name if name.startswith(KEPT) else f"renders/{name}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name that stands in it twice, as after a careless merge, is damage."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names_found = [name for name, _value in pairs]
        twice = next(name for name in names_found if names_found.count(name) > 1)
        raise ValueError(f"{twice!r} stands there twice")
    return found


def _record(name: str, shown: dict[str, Any], provider: str) -> Record:
    """A render as it stands in the file; bought at the manifest's provider, if it names none."""
    try:
        foreign.render_name(name)
        shown.setdefault("provider", provider)
        # In the order of the fields, and most optional ones are null: half the time of keywords.
        return Record(
            *(
                default
                if shown.get(field) is None and default is not MISSING
                else check(shown[field])
                for field, check, default in _FIELDS
            )
        )
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise _DamagedRecordError(name) from wrong
