"""The places that can be painted, by the names that `words` gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.studio.animatic.places import heavens, land, rooms, town, water, woods

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene

PLACES: Mapping[str, Callable[[Scene], list[Layer]]] = {
    "mountain": land.mountain,
    "snow": land.snow,
    "desert": land.desert,
    "field": land.field,
    "road": land.road,
    "ocean": water.ocean,
    "beach": water.beach,
    "lake": water.lake,
    "underwater": water.underwater,
    "forest": woods.forest,
    "jungle": woods.jungle,
    "city": town.city,
    "street": town.street,
    "interior": rooms.interior,
    "table": rooms.table,
    "product": rooms.product,
    "sky": heavens.sky,
    "space": heavens.space,
}
