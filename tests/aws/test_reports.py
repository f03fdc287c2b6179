"""Are REPORT lines counted only where they can be trusted, and silence never as zero (S8)?"""

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, TARGET, an_arn
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.cloud import FakeCloud, FakeFleet
from tests.fakes.fake_logs import FakeLogs, ReportLine
from trimtab.aws.reports import JSON_QUERY, TEXT_QUERY, LogPlace, ReportReader
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.ports import ReportFigures

START = NOW - timedelta(days=7)
GROUP = "/aws/lambda/orders"


def line(used_mb: float = 200, memory_mb: int = 3008, **given: Any) -> ReportLine:
    return ReportLine(at=NOW - timedelta(days=1), used_mb=used_mb, memory_mb=memory_mb, **given)


def place(name: str = "orders", *, group: str | None = None, memory_mb: int = 3008) -> LogPlace:
    return LogPlace(
        function=an_arn(name), group=group or f"/aws/lambda/{name}", memory_mb=memory_mb
    )


def read(logs: FakeLogs, *places: LogPlace, clock: FakeClock | None = None) -> Any:
    reader = ReportReader(logs, sleep=(clock or FakeClock()).sleep)
    return reader.figures(places, start=START, end=NOW)


def figures(evidence: Evidence) -> ReportFigures:
    assert isinstance(evidence, Known), evidence
    value = evidence.value
    assert isinstance(value, ReportFigures)
    return value


def reason(evidence: Evidence) -> str:
    assert isinstance(evidence, Unknown), evidence
    return evidence.reason


@pytest.fixture
def logs() -> FakeLogs:
    return FakeLogs(ACCOUNT)


def test_peak_and_lines_are_counted_over_both_formats(logs: FakeLogs) -> None:
    logs.add(GROUP, line(150), line(300), line(250, is_json=True))
    found = read(logs, place())[an_arn()]
    assert figures(found) == ReportFigures(
        peak_memory_mb=300.0, lines=3, out_of_memory=0, timeouts=0
    )
    assert isinstance(found, Known)
    assert found.source == "REPORT lines"
    assert logs.calls == {"StartQuery": 2, "GetQueryResults": 2}


def test_running_full_and_dying_of_it_are_out_of_memory(logs: FakeLogs) -> None:
    logs.add(GROUP, line(3008), line(3000, is_out_of_memory=True), line(3007))
    assert figures(read(logs, place())[an_arn()]).out_of_memory == 2


def test_timeouts_are_counted_in_both_formats(logs: FakeLogs) -> None:
    logs.add(GROUP, line(100, is_timeout=True), line(100), line(90, is_timeout=True, is_json=True))
    assert figures(read(logs, place())[an_arn()]).timeouts == 2


def test_lines_of_another_memory_size_do_not_count(logs: FakeLogs) -> None:
    logs.add(GROUP, line(200), line(9000, memory_mb=10_240), line(50, memory_mb=128))
    found = figures(read(logs, place())[an_arn()])
    assert (found.peak_memory_mb, found.lines) == (200.0, 1)


def test_lines_of_other_sizes_only_are_unknown(logs: FakeLogs) -> None:
    logs.add(GROUP, line(50, memory_mb=128))
    assert "at the configured 3008 MB" in reason(read(logs, place())[an_arn()])


def test_s8_no_line_is_unknown_and_not_zero(logs: FakeLogs) -> None:
    logs.add(GROUP)
    assert reason(read(logs, place())[an_arn()]) == f"no REPORT line in {GROUP}"


def test_in_a_shared_group_only_its_own_streams_count(logs: FakeLogs) -> None:
    logs.add("/shared", line(200, stream_function="orders"), line(900, stream_function="other"))
    logs.add("/shared", line(2000))
    shared = [place(group="/shared"), place("other", group="/shared"), place("x", group="/shared")]
    found = read(logs, *shared)
    assert figures(found[an_arn()]).peak_memory_mb == 200.0
    assert figures(found[an_arn("other")]).peak_memory_mb == 900.0
    assert isinstance(found[an_arn("x")], Unknown)


def test_in_its_own_group_a_stream_of_another_function_does_not_count(logs: FakeLogs) -> None:
    logs.add(GROUP, line(200), line(900, stream_function="other"))
    assert figures(read(logs, place())[an_arn()]).peak_memory_mb == 200.0


def test_lines_outside_the_span_are_not_read(logs: FakeLogs) -> None:
    old = ReportLine(at=START - timedelta(hours=1), memory_mb=3008, used_mb=900)
    logs.add(GROUP, line(200), old)
    assert figures(read(logs, place())[an_arn()]).lines == 1


