"""The studio's commands in the documents, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pipeline.media.probe import probe
from tests.support.serving import serving

ROOT = Path(__file__).parents[2]
WILD = [
    (r"task_[0-9a-f]{16}", "TASK"),
    (r"[0-9-]{10}T[0-9:]{8}Z", "TIME"),
    (r"http://127\.0\.0\.1:\d+", "ADDRESS"),
    (r"expires=\d+&signature=[0-9a-f…]+", "SIGNED"),
    (r'"account":"[0-9a-f]{12}"', "ACCOUNT"),
    (r'"etag":"[^"]*"', "ETAG"),
]


def tamed(lines: list[str]) -> list[str]:
    """Without what is another one each time."""
    for pattern, name in WILD:
        lines = [re.sub(pattern, name, line) for line in lines]
    return lines


def block_of(document: str) -> str:
    """The document's first shell block that talks to the studio."""
    text = (ROOT / document).read_text("utf-8")
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return next(block for block in blocks if "curl" in block)


@pytest.mark.parametrize("document", ["README.md", "docs/studio.md"])
def test_the_transcript_is_what_happens(document: str, tmp_path: Path) -> None:
    """Each command is executed by bash; each line after `# ` is what it prints; the clip plays."""
    commands = block_of(document)
    with serving() as studio:
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=tmp_path,
            env=os.environ | studio.exports | {"no_proxy": "127.0.0.1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (result.returncode, result.stderr) == (0, "")
    said = [line.removeprefix("# ") for line in commands.splitlines() if line.startswith("# {")]
    assert tamed(result.stdout.splitlines()) == tamed(said)
    clip = probe(tmp_path / "ramen.mp4")
    assert (clip.duration_seconds, clip.width, clip.height) == (4, 1280, 720)


def test_what_serve_prints_stands_in_the_readme() -> None:
    """The two lines to copy, but for the port."""
    with serving() as studio:
        exports = [f"export {name}={value}" for name, value in studio.exports.items()]
    readme = tamed((ROOT / "README.md").read_text("utf-8").splitlines())
    assert set(tamed(exports)) <= set(readme)
