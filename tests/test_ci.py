"""The examples of docs/ci.md do what the page says of them, as far as that can be seen here."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from tests.support.onpath import ROOT, command_in
from tests.support.served import KEY, quick_house, served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXAMPLES = ROOT / "docs" / "examples"
SCRIPTS = Path(sysconfig.get_path("scripts"))
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
TIMES = re.compile(r"duration: \d")


class Project:
    """A user's repository: a clone with a storyboard, its origin, and what CI gives a job."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "film"
        self.summary = root / "summary.md"
        self.environment = command_in(root / "bin") | {
            "HOME": str(root),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "NO_COLOR": "1",
        }
        self.folder.mkdir()
        self.run("git config --global init.defaultBranch main")
        self.run("git init --quiet --initial-branch main --bare ../origin.git")
        self.run("git clone --quiet ../origin.git . 2>/dev/null")
        self.run("git config user.name me && git config user.email me@film.test")
        self.run("shotmake init film")
        spec = self.folder / "specs" / "film.yaml"
        spec.write_text(TIMES.sub("duration: 1", spec.read_text("utf-8")), "utf-8")
        self.commit()

    def commit(self) -> None:
        """All that there is, as its author does."""
        self.run("git add --all . && git commit --quiet --message film")
        self.run("git push --quiet --set-upstream origin main")

    def edit(self, old: str, new: str) -> None:
        """A word of the storyboard."""
        spec = self.folder / "specs" / "film.yaml"
        text = spec.read_text("utf-8")
        assert old in text
        spec.write_text(text.replace(old, new), "utf-8")

    def run(self, script: str, more: Mapping[str, str] = {}, *, good: bool = True) -> str:
        """A script as CI runs it; what it says, and with `good` that it ends well."""
        ended = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.folder,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (ended.returncode == 0) is good, f"{script}\n{ended.stdout}"
        return ended.stdout

    def job(self, job: dict[str, Any], more: Mapping[str, str], fails: str = "") -> None:
        """The steps of a GitHub job that run something, but for installing; behind the step that
        is to fail, those that are run always.
        """
        secret = {"${{ secrets.BYTESPIKE_API_KEY }}": KEY}
        variables = {name: secret[value] for name, value in job.get("env", {}).items()}
        failed = False
        for step in job["steps"]:
            script = step.get("run", "")
            if not script or script.startswith("pip install"):
                continue
            assert "${{" not in script, "an expression in a script is an injection in waiting"
            if failed and step.get("if") != "always()":
                continue
            fails_here = bool(fails) and fails in script
            self.run(script, {**more, **variables}, good=not fails_here)
            failed = failed or fails_here

    def records(self) -> str:
        """The manifest as it is in the origin."""
        return self.run("git fetch --quiet && git show origin/main:outputs/film/draft/results.json")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A user's repository."""
    return Project(tmp_path)


@pytest.fixture
def studio() -> Iterator[tuple[Studio, dict[str, str]]]:
    """Stands for the provider; and where to find it."""
    made = Studio(load_catalog(), quick_house(), free=False, keys=[KEY])
    with served(made) as url:
        yield made, {BASE_URL_VARIABLE: url}


def jobs() -> dict[str, Any]:
    """Of the GitHub workflow."""
    loaded: dict[str, Any] = yaml.safe_load((EXAMPLES / "film.yml").read_text("utf-8"))["jobs"]
    return loaded


def test_the_page_shows_the_files() -> None:
    """Every example is on the page, to the letter."""
    shown = dict(re.findall(r"<!-- examples/(\S+) -->\n+```\w+\n(.*?\n)```\n", PAGE, re.DOTALL))
    assert shown == {path.name: path.read_text("utf-8") for path in EXAMPLES.iterdir()}