def test_a_missing_log_group_does_not_sink_the_others(logs: FakeLogs) -> None:
    logs.add(GROUP, line())
    found = read(logs, place(), place("never-ran"))
    assert figures(found[an_arn()]).lines == 1
    assert "there is no log group" in reason(found[an_arn("never-ran")])


def test_a_group_whose_name_begins_like_the_missing_one_is_kept(logs: FakeLogs) -> None:
    logs.add(GROUP, line())
    found = read(logs, place(), place("orders-2"))
    assert figures(found[an_arn()]).lines == 1


def test_when_all_groups_are_missing_there_is_nothing_to_ask(logs: FakeLogs) -> None:
    found = read(logs, place())
    assert "there is no log group" in reason(found[an_arn()])
    assert logs.calls == {"StartQuery": 1}


def test_too_many_missing_groups_make_the_batch_unknown(logs: FakeLogs) -> None:
    logs.add(GROUP, line())
    found = read(logs, place(), *(place(f"gone-{n}") for n in range(11)))
    assert "does not exist" in reason(found[an_arn()])


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Timeout", "Unknown"])
def test_a_query_that_ends_badly_is_unknown(logs: FakeLogs, status: str) -> None:
    logs.add(GROUP, line())
    logs.status = status
    assert f"the query is {status}" in reason(read(logs, place())[an_arn()])


def test_polls_grow_apart_and_end_at_the_deadline(logs: FakeLogs) -> None:
    logs.add(GROUP, line())
    logs.polls_to_complete = 3
    clock = FakeClock()
    assert figures(read(logs, place(), clock=clock)[an_arn()]).lines == 1
    assert clock.slept_s[:3] == [0.5, 1.0, 2.0]
    logs.polls_to_complete = 10_000
    late = FakeClock()
    assert "the query is Running after" in reason(read(logs, place(), clock=late)[an_arn()])
    assert 60 <= sum(late.slept_s) < 66


@pytest.mark.parametrize("operation", ["StartQuery", "GetQueryResults"])
@pytest.mark.parametrize("code", ["AccessDeniedException", "LimitExceededException"])
def test_s8_a_failure_is_unknown_for_its_batch_only(
    logs: FakeLogs, operation: str, code: str
) -> None:
    places = [place(f"f-{n:03d}") for n in range(60)]
    for one in places:
        logs.add(one.group, line())
    logs.fail_next(operation, code)
    found = read(logs, *places)
    assert [isinstance(found[p.function], Unknown) for p in places] == [True] * 50 + [False] * 10


def test_a_batch_that_fails_has_the_same_reason_whatever_its_size(logs: FakeLogs) -> None:
    places = [place(f"f-{n:03d}") for n in range(60)]
    for one in places:
        logs.add(one.group, line())
    logs.fail_always("StartQuery", "AccessDeniedException")
    assert len({reason(found) for found in read(logs, *places).values()}) == 1


@pytest.mark.parametrize(("functions", "queries"), [(0, 0), (1, 2), (50, 2), (51, 4), (120, 6)])
def test_there_are_two_queries_per_fifty_groups(
    logs: FakeLogs, functions: int, queries: int
) -> None:
    places = [place(f"f-{n:03d}") for n in range(functions)]
    for one in places:
        logs.add(one.group, line())
    assert len(read(logs, *places)) == functions
    assert logs.calls["StartQuery"] == queries
    assert logs.most_groups <= 50


def test_a_full_page_of_rows_is_not_trusted() -> None:
    class Flooded:
        def start_query(self, **_: Any) -> Any:
            return {"queryId": "1"}

        def get_query_results(self, **_: Any) -> Any:
            return {"status": "Complete", "results": [[]] * 10_000}

    reader = ReportReader(Flooded(), sleep=FakeClock().sleep)
    found = reader.figures([place()], start=START, end=NOW)
    assert "more rows than one page" in reason(found[an_arn()])


def test_s23_rows_that_make_no_sense_count_as_nothing() -> None:
    class Odd:
        def start_query(self, **_: Any) -> Any:
            return {"queryId": "1"}

        def get_query_results(self, **_: Any) -> Any:
            log = {"field": "@log", "value": f"{ACCOUNT}:{GROUP}"}
            size = {"field": "sizeMb", "value": "<script>"}
            lines = {"field": "reports", "value": "7"}
            raw = {"field": "@message", "value": "REPORT"}
            return {"status": "Complete", "results": [[log, size, lines], [log, raw], [raw]]}

    reader = ReportReader(Odd(), sleep=FakeClock().sleep)
    found = reader.figures([place()], start=START, end=NOW)
    assert "at the configured 3008 MB" in reason(found[an_arn()])


