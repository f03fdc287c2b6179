"""Where did a stack put its things? Its outputs, by name."""

from collections.abc import Mapping
from typing import Any

from trimtab.aws.errors import reading


def stack_outputs(client: Any, stack: str) -> Mapping[str, str]:
    """Return the outputs of a CloudFormation stack.

    Raises: OutsideError naming the stack.
    """
    with reading(f"cloudformation:DescribeStacks {stack}"):
        found = client.describe_stacks(StackName=stack)["Stacks"][0]
    return {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}
