"""Storyboard files in; resolved requests, and all that is wrong, out."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.storyboard import documents
from pipeline.storyboard.boards import BUILT_IN_PASSES, Board
from pipeline.storyboard.chains import frame_of, is_frame
from pipeline.storyboard.choosing import choice
from pipeline.storyboard.locations import LocationError, Projects
from pipeline.storyboard.names import did_you_mean, listed, name_reason, suggested_name
from pipeline.storyboard.requests import Requests, seeded
from pipeline.storyboard.schemas import storyboard_schema
from pipeline.storyboard.shot_list import Table
from pipeline.storyboard.shots import Storyboard, Take, Undecided
from pipeline.storyboard.stills import InspectStill, StillError, Stills
from pipeline.storyboard.tables import read_table
from pipeline.storyboard.validation import Validator, merged
from pipeline.storyboard.violation import Findings, Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pipeline.storyboard.catalog import Catalog
    from pipeline.storyboard.fields import Rules
    from pipeline.storyboard.layers import Shot
    from pipeline.storyboard.shots import InitImage
    from pipeline.storyboard.stills import Hashes


@dataclass(frozen=True)
class Loaded:
    """`boards` are those without violations; `without_pass` those that lack the pass asked for.

    A pass that at least one board defines is no violation for the others: they are left out,
    because rendering them in another way would be rendering what nobody asked for.
    """

    boards: tuple[Storyboard, ...]
    violations: tuple[Violation, ...]
    without_pass: tuple[Path, ...] = ()
    _files: Mapping[str, _File] = field(default_factory=dict, repr=False)
    _resolver: _Resolver | None = field(default=None, repr=False)

    def pass_names(self, board: str) -> list[str]:
        """Every pass that a board without violations can be rendered as, by the board's name."""
        read = self._files[board].board
        return read.pass_names if read is not None else []

    def sources(self, board: str) -> Mapping[Path, str]:
        """What a board without violations was read from, its own file and its tables, and the
        sha256 (hex) of the bytes that were read.
        """
        return self._files[board].sources

    @property
    def stills(self) -> Mapping[Path, str]:
        """Every image file that was found, by its path as named, with the sha256 (hex) of it."""
        return self._resolver.stills if self._resolver is not None else {}

    def picked_by_id(self, board: str, shot: str) -> bool:
        """Whether a shot's pick stands, or belongs, under `picks` at the top of the file."""
        found = self._shot(board, shot)
        if found.picked is not None:
            return found.picked[1] != "pick"
        return found.from_table

    def pick_in_table(self, board: str, shot: str) -> str | None:
        """Where the pick stands, if that is in a table: file and line."""
        found = self._shot(board, shot)
        if found.picked is None or not found.from_table or found.picked[0] is not found.layer:
            return None
        file, (line, _column) = found.picked[0].spot("pick")
        return f"{file}:{line}"

    def _shot(self, board: str, shot: str) -> Shot:
        read = self._files[board].board
        assert read is not None  # noqa: S101 (only boards without violations are here)
        return next(each for each in read.shots if each.id == shot)

    def in_pass(self, board: str, pass_name: str) -> Storyboard | None:
        """The same board for another pass; None where it has no such pass."""
        file, resolver = self._files[board], self._resolver
        if resolver is None or pass_name not in self.pass_names(board):
            return None
        return resolver.resolved(file, pass_name)


@dataclass(slots=True)
class _File:
    path: Path
    findings: Findings
    board: Board | None = None
    tables: list[Findings] = field(default_factory=list)
    sources: dict[Path, str] = field(default_factory=dict)
    """sha256 (hex) by path, of the bytes that were read."""

    @property
    def violations(self) -> list[Violation]:
        return [v for findings in (self.findings, *self.tables) for v in findings.sorted()]


