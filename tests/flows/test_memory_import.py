"""Is a measurement with power tuning taken in once, on record first, and never by halves?"""

import json
from typing import Any

import pytest

from tests.domain.test_power_tuning import ADDRESS, HOSTILE, INPUT, RESULT, an_execution
from tests.fakes.builders import an_arn
from tests.fakes.clock import NOW
from tests.fakes.points import FakePoints
from tests.fakes.stores import FakeLedger
from trimtab.domain.errors import InputError, RetryableError
from trimtab.domain.memory_curve import MeasuredPoint
from trimtab.flows.memory_import import IMPORTED, Imported, import_tuning, memory_chain

ORDERS = an_arn()


class Desk:
    """A ledger and the records, and who asks."""

    def __init__(self) -> None:
        self.ledger, self.records = FakeLedger(), FakePoints()

    def take(self, text: str, **given: Any) -> Imported:
        usual: dict[str, Any] = {"function": str(ORDERS), "number": None, "now": NOW}
        return import_tuning(
            text,
            by=lambda: "person-1",
            records=self.records,
            ledger=self.ledger,
            **usual | given,
        )

    def is_untouched(self) -> bool:
        return not self.records.kept and not list(self.ledger.chains())


def test_what_was_measured_becomes_points_and_an_entry() -> None:
    desk = Desk()
    done = desk.take(json.dumps(RESULT), number=50)
    assert desk.records.of(ORDERS) == (
        MeasuredPoint(
            memory_mb=128,
            duration_mean_ms=100.5,
            duration_p95_ms=None,
            invocations=50,
            source="power tuning",
            measured_at=NOW,
        ),
        MeasuredPoint(
            memory_mb=1024,
            duration_mean_ms=12.0,
            duration_p95_ms=None,
            invocations=50,
            source="power tuning",
            measured_at=NOW,
        ),
    )
    (entry,) = desk.ledger.entries(memory_chain(ORDERS))
    assert (entry.event, entry.actor, entry.function) == (IMPORTED, "person-1", str(ORDERS))
    assert entry.data == {
        "sha256": done.digest,
        "source": "power tuning",
        "mean_ms_by_mb": {"128": 100.5, "1024": 12.0},
        "invocations": 50,
    }
    assert (done.is_new, done.is_number_known) == (True, True)
    assert list(desk.ledger.open_chains()) == []


def test_s16_nothing_of_the_payload_is_kept() -> None:
    desk = Desk()
    desk.take(json.dumps(an_execution()))
    assert "4111" not in str(desk.ledger.entries(memory_chain(ORDERS)))
    assert "4111" not in str(desk.records.kept)


def test_an_execution_says_itself_of_which_function_it_is_when_and_how_often() -> None:
    desk = Desk()
    done = desk.take(json.dumps(an_execution()), function=None)
    assert (done.function, done.points[0].invocations) == (ORDERS, 50)
    assert done.points[0].measured_at is not None
    assert done.points[0].measured_at < NOW


def test_the_same_file_again_is_the_same_entry_and_the_same_points() -> None:
    desk = Desk()
    desk.take(ADDRESS)
    again = desk.take(ADDRESS, now=NOW.replace(hour=NOW.hour + 1))
    assert (again.is_new, again.is_number_known, again.points[0].measured_at) == (False, False, NOW)
    assert len(desk.records.of(ORDERS)) == 6
    assert desk.ledger.events(memory_chain(ORDERS)) == [IMPORTED]
    assert {p.invocations for p in again.points} == {5}, "the fewest the tool allows"


def test_s06_what_a_crash_left_out_is_kept_by_the_next_call() -> None:
    desk = Desk()
    desk.ledger.fail_next(after_landing=True)
    with pytest.raises(RetryableError):
        desk.take(ADDRESS)
    assert not desk.records.kept, "the ledger comes first"
    assert len(desk.take(ADDRESS).points) == len(desk.records.of(ORDERS)) == 6


@pytest.mark.parametrize(
    ("text", "given", "why"),
    [
        (json.dumps(RESULT), {"function": None}, "name it with --function ARN"),
        (json.dumps(RESULT), {"function": "orders"}, "is not the ARN of a Lambda function"),
        (json.dumps(RESULT), {"function": "arn:aws:s3:::x"}, "is not the ARN"),
        (json.dumps(an_execution()), {"function": str(an_arn("b"))}, "and not for arn:aws"),
        (json.dumps(an_execution()), {"number": 60}, "invoked 50 times, and not 60"),
        (json.dumps(RESULT), {"number": 4}, "num is 4"),
        (json.dumps(RESULT), {"number": -1}, "num is -1"),
        (json.dumps(an_execution(stopDate="2999-01-01T00:00:00+00:00")), {}, "is to come"),
        (json.dumps(an_execution(stopDate="2025-10-01T00:00:00+00:00")), {}, "run it again"),
        *((text, {}, why) for text, why in HOSTILE),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    text: str, given: dict[str, Any], why: str
) -> None:
    desk = Desk()
    with pytest.raises(InputError) as caught:
        desk.take(text, **given)
    assert why in str(caught.value)
    assert desk.is_untouched()


def test_s18_a_function_of_the_same_name_elsewhere_learns_nothing() -> None:
    desk = Desk()
    twin = an_arn(account="222222222222")
    told = json.dumps(INPUT | {"lambdaARN": f"{twin}:live"})
    desk.take(json.dumps(an_execution(input=told)), function=None)
    assert list(desk.records.kept) == [twin]
    assert desk.records.records(ORDERS.target) == {}


@pytest.mark.parametrize(("sizes", "kept"), [(12, 12), (13, 12), (46, 12)])
def test_a_long_list_pushes_nothing_out_that_production_measured(sizes: int, kept: int) -> None:
    desk = Desk()
    stats = [{"value": 128 + 64 * n, "averageDuration": 100.0 - n} for n in range(sizes)]
    desk.take(json.dumps({"stats": stats}))
    points = desk.records.of(ORDERS)
    assert len({p.memory_mb for p in points}) == kept
    assert (points[0].memory_mb, points[-1].memory_mb) == (128, 128 + 64 * (sizes - 1))
    (entry,) = desk.ledger.entries(memory_chain(ORDERS))
    assert len(entry.data["mean_ms_by_mb"]) == sizes, "all of it is on record"
