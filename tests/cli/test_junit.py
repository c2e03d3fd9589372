"""`run --junit`: what CI sees of a run, over a real connection to a studio with faults."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.cli.faults import read_faults
from pipeline.cli.junit import Case, Suite, junit
from pipeline.cli.main import command
from pipeline.cli.terminal import printable
from pipeline.rendering.notices import Kind
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from tests.support.served import KEY, quick_house, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

BOARD = """\
model: veo-3.1-fast
defaults: {{duration: 1}}
passes: {{final: {{model: veo-3.1}}}}
shots:
  - {{id: sea, prompt: {sea}, takes: 2}}
  - {{id: sand, prompt: {sand}}}
"""
SKY = "  - {{id: sky, prompt: Birds, init_image: {{shot: sand}}}}\n"
FILE = Path("report.xml")


def board(sea: str = "Waves", sand: str = "Dunes", more: str = "") -> None:
    """Two takes of one shot, one of another; `SKY` begins with the end of that."""
    Path("specs/film.yaml").write_text((BOARD + more).format(sea=sea, sand=sand), "utf-8")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh folder with a storyboard, and a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    Path("specs").mkdir()
    board()


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A studio at the address that runs go to; `*rules` are faults before it."""

    @contextmanager
    def serve(*rules: str, **house: Any) -> Iterator[Studio]:
        made = Studio(load_catalog(), quick_house(**house), free=False)

        def faulty(app: ASGIApp) -> ASGIApp:
            if not rules:
                return app
            text = "".join(f"  - {rule}\n" for rule in rules)
            return read_faults(f"faults:\n{text}".encode(), "faults.yaml").before(app, time.time)

        with served(made, faulty) as url:
            monkeypatch.setenv(BASE_URL_VARIABLE, url)
            yield made

    return serve


@dataclass(frozen=True)
class Told:
    """What a report says of one test: None of one that has passed."""

    element: str | None
    type: str | None
    message: str
    output: str


def report() -> dict[str, Told]:
    """A report's tests by name; it is held against the form that JUnit's readers agree in."""
    root = ET.fromstring(FILE.read_bytes())  # noqa: S314 (our own)
    assert root.tag == "testsuites"
    found = {}
    for element, cases in [(root, [*root.iter("testcase")]), *((s, [*s]) for s in root)]:
        red = [child.tag for case in cases for child in case if child.tag != "system-out"]
        assert element.attrib.items() >= {
            ("tests", str(len(cases))),
            ("failures", str(red.count("failure"))),
            ("errors", str(red.count("error"))),
        }
        assert set(red) <= {"failure", "error"}
    for suite in root:
        assert suite.tag == "testsuite"
        for case in suite:
            assert (case.tag, case.get("classname")) == ("testcase", suite.get("name"))
            assert float(case.attrib["time"]) >= 0
            told = [child for child in case if child.tag != "system-out"]
            output = case.findtext("system-out") or ""
            assert len(told) <= 1
            for each in told:
                assert each.text == each.attrib["message"]
            one = told[0] if told else ET.Element("none")
            name = case.attrib["name"]
            assert name not in found
            found[name] = Told(one.tag if told else None, one.get("type"), one.text or "", output)
    return found


def run(*options: str) -> int:
    """A run with a report. It is red exactly when the run was not complete."""
    code = command(["run", "--no-review", "--junit", str(FILE), *options])
    assert any(told.element for told in report().values()) == (code != 0)
    return code


def kinds() -> dict[str, str]:
    """The tests by name: how they ended, `passed` or the type of what is wrong."""
    return {name: told.type or "passed" for name, told in report().items()}


def test_a_complete_run_is_green(studio: Any) -> None:
    """A test a take, with its clip, its task and its price; a rerun is as green as the first."""
    with studio():
        assert run() == 0
        assert kinds() == dict.fromkeys(["sea", "sea.t2", "sand"], "passed")
        first = report()
        clip, task, credits = first["sea.t2"].output.splitlines()
        assert clip == f"clip: {Path('outputs/film/draft/sea.t2.mp4')}"
        assert task.startswith("task: task_")
        assert credits.startswith("credits: 0.")
        suite = ET.fromstring(FILE.read_bytes())[0]  # noqa: S314 (our own)
        assert (suite.get("name"), suite[0].get("file")) == ("film.draft", "specs/film.yaml")
        assert run() == 0
        assert report() == first


