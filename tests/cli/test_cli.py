"""The commands as people and programs call them: output, exit codes, JSON."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import __version__
from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE, choose
from pipeline.cli.main import command
from pipeline.cli.terminal import print_json, printable
from pipeline.errors import UsageError
from pipeline.rendering.folder import Folder

BOARD = """\
model: veo-3.1-fast
defaults: {duration: 1}
passes: {final: {model: veo-3.1}}
shots:
  - {id: sea, prompt: The ocean at dawn}
  - {id: sand, prompt: Desert dunes at noon}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh folder with one storyboard, and no key in the environment."""
    monkeypatch.chdir(tmp_path)
    for variable in (KEY_VARIABLE, BASE_URL_VARIABLE, "SHOTMAKE_CONCURRENCY"):
        monkeypatch.delenv(variable, raising=False)
    Path("specs").mkdir()
    Path("specs/film.yaml").write_text(BOARD, "utf-8")


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` and `--help` answer, with exit 0."""
    for option, says in (("--version", __version__), ("--help", "exit codes")):
        with pytest.raises(SystemExit) as ended:
            command([option])
        assert ended.value.code == 0
        assert says in capsys.readouterr().out


def test_a_wrong_command_line_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown option or command ends in 2, with usage."""
    for wrong in (["rnu"], ["run", "--frobnicate"], ["run", "--timeout", "-3"], []):
        with pytest.raises(SystemExit) as ended:
            command(wrong)
        assert ended.value.code == 2
        assert "usage" in capsys.readouterr().err


def test_the_first_run_renders_and_the_second_submits_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Real clips on the first run; on the second nothing but the word that all is up to date."""
    assert command(["run"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("pass animatic, drawn on this machine at no cost")
    assert "2 rendered" in said
    clips = sorted(Path("outputs/film/animatic").glob("*.mp4"))
    assert [clip.name for clip in clips] == ["sand.mp4", "sea.mp4"]
    before = [clip.stat().st_mtime_ns for clip in clips]
    assert command(["run"]) == 0
    assert "2 up to date" in capsys.readouterr().out
    assert [clip.stat().st_mtime_ns for clip in clips] == before
    assert command(["plan", "--check"]) == 0
    assert command(["status"]) == 0
    Path("specs/film.yaml").write_text(BOARD.replace("at noon", "at night"), "utf-8")
    assert command(["plan", "--check"]) == 1
    assert "prompt changed" in capsys.readouterr().out
    assert command(["status"]) == 1
    assert command(["run", "--shot", "sea"]) == 0
    assert command(["run"]) == 0
    assert "1 rendered · 1 up to date" in capsys.readouterr().out


def test_json_of_run_is_a_stream_with_a_summary_last(capsys: pytest.CaptureFixture[str]) -> None:
    """`run --json`: a JSON object a line on stdout, people's output on stderr."""
    assert command(["run", "--json"]) == 0
    captured = capsys.readouterr()
    events = [json.loads(line) for line in captured.out.splitlines()]
    summary = events[-1]
    assert summary["event"] == "summary"
    assert {"rendered", "skipped", "failed", "blocked", "pending"} <= set(summary)
    assert (summary["rendered"], summary["exit"], summary["credits"]) == (2, 0, 0.0)
    assert summary["seconds"] > 0
    assert [e["render"] for e in events if e["event"] == "rendered"].count("sea") == 1
    assert "2 rendered" in captured.err


def test_json_of_plan_is_the_documented_document(capsys: pytest.CaptureFixture[str]) -> None:
    """`plan --json` has the design's fields and types."""
    assert command(["plan", "--json", "--pass", "final"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"pass", "provider", "steps", "shots", "totals"}
    assert document["pass"] == "final"
    assert document["provider"] == "https://llm.bytespike.ai"
    step = document["steps"][0]
    assert {"render", "shot", "take", "action", "reason", "digest", "estimated_credits"} <= set(
        step
    )
    assert (step["render"], step["take"], step["action"], step["reason"]) == (
        "sea",
        1,
        "render",
        "new",
    )
    assert step["estimated_credits"] == pytest.approx(0.11)
    assert document["totals"]["render"] == 2
    assert document["totals"]["estimated_credits"] == pytest.approx(0.22)


def test_json_of_status_tells_every_take(capsys: pytest.CaptureFixture[str]) -> None:
    """`status --json` is one document with every take, asked for or not."""
    command(["run", "--shot", "sea"])
    capsys.readouterr()
    assert command(["status", "--json"]) == 1
    (board,) = json.loads(capsys.readouterr().out)["boards"]
    shown = {row["render"]: (row["status"], row["current"]) for row in board["renders"]}
    assert shown == {"sea": ("completed", True), "sand": (None, False)}
    Path("specs/film.yaml").write_text(BOARD.replace("id: sea", "id: lake"), "utf-8")
    command(["status", "--json"])
    (board,) = json.loads(capsys.readouterr().out)["boards"]
    (gone,) = [row for row in board["renders"] if not row["asked"]]
    assert gone["render"] == "sea"
    assert gone["clip"] == str(Path("outputs/film/animatic/sea.mp4"))


def test_wrong_storyboards_are_all_told_and_nothing_is_submitted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every violation of every file, with file, line and column; exit 2; no outputs."""
    Path("specs/film.yaml").write_text(BOARD.replace("duration: 1", "duration: 9"), "utf-8")
    Path("specs/other.yaml").write_text("shots: [\n", "utf-8")
    for name in ("check", "plan", "run", "status"):
        assert command([name]) == 2
        said = capsys.readouterr().err
        assert "specs/film.yaml:2:22: defaults.duration: 9 s is over the 5 s" in said
        assert "specs/other.yaml:" in said
    assert not Path("outputs").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["run", "specs"], 2, "specs"),
        (["run", "--shot", "see"], 2, "did you mean sea"),
        (["run", "--pass", "finale"], 2, "final"),
        (["run", "--pass", "draft"], 4, KEY_VARIABLE),
        (["run", "--concurrency", "0"], 2, "concurrency"),
        (["run", "--outputs", "specs/film.yaml"], 2, "--outputs"),
        (["schema", "veo-9"], 2, "veo-3.1"),
        (["init", "a/b"], 2, "letters, digits"),
        (["init", "film"], 2, "is there already"),
    ],
)
def test_wrong_requests_say_what_and_why(
    arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each wrong request has its exit code and a message that helps; never a traceback."""
    assert command(arguments) == code
    assert says in capsys.readouterr().err


def test_without_a_key_no_folder_is_touched(capsys: pytest.CaptureFixture[str]) -> None:
    """What would be bought and can't be is said first: no folder is made, and none is locked."""
    assert command(["run", "--pass", "final"]) == 4
    assert KEY_VARIABLE in capsys.readouterr().err
    assert not Path("outputs").exists()


def test_records_are_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the machine is: the times on record are of one zone, and end in Z."""
    try:
        with monkeypatch.context() as there:
            there.setenv("TZ", "Asia/Kolkata")
            time.tzset()
            assert command(["run", "--shot", "sea"]) == 0
    finally:
        time.tzset()
    text = Path("outputs/film/animatic/results.json").read_text("utf-8")
    record = json.loads(text)["renders"]["sea"]
    for moment in (record["submitted_at"], record["completed_at"]):
        assert moment.endswith("Z")
        assert abs(datetime.now(UTC) - datetime.fromisoformat(moment)) < timedelta(minutes=10)


def test_check_reads_the_default_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without SPEC it is all of specs/; with none there, the message says how to begin."""
    assert command(["check"]) == 0
    assert "1 storyboard, 2 shots: all good" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert command(["check"]) == 2
    assert "shotmake init" in capsys.readouterr().err


def test_init_writes_a_board_that_passes(capsys: pytest.CaptureFixture[str]) -> None:
    """`init NAME` writes a commented starter, its schema, and the outputs' .gitignore."""
    assert command(["init", "my-film"]) == 0
    text = Path("specs/my-film.yaml").read_text("utf-8")
    assert text.count("#") > 5
    assert command(["check", "specs/my-film.yaml"]) == 0
    assert Path("outputs/.gitignore").exists()
    schema = text.partition("$schema=")[2].split()[0]
    assert json.loads((Path("specs") / schema).read_text("utf-8"))["$schema"]
    capsys.readouterr()


def test_models_is_a_table_of_all_nine(capsys: pytest.CaptureFixture[str]) -> None:
    """Every model with its limits; also as JSON."""
    assert command(["models"]) == 0
    table = capsys.readouterr().out
    assert command(["models", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["models"]
    assert len(listed) == 9
    assert all(model["model"] in table for model in listed)


def test_schema_prints_json_schemas(capsys: pytest.CaptureFixture[str]) -> None:
    """`schema`, `schema results` and `schema MODEL` print JSON Schemas."""
    for arguments in ([], ["results"], ["veo-3.1"]):
        assert command(["schema", *arguments]) == 0
        assert "2020-12" in json.loads(capsys.readouterr().out)["$schema"]


def test_a_second_run_names_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    """A held folder is exit 5, and the message names the process that holds it."""
    since = datetime(2026, 11, 23, tzinfo=UTC).isoformat()
    with Folder(Path("outputs"), "film", "animatic").lock(since):
        assert command(["run"]) == 5
    said = capsys.readouterr().err
    assert "another run holds it (process " in said
    assert since in said


def test_damaged_records_are_exit_6(capsys: pytest.CaptureFixture[str]) -> None:
    """A manifest that can't be read stops plan, status and run alike."""
    folder = Path("outputs/film/animatic")
    folder.mkdir(parents=True)
    (folder / "results.json").write_text("{", "utf-8")
    for name in ("plan", "status", "run"):
        assert command([name]) == 6
        assert "results.json:1:2: damaged" in capsys.readouterr().err


def test_the_pass_is_chosen_by_the_key() -> None:
    """With a key `draft` at the gateway, without one `animatic` here, and `why` says so."""
    assert choose(None, {}).pass_name == "animatic"
    with_key = choose(None, {KEY_VARIABLE: "sk-byts-x"})
    assert (with_key.pass_name, with_key.provider) == ("draft", "https://llm.bytespike.ai")
    assert "is set" in with_key.why
    assert "sk-byts-x" not in with_key.why
    there = choose("final", {BASE_URL_VARIABLE: "http://127.0.0.1:8080/"})
    assert there.provider == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.test",
        "x.test",
        "http://x.test",
        "https://u:p@x.test",
        "https://[::1",
        "https://x:99999",
        "https://a b.c",
        "https://..",
    ],
)
def test_a_base_url_that_would_leak_the_key_is_refused(url: str) -> None:
    """Only https, or http on this very machine, and no credentials in the address."""
    with pytest.raises(UsageError, match=BASE_URL_VARIABLE):
        choose("draft", {BASE_URL_VARIABLE: url})


def test_foreign_text_cannot_steer_the_terminal() -> None:
    """Escape sequences, control characters and surrogates are shown and not obeyed."""
    assert printable("a\x1b[2Jb\r\x07\x9b\ud800") == r"a\x1b[2Jb\r\x07\x9b\ud800"
    assert printable("碗 🍜 ×") == "碗 🍜 ×"


def test_cancel_says_when_nothing_is_in_flight(capsys: pytest.CaptureFixture[str]) -> None:
    """`cancel` without open tasks is no error, with or without a key."""
    assert command(["cancel"]) == 0
    assert "nothing is in flight" in capsys.readouterr().out
    assert command(["cancel", "--pass", "draft"]) == 0


@pytest.mark.parametrize("name", ["sea.mp4", "sea.mp4.part"])
def test_a_folder_in_the_way_is_said(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What can't be written ends the run with a message naming the path; never a traceback."""
    (Path("outputs/film/animatic") / name).mkdir(parents=True)
    assert command(["run", "--shot", "sea"]) == 1
    assert name in capsys.readouterr().err


def test_odd_files_as_spec_are_violations(capsys: pytest.CaptureFixture[str]) -> None:
    """A loop of links, an endless device and a name too long each end in exit 2."""
    Path("loop.yaml").symlink_to("loop.yaml")
    for spec in ("loop.yaml", "/dev/zero", "x" * 300 + ".yaml"):
        assert command(["check", spec]) == 2
        assert "Traceback" not in capsys.readouterr().err


def test_json_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Letters that a terminal obeys are escaped within the JSON, and come back from it."""
    text = "é \x1b[2J \x9b2J \u202e \ud800"
    print_json({"said": text})
    shown = capsys.readouterr().out
    assert shown.removesuffix("\n").isprintable()
    assert "é" in shown
    assert json.loads(shown) == {"said": text}


def test_ctrl_c_amid_what_goes_on_at_once_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A KeyboardInterrupt comes out of a task group in a group: 130 and a line, no traceback;
    anything else in a group is still an error."""

    def interrupted(*_anything: object) -> None:
        inner = BaseExceptionGroup("inner", [KeyboardInterrupt()])
        raise BaseExceptionGroup("outer", [inner])

    monkeypatch.setattr("pipeline.cli.planning.plan", interrupted)
    assert command(["plan"]) == 130
    assert "interrupted" in capsys.readouterr().err

    def broken(*_anything: object) -> None:
        raise ExceptionGroup("outer", [ZeroDivisionError()])

    monkeypatch.setattr("pipeline.cli.planning.plan", broken)
    with pytest.raises(ExceptionGroup):
        command(["plan"])
