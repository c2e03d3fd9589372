"""The figures that a scene can show, by the names that `words` gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.studio.animatic.figures.animals import ANIMALS
from pipeline.studio.animatic.figures.buildings import BUILDINGS
from pipeline.studio.animatic.figures.people import PEOPLE
from pipeline.studio.animatic.figures.vehicles import VEHICLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.studio.animatic.figures.cut import Figure

FIGURES: Mapping[str, Figure] = {**PEOPLE, **ANIMALS, **VEHICLES, **BUILDINGS}
