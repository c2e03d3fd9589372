"""`shotmake` as a command that shells and other tools find: this checkout's, and no other."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command_in(folder: Path) -> dict[str, str]:
    """Make the command in a folder; answers with an environment in which it is found, and in which
    nothing chooses another pass.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "shotmake"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pipeline "$@"\n')
    command.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BYTESPIKE", "SHOTMAKE"))}
    path = f"{folder}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"PATH": path, "PYTHONPATH": str(ROOT)}
