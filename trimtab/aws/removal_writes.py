"""How are the writes of a removal made? Reserved concurrency, and the deletion: none takes a
RevisionId, so who writes reads all of the function just before.
"""

from typing import Any

from trimtab.aws.errors import writing
from trimtab.domain.step import DeleteFunction, RemovalStep


def write_removal(client: Any, name: str, step: RemovalStep) -> None:
    """Make the one call of this step; `client` retries nothing.

    Raises: WriteUnknownError when it may have landed; PermanentError or RetryableError when it
    surely did not.
    """
    if isinstance(step, DeleteFunction):
        with writing(f"lambda:DeleteFunction {name}"):
            client.delete_function(FunctionName=name)
    elif step.reserved is None:
        with writing(f"lambda:DeleteFunctionConcurrency {name}"):
            client.delete_function_concurrency(FunctionName=name)
    else:
        with writing(f"lambda:PutFunctionConcurrency {name}"):
            client.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=step.reserved
            )
