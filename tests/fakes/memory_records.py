"""Where are measured memory sizes kept in a test? In memory, under the real store's rules."""

from collections.abc import Mapping

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import OutsideError
from trimtab.domain.memory_curve import MeasuredPoint, MemoryRecord
from trimtab.domain.memory_points import kept
from trimtab.domain.wire import from_wire, to_wire


class FakeMemoryRecords:
    """A MemoryRecords in memory."""

    def __init__(self) -> None:
        self._points: dict[FunctionArn, tuple[MeasuredPoint, ...]] = {}
        self._baselines: dict[FunctionArn, MeasuredPoint] = {}
        self._failures: list[tuple[str, OutsideError, bool]] = []
        self.asked: list[Target] = []
        """The targets whose records were read."""

    def records(self, target: Target) -> Mapping[FunctionArn, MemoryRecord]:
        self._fail("records", has_landed=False)
        self.asked.append(target)
        return {
            function: MemoryRecord(
                points=self._points.get(function, ()), baseline=self._baselines.get(function)
            )
            for function in sorted({*self._points, *self._baselines})
            if function.target == target
        }

    def add(
        self, function: FunctionArn, point: MeasuredPoint, *, is_baseline: bool = False
    ) -> None:
        self._fail("add", has_landed=False)
        stored = from_wire(MeasuredPoint, to_wire(point))
        self._points[function] = kept((*self._points.get(function, ()), stored))
        before = self._baselines.get(function)
        if is_baseline and (before is None or before.code_sha256 != stored.code_sha256):
            self._baselines[function] = stored
        self._fail("add", has_landed=True)

    def forget(self, function: FunctionArn) -> None:
        self._fail("forget", has_landed=False)
        self._points.pop(function, None)
        self._baselines.pop(function, None)

    def of(self, function: FunctionArn) -> MemoryRecord:
        """Return the record of one function, whatever is made to fail."""
        return MemoryRecord(
            points=self._points.get(function, ()), baseline=self._baselines.get(function)
        )

    def fail_next(self, method: str, error: OutsideError, *, after_landing: bool = False) -> None:
        """Make the next call of this method fail; `after_landing`: what it writes is written."""
        self._failures.append((method, error, after_landing))

    def _fail(self, method: str, *, has_landed: bool) -> None:
        for planned in self._failures:
            if planned[0] == method and planned[2] is has_landed:
                self._failures.remove(planned)
                raise planned[1]
