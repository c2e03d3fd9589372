"""Whatever a server answers: a named error, little work, and nothing where it does not belong."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pipeline.cli.connect import BASE_URL_VARIABLE
from tests.proof.hostile.arsenal import ENDPOINTS, answers, arsenal
from tests.proof.hostile.campaign import CLIP, battlefield
from tests.support.forks import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.proof.hostile.campaign import Battlefield
    from tests.proof.stage import Stage

SEED = 4
AT_EACH = 200
NO_VALUES = ("NaN", "Infinity", "-Infinity", "10**400", "-10**400", "10**5000", "100,000 levels")


@pytest.fixture(scope="module")
def field(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Battlefield]:
    """A studio with a hostile server before it, and a sniffer beside it."""
    with battlefield(tmp_path_factory.mktemp("hostile"), stage.forks) as entered:
        yield entered


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_answer_ends_in_a_named_error(endpoint: str, field: Battlefield) -> None:
    """200 distinct answers to each of five requests, at each endpoint others: documented exit
    codes, a reason for every shot and no exception's name for one, nothing of Python's notation, no
    control characters, no secret on the terminal or on the disk (but for clips), every submit on
    record before it left, no key charged twice, 2 s of CPU and 256 MB for two dozen at once, no
    write outside `outputs/`, no connection but to the gateway, and nobody else hears anything.
    """
    met = arsenal(endpoint, CLIP, 40, SEED, AT_EACH)
    assert len({answer.name for answer in met}) == AT_EACH
    figures = field.play(endpoint, met)
    assert figures.answers == AT_EACH


def test_what_is_met_is_drawn_at_each_endpoint() -> None:
    """Of 1,000 answers over 500 differ by name; every task id there is, no sums and deep nesting
    in credits and results, and 20 that are generated are met at each endpoint of the API; what is
    broken as a body or as HTTP, at two of the four.
    """
    met = {each: {a.name for a in arsenal(each, CLIP, 40, SEED, AT_EACH)} for each in ENDPOINTS}
    assert len(set().union(*met.values())) > 500
    assert all(sum("mutation" in name for name in names) >= 20 for names in met.values())
    (*api, _clip) = ENDPOINTS
    made = [answer.name for answer in answers("submit")]
    for field, value in itertools.product(("task_id", "credits", "result"), NO_VALUES):
        assert all(f"{field}: {value}" in met[each] for each in api), (field, value)
    for name in made:
        endpoints = [each for each in api if name in met[each]]
        assert not name.startswith("task_id: ") or endpoints == api
        assert not name.startswith(("wire: ", "body")) or len(endpoints) >= 2


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_truth_mends_what_lies_have_done(endpoint: str, field: Battlefield) -> None:
    """With the studio honest again the same folders come to all their clips, each key charged
    once at most; what the provider has never heard of takes `--resubmit-uncertain`.
    """
    field.play(endpoint, arsenal(endpoint, CLIP, 40, SEED + 1, AT_EACH)[::8])
    field.calm_down(field.played[endpoint][-2:])


@pytest.mark.parametrize("endpoint", ["submit", "find"])
def test_the_very_first_answer_may_be_a_lie(endpoint: str, field: Battlefield) -> None:
    """Where the API was never met, the same holds; a board of one shot each."""
    begins = ("body", "redi")
    met = [one for one in arsenal(endpoint, CLIP, 0, SEED) if one.name.startswith(begins)][::6]
    field.play(endpoint, met, batch=1, greeted=0)


NAMED = {
    "wire: endless 1xx": ("submit", "clip"),
    "wire: endless tiny chunks": ("submit", "clip"),
    "wire: silence at once": ("submit", "clip"),
    "wire: gzip bomb": ("clip",),
    "body: over the limit": ("submit",),
    "body: deep lists": ("submit",),
    "task_id: up": ("submit",),
    "task_id: another's id": ("query", "cancel"),
    "redirect 307 to 'http://@SNIFFER@/v1/tasks/submit'": ("submit", "query", "clip"),
    "video_url 'file:///etc/passwd'": ("clip",),
    "video_url 'http://169.254.169.254/latest/meta-data/'": ("clip",),
    "clip: a page": ("clip",),
}
SAYS = {
    "wire: endless 1xx": "interim answers (1xx) without an end",
    "wire: endless tiny chunks": "in thousands of tiny pieces",
    "wire: silence at once": "timed out",
    "wire: gzip bomb": "encoded as 'gzip'",
    "body: over the limit": "an answer of over 1 MiB",
    "body: deep lists": "the answer is not JSON",
    "task_id: up": "can't be the id of a task",
    "task_id: another's id": "the answer is about 'task_of_somebody_else'",
    "redirect 307 to 'http://@SNIFFER@/v1/tasks/submit'": "307|not by https",
    "video_url 'file:///etc/passwd'": "the URL is file: and not https",
    "video_url 'http://169.254.169.254/latest/meta-data/'": "not by https",
    "clip: a page": "can't be used",
}


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [(name, endpoint) for name, places in NAMED.items() for endpoint in places],
)
def test_the_error_names_what_is_wrong(name: str, endpoint: str, field: Battlefield) -> None:
    """The reason given is the true one, in words and without the event loop's own."""
    (answer,) = [one for one in arsenal(endpoint, CLIP, 0, SEED) if one.name == name]
    field.play(endpoint, [answer])
    ended = field.ends[-1]
    said = ended.stdout + ended.stderr
    assert any(words in said for words in SAYS[name].split("|")), said
    assert "scope" not in said
    assert "nursery" not in said


