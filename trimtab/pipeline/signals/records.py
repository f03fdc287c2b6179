"""What is on record of the memory sizes a function ran at? For the advisor alone. No I/O."""

from collections.abc import Mapping

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.fleet import ListedFunction
from trimtab.domain.memory_curve import NO_RECORD, MeasuredPoint, MemoryRecord

RECORD = "memory.record"


class NoRecords:
    """The MemoryRecords of whoever looks without a hub: there are none, and none are kept."""

    def records(self, target: Target) -> Mapping[FunctionArn, MemoryRecord]:
        return {}

    def add(
        self, function: FunctionArn, point: MeasuredPoint, *, is_baseline: bool = False
    ) -> None:
        raise AssertionError("whoever looks without a hub measures nothing")

    def forget(self, function: FunctionArn) -> None:
        raise AssertionError("whoever looks without a hub has nothing to forget")


def record_signals(
    records: Mapping[FunctionArn, MemoryRecord], listed: Mapping[FunctionArn, ListedFunction]
) -> dict[FunctionArn, dict[str, Evidence]]:
    """Return the record of every function listed; one without any has an empty one.

    Points of other code are handed on: the advisor weighs them. A baseline of other code is not: a
    series ends where the code changes.
    """
    return {
        function: {RECORD: _told(records.get(function, NO_RECORD), one.configuration.code_sha256)}
        for function, one in listed.items()
    }


def _told(record: MemoryRecord, code_sha256: str) -> Known:
    baseline = record.baseline
    if baseline is not None and baseline.code_sha256 not in (None, code_sha256):
        record = MemoryRecord(points=record.points)
    many = len(record.points)
    source = f"{many} measured before" if many else "nothing was measured before"
    return Known(value=record, source=source)
