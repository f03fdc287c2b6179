"""What do the tests of capacity read? One function in a cloud of its own."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.builders import TARGET
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeCloud, FakeFleet
from trimtab.aws.functions import AwsFunctionSource
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.fleet import ListedFunction
from trimtab.pipeline.signals import capacity, triggers
from trimtab.pipeline.signals.reading import TargetReading

READINGS = (*capacity.READINGS, *triggers.READINGS)


class Desk:
    """One function in a cloud of its own, read by one reading after the other."""

    def __init__(self, **raw: Any) -> None:
        self.cloud = FakeCloud()
        self.aws = self.cloud[TARGET].functions
        self.metrics = self.cloud[TARGET].metrics
        self.logs = self.cloud[TARGET].logs
        self.aws.add("orders", **raw)
        self.source: AwsFunctionSource

    def published(self, count: int = 1, **raw: Any) -> "Desk":
        for number in range(count):
            self.aws.change("orders", CodeSha256=f"code-{number}", **raw)
            self.aws.publish("orders")
        return self

    def provisioned(self, qualifier: str = "live", count: int = 10, **given: Any) -> "Desk":
        self.published()
        self.aws.alias("orders", "live", "1")
        self.aws.provision("orders", qualifier, count, **given)
        return self

    def put(
        self, value: float, metric: str, statistic: str = "Sum", by: str | None = "live"
    ) -> None:
        dimensions = {"FunctionName": "orders"} | (
            {} if by is None else {"Resource": f"orders:{by}"}
        )
        self.metrics.put_daily(metric, statistic, value, end=NOW, days=14, **dimensions)

    def used(self, *, ran: float, spilled: float = 0.0, by: str = "live", **more: float) -> None:
        self.put(ran + spilled, "Invocations", by=by)
        self.put(ran, "ProvisionedConcurrencyInvocations", by=by)
        self.put(ran, "ProvisionedConcurrencyInvocations", by=None)
        self.put(spilled, "ProvisionedConcurrencySpilloverInvocations", by=by)
        self.put(more.get("busy_ms", ran), "Duration", by=by)
        if "fullest" in more:
            self.put(more["fullest"], "ProvisionedConcurrencyUtilization", "Maximum", by=by)

    def read(self, *whats: str) -> Mapping[str, Evidence]:
        self.source = FakeFleet(self.cloud).open(TARGET)
        (listed,) = self.source.list_functions(None).functions
        found: dict[str, Evidence] = {}
        for what in whats:
            found |= ask(what, self.source, listed)
        return found

    def values(self, *whats: str) -> dict[str, Any]:
        found = self.read(*whats)
        return {n: e.value for n, e in found.items() if isinstance(e, Known)}


def ask(what: str, source: AwsFunctionSource, listed: ListedFunction) -> Mapping[str, Evidence]:
    (reading,) = (r for r in READINGS if r.what == what)
    if isinstance(reading, TargetReading):
        told = reading.read(source, [listed], NOW)[listed.function]
    else:
        told = reading.read(source, listed, {})
    assert told.keys() <= reading.tells
    return told
