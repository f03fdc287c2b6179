"""Does the clock know the time left, and does a stack say where its things are?"""

from datetime import UTC, timedelta
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from trimtab.aws.clock import SystemClock
from trimtab.aws.stacks import stack_outputs
from trimtab.domain.errors import NotFoundError, PermanentError


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 1500


def test_the_clock_is_utc_and_unlimited_outside_a_lambda() -> None:
    assert SystemClock().now().tzinfo is UTC
    assert SystemClock().remaining() == timedelta.max


def test_inside_a_lambda_the_clock_knows_the_time_left() -> None:
    assert SystemClock(Context()).remaining() == timedelta(seconds=1.5)


@pytest.fixture
def stub() -> Any:
    client = Session().create_client(
        "cloudformation",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with Stubber(client) as stubber:
        yield stubber


def test_outputs_are_found_by_name(stub: Stubber) -> None:
    outputs = [{"OutputKey": "ApiUrl", "OutputValue": "https://api.test"}]
    stack = {
        "StackName": "trimtab-hub",
        "CreationTime": "2026-11-02",
        "StackStatus": "CREATE_COMPLETE",
    }
    stub.add_response("describe_stacks", {"Stacks": [stack | {"Outputs": outputs}]})
    assert stack_outputs(stub.client, "trimtab-hub") == {"ApiUrl": "https://api.test"}


def test_a_stack_that_is_not_there_is_named(stub: Stubber) -> None:
    stub.add_client_error("describe_stacks", "ValidationError", http_status_code=400)
    with pytest.raises(PermanentError, match="trimtab-hub"):
        stack_outputs(stub.client, "trimtab-hub")


def test_a_stack_that_is_not_there_is_asked_for_elsewhere(stub: Stubber) -> None:
    message = "Stack with id trimtab-hub does not exist"
    stub.add_client_error("describe_stacks", "ValidationError", message, http_status_code=400)
    with pytest.raises(NotFoundError, match="is this the hub"):
        stack_outputs(stub.client, "trimtab-hub")
