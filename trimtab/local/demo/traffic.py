"""What happens in the demo's accounts meanwhile? Traffic goes on; two functions suffer from their
new size, and one that is given more memory uses it.
"""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from trimtab.local.demo.fill import write_now
from trimtab.local.demo.fleet import DemoFunction
from trimtab.local.demo.provisioned import ALIAS
from trimtab.local.demo.world import World

EVERY_S = 4.0
SLOWER = 1.24
"""Above the slowdown that the policy allows, and below what a look at the p95 alone would find."""
ERRORS_WHEN_TRIED = 14
"""Of 40 invocations."""


class Traffic:
    """A thread that lets invocations happen until it is stopped."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            for function in self._world.story.asked:
                if function.invocations_day:
                    self._happen(function)
            self._go_by_the_hours(datetime.now(UTC))

    def _go_by_the_hours(self, now: datetime) -> None:
        """Let the schedules do what is due by now, and the aliases that have them be called."""
        world = self._world
        for function in (world.story.scheduled, world.story.also_scheduled):
            world.emulator.scaling_tick(function.account, function.region, now)
        world.load.write(now)

    def _happen(self, function: DemoFunction) -> None:
        """Let a function be used at the size it has now."""
        world, story = self._world, self._world.story
        memory_mb = memory_of(world, function)
        suffers = function == story.regresses and memory_mb < function.memory_mb
        duration_ms = function.duration_ms * (SLOWER if suffers else 1.0)
        now = replace(function, memory_mb=memory_mb, duration_ms=duration_ms)
        errors = ERRORS_WHEN_TRIED if function == story.fails else 0
        write_now(world.emulator, now, errors_when_tried=errors)


def memory_of(world: World, function: DemoFunction, qualifier: str = "$LATEST") -> int:
    """Return the memory a function, or what an alias serves, has now."""
    client = world.emulator.client("lambda", function.account, function.region)
    answer = client.get_function_configuration(FunctionName=function.name, Qualifier=qualifier)
    return int(answer["MemorySize"])


def split_of(world: World, function: DemoFunction) -> Mapping[str, float]:
    """Return which share of the alias another version answers; empty: it is not split."""
    client = world.emulator.client("lambda", function.account, function.region)
    alias = client.get_alias(FunctionName=function.name, Name=ALIAS)
    return dict((alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {})
