"""How does a measurement with power tuning become evidence? Checked, on record, then kept.

The ledger comes first, under the digest of the file: the same file again is the same entry and the
same points. What production measured weighs more than these: see `domain/tuning_result.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import sha256_hex
from trimtab.domain.errors import InputError
from trimtab.domain.ledger import Entry
from trimtab.domain.memory_curve import MeasuredPoint
from trimtab.domain.power_tuning import LEAST_INVOCATIONS
from trimtab.domain.tuning_result import TunedSize, Tuning, checked_invocations, read_tuning
from trimtab.ports import Ledger, MemoryRecords

SOURCE = "power tuning"

MOST_POINTS = 12
"""Kept of one file: of a function 20 points are kept in all, and what production measured must not
be pushed out. Chosen."""

OLDEST = timedelta(days=365)
"""What was measured earlier says little of the code of today. Chosen."""

IMPORTED = "memory_imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was taken as evidence, and where that is on record."""

    function: FunctionArn
    points: tuple[MeasuredPoint, ...]
    digest: str
    is_number_known: bool
    """Whether it is known how often each size was invoked; else the fewest is assumed."""
    entry: Entry
    is_new: bool


def memory_chain(function: FunctionArn) -> str:
    """Name the chain of what people said of a function's memory."""
    return f"memory#{function}"


def check_tuning(text: str, *, function: str | None, number: int | None) -> None:
    """Check what a person brings and says, before a hub is asked for.

    Raises: InputError when it cannot be used.
    """
    tuning = read_tuning(text)
    _function(tuning, function)
    _number(tuning, number)


def import_tuning(
    text: str,
    *,
    function: str | None,
    number: int | None,
    by: Callable[[], str],
    records: MemoryRecords,
    ledger: Ledger,
    now: datetime,
) -> Imported:
    """Take the output of power tuning as evidence of one function.

    `function` and `number` are what the person says; an execution says them too, and then both have
    to agree. `by` is asked who that is once the file has proven usable.
    Raises: InputError when the file or what was said with it cannot be used: nothing is written.
    """
    tuning = read_tuning(text)
    arn = _function(tuning, function)
    told = _number(tuning, number)
    _check_age(tuning, now)
    digest = sha256_hex(text)
    sizes = {str(s.memory_mb): s.duration_mean_ms for s in tuning.sizes}
    data = {"sha256": digest, "source": SOURCE, "mean_ms_by_mb": sizes, "invocations": told}
    before = ledger.head(memory_chain(arn))
    entry = ledger.append(
        memory_chain(arn),
        event=IMPORTED,
        actor=by(),
        data=data,
        at=now,
        function=str(arn),
        once=f"{digest}-{told}",
        leaves_open=False,
    )
    points = tuple(
        MeasuredPoint(
            memory_mb=size.memory_mb,
            duration_mean_ms=size.duration_mean_ms,
            duration_p95_ms=None,
            invocations=LEAST_INVOCATIONS if told is None else told,
            source=SOURCE,
            measured_at=tuning.ended_at or entry.at,
        )
        for size in _spread(tuning.sizes)
    )
    for point in points:
        records.add(arn, point)
    return Imported(
        function=arn,
        points=points,
        digest=digest,
        is_number_known=told is not None,
        entry=entry,
        is_new=entry.seq > (0 if before is None else before.seq),
    )


def _check_age(tuning: Tuning, now: datetime) -> None:
    ended_at = tuning.ended_at
    if ended_at is not None and ended_at > now:
        raise InputError(f"the execution ended at {ended_at.isoformat()}, which is to come")
    if ended_at is not None and now - ended_at > OLDEST:
        raise InputError(
            f"the execution ended at {ended_at.isoformat()}, more than {OLDEST.days} days ago: "
            "run it again"
        )


def _spread(sizes: tuple[TunedSize, ...]) -> tuple[TunedSize, ...]:
    """Return as many sizes as are kept, the smallest and the largest and evenly between."""
    if len(sizes) <= MOST_POINTS:
        return sizes
    step = (len(sizes) - 1) / (MOST_POINTS - 1)
    return tuple(sizes[round(n * step)] for n in range(MOST_POINTS))


def _function(tuning: Tuning, given: str | None) -> FunctionArn:
    arn = tuning.function if given is None else FunctionArn.parse(given)
    if arn is None:
        raise InputError(
            "this output does not say of which function it is: name it with --function ARN"
        )
    if tuning.function not in (None, arn):
        raise InputError(f"this is the output for {tuning.function}, and not for {arn}")
    return arn


def _number(tuning: Tuning, given: int | None) -> int | None:
    said = None if given is None else checked_invocations(given)
    if said is not None and tuning.invocations not in (None, said):
        raise InputError(f"each size was invoked {tuning.invocations} times, and not {said}")
    return said if tuning.invocations is None else tuning.invocations
