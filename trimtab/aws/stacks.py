"""Where did a stack put its things? Its outputs, by name."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import message_of, reading
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
