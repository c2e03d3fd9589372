"""The peer of `check`: PyYAML's C loader, then jsonschema over each shot with its defaults.

schema_check.py STORYBOARD SCHEMA SHOTS
"""

from __future__ import annotations

import json
import sys

import yaml
from jsonschema import Draft202012Validator


def main() -> None:
    """Fails unless there are so many shots, and nothing is wrong with them."""
    spec, schema, shots = sys.argv[1:]
    with open(spec, "rb") as file:  # noqa: PTH123 (pathlib need not be loaded)
        board = yaml.load(file, yaml.CSafeLoader)
    with open(schema, "rb") as file:  # noqa: PTH123
        validator = Draft202012Validator(json.load(file))
    wrong: list[object] = []
    for shot in board["shots"]:
        request = {**board["defaults"], **shot}
        del request["id"]
        wrong += validator.iter_errors(request)
    if wrong or len(board["shots"]) != int(shots):
        sys.exit(f"{len(board['shots'])} shots, {len(wrong)} errors")


if __name__ == "__main__":
    main()
