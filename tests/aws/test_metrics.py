"""Are metrics read 500 at a time, in order, and unknown unless they are complete (S8)?"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import an_arn
from tests.fakes.bulk_clients import FakeCloudWatch
from tests.fakes.clock import NOW
from trimtab.aws.metrics import dimensions, read_series
from trimtab.domain.errors import AccessDeniedError
from trimtab.ports import MetricQuery, Point

DAY = timedelta(days=1)


def query(name: str = "orders", **given: Any) -> MetricQuery:
    usual: dict[str, Any] = {
        "function": an_arn(name),
        "namespace": "AWS/Lambda",
        "metric": "Invocations",
        "statistic": "Sum",
    }
    return MetricQuery(**usual | given)


def read(client: Any, *queries: MetricQuery, days: int = 14) -> Any:
    return read_series(client, queries, start=NOW - days * DAY, end=NOW, period_s=86_400)


def test_points_come_in_order_of_time() -> None:
    client = FakeCloudWatch()
    client.put_daily("Invocations", "Sum", 5, end=NOW, days=3, FunctionName="orders")
    expected = tuple(Point(at=NOW - n * DAY, value=5.0) for n in (3, 2, 1))
    assert read(client, query()) == {query(): expected}


def test_a_complete_series_without_points_is_empty_and_not_unknown() -> None:
    assert read(FakeCloudWatch(), query()) == {query(): ()}


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden", "SomethingNew"])
def test_s8_what_is_not_complete_is_unknown_and_spoils_nothing_else(status: str) -> None:
    client = FakeCloudWatch()
    client.put_daily("Invocations", "Sum", 5, end=NOW, days=3, FunctionName="orders")
    client.put_daily("Invocations", "Sum", 5, end=NOW, days=3, FunctionName="other")
    client.spoil("Invocations", status, FunctionName="orders")
    found = read(client, query(), query("other"))
    assert found[query()] is None
    assert len(found[query("other")]) == 3


def test_pages_are_put_together() -> None:
    client = FakeCloudWatch(points_per_page=8)
    client.put_daily("Invocations", "Sum", 5, end=NOW, days=14, FunctionName="orders")
    client.put_daily("Invocations", "Sum", 7, end=NOW, days=2, FunctionName="other")
    found = read(client, query(), query("other"))
    assert len(found[query()]) == 14
    assert len(found[query("other")]) == 2
    assert client.calls["GetMetricData"] == 4


def page(status: str, token: str | None) -> dict[str, Any]:
    result = {"Id": "q0", "Timestamps": [NOW], "Values": [1.0], "StatusCode": status}
    return {"MetricDataResults": [result]} | ({} if token is None else {"NextToken": token})


@pytest.mark.parametrize(
    ("statuses", "is_known"),
    [
        (("PartialData", "Complete"), True),
        (("Complete", "Complete"), True),
        (("Complete", "PartialData"), False),
        (("InternalError", "Complete"), False),
        (("Forbidden", "Complete"), False),
    ],
)
def test_s8_an_error_on_one_page_is_not_made_good_by_the_next(
    statuses: tuple[str, str], is_known: bool
) -> None:
    class Scripted:
        def get_metric_data(self, NextToken: str | None = None, **_: Any) -> dict[str, Any]:
            return page(statuses[0], "more") if NextToken is None else page(statuses[1], None)

    assert (read(Scripted(), query())[query()] is not None) is is_known


def test_s8_a_series_that_is_not_answered_is_unknown() -> None:
    class Silent:
        def get_metric_data(self, **_: Any) -> dict[str, Any]:
            return {"MetricDataResults": []}

    assert read(Silent(), query()) == {query(): None}


@pytest.mark.parametrize(("series", "calls"), [(0, 0), (1, 1), (500, 1), (501, 2), (1001, 3)])
def test_there_are_as_many_calls_as_five_hundreds(series: int, calls: int) -> None:
    client = FakeCloudWatch()
    found = read(client, *(query(f"f-{n}") for n in range(series)))
    assert len(found) == series
    assert client.calls["GetMetricData"] == calls


def test_the_same_series_is_asked_for_once() -> None:
    client = FakeCloudWatch()
    assert len(read(client, *[query()] * 600)) == 1
    assert client.calls["GetMetricData"] == 1


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (query(), {"FunctionName": "orders"}),
        (query(alias="live"), {"FunctionName": "orders", "Resource": "orders:live"}),
        (query(is_of_account=True), {}),
        (query(namespace="LambdaInsights"), {"function_name": "orders"}),
        (query(namespace="LambdaInsights", alias="live"), {"function_name": "orders"}),
    ],
)
def test_dimensions_name_the_function_as_the_namespace_does(
    asked: MetricQuery, expected: dict[str, str]
) -> None:
    assert dimensions(asked) == expected


def test_an_alias_and_its_function_are_two_series() -> None:
    client = FakeCloudWatch()
    client.put("Errors", "Sum", {NOW - DAY: 1.0}, FunctionName="orders")
    client.put("Errors", "Sum", {NOW - DAY: 2.0}, FunctionName="orders", Resource="orders:live")
    one, two = query(metric="Errors"), query(metric="Errors", alias="live")
    found = read(client, one, two)
    assert [found[one][0].value, found[two][0].value] == [1.0, 2.0]


def test_a_naive_timestamp_is_utc() -> None:
    class Naive:
        def get_metric_data(self, **_: Any) -> dict[str, Any]:
            naive = datetime(2026, 11, 2, 10, 0)  # noqa: DTZ001 - what is tested
            result = {"Id": "q0", "Timestamps": [naive], "Values": [1], "StatusCode": "Complete"}
            return {"MetricDataResults": [result]}

    assert read(Naive(), query())[query()][0].at == NOW


def test_a_call_that_fails_is_raised() -> None:
    client = FakeCloudWatch()
    client.fail_next("GetMetricData", "AccessDenied")
    with pytest.raises(AccessDeniedError, match="GetMetricData"):
        read(client, query())
