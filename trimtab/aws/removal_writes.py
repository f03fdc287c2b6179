"""How are the writes of a removal made? Reserved concurrency, and the deletion: none takes a
RevisionId, so who writes reads all of the function just before.
"""

from typing import Any

from trimtab.aws.errors import writing
from trimtab.domain.removal import check_number
from trimtab.domain.step import DeleteFunction, DeleteVersion, RemovalStep


def write_removal(client: Any, name: str, step: RemovalStep) -> None:
    """Make the one call of this step; `client` retries nothing.

    Raises: WriteUnknownError when it may have landed; PermanentError or RetryableError when it
    surely did not.
    """
    if isinstance(step, DeleteVersion):
        _delete_version(client, name, step.version)
    elif isinstance(step, DeleteFunction):
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


def _delete_version(client: Any, name: str, number: str) -> None:
    """Delete one version. Without a qualifier the same call would delete the whole function, so the
    number is looked at once more.

    Raises: InputError when it is no number: then nothing is sent.
    """
    check_number(number)
    with writing(f"lambda:DeleteFunction {name}:{number}"):
        client.delete_function(FunctionName=name, Qualifier=number)