def test_what_comes_back_free_has_passed(studio: Any) -> None:
    """A clip that was deleted and is fetched, and one that lay in kept/; a selection is all there
    is to a report.
    """
    with studio():
        assert run() == 0
        board(sea="High waves")
        assert run("--shot", "sea") == 0
        board()
        Path("outputs/film/draft/sand.mp4").unlink()
        assert run("--shot", "s*") == 0
        assert kinds() == dict.fromkeys(["sea", "sea.t2", "sand"], "passed")


def test_a_failure_is_what_the_provider_refused(studio: Any) -> None:
    """Failed and blocked takes, with what was said; what waits behind them is an error."""
    with studio():
        board(sea="BLOCKED", sand="FAILS", more=SKY)
        assert run("--retries", "0") == 1
        assert kinds() == {
            "sea": "blocked",
            "sea.t2": "blocked",
            "sand": "failed",
            "sky": "waiting",
        }
        told = report()
        assert {told[name].element for name in ("sea", "sea.t2", "sand")} == {"failure"}
        assert told["sand"].message == "the upstream model is overloaded"
        assert told["sky"].element == "error"
        assert "sand" in told["sky"].message
        assert run("--shot", "sea") == 1  # which asks nobody
        assert kinds() == {"sea": "blocked", "sea.t2": "blocked"}


def test_a_task_that_takes_too_long_is_an_error(studio: Any) -> None:
    """It is in flight; the report names it, and the next run's report is green."""
    with studio(latency_seconds=lambda job: 600.0 if job.prompt == "Dunes" else 0.0):
        assert run("--timeout", "1") == 1
        assert kinds() == {"sea": "passed", "sea.t2": "passed", "sand": "pending"}
        told = report()["sand"]
        assert told.element == "error"
        assert "not ended after 1 s" in told.message
        assert told.output.startswith("task: task_")


def test_what_a_cap_holds_back_is_an_error(studio: Any) -> None:
    """Not bought, and why; exit 3."""
    with studio() as made:
        assert run("--max-credits", "0.05", "--shot", "sea") == 3
        assert sorted(kinds().values()) == ["held", "passed"]
        (held,) = [told for told in report().values() if told.type == "held"]
        assert "--max-credits" in held.message
        assert len(made.tasks.ledger) == 1


def test_a_shot_that_nobody_has_decided_is_an_error(studio: Any) -> None:
    """A final of several takes, none of them picked: that is not complete."""
    with studio():
        assert run("--pass", "final", "--shot", "sea") == 1
        assert kinds() == {"sea": "waiting"}
        assert "none is picked" in report()["sea"].message
        assert run("--pass", "final", "--shot", "sea", "--only-picked") == 0
        assert kinds() == {}


def test_what_ends_the_run_is_a_test_of_its_own(studio: Any) -> None:
    """A refused key: every take is told as not bought, and the run as what ended it. Exit 4."""
    with studio("{on: submit, do: {http: 401, message: the key was revoked}}"):
        assert run() == 4
        told = report()
        assert told["run"].element == "error"
        assert "revoked" in told["run"].message
        takes = [told[name] for name in ("sea", "sea.t2", "sand")]
        assert [each.element for each in takes] == ["error"] * 3
        assert all("refused" in each.message or "revoked" in each.message for each in takes)


def test_nothing_secret_is_in_it(studio: Any) -> None:
    """Neither the key, also where a server repeats it, nor a signed address; and letters that XML
    can't hold are written out.
    """
    message = rf"{KEY} \u0007 \uFFFE <b>"
    fault = f'{{failed: api_error, message: "{message}"}}'
    with studio(f"{{on: submit, shot: sand, do: {fault}}}"):
        assert run("--retries", "0") == 1
    text = FILE.read_text("utf-8")
    assert KEY not in text
    assert "signature=" not in text
    assert r"\x07 \ufffe <b>" in report()["sand"].message


