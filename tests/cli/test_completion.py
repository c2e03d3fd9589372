"""Completion: what a word may become, asked by real shells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pipeline.storyboard.glance import glance
from tests.support.onpath import ROOT, command_in

if TYPE_CHECKING:
    from pathlib import Path

FILM = """\
model: veo-3.1-fast
passes: {final: {model: veo-3.1}, vertical: {aspect: 9:16, takes: 2}}
shots_from: more.csv
shots:
  - {id: pour, prompt: Broth poured over noodles, duration: 3, seeds: [7, 11], pick: 2}
  - {id: packshot, prompt: "Steam, and a logo", duration: 2}
  - {id: coffee, prompt: قهوة, duration: 2}
"""
ASK = """\
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
_python_argcomplete shotmake
printf '%s\\n' "${COMPREPLY[@]}"
"""
"""As bash does for a Tab at the end of a line."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with storyboards, some of them broken, and other files; and the command."""
    root = tmp_path_factory.mktemp("project")
    (root / "specs" / "stills").mkdir(parents=True)
    (root / "specs" / "film.yaml").write_text(FILM, "utf-8")
    (root / "specs" / "more.csv").write_text("id,prompt,duration,takes\nsea,The sea,2,3\n", "utf-8")
    (root / "specs" / "short.yml").write_text("passes: {rough: {}}\nshots: []\n", "utf-8")
    (root / "specs" / "broken.yaml").write_text("shots: [\n", "utf-8")
    code = subprocess.run(
        ["shotmake", "completion", "bash"], env=environment(root), capture_output=True, check=True
    )
    (root / "completion.bash").write_bytes(code.stdout + ASK.encode())
    return root


def environment(root: Path) -> dict[str, str]:
    """In which the command is found, and no terminal's own habits."""
    return command_in(root / "bin") | {"TERM": "xterm", "HOME": str(root)}


def offered(root: Path, line: str) -> list[str]:
    """What bash offers behind a line; whatever else is printed is a failure."""
    asked = subprocess.run(
        ["bash", str(root / "completion.bash"), line],
        cwd=root,
        env=environment(root),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not asked.stderr
    return [word.strip() for word in asked.stdout.splitlines() if word]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("p", ["plan", "pick"]),
        ("run --no-", ["--no-color", "--no-review"]),
        ("run sp", ["specs/"]),
        ("run specs/", ["broken.yaml", "film.yaml", "short.yml", "stills/"]),
        ("run ~/specs/f", ["~/specs/film.yaml"]),
        ("run specs/film.yaml --pass ", ["animatic", "draft", "final", "vertical"]),
        ("run --pass ", ["animatic", "draft", "final", "vertical", "rough"]),
        ("run --pass=v", ["vertical"]),
        ("run specs/film.yaml --shot p", ["pour", "pour.t2", "packshot"]),
        ("run --pass vertical --shot pack", ["packshot", "packshot.t2"]),
        ("explain specs/film.yaml p", ["pour", "pour.t1", "pour.t2", "packshot"]),
        ("accept specs/film.yaml packshot s", ["sea", "sea.t1", "sea.t2", "sea.t3"]),
        ("pick specs/film.yaml p", ["pour=", "packshot="]),
        ("pick specs/film.yaml po", ["pour=1", "pour=2", "pour=none"]),
        ("pick specs/film.yaml pour=", ["1", "2", "none"]),
        ("pick specs/film.yaml pour=2 p", ["packshot=1", "packshot=none"]),
        ("schema s", ["storyboard", *(f"seedance-{v}" for v in ("1.5-pro", "2.0"))]),
        ("export --to ", ["otio", "edl", "csv"]),
        ("run --outputs ", ["bin/", "specs/"]),
        ("init ", []),
    ],
)
def test_what_a_word_may_become(project: Path, line: str, words: list[str]) -> None:
    """Commands, options, storyboards and folders, passes, shots, takes and picks, those of tables
    and of passes included; and of what nobody knows beforehand nothing."""
    found = [word.removeprefix("specs/") or word for word in offered(project, f"shotmake {line}")]
    assert found[: len(words)] == words if line == "schema s" else found == words


@pytest.mark.parametrize("spec", ["specs/broken.yaml", "specs/none.yaml", "specs", "/dev/zero"])
def test_what_cannot_be_read_offers_nothing(project: Path, spec: str) -> None:
    """A storyboard that is broken, missing, a folder or no file completes nothing, and nothing is
    printed into the line."""
    assert offered(project, f"shotmake explain {spec} ") == []


