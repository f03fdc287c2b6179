"""Are configurations comparable, wherever they were read, and free of secrets (S16)?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeCloud, FakeFleet
from tests.fakes.fake_lambda import FakeLambda
from trimtab.aws.answers import raw_of
from trimtab.aws.configurations import (
    configuration_of,
    listed_function,
    moment,
    same_environment,
)
from trimtab.domain.errors import InputError
from trimtab.domain.wire import to_wire

SECRET = "s3cr3t-value"
FULL = {
    "Environment": {"Variables": {"TOKEN": SECRET, "A": "1"}},
    "VpcConfig": {"SubnetIds": ["subnet-b", "subnet-a"], "SecurityGroupIds": [], "VpcId": "vpc-1"},
    "Layers": [{"Arn": "arn:layer", "CodeSize": 3}],
    "EphemeralStorage": {"Size": 1024},
    "Architectures": ["arm64"],
    "KMSKeyArn": None,
}


def raw(**given: Any) -> dict[str, Any]:
    aws = FakeLambda(TARGET, FakeClock())
    name = str(aws.add("orders", **given))
    return dict(raw_of(aws.get_function(name))["Configuration"])


def test_a_listed_function_has_all_that_the_listing_says() -> None:
    listed = listed_function(raw(**FULL))
    assert listed.function.name == "orders"
    assert listed.configuration.memory_mb == 3008
    assert listed.configuration.timeout_s == 30
    assert listed.architecture == "arm64"
    assert listed.ephemeral_storage_mb == 1024
    assert listed.has_vpc
    assert listed.runtime == "python3.13"
    assert listed.package_type == "Zip"
    assert listed.code_size_bytes == 1024
    assert listed.last_modified_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert listed.revision_id


def test_what_the_listing_leaves_out_has_its_default() -> None:
    bare = raw(Runtime="")
    for key in ("Architectures", "EphemeralStorage", "VpcConfig", "RevisionId", "PackageType"):
        bare.pop(key, None)
    listed = listed_function(bare)
    assert (listed.architecture, listed.ephemeral_storage_mb) == ("x86_64", 512)
    assert (listed.runtime, listed.has_vpc, listed.revision_id) == (None, False, "")


def test_s16_nothing_of_the_environment_goes_on() -> None:
    configuration = configuration_of(raw(**FULL))
    assert "Environment" not in configuration.settings
    assert SECRET not in str(to_wire(configuration))


def test_variables_that_one_role_may_not_decrypt_make_no_difference() -> None:
    error = {"ErrorCode": "AccessDeniedException", "Message": f"kms says {SECRET}"}
    configuration = configuration_of(raw(Environment={"Error": error}))
    assert configuration == configuration_of(raw(Environment={"Variables": {"A": "1"}}))


def test_list_get_and_version_give_one_and_the_same_configuration() -> None:
    cloud = FakeCloud()
    aws = cloud[TARGET].functions
    function = aws.add("orders", **FULL)
    aws.alias("orders", "live", aws.publish("orders", "described otherwise"))
    source = FakeFleet(cloud).open(TARGET)
    (listed,) = source.list_functions(None).functions
    state = source.state(function)
    assert listed.configuration == state.configuration == state.versions["1"]


@pytest.mark.parametrize(
    "changed",
    [
        {"Handler": "other.handler"},
        {"Layers": []},
        {"Role": "arn:other"},
        {"Timeout": 31},
        {"MemorySize": 3009},
        {"CodeSha256": "bmV3"},
        {"VpcConfig": {"SubnetIds": ["subnet-a"]}},
        {"SnapStart": {"ApplyOn": "PublishedVersions"}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_setting_that_matters_makes_a_difference(changed: dict[str, Any]) -> None:
    assert configuration_of(raw(**FULL | changed)) != configuration_of(raw(**FULL))


@pytest.mark.parametrize(
    "same",
    [
        {"Description": "a label"},
        {"RevisionId": "other"},
        {"LastModified": "2027-01-01T00:00:00.000+0000"},
        {"State": "Inactive"},
        {"ConfigSha256": "x"},
        {"DeadLetterConfig": {}},
        {"SnapStart": {"ApplyOn": "None", "OptimizationStatus": "On"}},
        {"VpcConfig": FULL["VpcConfig"] | {"SubnetIds": ["subnet-a", "subnet-b"]}},
        {"Environment": {"Variables": {"A": "2", "TOKEN": "other"}}},
    ],
    ids=lambda same: next(iter(same)),
)
def test_identity_state_order_and_emptiness_make_none(same: dict[str, Any]) -> None:
    assert configuration_of(raw(**FULL | same)) == configuration_of(raw(**FULL))


def test_a_vpc_without_subnets_is_no_vpc() -> None:
    empty = {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False}
    listed = listed_function(raw(VpcConfig=empty))
    assert not listed.has_vpc
    assert "VpcConfig" not in listed.configuration.settings


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, True),
        ({"Variables": {}}, None, True),
        ({"Variables": {"A": "1"}}, {"Variables": {"A": "1"}}, True),
        ({"Variables": {"A": "1"}}, {"Variables": {"A": "2"}}, False),
        ({"Variables": {"A": "1"}}, {}, False),
        ({"Error": {"ErrorCode": "x"}}, {"Error": {"ErrorCode": "x"}}, False),
        ({"Variables": {}}, {"Error": {"ErrorCode": "x"}}, False),
    ],
)
def test_environments_are_the_same_only_when_both_were_read(
    one: Any, other: Any, expected: bool
) -> None:
    assert same_environment({"Environment": one}, {"Environment": other}) is expected


@pytest.mark.parametrize(
    "text",
    ["2026-11-02T10:00:00.000+0000", "2026-11-02T11:00:00.000+0100", "2026-11-02T10:00:00"],
)
def test_moments_are_utc(text: str) -> None:
    assert moment(text) == datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


def test_an_arn_that_is_none_is_refused() -> None:
    with pytest.raises(InputError):
        listed_function(raw() | {"FunctionArn": "orders"})