def test_a_run_that_cannot_begin_leaves_no_old_report(studio: Any) -> None:
    """Yesterday's green one is gone, whatever is wrong today: a storyboard, or the records."""
    with studio() as made:
        assert run() == 0
        board(sea="Waves, duration: 99")
        assert run() == 2
        assert kinds() == {"run": "run"}
        board()
        Path("outputs/film/draft/results.json").write_text("{", "utf-8")
        assert run() == 6
        assert len(made.tasks.ledger) == 3


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("nowhere/report.xml", "there is no folder nowhere"),
        ("specs/film.yaml", "what is there is no JUnit report"),
        ("specs", "what is there is no JUnit report"),
        ("", "what is there is no JUnit report"),
        ("a-link.xml", "symbolic link"),
    ],
)
def test_a_file_that_cannot_be_is_told_before_anything_is_bought(
    studio: Any, capsys: pytest.CaptureFixture[str], file: str, says: str
) -> None:
    """Exit 2, and what is there stays as it is."""
    Path("a-link.xml").symlink_to("specs/film.yaml")
    before = Path("specs/film.yaml").read_bytes()
    with studio() as made:
        assert command(["run", "--no-review", "--junit", file]) == 2
        assert not made.tasks.ledger
    assert f"--junit {file or '.'}: " in (said := capsys.readouterr().err)
    assert says in said
    assert Path("specs/film.yaml").read_bytes() == before
    assert not Path("outputs").exists()


def test_a_report_that_cannot_be_written_at_the_end_changes_nothing(
    studio: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its folder goes away while the run is going: that is said, and the run's exit is its own."""
    Path("reports").mkdir()

    def meanwhile(_job: object) -> float:
        shutil.rmtree("reports", ignore_errors=True)
        return 0.0

    with studio(latency_seconds=meanwhile):
        assert command(["run", "--no-review", "--junit", "reports/report.xml"]) == 0
    assert "--junit reports/report.xml: No such file" in capsys.readouterr().err
    assert Path("outputs/film/draft/sand.mp4").exists()


def test_an_interrupted_run_tells_what_it_came_to(studio: Any) -> None:
    """Ctrl-C: what is in flight is told with its task, what never began as not bought, and that the
    run was interrupted.
    """
    with studio(latency_seconds=lambda _job: 600.0):
        options = ["--concurrency", "1", "--json", "--no-review", "--junit", str(FILE)]
        with subprocess.Popen(
            [sys.executable, "-m", "pipeline", "run", *options],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            next(line for line in process.stdout if '"submitted"' in line)
            process.send_signal(signal.SIGINT)
            process.communicate()
    assert process.returncode == 130
    told = report()
    assert told.pop("run").message == "interrupted"
    assert sorted(each.type or "" for each in told.values()) == ["held", "held", "pending"]
    (pending,) = [told.pop(name) for name, each in [*told.items()] if each.type == "pending"]
    assert {each.message for each in told.values()} == {
        "not submitted: the run had ended before it"
    }
    assert pending.message.startswith("task_")


def test_whoever_watches_may_leave(studio: Any) -> None:
    """Standard output is closed amid the run: the report is whole all the same."""
    with studio():
        options = ["--json", "--no-review", "--junit", str(FILE)]
        with subprocess.Popen(
            [sys.executable, "-m", "pipeline", "run", *options],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.close()
        process.wait()
    assert kinds() == dict.fromkeys(["sea", "sea.t2", "sand"], "passed")


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_survives(message: str, name: str) -> None:
    """Letters that XML can't hold, halves of pairs, mark-up: what is read is what was printed."""
    cases = (Case(name, Kind.FAILED, message, 0.5, (message, "more")), Case("b", Kind.RENDERED))
    text = junit([Suite(name, "specs/film.yaml", cases)], message)
    root = ET.fromstring(text)  # noqa: S314 (our own)
    case, second = root[0]
    assert case.attrib["name"] == printable(name)
    assert case[0].attrib["message"] == (printable(message) or "failed")
    assert case.findtext("system-out") == printable(f"{message}\nmore")
    assert len(second) == 0
    assert root.attrib["failures"] == "1"