def test_no_word_is_offered_that_a_terminal_would_obey(project: Path, tmp_path: Path) -> None:
    """A pass with an escape in its name is a mistake that `check` tells of; here it is left out."""
    spec = tmp_path / "film.yaml"
    spec.write_text('passes: {"a\\e[2J": {}, fine: {}}\nshots: []\n', "utf-8")
    passes = offered(project, f"shotmake run {spec} --pass ")
    assert passes == ["animatic", "draft", "fine"]


@pytest.mark.parametrize(
    "board",
    [
        "passes: [1]\nshots: {a: 1}\n",
        "defaults: 3\npicks: {a: b}\nshots: [1, {id: 2}, {id: s, takes: many, pick: last}]\n",
        "cast: {hero: [1]}\nstyle: {}\nshots_from: [no]\n",
        "shots_from: none.csv\n",
        "shots: [{id: s, passes: {final: {takes: {}}}}]\n",
        "",
        "- a list\n",
    ],
)
def test_a_mistaken_storyboard_is_no_trouble(tmp_path: Path, board: str) -> None:
    """Whatever stands in it, it can be looked at; what is wrong with it `check` says."""
    spec = tmp_path / "film.yaml"
    spec.write_text(board, "utf-8")
    seen = glance(spec)
    if seen is not None:
        for name in seen.passes:
            assert {shot.shot for shot in seen.shots(name)} <= {"s"}


RC = {
    "bash": (".bashrc", "PS1='READY> '\n"),
    "zsh": (".zshrc", "PS1='READY> '\n"),
    "fish": (".config/fish/config.fish", "function fish_prompt; echo 'READY> '; end\n"),
}
EVALUATED = {
    "bash": 'eval "$(shotmake completion bash)"\n',
    "zsh": 'eval "$(shotmake completion zsh)"\n',
    "fish": "shotmake completion fish | source\n",
}


@pytest.mark.parametrize("shell", RC)
def test_a_tab_in_a_terminal(project: Path, tmp_path: Path, shell: str) -> None:
    """In a real shell that has the one line in its configuration, `pac` and a Tab are the shot
    `packshot`."""
    assert shutil.which(shell), f"there is no {shell}: apt-get install {shell}, as .ci/run does"
    # Without it fish reads every man page of the machine on its first day.
    (tmp_path / ".local/share/fish/generated_completions").mkdir(parents=True)
    name, prompt = RC[shell]
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(prompt + EVALUATED[shell])
    told = tmp_path / "told.json"
    with subprocess.Popen(
        [sys.executable, "-c", f"import pty; pty.spawn(['{shell}', '-i'])"],
        cwd=project,
        env=environment(project) | {"HOME": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as terminal:
        read_until(terminal, b"READY>")
        assert terminal.stdin is not None
        terminal.stdin.write(
            f"shotmake explain specs/film.yaml pac\t--json > {told}; exit\n".encode()
        )
        terminal.stdin.flush()
        read_until(terminal, None)
    takes = json.loads(told.read_text("utf-8"))["takes"]
    assert {take["shot"] for take in takes} == {"packshot"}


def read_until(terminal: subprocess.Popen[bytes], text: bytes | None) -> None:
    """Read what a shell says until a text has come; None: until it has ended."""
    assert terminal.stdout is not None
    seen = b""
    while text is None or text not in seen:
        more = os.read(terminal.stdout.fileno(), 65536)
        if not more:
            assert text is None, seen
            return
        seen += more


def test_an_ordinary_start_loads_nothing_for_it() -> None:
    """`shotmake --version` knows nothing of argcomplete; and what a Tab looks at is not judged,
    for which jsonschema would take longer to load than all the rest."""
    start = "import pipeline.cli.main as m\ntry: m.main(['--version'])\nexcept SystemExit: pass"
    assert not loaded(start) & {"argcomplete", "pipeline.cli.completion", "yaml", "rich"}
    glance = "from pipeline.storyboard.glance import glance"
    assert not loaded(glance) & {"jsonschema", "httpx", "rich", "av", "PIL", "numpy"}


def loaded(code: str) -> set[str]:
    """The modules that a program has loaded at its end."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())
