"""What stands around a function that is about to be split? Every page of every answer is read."""

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeClients, FakeTarget
from trimtab.aws.surroundings import read_surroundings
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import AccessDeniedError, PermanentError
from trimtab.ports import Surroundings


def a_target() -> tuple[FakeTarget, FunctionArn]:
    target = FakeTarget(TARGET, FakeClock())
    return target, target.functions.add("orders")


def read(target: FakeTarget, function: FunctionArn) -> Surroundings:
    return read_surroundings(FakeClients(target), function)


def test_a_function_that_nothing_is_about_to_happen_to() -> None:
    target, function = a_target()
    found = read(target, function)
    assert (found.scalable_targets, found.deployments, found.stack_in_progress) == ((), (), None)
    assert found.account.code_storage_bytes == 1024
    assert found.account.unreserved_concurrency == 1000
    assert target.deployments.calls["BatchGetDeployments"] == 0


def test_every_page_is_read_and_only_this_function_counts() -> None:
    target, function = a_target()
    for n in range(3):
        target.scaling.register(function, f"v{n}")
    target.scaling.register(
        FunctionArn(partition="aws", region="eu-west-1", account="1" * 12, name="orders2"), "live"
    )
    target.deployments.per_page = 20
    for n in range(45):
        target.deployments.deploy(f"d-{n}", '{"Name": "invoices"}')
    target.deployments.deploy("d-ours", "Name: orders")
    target.deployments.deploy("d-secret", None)
    target.deployments.deploy("d-server", None, platform="Server")
    found = read(target, function)
    assert found.scalable_targets == ("v0", "v1", "v2")
    assert found.deployments == ("d-ours", "d-secret")
    assert target.deployments.calls["BatchGetDeployments"] == 2


@pytest.mark.parametrize(
    ("status", "answer"),
    [("UPDATE_IN_PROGRESS", "shop"), ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "shop"),
     ("UPDATE_COMPLETE", None)],
)  # fmt: skip
def test_a_stack_counts_while_it_is_being_changed(status: str, answer: str | None) -> None:
    target, function = a_target()
    target.stacks.own(function, "shop")
    target.stacks.status = status
    assert read(target, function).stack_in_progress == answer


def test_s08_what_is_denied_is_never_taken_for_nothing() -> None:
    target, function = a_target()
    target.stacks.fail_next("DescribeStackResources", "AccessDenied")
    with pytest.raises(AccessDeniedError, match="DescribeStackResources"):
        read(target, function)
    target.stacks.fail_next("DescribeStackResources", "ValidationError")
    with pytest.raises(PermanentError):
        read(target, function)
