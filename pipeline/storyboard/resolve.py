"""Storyboard files in; resolved requests, and all that is wrong, out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.storyboard import documents
from pipeline.storyboard.boards import BUILT_IN_PASSES, Board
from pipeline.storyboard.catalog import COMMON_FIELDS, Catalog
from pipeline.storyboard.names import did_you_mean, listed, name_reason, suggested_name
from pipeline.storyboard.schemas import storyboard_schema
from pipeline.storyboard.shots import Request, Storyboard, Take
from pipeline.storyboard.stills import InspectStill, StillError, Stills
from pipeline.storyboard.validation import Validator, Variant, merged
from pipeline.storyboard.violation import Findings, Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.storyboard.fields import Rules


@dataclass(frozen=True)
class Loaded:
    """`boards` are those without violations; `without_pass` those that lack the pass asked for.

    A pass that at least one board defines is no violation for the others: they are left out,
    because rendering them in another way would be rendering what nobody asked for.
    """

    boards: tuple[Storyboard, ...]
    violations: tuple[Violation, ...]
    without_pass: tuple[Path, ...] = ()


@dataclass(slots=True)
class _File:
    path: Path
    findings: Findings
    board: Board | None = None


def load_storyboards(
    paths: Sequence[Path],
    catalog: Catalog,
    pass_name: str | None,
    inspect_still: InspectStill,
) -> Loaded:
    """Reads, checks and resolves every file; never an exception for what one says.

    `inspect_still` raises `MediaError` for a file that is no readable image; it is called once
    for each. `pass_name` None is `draft`.
    """
    from pipeline.storyboard.fields import Rules  # noqa: PLC0415 - jsonschema takes 0.1 s

    rules = Rules(catalog, storyboard_schema(catalog))
    stills = Stills(inspect_still)
    files = _distinct(paths)
    for file in files:
        _read(file, catalog, rules, stills)
    wanted = pass_name or "draft"
    without = _without_pass(files, wanted)
    boards = tuple(
        _resolved(file, file.board, wanted, catalog, stills)
        for file in files
        if file.board is not None and not file.findings and file.path not in without
    )
    violations = [violation for file in files for violation in file.findings.sorted()]
    return Loaded(boards, tuple(violations), tuple(without))


def _distinct(paths: Sequence[Path]) -> list[_File]:
    """Each file once; two that would share an outputs folder are violations."""
    files: dict[Path, _File] = {}
    stems: dict[str, _File] = {}
    for path in paths:
        real = Path(os.path.realpath(path))  # resolve() raises on a loop of links
        if real in files:
            continue
        file = files[real] = _File(path, Findings(path.as_posix()))
        if reason := name_reason(path.stem, "storyboard's name"):
            better = suggested_name(path.stem, "storyboard's name") + path.suffix
            file.findings.add((1, 1), "", f"{reason}; rename the file to {better}")
        other = stems.setdefault(path.stem.casefold(), file)
        if other is not file:
            file.findings.add(
                (1, 1),
                "",
                f"{other.path.as_posix()} has the same name, and both would render into one "
                "folder; rename one of them",
            )
    return list(files.values())


def _read(file: _File, catalog: Catalog, rules: Rules, stills: Stills) -> None:
    try:
        data = _bytes(file.path)
    except OSError as error:
        file.findings.add((1, 1), "", _unreadable(file.path, error))
        return
    document = documents.parse(data)
    for problem in document.problems:
        file.findings.add(problem.place, problem.path, problem.message)
    if document.root is not None:
        validator = Validator(file.findings, catalog, rules, stills, file.path.parent)
        file.board = validator.check(document.root)


def _bytes(path: Path) -> bytes:
    """A file's bytes, one more than a storyboard may have at the most: a device has no end."""
    if path.exists() and not path.is_dir() and not path.is_file():
        raise OSError(0, "it is no ordinary file")
    with path.open("rb") as file:
        return file.read(documents.MAX_BYTES + 1)


def _unreadable(path: Path, error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return "this is a folder; name the storyboards in it, as in specs/*.yaml"
    if isinstance(error, FileNotFoundError):
        beside = path.parent.glob("*.y*ml") if path.parent.is_dir() else ()
        return f"there is no such file{did_you_mean(path.name, [p.name for p in beside])}"
    return f"the file can't be read: {error.strerror}"


def _without_pass(files: Sequence[_File], wanted: str) -> list[Path]:
    """The boards that lack the pass; where all do, that is a violation of the first."""
    boards = [(file, file.board) for file in files if file.board is not None]
    lacking = [file for file, board in boards if wanted not in board.pass_names]
    if lacking and len(lacking) == len(boards):
        names = dict.fromkeys(name for _, board in boards for name in board.pass_names)
        known = list(names or BUILT_IN_PASSES)
        lacking[0].findings.add(
            (1, 1),
            "",
            f"no storyboard has a pass {wanted}{did_you_mean(wanted, known)}; "
            f"there are {listed(known)}",
        )
    return [file.path for file in lacking]


def _resolved(
    file: _File, board: Board, pass_name: str, catalog: Catalog, stills: Stills
) -> Storyboard:
    variant = Variant(pass_name, board.passes.get(pass_name))
    takes = []
    for shot in board.shots:
        values = merged(board, shot, variant)
        takes.append(Take(shot.id, 1, _request(values, catalog, stills, file.path.parent)))
    name = file.path.stem
    return Storyboard(name, file.path, board.title or name, pass_name, tuple(takes))


def _request(values: dict[str, Any], catalog: Catalog, stills: Stills, folder: Path) -> Request:
    """The request with every default written out, so that writing one out changes nothing."""
    model = catalog[values.pop("model")]
    for field, rule in model.fields["properties"].items():
        if field not in values and "default" in rule:
            values[field] = rule["default"]
        elif isinstance(values.get(field), float) and rule.get("type") == "integer":
            values[field] = int(values[field])
    extras = tuple((field, values[field]) for field in model.extras if field in values)
    common = {field: values[field] for field in COMMON_FIELDS if field in values}
    if "init_image" in common:
        found = stills.find(common["init_image"], folder)
        if isinstance(found, StillError):  # pragma: no cover - such a board has a violation
            raise found
        common["init_image"] = found
    return Request(model=model.name, extras=extras, **common)
