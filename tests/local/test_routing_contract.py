"""Does the embedded Lambda say to weights on an alias what the fake says, which is as recorded?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.test_fake_lambda import REFUSED_WEIGHTS, two_versions
from tests.fakes.builders import TARGET
from tests.fakes.clock import FakeClock
from tests.fakes.fake_lambda import FakeLambda
from tests.local.support import MEMBER, settled
from trimtab.local.emulator import Emulator

pytestmark = pytest.mark.scenario

NEVER_SENT = {"routing_config_exc_subzero"}
"""What botocore itself refuses before it is sent."""

SPLIT = {"AdditionalVersionWeights": {"2": 0.1}}


@pytest.fixture(scope="module")
def name(aws: Emulator, make_function: Callable[..., str]) -> str:
    """A function with two versions and an alias on the first."""
    found = make_function("weighted")
    client = aws.client("lambda", MEMBER)
    assert client.publish_version(FunctionName=found)["Version"] == "1"
    client.update_function_configuration(FunctionName=found, MemorySize=256)
    settled(client, found)
    assert client.publish_version(FunctionName=found)["Version"] == "2"
    client.create_alias(FunctionName=found, Name="live", FunctionVersion="1")
    return found


def refused(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("step", sorted(REFUSED_WEIGHTS.keys() - NEVER_SENT))
def test_what_lambda_refuses_is_refused(aws: Emulator, name: str, step: str) -> None:
    fake = FakeLambda(TARGET, FakeClock(), polls_to_settle=0)
    version, weights = REFUSED_WEIGHTS[step]
    asked = {
        "Name": "live",
        "FunctionVersion": version,
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }
    told = refused(lambda: fake.update_alias(two_versions(fake), **asked))
    client = aws.client("lambda", MEMBER)
    assert refused(lambda: client.update_alias(FunctionName=name, **asked)) == told


def test_weights_stay_until_they_are_told_to_go(aws: Emulator, name: str) -> None:
    client = aws.client("lambda", MEMBER)
    split = client.update_alias(FunctionName=name, Name="live", RoutingConfig=SPLIT)
    assert (split["FunctionVersion"], split["RoutingConfig"]) == ("1", SPLIT)
    client.update_function_configuration(FunctionName=name, MemorySize=512)
    settled(client, name)
    third = client.publish_version(FunctionName=name)["Version"]
    moved = client.update_alias(FunctionName=name, Name="live", FunctionVersion=third)
    assert (moved["FunctionVersion"], moved["RoutingConfig"]) == (third, SPLIT)
    stale = split["RevisionId"]
    empty = {"AdditionalVersionWeights": {}}
    asked = {"FunctionName": name, "Name": "live", "RoutingConfig": empty}
    assert refused(lambda: client.update_alias(**asked, RevisionId=stale)) == (
        "PreconditionFailedException",
        412,
    )
    gone = client.update_alias(**asked, RevisionId=moved["RevisionId"])
    assert (gone["FunctionVersion"], "RoutingConfig" in gone) == (third, False)


def test_weights_are_refused_beside_provisioned_concurrency(aws: Emulator, name: str) -> None:
    client = aws.client("lambda", MEMBER)
    client.create_alias(FunctionName=name, Name="warm", FunctionVersion="1")
    client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier="warm", ProvisionedConcurrentExecutions=1
    )
    code, _ = refused(
        lambda: client.update_alias(FunctionName=name, Name="warm", RoutingConfig=SPLIT)
    )
    assert code == "InvalidParameterValueException"