def test_the_fence_sees_the_command_climb_over_it(field: Battlefield, tmp_path: Path) -> None:
    """The watch that the tests above rely on sees a forked process write and connect elsewhere."""
    case = field.hostile.case(field.root, "clip", ())
    elsewhere = tmp_path / "elsewhere"
    away = field.order(case, "run", "--outputs", str(elsewhere))
    ended = field.forks.run(away)
    assert ended.exit == 0
    assert any(str(elsewhere) in one for one in ended.trespasses)
    assert not any("socket" in one for one in ended.trespasses)
    ended = field.forks.run(replace(field.order(case, "run"), fence=("127.0.0.1:1",)))
    assert {f"socket.connect {field.hostile.address}"} == set(ended.trespasses)
    assert field.forks.run(field.order(case, "run", "--force")).trespasses == ()


def test_the_sniffer_hears(tmp_path: Path, stage: Stage) -> None:
    """Whoever is led there is heard, key and all."""
    with battlefield(tmp_path, stage.forks) as field:
        case = field.hostile.case(field.root, "submit", ())
        order = field.order(case, "run", "--timeout", "1")
        led_astray = {**order.environment, BASE_URL_VARIABLE: f"http://{field.sniffer.address}"}
        ended = field.forks.run(replace(order, environment=led_astray))
        assert ended.trespasses
        assert any(case.key.encode() in heard for heard in field.sniffer.heard)


CLIMBS = {
    "Path('outside').write_text('x')": "open",
    "os.open('outside', os.O_WRONLY | os.O_CREAT)": "open",
    "os.open('inside/link', os.O_WRONLY | os.O_CREAT)": "open",
    "os.truncate('inside/link', 0)": "os.truncate",
    "os.mkdir('outside')": "os.mkdir",
    "os.mkdir('inside/up/outside')": "os.mkdir",
    "os.rename('inside/file', 'outside')": "os.rename",
    "os.rename('file', 'inside/other')": "os.rename",
    "os.remove('file')": "os.remove",
    "os.symlink('x', 'outside')": "os.symlink",
    "os.link('inside/file', 'outside')": "os.link",
    "os.utime('file')": "os.utime",
    "os.chmod('file', 0o600)": "os.chmod",
    "shutil.copy('inside/file', 'outside')": "open",
    "subprocess.run(['true'])": "subprocess.Popen",
    "os.system('true')": "os.system",
    "socket.getaddrinfo('localhost', 80)": "socket.getaddrinfo",
    "socket.create_connection(('127.0.0.1', 1))": "socket.getaddrinfo",
    "socket.socket().connect(('127.0.0.1', 1))": "socket.connect",
    "socket.socket(socket.AF_UNIX).connect('x')": "socket.connect",
}
HARMLESS = (
    "Path('inside/new').write_text('x')",
    "Path('outside').exists()",
    "Path('file').read_text()",
    "open(os.devnull, 'w').close()",
    "os.rename('inside/file', 'inside/other')",
    "os.remove('inside/link')",
    "socket.socket().connect(('127.0.0.2', 1))",
)


@pytest.mark.parametrize("code", [*CLIMBS, *HARMLESS])
def test_the_fence_sees_every_way_over_it(code: str, tmp_path: Path) -> None:
    """Each kind of write, connection and start is told of by its name, and nothing else is."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "file").write_text("x")
    (tmp_path / "file").write_text("x")
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "file")
    (tmp_path / "inside" / "up").symlink_to(tmp_path)
    program = (
        "import contextlib, os, shutil, socket, subprocess\n"
        "from pathlib import Path\n"
        "from tests.support.fence import fence_in\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "seen = fence_in(Path('inside'), ['127.0.0.2:1'])\n"
        f"with contextlib.suppress(OSError): {code}\n"
        "print(*(one.split()[0] for one in seen))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(told.stdout.split()[:1]) == ({CLIMBS[code]} if code in CLIMBS else set())
