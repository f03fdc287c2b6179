"""Who wrote a function, as CloudTrail shows it: found by both its names, in few calls (S12)?"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, a_listed, an_arn
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeCloud, FakeFleet
from tests.fakes.fake_trail import FakeTrail
from trimtab.aws.functions import AwsFunctionSource
from trimtab.domain.errors import AccessDeniedError, PermanentError, RetryableError
from trimtab.ports import FunctionWrite

UPDATE = "UpdateFunctionConfiguration20150331v2"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def trail(cloud: FakeCloud) -> FakeTrail:
    return cloud[TARGET].trail


@pytest.fixture
def source(cloud: FakeCloud) -> AwsFunctionSource:
    return FakeFleet(cloud).open(TARGET)


def ago(**given: Any) -> datetime:
    return NOW - timedelta(**given)


def writes(source: AwsFunctionSource, **listed: Any) -> tuple[FunctionWrite, ...]:
    found = a_listed("orders", **listed)
    return source.last_writers(found.function, written_at=found.last_modified_at)


def test_s12_a_write_is_found_by_name_and_by_arn_and_told_once(
    source: AwsFunctionSource, trail: FakeTrail
) -> None:
    arn = str(an_arn("orders"))
    trail.put(UPDATE, at=ago(days=2), function=arn, user_agent="b", username="run-1")
    trail.put("CreateFunction20150331", at=ago(days=9), function="orders", user_agent=TERRAFORM)
    trail.put("UpdateAlias20150331", at=ago(days=3), function="orders", resources=["orders", arn])
    found = writes(source)
    assert [w.event for w in found] == [
        "UpdateFunctionConfiguration",
        "UpdateAlias",
        "CreateFunction",
    ]
    assert found[0] == FunctionWrite(
        event="UpdateFunctionConfiguration",
        at=ago(days=2),
        user_agent="b",
        invoked_by="",
        session="run-1",
    )
    assert source.calls() == {"cloudtrail:LookupEvents": 2}


@pytest.mark.parametrize(
    "name",
    ["UpdateFunctionConfiguration", "UpdateFunctionCode20150331v2", "PublishVersion20150331"],
)
def test_s12_an_event_counts_with_and_without_the_version_of_its_api(
    source: AwsFunctionSource, trail: FakeTrail, name: str
) -> None:
    trail.put(name, at=ago(days=1), function="orders")
    assert [w.event for w in writes(source)] == [name.partition("2015")[0]]


def test_s12_the_service_that_called_is_told(source: AwsFunctionSource, trail: FakeTrail) -> None:
    identity = {"invokedBy": "cloudformation.amazonaws.com"}
    trail.put(UPDATE, at=ago(days=1), function="orders", userIdentity=identity)
    assert [w.invoked_by for w in writes(source)] == ["cloudformation.amazonaws.com"]


def test_s12_a_write_that_was_refused_shows_who_holds_the_function(
    source: AwsFunctionSource, trail: FakeTrail
) -> None:
    trail.put(UPDATE, at=ago(days=1), function="orders", error_code="AccessDenied")
    assert len(writes(source)) == 1


@pytest.mark.parametrize("named", ["orders:live", "111111111111:function:orders", "ARN", "ARN:7"])
def test_s12_a_function_may_be_named_in_part_and_with_a_qualifier(
    source: AwsFunctionSource, trail: FakeTrail, named: str
) -> None:
    said = named.replace("ARN", str(an_arn("orders")))
    trail.put(UPDATE, at=ago(days=1), function=said, resources=["orders"])
    assert len(writes(source)) == 1


def test_s12_reads_and_other_resources_of_the_same_name_are_no_writes(
    source: AwsFunctionSource, trail: FakeTrail
) -> None:
    at = ago(days=1)
    trail.put("GetFunction20150331v2", at=at, function="orders", is_read_only=True)
    trail.put("CreateFunctionUrlConfig", at=at, function="orders")
    trail.put("AddPermission20150331v2", at=at, function="orders")
    trail.put(UPDATE, at=at, function="orders-2", resources=["orders"])
    trail.put(UPDATE, at=at, request={}, resources=["orders"])
    trail.put(UPDATE, at=at, function="orders", source="sqs.amazonaws.com")
    trail.put(UPDATE, at=ago(days=91), function="orders")
    assert writes(source) == ()


def test_s12_the_last_write_is_found_behind_many_reads_within_four_calls(
    source: AwsFunctionSource, trail: FakeTrail
) -> None:
    for name in ("orders", str(an_arn("orders"))):
        for n in range(80):
            trail.put("GetFunction", at=ago(hours=n), function=name, is_read_only=True)
    trail.put(UPDATE, at=ago(days=30), function="orders", user_agent=TERRAFORM)
    found = writes(source, last_modified_at=ago(days=30))
    assert [w.user_agent for w in found] == [TERRAFORM]
    assert source.calls() == {"cloudtrail:LookupEvents": 4}


@pytest.mark.parametrize("last_modified_at", [ago(hours=1), ago(days=91)])
def test_a_last_write_within_the_page_or_before_all_history_is_not_looked_for(
    source: AwsFunctionSource, trail: FakeTrail, last_modified_at: datetime
) -> None:
    for n in range(80):
        trail.put("GetFunction", at=ago(hours=n), function="orders", is_read_only=True)
    writes(source, last_modified_at=last_modified_at)
    assert source.calls() == {"cloudtrail:LookupEvents": 2}


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDeniedException", AccessDeniedError), ("ThrottlingException", RetryableError)],
)
def test_s12_a_history_that_cannot_be_read_is_not_an_empty_one(
    source: AwsFunctionSource, trail: FakeTrail, code: str, error: type[Exception]
) -> None:
    trail.fail_next("LookupEvents", code)
    with pytest.raises(error, match=r"cloudtrail:LookupEvents of arn:aws:lambda:.*:orders"):
        writes(source)


@pytest.mark.parametrize("document", [None, "{", "[]"])
def test_s12_an_event_that_cannot_be_read_is_not_passed_over(
    source: AwsFunctionSource, trail: FakeTrail, document: str | None
) -> None:
    trail.put(UPDATE, at=ago(days=1), function="orders")
    event = trail.put(UPDATE, at=ago(days=2), function="orders")
    event.pop("CloudTrailEvent")
    if document is not None:
        event["CloudTrailEvent"] = document
    with pytest.raises(PermanentError, match="cannot be read; look it up by hand"):
        writes(source)
