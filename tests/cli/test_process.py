"""The program as a process: signals, a terminal, a wheel in an empty environment."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.screens import written_on

ROOT = Path(__file__).parents[2]
BOARD = "model: sora-2\ndefaults: {duration: 2}\nshots:\n" + "".join(
    f"  - {{id: s{number}, prompt: The ocean at dawn number {number}}}\n" for number in range(6)
)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A folder with a storyboard of six shots."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "film.yaml").write_text(BOARD, "utf-8")
    return tmp_path


def environment() -> dict[str, str]:
    """This process's, without what would choose another pass."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("BYTESPIKE", "SHOTMAKE"))}


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=folder,
        env=environment() | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def read_until(process: subprocess.Popen[str], event: str) -> None:
    """Read JSON lines until an event has come."""
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == event:
            return
    raise AssertionError(f"no {event}")


@pytest.mark.parametrize("command", ["plan", "status"])
def test_rows_that_can_not_be_written_are_told(film: Path, command: str) -> None:
    """A list that is cut by a full disk is no list."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 (it is no file of ours)
        ended = subprocess.run(
            [sys.executable, "-m", "pipeline", command],
            cwd=film,
            env=environment() | {"PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert "No space left on device" in ended.stderr


def test_ctrl_c_leaves_everything_on_record(film: Path) -> None:
    """Interrupted: exit 130, the tasks in flight are on record, and the next run goes on."""
    with start(film, "run", "--json") as process:
        read_until(process, "submitted")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the drawing processes too
        out, err = process.communicate()
    assert process.returncode == 130
    assert json.loads(out.splitlines()[-1])["exit"] == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert not (film / "outputs/film/animatic/journal.jsonl").exists()
    with start(film, "run", "--json") as process:
        out, err = process.communicate()
    summary = json.loads(out.splitlines()[-1])
    assert (process.returncode, summary["rendered"] + summary["skipped"]) == (0, 6), err


def test_a_termination_is_a_ctrl_c(film: Path) -> None:
    """SIGTERM, as from a job's scheduler: exit 130, and what is in flight is on record, folded."""
    with start(film, "run", "--json") as process:
        read_until(process, "submitted")
        process.terminate()
        out, err = process.communicate()
    assert process.returncode == 130, err
    assert json.loads(out.splitlines()[-1])["exit"] == 130
    folder = film / "outputs/film/animatic"
    assert json.loads((folder / "results.json").read_text("utf-8"))["renders"]
    assert not (folder / "journal.jsonl").exists()


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.1])
def test_ctrl_c_twice_is_one_message(film: Path, pause: float) -> None:
    """Impatient people press it again, and nothing else comes of it than of the first: the records
    are folded, the sum is told, exit 130. (Whether the second still meets the process is chance.)
    """
    with start(film, "run", "--json") as process:
        read_until(process, "submitting")
        for _time in range(3):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            time.sleep(pause)
        out, err = process.communicate()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert json.loads(out.splitlines()[-1])["exit"] == 130
    assert not (film / "outputs/film/animatic/journal.jsonl").exists()


def test_nowhere_to_print_ends_no_run(film: Path) -> None:
    """Started with its standard output closed, as by some daemons, a run goes on to its end."""
    command = f"exec {sys.executable} -m pipeline run --json --shot s0 >&-"
    ended = subprocess.run(
        ["sh", "-c", command],
        cwd=film,
        env=environment() | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
    assert (film / "outputs/film/animatic/s0.mp4").exists()


def test_a_killed_run_is_taken_up_again(film: Path) -> None:
    """SIGKILL leaves the journal; the next run replays it and ends complete."""
    with start(film, "run", "--json") as process:
        read_until(process, "rendered")
        process.kill()
        process.communicate()
    assert (film / "outputs/film/animatic/journal.jsonl").exists()
    with start(film, "run", "--json") as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    summary = json.loads(out.splitlines()[-1])
    assert summary["skipped"] >= 1
    assert summary["rendered"] + summary["skipped"] == 6
    assert not (film / "outputs/film/animatic/journal.jsonl").exists()


def test_a_terminal_sees_a_live_table(film: Path) -> None:
    """On a terminal: lines for what has ended, a table of what is under way, a summary."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", "--shot", "s[01]"],
        cwd=film,
        env=environment() | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = written_on(ours)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert re.search(r"s0 +(submitt|runn)", text)
    assert re.search(r"0 of 2", text)
    assert re.search(r"✓ s[01] +2 s clip in +\d", text)
    assert "2 rendered" in text


def test_a_reader_that_leaves_is_no_error(film: Path) -> None:
    """`shotmake schema | head -1`: no traceback when the pipe is closed early."""
    with start(film, "schema") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("arguments", [["run", "--json"], ["run", "--verbose"], ["plan", "--json"]])
def test_a_reader_that_leaves_ends_no_run(film: Path, arguments: list[str]) -> None:
    """With the pipe closed the run goes on to its end, and nothing but silence comes of it."""
    with start(film, *arguments, "--shot", "s0") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    if arguments[0] == "run":
        assert (film / "outputs/film/animatic/s0.mp4").exists()


def test_a_terminal_without_utf8_gets_codes(film: Path) -> None:
    """What an encoding can't show is shown as a code, and ends nothing."""
    result = subprocess.run(
        [sys.executable, "-m", "pipeline", "models"],
        cwd=film,
        env=environment() | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert b"sora-2" in result.stdout


def test_the_wheel_works_in_an_empty_environment(film: Path) -> None:
    """Built, installed outside the checkout into a new venv, it checks, plans and renders."""
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(film / "w"),
    ]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (wheel,) = (film / "w").glob("shotmake-*.whl")
    # Without a pip of its own, which takes longer to unpack than the wheel; ours can install there.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(film / "env")], check=True)
    binaries = film / "env" / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(binaries / "python")]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-compile", str(wheel)], check=True, capture_output=True
    )

    def shotmake(*arguments: str) -> str:
        result = subprocess.run(
            [str(binaries / "shotmake"), *arguments],
            cwd=film,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr + result.stdout
        return result.stdout

    assert "all good" in shotmake("check")
    assert "sora-2-pro" in shotmake("models")
    assert json.loads(shotmake("schema"))["$schema"]
    assert "1 rendered" in shotmake("run", "--shot", "s0")
    assert (film / "outputs/film/animatic/s0.mp4").exists()
    typed = list((film / "env").rglob("pipeline/py.typed"))
    assert len(typed) == 1
