"""What is on record of the memory sizes a function ran at? For the advisor alone. No I/O."""

from collections.abc import Mapping
from dataclasses import replace

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
    without = NOTHING if records is not None else WITHOUT_HUB
    return {
        function: {
            RECORD: _told((records or {}).get(function), one.configuration.code_sha256, without)
        }
        for function, one in listed.items()
    }


NOTHING, WITHOUT_HUB = "nothing was measured before", "no record: this scan has no hub"


def _told(record: MemoryRecord | None, code_sha256: str, without: str) -> Known:
    record = replace(record or NO_RECORD, code_sha256=code_sha256)
    if record.baseline is not None and record.baseline.code_sha256 not in (None, code_sha256):
        record = replace(record, baseline=None)
    many = len(record.points)
    return Known(value=record, source=f"{many} measured before" if many else without)
