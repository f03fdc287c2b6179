"""Does the fake Lambda answer like recorded AWS? Keys, codes, messages, revision ids."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.builders import TARGET
from tests.fakes.clock import FakeClock
from tests.fakes.fake_lambda import FakeLambda
from trimtab.aws.answers import RAW

pytestmark = pytest.mark.contract

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "aws-api"
FILE = RECORDED / "localstack_test_lambda_api.json"
NAMES = {"<partition>": "aws", "<region>": TARGET.region, "<function-name:1>": "orders"}
NOT_COMPARED = {"Environment", "ResponseMetadata", RAW}
"""Environment: recorded functions were created with one, ours without."""


@pytest.fixture(scope="module")
def recorded() -> Callable[[str], Mapping[str, Any]]:
    """Return the steps of one recorded test by a part of its name."""
    if not FILE.exists():
        pytest.skip(f"the recorded answers are not there: {FILE.name}")
    tests = json.loads(FILE.read_text())
    return lambda part: next(
        t["recorded-content"] for name, t in tests.items() if part in name and t
    )


@pytest.fixture
def aws() -> FakeLambda:
    return FakeLambda(TARGET, FakeClock(), polls_to_settle=0)


def keys(answer: Mapping[str, Any]) -> set[str]:
    return set(answer) - NOT_COMPARED


def said(error: Mapping[str, Any]) -> tuple[str, str, int]:
    """Return code, message and HTTP status of a recorded error, its placeholders filled in."""
    message = error["Error"]["Message"]
    for placeholder, value in NAMES.items():
        message = message.replace(placeholder, value)
    return error["Error"]["Code"], message, error["ResponseMetadata"]["HTTPStatusCode"]


def refused(call: Callable[[], Any]) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    return said(caught.value.response)


def test_get_update_and_settle_have_the_recorded_shapes(aws: FakeLambda, recorded: Any) -> None:
    steps = recorded("test_function_revisions_basic")
    name = str(aws.add("orders"))
    before = aws.get_function(name)
    assert keys(before) == keys(steps["get_function_response_rev2"])
    assert keys(before["Configuration"]) == keys(
        steps["get_function_response_rev2"]["Configuration"]
    )
    updated = aws.update_function_configuration(name, MemorySize=1769)
    told = steps["update_function_configuration_response_rev5"]
    assert keys(updated) == keys(told)
    assert updated["LastUpdateStatus"] == told["LastUpdateStatus"] == "InProgress"
    assert updated["State"] == told["State"]
    after = aws.get_function(name)["Configuration"]
    assert keys(after) == keys(steps["get_function_response_rev6"]["Configuration"])
    assert after["LastUpdateStatus"] == "Successful"


def test_s26_the_revision_id_changes_twice_per_update(aws: FakeLambda, recorded: Any) -> None:
    steps = recorded("test_function_revisions_basic")
    told = [
        steps["get_function_response_rev4"]["Configuration"]["RevisionId"],
        steps["update_function_configuration_response_rev5"]["RevisionId"],
        steps["get_function_response_rev6"]["Configuration"]["RevisionId"],
    ]
    name = str(aws.add("orders"))
    seen = [
        aws.get_function(name)["Configuration"]["RevisionId"],
        aws.update_function_configuration(name, MemorySize=1769)["RevisionId"],
        aws.get_function(name)["Configuration"]["RevisionId"],
    ]
    assert len(set(told)) == len(set(seen)) == 3


def test_a_wrong_revision_id_is_refused_as_recorded(aws: FakeLambda, recorded: Any) -> None:
    steps = recorded("test_function_revisions_basic")
    name = str(aws.add("orders"))
    told = said(steps["update_function_configuration_revision_exception"])
    assert (
        refused(lambda: aws.update_function_configuration(name, MemorySize=1, RevisionId="wrong"))
        == told
    )
    assert refused(lambda: aws.publish_version(name, RevisionId="wrong")) == told
    aws.publish("orders")
    aws.alias("orders", "live", "1")
    assert refused(lambda: aws.update_alias(name, "live", "1", RevisionId="wrong")) == told


def test_what_is_not_there_is_said_as_recorded(aws: FakeLambda, recorded: Any) -> None:
    name = str(aws.add("orders"))
    steps = recorded("test_alias_lifecycle")
    told = said(steps["get_function_alias_notfound_exc"])
    assert refused(lambda: aws.get_function(name, "aliasdoesnotexist")) == told
    steps = recorded("TestLambdaAlias::test_notfound_and_invalid_routingconfigs")
    told = said(steps["alias_does_not_exist_esc"])
    aws.publish("orders")
    assert refused(lambda: aws.update_alias(name, "non-existent", "1")) == told
    told = said(steps["target_version_doesnotexist"])
    aws.alias("orders", "live", "1")
    assert refused(lambda: aws.update_alias(name, "live", "10")) == told


def test_a_function_of_another_region_is_said_as_recorded(aws: FakeLambda, recorded: Any) -> None:
    told = recorded("test_get_function_wrong_region[get_function]")["wrong_region_exception"]
    code, message, status = said(told)
    name = f"arn:aws:lambda:us-east-1:{TARGET.account}:function:orders"
    expected = message.replace("<wrong-region>", "us-east-1")
    assert refused(lambda: aws.get_function(name)) == (code, expected, status)


def test_publishing_has_the_recorded_shape_and_makes_no_version_of_nothing(
    aws: FakeLambda, recorded: Any
) -> None:
    steps = recorded("TestLambdaVersions::test_version_lifecycle")
    name = str(aws.add("orders"))
    first = aws.publish_version(name, Description="First version description :)")
    told = steps["first_publish_response"]
    assert keys(first) == keys(told)
    for same in ("Version", "Description", "State", "LastUpdateStatus"):
        assert first[same] == told[same]
    aws.update_function_configuration(name, Description="Second version :))")
    aws.get_function(name)
    second, third = aws.publish_version(name), aws.publish_version(name)
    assert second["Version"] == steps["second_publish_response"]["Version"]
    assert third["Version"] == steps["third_publish_response"]["Version"]
    assert second["RevisionId"] == third["RevisionId"]
    listed = aws.list_versions_by_function(name)["Versions"]
    told_list = steps["list_versions_result_after_third_publish"]["Versions"]
    assert [v["Version"] for v in listed] == [v["Version"] for v in told_list]
    assert keys(listed[0]) == keys(told_list[0])


def test_aliases_have_the_recorded_shape_and_lose_their_weights_when_told(
    aws: FakeLambda, recorded: Any
) -> None:
    steps = recorded("test_alias_lifecycle")
    name = str(aws.add("orders"))
    aws.publish("orders")
    aws.change("orders", MemorySize=1769)
    aws.publish("orders")
    aws.alias("orders", "live", "1", weights={"2": 0.2})
    (listed,) = aws.list_aliases(name)["Aliases"]
    assert keys(listed) == keys(steps["list_aliases_for_fnname"]["Aliases"][0])
    moved = aws.update_alias(name, "live", "1", RoutingConfig={"AdditionalVersionWeights": {}})
    assert keys(moved) == keys(steps["update_alias_1_1"])
    assert moved["RevisionId"] != listed["RevisionId"]


REFUSED_WEIGHTS: dict[str, tuple[str, dict[str, float]]] = {
    "routing_config_exc_toomany": ("1", {"1": 0.1, "2": 0.2}),
    "routing_config_exc_toohigh": ("1", {"2": 2.0}),
    "routing_config_exc_subzero": ("1", {"2": -1.0}),
    "routing_config_exc_sameversion": ("1", {"1": 0.5}),
    "routing_config_exc_version_doesnotexist": ("1", {"10": 0.5}),
    "target_version_exc_version_latest": ("$LATEST", {"1": 0.5}),
    "routing_config_exc_version_latest": ("1", {"$LATEST": 0.5}),
}


@pytest.mark.parametrize("step", REFUSED_WEIGHTS)
def test_weights_that_lambda_does_not_take_are_refused_as_recorded(
    aws: FakeLambda, recorded: Any, step: str
) -> None:
    told = said(recorded("TestLambdaAlias::test_notfound_and_invalid_routingconfigs")[step])
    name = two_versions(aws)
    version, weights = REFUSED_WEIGHTS[step]
    routing = {"AdditionalVersionWeights": weights}
    assert refused(lambda: aws.update_alias(name, "live", version, RoutingConfig=routing)) == told
    assert "RoutingConfig" not in aws.list_aliases(name)["Aliases"][0]


def two_versions(aws: FakeLambda) -> str:
    name = str(aws.add("orders"))
    aws.publish("orders")
    aws.change("orders", MemorySize=1769)
    aws.publish("orders")
    aws.alias("orders", "live", "1")
    return name


def test_weights_stay_until_they_are_told_to_go(aws: FakeLambda) -> None:
    """Inferred: UpdateAlias changes what it is given, so a pipeline that moves an alias keeps our
    weight; source: "UpdateAlias", AWS Lambda API reference, read 2026-11-21; not recorded.
    """
    name = two_versions(aws)
    aws.change("orders", MemorySize=1024)
    third = aws.publish("orders")
    split = {"AdditionalVersionWeights": {"2": 0.1}}
    assert aws.update_alias(name, "live", "1", RoutingConfig=split)["RoutingConfig"] == split
    moved = aws.update_alias(name, "live", third)
    assert (moved["FunctionVersion"], moved["RoutingConfig"]) == (third, split)
    gone = aws.update_alias(name, "live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert (gone["FunctionVersion"], "RoutingConfig" in gone) == (third, False)
    code, _, _ = refused(
        lambda: aws.update_alias(name, "live", RoutingConfig=split, RevisionId="wrong")
    )
    assert code == "PreconditionFailedException"


@pytest.mark.parametrize("what", ["another role", "provisioned concurrency"])
def test_weights_need_one_role_and_no_provisioned_concurrency(aws: FakeLambda, what: str) -> None:
    """Source: "Implement Lambda canary deployments using a weighted alias", Lambda developer guide;
    read 2026-11-21; not recorded.
    """
    name = two_versions(aws)
    if what == "another role":
        aws._functions["orders"].versions["2"]["Role"] = "arn:aws:iam::111111111111:role/other"
    else:
        aws.provision("orders", "live", 1)
    split = {"AdditionalVersionWeights": {"2": 0.1}}
    code, _, _ = refused(lambda: aws.update_alias(name, "live", "1", RoutingConfig=split))
    assert code == "InvalidParameterValueException"


def test_while_an_update_is_in_progress_everything_else_is_a_conflict() -> None:
    """Source: Lambda developer guide, function states (read 2026-11); not recorded."""
    aws = FakeLambda(TARGET, FakeClock(), polls_to_settle=2)
    name = str(aws.add("orders"))
    aws.update_function_configuration(name, MemorySize=1769)
    for call in (
        lambda: aws.update_function_configuration(name, MemorySize=1024),
        lambda: aws.publish_version(name),
        lambda: aws.tag_resource(name, {"a": "b"}),
    ):
        code, message, status = refused(call)
        assert (code, status) == ("ResourceConflictException", 409)
        assert "An update is in progress" in message
    for _ in range(3):
        aws.get_function(name)
    assert aws.publish_version(name)["Version"] == "1"


def test_functions_are_listed_by_fifty() -> None:
    aws = FakeLambda(TARGET, FakeClock())
    for n in range(101):
        aws.add(f"function-{n:03d}")
    seen: list[str] = []
    marker: str | None = None
    for size in (50, 50, 1):
        page = aws.list_functions(Marker=marker)
        assert len(page["Functions"]) == size
        seen += [f["FunctionName"] for f in page["Functions"]]
        marker = page.get("NextMarker")
    assert marker is None
    assert len(set(seen)) == 101
    assert not {"State", "LastUpdateStatus"} & set(page["Functions"][0])
