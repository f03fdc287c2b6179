"""Is one target read in bulk, within the calls we allow ourselves, and never mixed with another?"""

from datetime import timedelta
from math import ceil
from typing import Any

import pytest

from tests.fakes.builders import TARGET, an_arn
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeCloud, FakeFleet
from tests.fakes.fake_logs import ReportLine
from trimtab.aws.functions import AwsFleet, AwsFunctionSource
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import AccessDeniedError, PermanentError, RetryableError
from trimtab.domain.fleet import ListedFunction
from trimtab.ports import MetricQuery

ELSEWHERE = Target(account="222222222222", region="us-east-1")
START = NOW - timedelta(days=14)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def source(cloud: FakeCloud) -> AwsFunctionSource:
    return FakeFleet(cloud).open(TARGET)


def all_functions(source: AwsFunctionSource) -> list[ListedFunction]:
    found: list[ListedFunction] = []
    marker: str | None = None
    while True:
        page = source.list_functions(marker)
        found += page.functions
        marker = page.next_marker
        if marker is None:
            return found


def test_an_empty_target_is_one_page(source: AwsFunctionSource) -> None:
    assert all_functions(source) == []
    assert source.calls() == {"lambda:ListFunctions": 1}


def test_every_page_is_listed_once(cloud: FakeCloud, source: AwsFunctionSource) -> None:
    for n in range(120):
        cloud[TARGET].functions.add(f"function-{n:03d}")
    names = [listed.function.name for listed in all_functions(source)]
    assert names == [f"function-{n:03d}" for n in range(120)]
    assert source.calls() == {"lambda:ListFunctions": 3}