def load_storyboards(
    paths: Sequence[Path],
    catalog: Catalog,
    pass_name: str | None,
    inspect_still: InspectStill,
    hashes: Hashes | None = None,
    contents: Mapping[Path, bytes] | None = None,
) -> Loaded:
    """Reads, checks and resolves every file; never an exception for what one says.

    `inspect_still` raises `MediaError` for a file that is no readable image; it is called once
    for each, but for those that `hashes` remembers. `pass_name` None is `draft`. `contents` are
    bytes to take for a file's own: what it would be after an edit.
    """
    from pipeline.storyboard.fields import Rules  # noqa: PLC0415 - jsonschema takes 0.1 s

    rules = Rules(catalog, storyboard_schema(catalog))
    stills = Stills(inspect_still, hashes)
    files = _distinct(paths)
    for file in files:
        _read(file, catalog, rules, stills, (contents or {}).get(file.path))
    wanted = pass_name or "draft"
    without = _without_pass(files, wanted)
    resolver = _Resolver(catalog, stills)
    sound = {file.path.stem: file for file in files if file.board and not file.violations}
    boards = tuple(
        resolver.resolved(file, wanted) for file in sound.values() if file.path not in without
    )
    violations = dict.fromkeys(violation for file in files for violation in file.violations)
    return Loaded(boards, tuple(violations), tuple(without), sound, resolver)


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


def _read(
    file: _File, catalog: Catalog, rules: Rules, stills: Stills, content: bytes | None
) -> None:
    try:
        data = _bytes(file.path) if content is None else content
    except OSError as error:
        file.findings.add((1, 1), "", _unreadable(file.path, error))
        return
    file.sources[file.path] = hashlib.sha256(data).hexdigest()
    document = documents.parse(data)
    for problem in document.problems:
        file.findings.add(problem.place, problem.path, problem.message)
    if document.root is not None:
        validator = Validator(file.findings, catalog, rules, stills, file.path.parent)
        file.board = validator.check(document.root, partial(_open_table, file))


def _open_table(file: _File, name: str, columns: Collection[str]) -> Table:
    """A table that a storyboard names. Raises `LocationError`."""
    path, _target = Projects("table", "prompts.csv").find(name, file.path.parent)
    findings = Findings(os.path.normpath(path.as_posix()))
    file.tables.append(findings)
    try:
        data = _bytes(path)
    except OSError as error:
        raise LocationError(f"{path.as_posix()}: {_unreadable(path, error)}") from error
    file.sources[path] = hashlib.sha256(data).hexdigest()
    return Table(findings, read_table(path.name, data, findings, columns))


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


class _Resolver:
    """From checked boards to takes with their requests."""

    def __init__(self, catalog: Catalog, stills: Stills) -> None:
        self._requests = Requests(catalog)
        self._stills = stills
        self._known: dict[tuple[Path, str], Storyboard] = {}

    @property
    def stills(self) -> Mapping[Path, str]:
        """The images that were found, by their paths as named."""
        return self._stills.hashed

    def resolved(self, file: _File, pass_name: str) -> Storyboard:
        """A board without violations, for a pass that it has; worked out once."""
        key = file.path, pass_name
        if key not in self._known:
            self._known[key] = self._resolve(file, pass_name)
        return self._known[key]

    def _resolve(self, file: _File, pass_name: str) -> Storyboard:
        board = file.board
        assert board is not None  # noqa: S101 (without violations it was read)
        by_id = {shot.id: shot for shot in board.shots}
        takes: list[Take] = []
        drafts = {}
        undecided = []
        for shot in board.shots:
            chosen = choice(board, shot, pass_name)
            values = merged(board, shot, pass_name)
            values["prompt"] = board.fragments.expand(values["prompt"])
            if "init_image" in values:
                values["init_image"] = self._init_image(
                    values["init_image"], file, by_id, pass_name
                )
            request = self._requests.of(values)
            if chosen.undecided:
                undecided.append(Undecided(shot.id, chosen.undecided, len(takes), request))
                continue
            if chosen.origin is not None:
                drafts[shot.id] = choice(board, shot, "draft").seeds
            takes += (
                Take(shot.id, number, seeded(request, seed), number == chosen.picked)
                for number, seed in enumerate(chosen.seeds, 1)
            )
        name = file.path.stem
        return Storyboard(
            name=name,
            path=file.path,
            title=board.title or name,
            pass_name=pass_name,
            takes=tuple(takes),
            undecided=tuple(undecided),
            drafts=drafts,
            picks={shot.id: shot.pick for shot in board.shots if shot.pick is not None},
        )

    def _init_image(
        self, said: Any, file: _File, by_id: dict[str, Shot], pass_name: str
    ) -> InitImage:
        assert file.board is not None  # noqa: S101 (as above)
        if is_frame(said):
            return frame_of(file.board, by_id, said, pass_name)
        found = self._stills.find(said, file.path.parent)
        if isinstance(found, StillError):  # pragma: no cover - such a board has a violation
            raise found
        return found
