"""The places that can be painted, by the names that `words` gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.studio.animatic.places.city import city
from pipeline.studio.animatic.places.desert import desert
from pipeline.studio.animatic.places.heavens import sky, space
from pipeline.studio.animatic.places.land import field, mountain, snow
from pipeline.studio.animatic.places.plinth import product
from pipeline.studio.animatic.places.road import road
from pipeline.studio.animatic.places.room import interior
from pipeline.studio.animatic.places.street import street
from pipeline.studio.animatic.places.table import table
from pipeline.studio.animatic.places.undersea import underwater
from pipeline.studio.animatic.places.water import beach, lake, ocean
from pipeline.studio.animatic.places.woods import forest, jungle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene

PLACES: Mapping[str, Callable[[Scene], list[Layer]]] = {
    "mountain": mountain,
    "snow": snow,
    "field": field,
    "desert": desert,
    "road": road,
    "ocean": ocean,
    "beach": beach,
    "lake": lake,
    "underwater": underwater,
    "forest": forest,
    "jungle": jungle,
    "city": city,
    "street": street,
    "interior": interior,
    "table": table,
    "product": product,
    "sky": sky,
    "space": space,
}
