"""Where do imported points go in a test? Into memory, with the promises of the port."""

from collections.abc import Mapping
from dataclasses import replace

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.memory_curve import NO_RECORD, MeasuredPoint, MemoryRecord


class FakePoints:
    """A MemoryRecords: adding the very same point again changes nothing."""

    def __init__(self) -> None:
        self.kept: dict[FunctionArn, MemoryRecord] = {}

    def records(self, target: Target) -> Mapping[FunctionArn, MemoryRecord]:
        return {arn: record for arn, record in self.kept.items() if arn.target == target}

    def add(
        self, function: FunctionArn, point: MeasuredPoint, *, is_baseline: bool = False
    ) -> None:
        record = self.kept.get(function, NO_RECORD)
        if point not in record.points:
            record = replace(record, points=(*record.points, point))
        if is_baseline and record.baseline is None:
            record = replace(record, baseline=point)
        self.kept[function] = record

    def of(self, function: FunctionArn) -> tuple[MeasuredPoint, ...]:
        return self.kept.get(function, NO_RECORD).points

    def forget(self, function: FunctionArn) -> None:
        self.kept.pop(function, None)
