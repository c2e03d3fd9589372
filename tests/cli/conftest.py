"""Fixtures for tests of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from tests.support.world import PROVIDER

if TYPE_CHECKING:
    from tests.support.world import World


@pytest.fixture
def at_home(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, with its own folder and gateway for commands, and no key in the environment."""
    monkeypatch.chdir(world.root)
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv(BASE_URL_VARIABLE, PROVIDER)
    return world
