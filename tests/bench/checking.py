"""`check` of a large board, cold, beside a YAML loader and a JSON Schema validator."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pipeline.storyboard.catalog import schemas_folder
from tests.bench.boards import SPEC, write_board
from tests.bench.measure import CHILDREN, PYTHON, SHOTMAKE, Peer, Row, medians, process, row

if TYPE_CHECKING:
    from tests.bench.lab import Lab


def rows(lab: Lab) -> list[Row]:
    """Whatever an earlier check may have remembered is removed before each."""
    shots = lab.size(10_000, 200)
    project = lab.empty("checking")
    write_board(project, shots)
    schema = str(schemas_folder() / "models" / "veo-3.1-fast.json")
    peer = [PYTHON, str(CHILDREN / "schema_check.py"), SPEC, schema, str(shots)]

    def forget() -> None:
        shutil.rmtree(project / "outputs" / ".cache", ignore_errors=True)

    ours, theirs = medians(
        lab.runs(5),
        process([SHOTMAKE, "check"], project),
        process(peer, project),
        before=forget,
    )
    name = "CSafeLoader + jsonschema"
    return [row(f"check, {shots:,} shots, cold", ours, Peer(name, theirs), at_most=1.5)]
