"""The review page: one HTML file with all that it needs but the clips and their posters.

Whatever comes from a storyboard or a server is text on it: the templates escape all of it, and the
page's own policy forbids every script and style but those two that are built in here.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.figures import clock_text, count_text, credits_text
from pipeline.review.cards import cards
from pipeline.review.freshness import GENERATOR
from pipeline.review.totals import totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jinja2 import Environment

    from pipeline.review.cards import Card, Typical
    from pipeline.review.film import Film
    from pipeline.review.posters import Posters
    from pipeline.review.totals import Totals

_TEMPLATES: Final = Path(__file__).parent / "templates"
_POLICY: Final = (
    "default-src 'none'; img-src 'self' file: data:; media-src 'self' file:; connect-src 'self'; "
    "style-src 'sha256-{style}'; style-src-attr 'unsafe-inline'; script-src 'sha256-{script}'; "
    "base-uri 'none'; form-action 'self'"
)
"""Style attributes hold numbers alone. `file:` is what 'self' means where the page is a file."""

NONE_PICKED: Final = "none picked"
"""A state beside the others: of takes among which nobody has chosen."""

Figures = list[tuple[str, str, str]]
"""Name, value, and what there is to add in small letters."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A page in pieces, as a live one is sent them: HTML by shot, and what stands around them."""

    shots: dict[str, str]
    totals: str
    strip: str
    states: str


def page(
    film: Film, posters: Posters, typical: Typical, *, live: str = "", version: int = 0
) -> str:
    """The whole page. `live` is the token of the server that serves it, and `version` how far the
    changes have come that are told to such a page; a file has neither.
    """
    made = [*cards(film, posters, typical)]
    scripts = ("page.js", "player.js", *(["live.js"] if live else []))
    script = "".join(map(_asset, scripts))
    template = _environment().get_template("page.html")
    text = template.render(
        cards=made,
        **_head(f"{film.board.title} · {film.board.pass_name}", script),
        script=_trusted(script),
        title=film.board.title,
        board=film.board.name,
        pass_name=film.board.pass_name,
        path=film.board.path.as_posix(),
        free=film.free,
        totals=figures(totals(film), free=film.free),
        models=sorted({card.model for card in made}),
        states_of=_states,
        live=live,
        version=version,
    )
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair is no letter


def boards_page(boards: Sequence[tuple[str, str]]) -> str:
    """A list of pages: address and name."""
    template = _environment().get_template("boards.html")
    return str(template.render(boards=boards, **_head("Storyboards")))


def _head(heading: str, script: str = "") -> dict[str, Any]:
    """What the head of a page is made of."""
    style = _asset("page.css")
    return {
        "heading": heading,
        "generator": GENERATOR,
        "policy": _POLICY.format(style=_hash(style), script=_hash(script)),
        "style": _trusted(style),
    }


def parts(film: Film, posters: Posters, typical: Typical, live: str) -> Parts:
    """What changes on a live page."""
    made = [*cards(film, posters, typical)]
    template = _environment().get_template("shot.html")
    module: Any = template.make_module({"live": live, "states_of": _states})
    return Parts(
        shots={card.shot: str(module.shot(card)) for card in made},
        totals=str(module.totals(figures(totals(film), free=film.free))),
        strip=str(module.strip(made)),
        states=str(module.states(made)),
    )


def figures(sums: Totals, *, free: bool) -> Figures:
    """The sums, in words."""
    missing = sums.seconds - sums.rendered_seconds
    made: Figures = [
        ("film", clock_text(sums.seconds), count_text(sums.shots, "shot")),
        ("clips", f"{sums.clips} of {sums.takes}", f"{missing} s missing" if missing else ""),
    ]
    if free:
        return [*made, ("credits", "free", "")]
    unsaid = f"and {count_text(sums.unknown_bills, 'bill')} unknown" if sums.unknown_bills else ""
    owed = sums.in_flight_credits
    flying = "" if owed == 0 else f"and up to {credits_text(owed, estimated=True)} in flight"
    wasted = sums.failed_credits + sums.replaced_credits
    parts = (("failed", sums.failed_credits), ("replaced", sums.replaced_credits))
    both = all(amount for _word, amount in parts)
    split = [f"{credits_text(amount)} {word}" if both else word for word, amount in parts if amount]
    left = sums.left_credits
    return [
        *made,
        ("spent", _credits(sums.spent_credits), unsaid),
        ("left", "nothing" if left == 0 else _credits(left, estimated=True), flying),
        ("waste", _credits(wasted) if wasted else "none", ", ".join(split)),
    ]


def _credits(amount: float | None, *, estimated: bool = False) -> str:
    return f"{credits_text(amount, estimated=estimated)} credits"


def _states(made: Sequence[Card]) -> Iterable[tuple[str, int]]:
    """Which states there are, and of how many takes."""
    counts = Counter(tile.state for card in made for tile in card.tiles)
    counts.update("undecided" for card in made if card.undecided)
    counts.update(NONE_PICKED for card in made for tile in card.tiles if tile.open)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 (slow to load)

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _trusted(own: str) -> Any:
    """Our own style or script, which is not to be escaped."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup(own)  # noqa: S704 (a file of this package)


def _hash(text: str) -> str:
    """As Content Security Policy 3 names an inline script: base64 of its sha256."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
