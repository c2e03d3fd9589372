"""`shotmake` with its arguments, and the most memory that it has had.

peak.py FILE ARGUMENT…: FILE gets the bytes. The kernel's figure is gone once a process has ended.
"""

from __future__ import annotations

import sys

import pipeline.cli.main


def main() -> str | int | None:
    """The command's exit code."""
    code: str | int | None = None
    try:
        pipeline.cli.main.main(sys.argv[2:])
    except SystemExit as end:
        code = end.code
    with open("/proc/self/status") as status:  # noqa: PTH123 (pathlib need not be loaded)
        kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    with open(sys.argv[1], "w") as told:  # noqa: PTH123
        told.write(str(int(kilobytes) * 1024))
    return code


if __name__ == "__main__":
    sys.exit(main())
