"""Is a write tried before it is made, and adopted only where CloudTrail names us (S5, S26)?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.aws.test_actuator import (
    DOWN,
    MOVE,
    PUBLISH,
    actuator,
    aws,
    cloud,
    function,
    two_versions,
)
from tests.fakes.builders import TARGET
from tests.fakes.cloud import FakeCloud
from tests.fakes.fake_lambda import FakeLambda
from tests.fakes.fake_trail import CHANGE_ROLE
from trimtab.aws.actuator import AwsActuator
from trimtab.domain.errors import AccessDeniedError, OutsideError, PermanentError
from trimtab.domain.step import MoveAlias, SetMemory

__all__ = ["actuator", "aws", "cloud", "function"]


def test_s05_a_trial_with_a_wrong_revision_says_that_it_is_allowed_and_writes_nothing(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    two_versions(aws)
    before = actuator.state()
    actuator.probe(SetMemory(memory_mb=1769))
    actuator.probe(MoveAlias(alias="live", from_version="1", to_version="1"))
    assert actuator.state() == replace(before, read_at=actuator.state().read_at)
    assert aws.calls["UpdateFunctionConfiguration"] == 0


@pytest.mark.parametrize("code", ["AccessDeniedException", "AccessDenied"])
@pytest.mark.parametrize("step", [DOWN, MOVE])
def test_s05_a_trial_that_is_denied_says_so(
    aws: FakeLambda, actuator: AwsActuator, step: Any, code: str
) -> None:
    two_versions(aws)
    for name in ("TryUpdateFunctionConfiguration", "TryUpdateAlias"):
        aws.fail_always(name, code)
    with pytest.raises(AccessDeniedError):
        actuator.probe(step)


@pytest.mark.parametrize(
    "code", ["ResourceConflictException", "ServiceException", "TooManyRequestsException"]
)
def test_a_trial_without_a_clear_answer_is_neither_yes_nor_no(
    aws: FakeLambda, actuator: AwsActuator, code: str
) -> None:
    aws.fail_always("TryUpdateFunctionConfiguration", code)
    with pytest.raises(OutsideError):
        actuator.probe(DOWN)


def test_s05_a_service_that_takes_a_wrong_revision_is_not_written_to(actuator: AwsActuator) -> None:
    class Careless:
        def update_function_configuration(self, **_: Any) -> dict[str, Any]:
            return {}

    actuator._clients.writer = lambda _: Careless()  # type: ignore[method-assign]
    with pytest.raises(PermanentError, match="no write is guarded"):
        actuator.probe(DOWN)


def test_what_cannot_be_tried_is_not_tried(actuator: AwsActuator) -> None:
    with pytest.raises(TypeError, match="would be made"):
        actuator.probe(PUBLISH)


def test_s26_cloudtrail_names_the_writes_of_our_session_and_no_others(
    cloud: FakeCloud, aws: FakeLambda, actuator: AwsActuator
) -> None:
    since = cloud.clock.now()
    assert not actuator.made(DOWN, since=since)
    actuator.write(DOWN, state=actuator.state())
    assert actuator.made(DOWN, since=since)
    assert not actuator.made(SetMemory(memory_mb=1024), since=since)
    aws.publish("orders")
    aws.alias("orders", "live", "1")
    actuator.settle()
    aws.publish("orders")
    assert not actuator.made(MOVE, since=since)
    actuator.write(MOVE, state=actuator.settle())
    assert actuator.made(MOVE, since=since)
    assert not actuator.made(MOVE, since=since + timedelta(minutes=6))


SOMEBODY: dict[str, dict[str, Any]] = {
    "another session": {"username": "change-r2"},
    "another role": {"role": "deployer"},
    "another function": {"function": "invoices"},
    "a denied call": {"error_code": "AccessDenied"},
    "another memory": {"request": {"memorySize": 1024}},
    "another event": {"name": "UpdateFunctionCode20150331v2"},
    "no parameters": {"request": {}},
}


@pytest.mark.parametrize("how", SOMEBODY)
def test_s26_what_is_not_our_own_write_is_not_adopted(
    cloud: FakeCloud, actuator: AwsActuator, how: str
) -> None:
    usual: dict[str, Any] = {
        "name": "UpdateFunctionConfiguration20150331v2",
        "at": cloud.clock.now(),
        "username": "change-r1",
        "role": CHANGE_ROLE,
        "function": "orders",
        "request": {"memorySize": 1769},
    }
    trail = cloud[TARGET].trail
    for _ in range(60):
        trail.put(**usual | SOMEBODY[how])
    trail.put_raw(trail.put(**usual) | {"CloudTrailEvent": "{"})
    trail._events.pop(-2)
    assert not actuator.made(DOWN, since=cloud.clock.now())
    trail.put(**usual)
    assert actuator.made(DOWN, since=cloud.clock.now())
