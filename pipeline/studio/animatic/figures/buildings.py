"""What people live in. See `cut` for the notation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.studio.animatic.figures.cut import Figure, cut

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILDINGS: Mapping[str, Figure] = {
    "lighthouse": Figure(
        3.4,
        cut("""
body ~ -0.42 0 -0.26 0.06 -0.1 0.09 0.14 0.085 0.3 0.04 0.46 -0.02
pale | -0.105 0.07 -0.062 0.76 0.062 0.76 0.105 0.07
coat | -0.095 0.24 -0.084 0.4 0.084 0.4 0.095 0.24
coat | -0.074 0.56 -0.064 0.72 0.064 0.72 0.074 0.56
body # -0.09 0.76 0.09 0.785
lamp # -0.05 0.785 0.05 0.88
coat ~ -0.068 0.875 -0.05 0.92 0 0.97 0.05 0.92 0.068 0.875
body | -0.004 0.95 0.004 0.95 0.003 1 -0.003 1
"""),
    ),
    "house": Figure(
        1.9,
        cut("""
body # 0.3 0.7 0.42 0.98
steel # -0.58 0 0.6 0.52
body | -0.74 0.48 -0.3 0.92 0.38 0.92 0.76 0.48
lamp # -0.42 0.18 -0.2 0.38
lamp # 0.24 0.18 0.46 0.38
coat # -0.07 0 0.11 0.36
"""),
    ),
    "tent": Figure(
        0.9,
        cut("""
coat | -0.85 0 -0.06 1 0.04 1 0.86 0
lamp ~ -0.3 0 -0.12 0.45 -0.02 0.78 0.08 0.44 0.24 0
body | -0.02 0.8 0 0 -0.04 0
"""),
    ),
}
