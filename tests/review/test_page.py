"""The page as text: whole, escaped, and the same for the same film."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.cli.pages import typical_of
from pipeline.rendering.records import Failure
from pipeline.rendering.work import Terms
from pipeline.review.film import Sources, film
from pipeline.review.page import page, parts
from pipeline.review.posters import Posters, make_posters
from tests.review.scene import EVIL, every_state, played, show
from tests.support.world import CATALOG, World

if TYPE_CHECKING:
    from pipeline.review.film import Film

TYPICAL = typical_of(CATALOG, free=False)
_EMPTY = frozenset({"meta", "link", "input", "img", "br", "hr"})


@dataclass
class Seen(HTMLParser):
    """What a browser makes of a page, roughly: tags with their attributes, and all words."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def seen(text: str) -> Seen:
    """A page, read; it is well nested to its end."""
    found = Seen()
    found.feed(text)
    found.close()
    assert not found.open
    return found


@pytest.fixture
async def a_film(tmp_path: Path) -> Film:
    """The board of many states."""
    return show(await every_state(tmp_path))


@pytest.mark.anyio
async def test_it_is_one_file_that_asks_nobody(a_film: Film) -> None:
    """Style and script are within, allowed by their hashes and nothing else is; addresses are those
    of clips and posters beside it.
    """
    posters = Posters({"street": "posters/street.jpg"})
    text = page(a_film, posters, TYPICAL)
    found = seen(text)
    (policy,) = [a["content"] for _, a in found.tags if a.get("http-equiv")]
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in str(policy)
    assert "default-src 'none'" in str(policy)
    addresses = {a[n] for _, a in found.tags for n in ("src", "href") if n in a}
    beside = {address for address in addresses if not str(address).startswith(("#", "data:,"))}
    assert beside == {"posters/street.jpg", "kept/" + _kept(a_film) + ".mp4"}
    clips = {a["data-clip"] for _, a in found.tags if a.get("data-clip")}
    assert clips == {f"{t.key}.mp4" for t in a_film.takes if t.clip}
    assert not re.search(r"https?://", text)
    assert "video" not in {tag for tag, a in found.tags if a.get("src")}


def _kept(shown: Film) -> str:
    (name,) = [name for name in shown.records if name.startswith("kept/")]
    return name.removeprefix("kept/")


@pytest.mark.anyio
async def test_what_a_storyboard_or_a_server_says_is_text(a_film: Film) -> None:
    """Markup in prompts and errors stands there to be read."""
    text = page(a_film, Posters(), TYPICAL)
    found = seen(text)
    assert not [a for _, a in found.tags if "onerror" in a]
    assert EVIL in found.words
    assert "451: the prompt <was> blocked" in found.words
    assert len([tag for tag, _ in found.tags if tag == "script"]) == 1


@pytest.mark.anyio
async def test_the_same_film_is_the_same_page(tmp_path: Path) -> None:
    """Nothing on it depends on when or where it was written: it can be committed."""
    world = await every_state(tmp_path)
    shown = show(world)
    posters = make_posters(shown, world.folder())
    assert page(shown, posters, TYPICAL) == page(show(world), posters, TYPICAL)
    assert str(tmp_path) not in page(replace_spec(shown), posters, TYPICAL).replace(
        f" --outputs {tmp_path}/outputs", ""
    )


def replace_spec(shown: Film) -> Film:
    """The same film of a storyboard that was named as people name it."""
    return replace(shown, board=replace(shown.board, path=Path("specs/film.yaml")))


@pytest.mark.anyio
async def test_a_live_page_is_the_same_in_pieces(a_film: Film) -> None:
    """What is sent when something has changed is what a page that is loaded anew has there."""
    text = page(a_film, Posters(), TYPICAL, live="token")
    pieces = parts(a_film, Posters(), TYPICAL, "token")
    assert [*pieces.shots] == [shot.shot for shot in a_film.shots]
    for piece in (*pieces.shots.values(), pieces.strip, pieces.states, pieces.totals):
        assert piece in text


