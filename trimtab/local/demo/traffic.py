"""What happens in the demo's accounts meanwhile? Traffic goes on; one function suffers from its
new size.
"""

import threading

from trimtab.local.demo.fill import write_now
from trimtab.local.demo.fleet import DemoFunction
from trimtab.local.demo.world import World

EVERY_S = 4.0
ERRORS_WHEN_STARVED = 14
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
                suffers = function == self._world.story.regresses and self._is_smaller(function)
                errors = ERRORS_WHEN_STARVED if suffers else 0
                write_now(self._world.emulator, function, errors=errors)

    def _is_smaller(self, function: DemoFunction) -> bool:
        return memory_of(self._world, function) < function.memory_mb


def memory_of(world: World, function: DemoFunction, qualifier: str = "$LATEST") -> int:
    """Return the memory a function, or what an alias serves, has now."""
    client = world.emulator.client("lambda", function.account, function.region)
    answer = client.get_function_configuration(FunctionName=function.name, Qualifier=qualifier)
    return int(answer["MemorySize"])
