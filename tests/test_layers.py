"""The architecture's rule: who may import whom (docs/design.md draws it)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline"
EVERYONE = {"errors", "figures"}
MAY_IMPORT = {
    "errors": set(),
    "figures": set(),
    "web": EVERYONE,
    "storyboard": EVERYONE,
    "tasks_api": EVERYONE | {"web"},
    "media": EVERYONE,
    "rendering": EVERYONE | {"storyboard", "tasks_api", "media"},
    "studio": EVERYONE | {"media", "web", "storyboard.catalog"},
    "review": EVERYONE | {"storyboard", "rendering", "media"},
    "cli": EVERYONE | {"storyboard", "rendering", "tasks_api", "media", "studio", "web", "review"},
}
PURE = ["rendering/digest.py", "rendering/plan.py", "rendering/states.py", "tasks_api/wire.py"]
PURE += ["tasks_api/retry.py", "tasks_api/cadence.py", "tasks_api/refusals.py"]
PURE += ["tasks_api/redaction.py", "tasks_api/account.py", "rendering/budget.py"]
PURE += ["rendering/prices.py", "rendering/links.py"]
DOING = {"os", "pathlib", "time", "random", "datetime", "socket", "anyio", "httpx", "subprocess"}
FILES = sorted(PACKAGE.rglob("*.py"))


def _imports(path: Path, *, typing_too: bool = True) -> set[str]:
    """Every module that a file imports, as dotted names."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped: set[ast.AST] = set()
    if not typing_too:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                skipped |= set(ast.walk(node))
    found = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{name.name}" for name in node.names} | {str(node.module)}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_wing_imports_only_what_it_may(path: Path) -> None:
    """No import, not even for types, goes against the table."""
    wing = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if wing in {"__init__", "__main__"}:
        return
    allowed = MAY_IMPORT[wing] | {wing}
    for name in _imports(path):
        if not name.startswith("pipeline."):
            continue
        inner = name.removeprefix("pipeline.")
        fine = any(inner == one or inner.startswith(one + ".") for one in allowed)
        parent_of_allowed = any(one.startswith(inner + ".") for one in allowed)
        assert fine or parent_of_allowed or inner == "__version__", f"{path.name} imports {name}"


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_do_nothing(name: str) -> None:
    """Planning, states, digests, wire format and policies open no file and ask no clock."""
    assert not {i.partition(".")[0] for i in _imports(PACKAGE / name, typing_too=False)} & DOING


def test_httpx_is_used_in_few_places() -> None:
    """Foreign exceptions of httpx become ours where it is used; `cli` only opens clients."""
    users = {
        str(path.relative_to(PACKAGE))
        for path in FILES
        if any(i.partition(".")[0] == "httpx" for i in _imports(path, typing_too=False))
    }
    assert users == {
        "web/urls.py",
        "web/fetching.py",
        "web/connections.py",
        "web/dialling.py",
        "web/reasons.py",
        "web/routes.py",
        "tasks_api/client.py",
        "tasks_api/connection.py",
        "cli/connect.py",
    }


def test_opentimelineio_is_used_where_it_may_be_missing() -> None:
    """It comes with an extra: only what `export` loads when it is there may need it."""
    users = {
        str(path.relative_to(PACKAGE))
        for path in FILES
        if any(
            i.partition(".")[0] in {"opentimelineio", "otio_cmx3600_adapter"}
            for i in _imports(path)
        )
    }
    assert users == {"review/timeline.py", "review/edl.py"}
    needing = {"pipeline.review.timeline", "pipeline.review.edl"}
    assert {path.name for path in FILES if _imports(path) & needing} == {"export.py"}


def test_only_the_command_line_prints() -> None:
    """No `print` and no standard stream outside `cli/`."""
    for path in FILES:
        if path.relative_to(PACKAGE).parts[0] == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.Name) and node.id == "print"), path
            streams = isinstance(node, ast.Attribute) and node.attr in {"stdout", "stderr"}
            assert not streams, path


def test_only_the_runner_starts_tasks() -> None:
    """In `rendering/` nothing but the runner opens a task group."""
    users = [
        path.name
        for path in (PACKAGE / "rendering").glob("*.py")
        if "create_task_group" in path.read_text("utf-8")
    ]
    assert users == ["runner.py"]