@pytest.mark.parametrize(
    ("name", "schema"),
    [("film.yml", "vendor.github-workflows"), ("gitlab-ci.yml", "vendor.gitlab-ci")],
)
def test_a_workflow_is_one(name: str, schema: str) -> None:
    """By the schema that the service's own editors use."""
    asked: list[Path | str] = [
        SCRIPTS / "check-jsonschema",
        "--builtin-schema",
        schema,
        EXAMPLES / name,
    ]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_workflow_checks_renders_and_records(
    project: Project, studio: tuple[Studio, dict[str, str]]
) -> None:
    """A pull request gets a plan with a price, without a key; `main` is rendered and its records
    are pushed; and once more, as after any other push, nothing is bought, and nothing committed."""
    provider, address = studio
    project.job(jobs()["check"], address)
    assert re.search(r"2 to render.*≈", project.summary.read_text("utf-8"), re.DOTALL)
    assert not provider.tasks.all()
    project.job(jobs()["render"], address)
    assert len(provider.tasks.ledger) == 2
    assert project.records().count('"completed"') == 2
    assert (project.folder / "outputs/film/draft/opening.mp4").exists()
    before = project.run("git rev-parse origin/main")
    project.run("rm -r outputs && git checkout --quiet .")  # a new machine, without the cache
    project.job(jobs()["render"], address)
    assert len(provider.tasks.ledger) == 2
    assert project.run("git rev-parse origin/main") == before
    assert (project.folder / "outputs/film/draft/opening.mp4").exists()


def test_a_render_that_fails_leaves_its_records(
    project: Project, studio: tuple[Studio, dict[str, str]]
) -> None:
    """What was bought before is pushed, and how the boards stand is told; a board that is wrong
    fails the check of its pull request."""
    project.edit("Macro shot", "A BLOCKED macro shot")
    project.commit()
    project.job(jobs()["render"], studio[1], fails="shotmake run")
    assert '"blocked"' in project.records()
    assert "blocked" in project.summary.read_text("utf-8")
    project.edit("duration: 1", "duration: 99")
    project.job(jobs()["check"], studio[1], fails="shotmake check")


def test_the_pipeline_of_gitlab_does_the_same(
    project: Project, studio: tuple[Studio, dict[str, str]]
) -> None:
    """Its scripts, one after the other."""
    provider, address = studio
    document = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text("utf-8"))
    for job, key in (("check", {}), ("render", {KEY_VARIABLE: KEY})):
        script = [line for line in document[job]["script"] if not line.startswith("pip install")]
        project.run("\n".join(script), {**address, **key})
    assert len(provider.tasks.ledger) == 2


def test_make_and_shotmake_get_on(project: Project) -> None:
    """`make` renders, scales and joins; again it does nothing; after a change of one prompt one
    clip is rendered and scaled, and the film is joined anew."""
    (project.folder / "Makefile").write_bytes((EXAMPLES / "Makefile").read_bytes())
    first = project.run("make")
    assert first.count("ffmpeg") == 3
    film = project.folder / "build/animatic/film.mp4"
    made = film.stat().st_mtime_ns
    assert "ffmpeg" not in project.run("make")
    assert film.stat().st_mtime_ns == made
    project.edit("sea shell", "glass shell")
    again = project.run("make")
    assert "detail.mp4 -vf" in again
    assert "opening.mp4 -vf" not in again
    assert film.stat().st_mtime_ns > made
    asked = "ffprobe -v error -show_entries format=duration -of csv=p=0 build/animatic/film.mp4"
    assert float(project.run(asked)) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize(
    ("what", "file"),
    [("manifest", ".pre-commit-hooks.yaml"), ("config", "docs/examples/pre-commit-config.yaml")],
)
def test_pre_commit_can_read_it(what: str, file: str) -> None:
    """By its own judgement."""
    asked: list[Path | str] = [SCRIPTS / "pre-commit", f"validate-{what}", ROOT / file]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_hook_reads_all_boards(project: Project) -> None:
    """It is there for boards, tables and stills, and called without their names: a change of a
    table is found out in the board that names it."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (config,) = yaml.safe_load((EXAMPLES / "pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [each["id"] for each in config["hooks"]] == [hook["id"]]
    for name in ("specs/film.yaml", "specs/tables/a.csv", "specs/stills/b.jpg"):
        assert re.search(hook["files"], name)
    assert not re.search(hook["files"], "README.md")
    assert hook["pass_filenames"] is False
    table = project.folder / "specs" / "more.csv"
    table.write_text("id,prompt\nsea,The sea\n", "utf-8")
    project.edit("shots:\n", "shots_from: more.csv\nshots:\n")
    project.run(hook["entry"])
    table.write_text("id,prompt,duration\nsea,The sea,99\n", "utf-8")
    assert "specs/more.csv:2" in project.run(hook["entry"], good=False)
