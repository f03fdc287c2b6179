"""What is on record of the memory sizes a function ran at? For the advisor alone. No I/O."""

from collections.abc import Mapping

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.fleet import ListedFunction
from trimtab.domain.memory_curve import NO_RECORD, MemoryRecord

RECORD = "memory.record"


def record_signals(
    records: Mapping[FunctionArn, MemoryRecord] | None,
    listed: Mapping[FunctionArn, ListedFunction],
) -> dict[FunctionArn, dict[str, Evidence]]:
    """Return the record of every function listed; one without any has an empty one.

    `records` None: whoever looks without a hub has none. Points of other code are handed on: the
    advisor weighs them. A baseline of other code is not: a series ends where the code changes.
    """
    if records is None:
        return {function: {RECORD: WITHOUT_HUB} for function in listed}
    return {
        function: {RECORD: _told(records.get(function, NO_RECORD), one.configuration.code_sha256)}
        for function, one in listed.items()
    }


WITHOUT_HUB = Known(value=NO_RECORD, source="no record: this scan has no hub")


def _told(record: MemoryRecord, code_sha256: str) -> Known:
    baseline = record.baseline
    if baseline is not None and baseline.code_sha256 not in (None, code_sha256):
        record = MemoryRecord(points=record.points)
    many = len(record.points)
    source = f"{many} measured before" if many else "nothing was measured before"
    return Known(value=record, source=source)