@pytest.mark.anyio
async def test_every_fact_of_a_take_is_there(a_film: Film) -> None:
    """Status, prompt, model, seed, duration, credits, attempts, the error with what to do, and what
    has changed since the last render.
    """
    shots = parts(a_film, Posters(), TYPICAL, "").shots
    street = " ".join(" ".join(seen(shots["street"]).words).split())
    for fact in (
        "up to date",
        "a street",
        "veo-3.1-fast",
        "seed 8",
        "2 s",
        "0.09 credits",
        "picked",
    ):
        assert fact in street
    market = " ".join(seen(shots["market"]).words)
    assert "prompt changed: the clip is of an earlier request; a run renders it anew" in market
    assert " in the rain" in seen(shots["market"]).words
    assert "change the prompt, or insist with --retry-blocked" in " ".join(
        seen(shots["fight"]).words
    )
    assert "a failed task is not billed" in " ".join(seen(shots["train"]).words)
    assert "2 attempts" in " ".join(seen(shots["sea"]).words)


@pytest.mark.anyio
async def test_a_take_under_way_keeps_its_earlier_clip(world: World) -> None:
    """It can be watched meanwhile. While a run is at it the page says what goes on; with none, what
    the task waits for, and nothing that isn't so.
    """
    async with World(world.root, latency_seconds=lambda job: 60 * ("cup" in job.prompt)) as slow:
        await slow.run(slow.film("a bowl"))
        await slow.run(slow.film("a cup"), terms=Terms(timeout_seconds=5))
        shown = show(slow)
    idle = parts(shown, Posters(), TYPICAL, "").shots["a"]
    going = parts(replace(shown, running=True), Posters(), TYPICAL, "").shots["a"]
    for html in (idle, going):
        assert 'data-clip="a.mp4"' in html
        assert "earlier clip" in html
    assert "is open; the next run collects what it brings" in idle
    assert "rendering" not in idle
    assert "rendering" in going
    assert "next run" not in going


@pytest.mark.anyio
async def test_the_command_renders_that_take_and_no_other(a_film: Film) -> None:
    """Also the first of several, whose key is the shot's name."""
    shots = parts(a_film, Posters(), TYPICAL, "").shots
    commands = re.findall('data-command="([^"]*)"', shots["street"])
    assert [" ".join(c.split()[4:8]) for c in commands] == [
        f"draft --shot street.t{number} --force" for number in (1, 2, 3)
    ]
    assert "--retry-blocked" in shots["fight"]
    assert "--force" not in shots["market"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    words=st.text(max_size=60), more=st.text(alphabet="<>&\"'/{%}-! scriptalerx=\\\n", max_size=40)
)
def test_no_text_whatever_becomes_markup(words: str, more: str) -> None:
    """Titles, prompts and errors of any letters leave the page's tags as they are."""
    text = words + more
    found = seen(page(_one_shot(text), Posters(), TYPICAL))
    plain = seen(page(_one_shot("words"), Posters(), TYPICAL))
    assert {tag for tag, _ in found.tags} <= {tag for tag, _ in plain.tags}
    for tag in ("script", "style", "img", "section", "a", "meta"):
        assert [t for t, _ in found.tags].count(tag) == [t for t, _ in plain.tags].count(tag)
    assert not [name for _, a in found.tags for name in a if name.startswith("on")]
    assert text in found.words or not text


def test_half_a_letter_is_no_reason_to_fail() -> None:
    """What UTF-8 can't hold, as the half of a pair, is a question mark."""
    assert "so ? it is" in page(_one_shot("so \ud83d it is"), Posters(), TYPICAL)


def _one_shot(words: str) -> Film:
    """A film of one failed take that has these words wherever words can be."""
    known = _a_failure()
    (step,), record = known.plan.steps, known.records["a"]
    assert step.wanted is not None
    take = step.wanted.take
    take = replace(take, request=replace(take.request, prompt=words))
    plan = replace(known.plan, steps=(replace(step, wanted=replace(step.wanted, take=take)),))
    error = Failure("api_error", words, retryable=True)
    board = replace(known.board, title=words, takes=(take,))
    records = {"a": replace(record, error=error)}
    return film(replace(known, board=board, plan=plan, records=records))


@cache
def _a_failure() -> Sources:
    async def fail() -> Sources:
        with TemporaryDirectory() as folder:
            async with World(Path(folder)) as world:
                await world.run(world.film("FAILS"))
                shown = show(world)
        return Sources(shown.board, shown.plan, shown.records, shown.folder, {}, free=False)

    made: Sources = played(fail)
    return made
