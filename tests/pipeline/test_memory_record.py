"""Does the advisor get what was measured of a function, once a slice, and nobody else?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, an_arn
from tests.fakes.fake_logs import ReportLine
from tests.pipeline.house import House
from tests.pipeline.reads import a_report, read, signals, watching
from trimtab.domain.errors import RetryableError
from trimtab.domain.evidence import Known, Unknown
from trimtab.domain.memory_curve import NO_RECORD, MeasuredPoint, MemoryRecord
from trimtab.domain.run import Part
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.pipeline.signals.records import RECORD

OWN_CODE = "own code"
LOGGED = '  usage.cold_share: "> 10%"\n  usage.billed_mean_ms: "> 10ms"\n'


def a_point(**given: Any) -> MeasuredPoint:
    usual: dict[str, Any] = {
        "memory_mb": 3008,
        "duration_mean_ms": 200.0,
        "duration_p95_ms": 400.0,
        "invocations": 5000,
        "source": "change c-r1",
        "code_sha256": OWN_CODE,
    }
    return MeasuredPoint(**usual | given)


def scanned(house: House) -> Part:
    house.run()
    return from_wire(Part, house.store.get(keys.part("run-1", TARGET, 1)))


def test_a_function_that_was_measured_hands_its_record_to_the_advisor_once_a_slice() -> None:
    house = House()
    orders, cart = (house.plant(name, CodeSha256=OWN_CODE) for name in ("orders", "cart"))
    house.memories.add(orders, a_point(), is_baseline=True)
    house.memories.add(orders, a_point(memory_mb=1504, code_sha256="older"))
    house.memories.add(an_arn("orders", region="us-east-1"), a_point(memory_mb=128))
    part = scanned(house)
    found = {str(f.function): f.signals[RECORD] for f in part.findings}
    nothing = replace(NO_RECORD, code_sha256=OWN_CODE)
    assert found[str(cart)] == Known(value=to_wire(nothing), source="nothing was measured before")
    known = found[str(orders)]
    assert isinstance(known, Known)
    assert known.source == "2 measured before"
    assert from_wire(MemoryRecord, known.value) == MemoryRecord(
        points=(a_point(memory_mb=1504, code_sha256="older"), a_point()),
        baseline=a_point(),
        code_sha256=OWN_CODE,
    )
    assert house.memories.asked == [TARGET]


def test_a_baseline_of_other_code_ends_with_it_and_its_points_stay() -> None:
    house = House()
    orders = house.plant(CodeSha256=OWN_CODE)
    house.memories.add(orders, a_point(code_sha256="older"), is_baseline=True)
    (finding,) = scanned(house).findings
    known = finding.signals[RECORD]
    assert isinstance(known, Known)
    assert from_wire(MemoryRecord, known.value) == MemoryRecord(
        points=(a_point(code_sha256="older"),), code_sha256=OWN_CODE
    )


def test_who_asks_for_no_change_of_memory_reads_no_record() -> None:
    house = House(watching('  memory.peak_ratio: "< 60%"\n'))
    house.plant()
    assert RECORD not in signals(house)
    house.run()
    assert house.memories.asked == []


def test_a_scan_without_a_hub_has_an_empty_record() -> None:
    house = House()
    house.plant(CodeSha256=OWN_CODE)
    nothing = replace(NO_RECORD, code_sha256=OWN_CODE)
    said = "no record: this scan has no hub"
    assert signals(house)[RECORD] == Known(value=nothing, source=said)


def test_s08_a_record_that_cannot_be_read_is_a_gap_and_unknown() -> None:
    house = House()
    house.plant()
    house.memories.fail_next("records", RetryableError("the table on purpose"))
    part = scanned(house)
    (gap,) = part.gaps
    assert (gap.what, gap.error) == ("memory record", "the table on purpose")
    (finding,) = part.findings
    evidence = finding.signals[RECORD]
    assert evidence == Unknown(reason="the memory record could not be read: the table on purpose")
    assert house.desk.open_rounds(tuple()) == ()
    assert house.reasons("run-1")["orders"][0] == "held_back"


def logged(house: House, *, lines: int = 14_000, **given: Any) -> None:
    at = house.clock.now() - timedelta(days=1)
    usual: dict[str, Any] = {"duration_ms": 100.0, "billed_ms": 130.0, "is_cold": False}
    line = ReportLine(at=at, memory_mb=3008, used_mb=300.0, count=lines, **usual | given)
    house.cloud[TARGET].logs.add("/aws/lambda/orders", line)


def test_bills_and_cold_starts_are_read_from_the_lines() -> None:
    house = House(watching(LOGGED))
    house.plant()
    logged(house, lines=7000)
    logged(house, lines=7000, is_cold=True, billed_ms=230.0)
    found = signals(house)
    assert found["usage.cold_share"] == Known(value=0.5, source="REPORT lines")
    assert found["usage.billed_mean_ms"] == Known(value=180.0, source="REPORT lines")


@pytest.mark.parametrize(
    ("lines", "why"), [(20_000, "more REPORT lines"), (5000, "tell of 5,000 of 14,000")]
)
def test_s08_forged_or_partial_lines_tell_no_bill(lines: int, why: str) -> None:
    house = House(watching(LOGGED))
    house.plant()
    logged(house, lines=lines)
    for name in ("usage.cold_share", "usage.billed_mean_ms"):
        evidence = signals(house)[name]
        assert isinstance(evidence, Unknown)
        assert why in evidence.reason


@pytest.mark.parametrize("field", ["coldStarts", "billedMean"])
@pytest.mark.parametrize("said", [None, "-1"])
def test_s08_lines_that_do_not_tell_a_figure_leave_it_unknown(field: str, said: str | None) -> None:
    house = House(watching(LOGGED))
    house.plant()
    logged(house)
    house.cloud[TARGET].logs.garbled = {field: said}
    name = "usage.cold_share" if field == "coldStarts" else "usage.billed_mean_ms"
    assert signals(house)[name] == Unknown(reason="the REPORT lines do not tell it")


def test_lines_of_older_kinds_still_tell_the_peak() -> None:
    house = House()
    house.plant(peak_mb=None)
    a_report(house)
    assert isinstance(signals(house)["memory.peak_mb"], Known)
    assert read(house).gaps == ()
