"""Where did a stack put its things, and which stack has one? Outputs, and owners."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, message_of, reading
from trimtab.domain.errors import NotFoundError


def stack_outputs(client: Any, stack: str) -> Mapping[str, str]:
    """Return the outputs of a CloudFormation stack.

    Raises: OutsideError naming the stack; NotFoundError when there is none.
    """
    with reading(f"cloudformation:DescribeStacks {stack}"):
        try:
            found = client.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in message_of(error):
                raise
            raise NotFoundError(
                f"there is no stack {stack} in this account and region: is this the hub? See "
                "--stack, AWS_PROFILE and AWS_REGION"
            ) from error
    return {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}


def owning_stack(client: Any, physical_id: str) -> str | None:
    """Return the stack that has this resource; None: none does.

    Raises: OutsideError naming the resource.
    """
    with reading(f"cloudformation:DescribeStackResources {physical_id}"):
        try:
            answer = client.describe_stack_resources(PhysicalResourceId=physical_id)
        except ClientError as error:
            if code_of(error) == "ValidationError" and "does not exist" in message_of(error):
                return None
            raise
    names = (str(resource["StackName"]) for resource in answer["StackResources"])
    return next(names, None)
