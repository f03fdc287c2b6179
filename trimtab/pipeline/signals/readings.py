"""Which questions are there besides those that every scan is built on? A family adds its own here,
the cheapest first.
"""

from trimtab.pipeline.signals import capacity, provisioned_use, reach, triggers, version_use
from trimtab.pipeline.signals.reading import FunctionReading, TargetReading

READINGS: tuple[TargetReading | FunctionReading, ...] = (
    *capacity.READINGS,
    *reach.READINGS,
    *provisioned_use.USE_READINGS,
    *triggers.READINGS,
    *version_use.READINGS,
)
