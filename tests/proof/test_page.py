"""The page at the end of a run: what it needs of the disk comes after all that is paid for."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.support.boundaries import Kill

if TYPE_CHECKING:
    from tests.proof.stage import Stage


def test_killed_while_the_page_is_made(stage: Stage) -> None:
    """At every boundary of it: the records are as they were, and the next run has nothing to do
    but the page.
    """
    scene = stage.scene()
    scene.film("a bowl")
    assert scene.run("run").exit == 0
    before = scene.state()
    made = scene.run("run", review=True)
    places = [c for c in made.crossed if "posters" in c.name or "index.html" in c.name]
    assert {c.kind for c in places} >= {"open", "write", "fsync", "rename"}
    for place in places:
        shutil.rmtree(scene.outputs.posters_path)
        scene.outputs.page_path.unlink()
        assert scene.run("run", review=True, kill=Kill(place.number)).exit < 0
        after = scene.state()
        assert (after.current, after.kept) == (before.current, before.kept)
        assert scene.run("run", review=True).exit == 0
        assert scene.outputs.page_path.exists()
        scene.require_oracle(f"{place.kind} of {place.name}")
