"""Is an alias split and made whole again by one guarded call each, and told from a move?"""

from dataclasses import replace

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.cloud import FakeCloud, FakeWorkshop
from tests.fakes.fake_lambda import FakeLambda
from trimtab.aws.actuator import AwsActuator
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import (
    PermanentError,
    RetryableError,
)
from trimtab.domain.step import (
    MoveAlias,
    SplitAlias,
    Step,
    UnsplitAlias,
)
from trimtab.domain.terms import Direction

MOVE = MoveAlias(alias="live", from_version="1", to_version="2")
SPLIT = SplitAlias(alias="live", stable_version="1", canary_version="2", weight=0.1)
UNSPLIT = UnsplitAlias(alias="live", canary_version="2")


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def aws(cloud: FakeCloud) -> FakeLambda:
    return cloud[TARGET].functions


@pytest.fixture
def function(aws: FakeLambda) -> FunctionArn:
    return aws.add("orders")


@pytest.fixture
def actuator(cloud: FakeCloud, function: FunctionArn) -> AwsActuator:
    return FakeWorkshop(cloud).open(
        function, session="change-r1", actions=["lambda:GetFunction"], direction=Direction.FORWARD
    )


def two_versions(aws: FakeLambda, **weights: float) -> None:
    aws.publish("orders")
    aws.change("orders", MemorySize=1769)
    aws.publish("orders")
    aws.alias("orders", "live", "1", weights)


def weights_in(actuator: AwsActuator) -> list[tuple[str, dict[str, float]]]:
    return [(alias.version, dict(alias.weights)) for alias in actuator.state().aliases]


def test_an_alias_is_split_and_made_whole_again(aws: FakeLambda, actuator: AwsActuator) -> None:
    two_versions(aws)
    actuator.write(SPLIT, state=actuator.state())
    assert weights_in(actuator) == [("1", {"2": 0.1})]
    actuator.write(UNSPLIT, state=actuator.state())
    assert weights_in(actuator) == [("1", {})]
    actuator.write(SPLIT, state=actuator.state())
    actuator.write(MOVE, state=actuator.state())
    assert weights_in(actuator) == [("2", {})]


def test_s13_our_weight_is_taken_off_an_alias_that_somebody_moved(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    two_versions(aws)
    aws.change("orders", Timeout=3)
    theirs = aws.publish("orders")
    aws.alias("orders", "live", theirs, {"2": 0.1})
    actuator.write(UNSPLIT, state=actuator.state())
    assert weights_in(actuator) == [(theirs, {})]


def test_s22_an_alias_that_is_not_as_it_was_read_is_not_split(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    two_versions(aws)
    for version, weights, step, says in (
        ("1", {"2": 0.3}, SPLIT, "it no longer serves version 1 alone"),
        ("2", {}, SPLIT, "it no longer serves version 1 alone"),
        ("1", {}, UNSPLIT, "version 2 with a share of its traffic"),
        ("2", {"1": 0.5}, UNSPLIT, "version 2 with a share of its traffic"),
    ):
        aws.alias("orders", "live", version, weights)
        with pytest.raises(PermanentError, match=says):
            actuator.write(step, state=actuator.state())
    assert aws.calls["UpdateAlias"] == 0


def test_a_version_gets_traffic_once_it_is_active(aws: FakeLambda, actuator: AwsActuator) -> None:
    two_versions(aws)
    fresh = aws._functions["orders"].versions["2"]
    fresh["State"] = "Pending"
    aws.before_next("GetFunctionConfiguration", lambda: None)
    aws.before_next("GetFunctionConfiguration", lambda: fresh.update(State="Active"))
    state = actuator.state()
    aws.before_next("GetFunctionConfiguration", lambda: fresh.update(State="Active"))
    actuator.write(SPLIT, state=state)
    assert weights_in(actuator)[0][1] == {"2": 0.1}


@pytest.mark.parametrize(
    ("state", "raised"), [("Pending", RetryableError), ("Failed", PermanentError)]
)
def test_a_version_that_does_not_become_active_gets_no_traffic(
    aws: FakeLambda, actuator: AwsActuator, state: str, raised: type[Exception]
) -> None:
    two_versions(aws)
    aws._functions["orders"].versions["2"]["State"] = state
    with pytest.raises(raised, match=state):
        actuator.write(SPLIT, state=actuator.state())
    assert aws.calls["UpdateAlias"] == 0


@pytest.mark.parametrize("step", [SPLIT, UNSPLIT, MOVE], ids=lambda s: type(s).__name__)
def test_s26_cloudtrail_tells_a_split_from_a_move(
    cloud: FakeCloud, aws: FakeLambda, actuator: AwsActuator, step: Step
) -> None:
    two_versions(aws, **({"2": 0.1} if step == UNSPLIT else {}))
    began = cloud.clock.now()
    actuator.write(step, state=actuator.state())
    others = [s for s in (SPLIT, UNSPLIT, MOVE) if s != step]
    assert actuator.made(step, since=began)
    assert not any(actuator.made(other, since=began) for other in others)
    assert not actuator.made(replace(SPLIT, weight=0.2), since=began)
