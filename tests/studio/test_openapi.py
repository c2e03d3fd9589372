"""The studio and its own OpenAPI document, held against each other by somebody else's program."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from tests.support.served import KEY, quick_house, served

SCHEMATHESIS = Path(sysconfig.get_path("scripts")) / "schemathesis"


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    """All of its checks and phases, none excluded, over a served studio: no failure."""
    # One key alone is accepted, or the check of authentication would find any key good.
    studio = Studio(load_catalog(), quick_house(), free=False, keys=[KEY])
    with served(studio) as url:
        result = subprocess.run(
            [
                str(SCHEMATHESIS),
                *("run", f"{url}/openapi.json", "--header", f"x-api-key:{KEY}"),
                *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
                *("--max-examples", "15", "--seed", "7", "--generation-database", "none"),
                *("--continue-on-failure", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Tested: 9" in result.stdout
    assert len(studio.tasks.ledger) > 10  # it got through to what a submit begins
