"""`make docs`: writes the generated parts of the documentation anew."""

from __future__ import annotations

from tests.docs.generated import PARTS, remade
from tests.docs.pages import ROOT


def main() -> None:
    """Every page of the list, in place."""
    for name in PARTS:
        page = ROOT / name
        page.write_text(remade(name, page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