def test_the_queries_divide_bytes_by_a_thousand_twice_and_group_by_size() -> None:
    assert "@maxMemoryUsed / 1000 / 1000" in TEXT_QUERY
    assert 'type = "platform.report"' in JSON_QUERY
    for text in (TEXT_QUERY, JSON_QUERY):
        assert "by @log, streamFunction, sizeMb" in text
        assert "Runtime.OutOfMemory" in text
        assert "sum(timedOut) as timeouts" in text
    assert 'strcontains(@message, "Status: timeout")' in TEXT_QUERY
    assert 'strcontains(record.status, "timeout")' in JSON_QUERY


def test_a_function_is_read_where_it_logs_and_at_the_size_it_has() -> None:
    cloud = FakeCloud()
    logging = {"LogFormat": "JSON", "LogGroup": "/shared"}
    function = cloud[TARGET].functions.add("orders", LoggingConfig=logging, MemorySize=2048)
    shared = ReportLine(at=NOW, used_mb=9, memory_mb=2048, stream_function="orders")
    cloud[TARGET].logs.add("/shared", shared)
    listed, unlisted = (FakeFleet(cloud).open(TARGET) for _ in range(2))
    listed.list_functions(None)
    for source, calls in ((listed, 0), (unlisted, 1)):
        found = source.report_figures([function], start=START, end=NOW)
        assert figures(found[function]).peak_memory_mb == 9.0
        assert source.calls().get("lambda:GetFunctionConfiguration", 0) == calls


@pytest.mark.parametrize("field", ["peakMb", "reports", "outOfMemory", "timeouts"])
@pytest.mark.parametrize("garbled", [None, "abc", "nan", "inf"])
def test_s08_a_figure_that_is_missing_or_garbled_is_unknown_and_never_zero(
    logs: FakeLogs, field: str, garbled: str | None
) -> None:
    logs.add(GROUP, line())
    logs.garbled = {field: garbled}
    assert "REPORT line" in reason(read(logs, place())[an_arn()])


def test_s08_a_row_of_an_unknown_size_is_not_counted(logs: FakeLogs) -> None:
    logs.add(GROUP, line())
    logs.garbled = {"sizeMb": "abc"}
    assert "at the configured 3008 MB" in reason(read(logs, place())[an_arn()])


def test_durations_bills_and_cold_starts_are_told_over_both_formats(logs: FakeLogs) -> None:
    logs.add(
        GROUP,
        line(150, duration_ms=100.0, billed_ms=300.0, is_cold=True),
        line(150, duration_ms=50.0, billed_ms=50.0, count=2),
        line(150, duration_ms=200.0, billed_ms=200.0, is_json=True),
    )
    found = figures(read(logs, place())[an_arn()])
    assert found.lines == 4
    assert found.duration_mean_ms == pytest.approx(100.0)
    assert found.billed_mean_ms == pytest.approx(150.0)
    assert found.duration_p95_ms == pytest.approx((100.0 * 3 + 200.0) / 4), "by the lines of each"
    assert found.billed_p95_ms == pytest.approx((300.0 * 3 + 200.0) / 4)
    assert found.cold_starts == 1


def test_s08_lines_of_which_some_tell_no_times_leave_them_unknown(logs: FakeLogs) -> None:
    logs.add(GROUP, line(150, duration_ms=100.0, billed_ms=100.0), line(150, is_json=True))
    found = figures(read(logs, place())[an_arn()])
    assert (found.lines, found.duration_mean_ms, found.cold_starts) == (2, None, None)


@pytest.mark.parametrize("junk", ["nan", "inf", "soon"])
def test_s08_a_time_that_is_no_number_makes_the_lines_unknown(logs: FakeLogs, junk: str) -> None:
    logs.add(GROUP, line(150, duration_ms=100.0))
    logs.garbled = {"billedMean": junk}
    assert "cannot be read" in reason(read(logs, place())[an_arn()])


def test_s08_no_reports_in_a_row_divide_nothing(logs: FakeLogs) -> None:
    logs.add(GROUP, line(150, duration_ms=100.0))
    logs.garbled = {"reports": "0"}
    assert "cannot be read" in reason(read(logs, place())[an_arn()])


def test_a_line_counts_at_the_size_of_its_time() -> None:
    cloud = FakeCloud(FakeClock())
    target = cloud[TARGET]
    function = target.functions.add("orders", MemorySize=1024)
    target.logs.add(GROUP, line(150), line(900, memory_mb=1024))
    source = FakeFleet(cloud).open(TARGET)
    now = source.report_figures([function], start=START, end=NOW)
    then = source.report_figures([function], start=START, end=NOW, memory_mb={function: 3008})
    assert figures(now[function]).peak_memory_mb == 900
    assert figures(then[function]).peak_memory_mb == 150
    other = source.report_figures([function], start=START, end=NOW, memory_mb={})
    assert other == now
