"""Are listings read to their end, and is what is missing told from what could not be read?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, TARGET, an_arn
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeClients, FakeCloud, FakeTarget
from tests.fakes.failures import client_error
from tests.fakes.fake_ec2 import FakeEc2
from tests.fakes.fake_events import FakeEvents, FakeScheduler
from tests.fakes.fake_iam import FakeIam
from tests.fakes.fake_lambda import FakeLambda
from trimtab.aws import reach_events
from trimtab.aws.capacity import AwsCapacity
from trimtab.aws.reach import AwsReachSource
from trimtab.aws.reach_roles import KEPT_FOR, RoleShelf
from trimtab.domain.arn import Target
from trimtab.domain.errors import (
    AccessDeniedError,
    NotFoundError,
    PermanentError,
    RetryableError,
)

QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders"
SERVICE = f"arn:aws:iam::{ACCOUNT}:role/service"


@pytest.fixture
def here() -> FakeTarget:
    """A target whose listings have two entries a page."""
    found = FakeCloud()[TARGET]
    found.functions = FakeLambda(TARGET, FakeClock(), page_size=2)
    found.ec2 = FakeEc2(page=2)
    found.events = FakeEvents(TARGET, page=2)
    found.scheduler = FakeScheduler(TARGET, page=2)
    found.functions.add("orders")
    return found


def source(here: FakeTarget, shelf: RoleShelf | None = None) -> AwsReachSource:
    return AwsReachSource(here.target, FakeClients(here), shelf=shelf or RoleShelf(FakeClock()))


def test_every_listing_is_read_to_its_end(here: FakeTarget) -> None:
    arn = an_arn()
    for number in range(5):
        here.functions.feed(arn, QUEUE)
        here.functions.open_url(arn, "AWS_IAM", alias=f"a{number}")
        here.functions.handle_events(arn, f"a{number}")
        here.functions.alias("orders", f"a{number}", "$LATEST")
        here.events.put_rule(f"rule-{number}", arn, *[f"{arn}:a{n}" for n in range(4)])
        here.events.put_rule(f"rule-{number}", arn, bus=f"bus-{number}")
        here.scheduler.put(f"schedule-{number}", arn)
    reach = source(here)
    assert len(reach.event_sources()) == 5
    assert [url.qualifier for url in reach.urls(arn)] == [f"a{n}" for n in range(5)]
    assert len(reach.async_settings(arn)) == 5
    capacity = AwsCapacity(here.target, FakeClients(here), clock=FakeClock())
    assert len(capacity.aliases(arn)) == 5
    assert len(reach.rules()) == 10
    assert len(reach.schedules({arn})) == 5


def test_rules_are_asked_once_whoever_asks(here: FakeTarget) -> None:
    reach = source(here)
    assert reach.rules() == reach.rules() == ()
    assert here.events.calls["ListEventBuses"] == 1


def test_kinds_of_event_sources_are_named_by_their_service(here: FakeTarget) -> None:
    cluster = f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster:orders"
    for arn in (QUEUE, cluster, None):
        here.functions.feed(an_arn(), arn)
    here.functions.feed(an_arn(), None, SelfManagedEventSource=None)
    kinds = [one.kind for one in source(here).event_sources()]
    assert kinds == ["sqs", "documentdb", "self-managed-kafka", "unknown"]


def test_s08_an_event_source_of_no_function_fails_the_listing(here: FakeTarget) -> None:
    here.functions.feed(an_arn(), QUEUE, FunctionArn="arn:aws:sqs:x")
    with pytest.raises(PermanentError, match="ListEventSourceMappings"):
        source(here).event_sources()


def test_no_policy_is_an_answer_and_a_missing_function_or_alias_is_not(here: FakeTarget) -> None:
    reach = source(here)
    assert reach.policies(an_arn(), (None,)) == ()
    with pytest.raises(NotFoundError):
        reach.policies(an_arn("gone"), (None,))
    with pytest.raises(NotFoundError):
        reach.policies(an_arn(), (None, "gone"))


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDeniedException", AccessDeniedError), ("TooManyRequestsException", RetryableError)],
)
def test_s08_a_policy_that_could_not_be_read_is_no_missing_one(
    here: FakeTarget, code: str, error: type[Exception]
) -> None:
    here.functions.fail_next("GetPolicy", code)
    with pytest.raises(error):
        source(here).policies(an_arn(), (None,))


def answering(error: Exception) -> Callable[[], None]:
    def answer() -> None:
        raise error

    return answer


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("404", "<!doctype html> <title>404 Not Found</title>"),
        ("404", "The resource you requested does not exist."),
        ("ResourceNotFoundException", "Not Found"),
        ("ResourceNotFoundException", ""),
        ("ResourceNotFoundException", "Alias not found: arn:aws:lambda:eu-west-1:1:function:o:p"),
        ("NotFoundException", "The resource you requested does not exist."),
    ],
)
def test_s08_only_what_says_that_there_is_no_policy_is_no_policy(
    here: FakeTarget, code: str, message: str
) -> None:
    error = client_error(code, message, "GetPolicy", status=404)
    here.functions.before_next("GetPolicy", answering(error))
    with pytest.raises(NotFoundError):
        source(here).policies(an_arn(), (None,))


@pytest.mark.parametrize(
    "message",
    [
        "The resource you requested does not exist.",
        "No policy is associated with the given resource",
    ],
)
def test_no_policy_is_said_in_two_ways(here: FakeTarget, message: str) -> None:
    error = client_error("ResourceNotFoundException", message, "GetPolicy")
    here.functions.before_next("GetPolicy", answering(error))
    assert source(here).policies(an_arn(), (None,)) == ()


def test_a_rule_or_schedule_that_is_gone_since_it_was_listed_is_left_out(here: FakeTarget) -> None:
    arn = an_arn()
    here.events.put_rule("on-order", arn)
    here.events.before_next("ListTargetsByRule", lambda: here.events.forget("on-order"))
    here.scheduler.put("nightly", arn)
    here.scheduler.before_next("GetSchedule", lambda: here.scheduler.remove("nightly"))
    reach = source(here)
    assert [rule.functions for rule in reach.rules()] == [frozenset()]
    assert reach.schedules({arn}) == ()


def test_s08_too_many_rules_or_schedules_are_an_error_not_a_part(
    here: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach_events, "MOST_RULES", 2)
    monkeypatch.setattr(reach_events, "MOST_SCHEDULES", reach_events.PER_PAGE)
    for number in range(3):
        here.events.put_rule(f"rule-{number}", QUEUE)
        here.scheduler.put(f"schedule-{number}", QUEUE)
    with pytest.raises(PermanentError, match="more than 2 rules"):
        source(here).rules()
    with pytest.raises(PermanentError, match="schedules; they are not read"):
        source(here).schedules(set())


@pytest.mark.parametrize("named", ["orders", "orders:live", str(an_arn()), f"{an_arn()}:live"])
def test_a_schedule_by_the_api_names_the_function_in_its_input(
    here: FakeTarget, named: str
) -> None:
    here.scheduler.put("by-api", calls={"FunctionName": named}, state="DISABLED")
    (found,) = source(here).schedules(set())
    assert (found.function, found.is_enabled) == (an_arn(), False)


def test_roles_are_read_page_by_page_with_the_policy_version_in_force() -> None:
    here = FakeCloud()[TARGET]
    here.iam = FakeIam(page=1)
    policy = f"arn:aws:iam::{ACCOUNT}:policy/own"
    here.iam.put_policy(policy, {"Statement": "old"}, {"Statement": "new"})
    here.iam.put_policy(f"{policy}-without-version")
    here.iam.put_role(SERVICE, {"Statement": "inline"}, attached=[policy, "arn:unseen"])
    here.iam.put_role(f"{SERVICE}-2")
    roles = source(here).roles({SERVICE})
    assert roles[SERVICE].policies == ('{"Statement": "inline"}', '{"Statement": "new"}')
    assert roles[SERVICE].unread == ("arn:unseen",)
    assert set(roles) == {SERVICE, f"{SERVICE}-2"}
    here.iam.decodes = False
    assert source(here).roles({SERVICE}) == roles


def test_the_roles_of_an_account_are_read_once_for_its_regions_for_a_while() -> None:
    clock = FakeClock()
    cloud = FakeCloud(clock)
    shelf = RoleShelf(clock)
    regions = [Target(account=ACCOUNT, region=r) for r in ("eu-west-1", "us-east-1")]
    iam = cloud[regions[0]].iam
    for target in regions:
        source(cloud[target], shelf).roles({SERVICE})
    assert iam.calls["GetAccountAuthorizationDetails"] == 1
    other = cloud[Target(account="222222222222", region="eu-west-1")]
    source(other, shelf).roles(())
    assert other.iam.calls["GetAccountAuthorizationDetails"] == 1
    clock.advance(KEPT_FOR - timedelta(seconds=1))
    source(cloud[regions[0]], shelf).roles({SERVICE})
    assert iam.calls["GetAccountAuthorizationDetails"] == 1
    clock.advance(timedelta(seconds=1))
    source(cloud[regions[0]], shelf).roles({SERVICE})
    assert iam.calls["GetAccountAuthorizationDetails"] == 2


def test_s08_a_role_that_is_newer_than_what_is_kept_is_not_called_missing() -> None:
    cloud, shelf = FakeCloud(), RoleShelf(FakeClock())
    here = cloud[TARGET]
    source(here, shelf).roles({SERVICE})
    here.iam.put_role(f"{SERVICE}-new")
    assert f"{SERVICE}-new" in source(here, shelf).roles({f"{SERVICE}-new"})


def test_s08_roles_that_could_not_be_read_are_not_kept_as_none() -> None:
    shelf = RoleShelf(FakeClock())
    here = FakeCloud()[TARGET]
    here.iam.fail_next("GetAccountAuthorizationDetails", "AccessDenied")
    with pytest.raises(AccessDeniedError):
        source(here, shelf).roles({SERVICE})
    assert SERVICE in source(here, shelf).roles({SERVICE})


def test_the_errors_here_are_those_that_the_services_declare() -> None:
    from botocore.session import Session  # noqa: PLC0415 - this test alone asks the models

    declared: dict[tuple[str, str], set[str]] = {}
    for service, operation in (
        ("lambda", "GetPolicy"),
        ("events", "ListTargetsByRule"),
        ("scheduler", "GetSchedule"),
    ):
        model: Any = Session().get_service_model(service).operation_model(operation)
        declared[service, operation] = {shape.name for shape in model.error_shapes}
    error = client_error("ResourceNotFoundException", "", "any")
    assert all(error.response["Error"]["Code"] in names for names in declared.values())


def test_the_zones_of_subnets_are_read_to_the_end_and_one_that_is_gone_is_absent(
    here: FakeTarget,
) -> None:
    zones = {f"subnet-{n:04}": f"eu-west-1{'abc'[n % 3]}" for n in range(250)}
    here.ec2.put_subnets(**zones, **{"subnet-other": "eu-west-1a"})
    assert source(here).zones([*zones, "subnet-gone"]) == zones
    assert here.ec2.calls["DescribeSubnets"] == 50 + 50 + 25


def test_where_nobody_has_subnets_ec2_is_not_asked(here: FakeTarget) -> None:
    assert source(here).zones(()) == {}
    assert not here.ec2.calls


@pytest.mark.parametrize(
    ("code", "error"),
    [("UnauthorizedOperation", AccessDeniedError), ("RequestLimitExceeded", RetryableError)],
)
def test_s08_zones_that_could_not_be_read_are_an_error(
    here: FakeTarget, code: str, error: type[Exception]
) -> None:
    here.ec2.put_subnets(subnet_a="eu-west-1a")
    here.ec2.fail_next("DescribeSubnets", code)
    with pytest.raises(error, match="ec2:DescribeSubnets"):
        source(here).zones(["subnet-a"])