def test_a_page_that_fails_can_be_asked_for_again(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    for n in range(60):
        cloud[TARGET].functions.add(f"function-{n:03d}")
    marker = source.list_functions(None).next_marker
    cloud[TARGET].functions.fail_next("ListFunctions", "TooManyRequestsException")
    with pytest.raises(RetryableError, match=str(TARGET)):
        source.list_functions(marker)
    assert len(source.list_functions(marker).functions) == 10


def test_s18_functions_of_one_name_in_two_targets_stay_apart(cloud: FakeCloud) -> None:
    cloud[TARGET].functions.add("orders", MemorySize=3008, tags={"team": "here"})
    cloud[ELSEWHERE].functions.add("orders", MemorySize=512, tags={"team": "there"})
    fleet = FakeFleet(cloud)
    here, there = fleet.open(TARGET), fleet.open(ELSEWHERE)
    (one,), (other,) = all_functions(here), all_functions(there)
    assert one.function != other.function
    assert (one.configuration.memory_mb, other.configuration.memory_mb) == (3008, 512)
    assert here.tags() == {one.function: {"team": "here"}}
    assert there.tags() == {other.function: {"team": "there"}}


def test_s18_a_function_of_another_account_is_refused(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    cloud[TARGET].functions.add("orders", FunctionArn=str(an_arn(account=ELSEWHERE.account)))
    with pytest.raises(PermanentError, match="elsewhere"):
        source.list_functions(None)


@pytest.mark.parametrize("wrong", [{"FunctionArn": "orders"}, {"LastModified": "long ago"}])
def test_a_listing_that_makes_no_sense_is_an_error_of_its_page(
    cloud: FakeCloud, source: AwsFunctionSource, wrong: dict[str, Any]
) -> None:
    cloud[TARGET].functions.add("orders", **wrong)
    with pytest.raises(PermanentError, match="ListFunctions"):
        source.list_functions(None)


def test_tags_are_read_by_hundreds(cloud: FakeCloud, source: AwsFunctionSource) -> None:
    for n in range(201):
        cloud[TARGET].functions.add(f"function-{n:03d}", tags={"n": str(n)})
    cloud[TARGET].functions.add("untagged")
    tags = source.tags()
    assert len(tags) == 201
    assert tags[an_arn("function-200")] == {"n": "200"}
    assert source.calls() == {"tag:GetResources": 3}


def test_the_optimizer_says_the_largest_peak_of_all_versions(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    optimizer = cloud[TARGET].optimizer
    optimizer.put_peak(an_arn(), 200.0)
    optimizer.put_peak(an_arn(), 350.0, version="7")
    optimizer.put_peak(an_arn("idle"), 0.0)
    optimizer.put_peak(an_arn(region="us-east-1"), 900.0)
    assert source.optimizer_peaks() == {an_arn(): 350.0}


ODD = "arn:aws:lambda:eu-west-1:111111111111:function:a.b"


def test_s08_tags_of_something_else_than_a_function_are_an_error_of_their_call(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    tagging = cloud[TARGET].tagging
    answer = {"ResourceTagMappingList": [{"ResourceARN": ODD, "Tags": []}]}
    tagging.get_resources = lambda **_: answer  # type: ignore[method-assign]
    with pytest.raises(PermanentError, match=f"tag:GetResources in {TARGET}: '{ODD}'"):
        source.tags()


def test_s08_advice_for_something_else_than_a_function_is_an_error_of_its_call(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    optimizer = cloud[TARGET].optimizer
    answer = {"lambdaFunctionRecommendations": [{"functionArn": ODD}]}
    optimizer.get_lambda_function_recommendations = (  # type: ignore[method-assign]
        lambda *_, **__: answer
    )
    with pytest.raises(PermanentError, match=f"GetLambdaFunctionRecommendations in {TARGET}: "):
        source.optimizer_peaks()


def test_the_optimizer_is_read_by_thousands(cloud: FakeCloud, source: AwsFunctionSource) -> None:
    for n in range(1001):
        cloud[TARGET].optimizer.put_peak(an_arn(f"f-{n}"), 100.0)
    assert len(source.optimizer_peaks()) == 1001
    assert sum(source.calls().values()) == 2


def test_s8_an_account_that_is_not_enrolled_is_an_error_and_not_nothing(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    cloud[TARGET].optimizer.is_enrolled = False
    with pytest.raises(PermanentError, match="OptInRequiredException"):
        source.optimizer_peaks()


def test_s12_the_owner_is_asked_of_cloudformation(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    cloud[TARGET].stacks.own(an_arn("owned"), "shop-stack")
    assert source.owning_stack(an_arn("owned")) == "shop-stack"
    assert source.owning_stack(an_arn("free")) is None


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError", "ThrottlingException"])
def test_s12_an_answer_that_says_nothing_is_not_no_owner(
    cloud: FakeCloud, source: AwsFunctionSource, code: str
) -> None:
    cloud[TARGET].stacks.fail_next("DescribeStackResources", code)
    with pytest.raises((PermanentError, RetryableError), match="DescribeStackResources"):
        source.owning_stack(an_arn("orders"))


def test_a_role_that_may_not_be_assumed_is_said_at_the_door(cloud: FakeCloud) -> None:
    cloud.deny(TARGET)
    with pytest.raises(AccessDeniedError):
        FakeFleet(cloud).open(TARGET)


def test_the_fleet_enters_through_the_read_role() -> None:
    class Hub:
        asked: dict[str, Any]

        def assume(self, **asked: Any) -> Any:
            self.asked = asked

    hub: Any = Hub()
    fleet = AwsFleet(
        hub, role="trimtab-read", external_id="x", session_name="run-1", clock=FakeCloud().clock
    )
    fleet.open(TARGET)
    assert hub.asked == {
        "account": TARGET.account,
        "role": "trimtab-read",
        "region": TARGET.region,
        "session_name": "run-1",
        "external_id": "x",
    }


FUNCTIONS, TAGGED, CANDIDATES, METRICS = 260, 230, 70, 5


def fill(cloud: FakeCloud) -> list[FunctionArn]:
    """Fill a target; the candidates are the first ones, one in three served through an alias."""
    aws = cloud[TARGET].functions
    found = []
    for n in range(FUNCTIONS):
        name = f"function-{n:03d}"
        found.append(aws.add(name, tags={"n": "1"} if n < TAGGED else None))
        line = ReportLine(at=NOW - timedelta(days=1), memory_mb=3008, used_mb=200)
        cloud[TARGET].logs.add(f"/aws/lambda/{name}", line)
        cloud[TARGET].optimizer.put_peak(found[-1], 200.0)
        if n % 3 == 0:
            aws.alias(name, "live", aws.publish(name))
    return found[:CANDIDATES]


def test_a_scan_makes_no_more_calls_than_it_may(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    """Pages of functions and tags, metrics by 500, the optimizer, log queries; of each candidate 4
    calls and 4 lookups.
    """
    candidates = fill(cloud)
    shown = {found.function: found for found in all_functions(source)}
    listed = list(shown)
    source.tags()
    names = ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions")[:METRICS]
    queries = [
        MetricQuery(function=function, namespace="AWS/Lambda", metric=name, statistic="Sum")
        for function in listed
        for name in names
    ]
    source.series(queries, start=START, end=NOW, period_s=86_400)
    source.optimizer_peaks()
    bulk = sum(source.calls().values())
    assert bulk == ceil(FUNCTIONS / 50) + ceil(TAGGED / 100) + ceil(FUNCTIONS * METRICS / 500) + 1
    source.report_figures(candidates, start=START, end=NOW)
    logs = sum(source.calls().values()) - bulk
    assert logs == 2 * 2 * ceil(CANDIDATES / 50)
    for candidate in candidates:
        source.owning_stack(candidate)
        before = sum(source.calls().values())
        source.state(candidate)
        assert sum(source.calls().values()) - before <= 4
        source.last_writers(candidate, written_at=shown[candidate].last_modified_at)
        assert sum(source.calls().values()) - before <= 4 + 4
