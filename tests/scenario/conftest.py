"""One demo world for all scenario tests: the real stacks, deployed and played through once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from trimtab.local.demo.check import Check
from trimtab.local.demo.world import BRISK, ROOT, World
from trimtab.local.process import find_local_python


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The world after everybody has answered and everything has ended."""

    world: World
    check: Check
    figures: Mapping[str, Any]
    told: tuple[str, ...]


@pytest.fixture(scope="session")
def played() -> Iterator[Played]:
    if find_local_python(ROOT) is None:
        pytest.skip("the embedded AWS is not installed: run make setup")
    told: list[str] = []
    with World(pace=BRISK, tell=told.append) as world:
        check = Check(world, told.append)
        _make_it_harder(world)
        figures = check.run()
        yield Played(world=world, check=check, figures=figures, told=tuple(told))


def _make_it_harder(world: World) -> None:
    """Lose the first answer of the mirror to each Lambda, and let asked functions have logs."""
    world.emulator.control("lose-answers", {"Prefix": "log/"})
    for function in world.story.asked:
        logs = world.emulator.client("logs", function.account, function.region)
        logs.create_log_group(logGroupName=f"/aws/lambda/{function.name}")
