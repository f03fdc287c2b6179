"""What stands around a function just before its aliases are split? Reads of the change role only.

Scalable targets, deployments and stack operations in progress, and the limits of the account.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.answers import raw_of
from trimtab.aws.errors import code_of, message_of, reading
from trimtab.aws.sessions import Clients
from trimtab.domain.arn import FunctionArn
from trimtab.ports import AccountSettings, Surroundings

UNFINISHED = ("Created", "Queued", "InProgress", "Baking", "Ready")
"""Source: CodeDeploy API, DeploymentStatus (botocore 1.44.5): all but Succeeded, Failed and
Stopped."""
DEPLOYMENTS_PER_CALL = 25
"""Source: CodeDeploy API, BatchGetDeployments, deploymentIds: "The maximum number of deployment IDs
you can specify is 25", read 2026-11-21."""


def read_surroundings(clients: Clients, function: FunctionArn) -> Surroundings:
    """Read them: four calls, and more where deployments or a stack are found.

    Raises: OutsideError when any of them fails.
    """
    return Surroundings(
        account=account_settings(clients.client("lambda"), f"for {function}"),
        scalable_targets=tuple(_scalable_targets(clients, function)),
        deployments=tuple(_deployments(clients.client("codedeploy"), function)),
        stack_in_progress=_stack_in_progress(clients.client("cloudformation"), function),
    )


def account_settings(client: Any, where: str) -> AccountSettings:
    """Read the limits of the account, and how much code it stores."""
    with reading(f"lambda:GetAccountSettings {where}"):
        raw = raw_of(client.get_account_settings())
    limit, usage = raw["AccountLimit"], raw["AccountUsage"]
    return AccountSettings(
        concurrency_limit=limit["ConcurrentExecutions"],
        unreserved_concurrency=limit["UnreservedConcurrentExecutions"],
        code_storage_bytes=usage["TotalCodeSize"],
        code_storage_limit_bytes=limit["TotalCodeSize"],
    )


def _scalable_targets(clients: Clients, function: FunctionArn) -> Iterator[str]:
    """Yield the aliases and versions of this function that are scaled, at whatever capacity.

    Source: "RegisterScalableTarget", Application Auto Scaling API: a resource id of Lambda is
    function:NAME:ALIAS or function:NAME:VERSION; read 2026-11-21.
    """
    client = clients.client("application-autoscaling")
    begins = f"function:{function.name}:"
    for page in _pages(
        f"application-autoscaling:DescribeScalableTargets for {function}",
        "NextToken",
        lambda more: client.describe_scalable_targets(ServiceNamespace="lambda", **more),
    ):
        for target in page["ScalableTargets"]:
            if target["ResourceId"].startswith(begins):
                yield target["ResourceId"].removeprefix(begins)


def _deployments(client: Any, function: FunctionArn) -> Iterator[str]:
    """Yield unfinished deployments of Lambda that name this function, or do not say what they
    deploy: their text may be in a bucket.
    """
    pages = _pages(
        f"codedeploy:ListDeployments for {function}",
        "nextToken",
        lambda more: client.list_deployments(includeOnlyStatuses=list(UNFINISHED), **more),
    )
    ids = [deployment for page in pages for deployment in page["deployments"]]
    for at in range(0, len(ids), DEPLOYMENTS_PER_CALL):
        asked = ids[at : at + DEPLOYMENTS_PER_CALL]
        with reading(f"codedeploy:BatchGetDeployments for {function}"):
            found = client.batch_get_deployments(deploymentIds=asked)["deploymentsInfo"]
        for info in found:
            if info.get("computePlatform") == "Lambda" and _may_be_of(info, function):
                yield info["deploymentId"]


def _may_be_of(info: Mapping[str, Any], function: FunctionArn) -> bool:
    revision = info.get("revision") or {}
    inline = (revision.get("string") or {}, revision.get("appSpecContent") or {})
    texts = [part["content"] for part in inline if part.get("content")]
    return not texts or any(function.name in text for text in texts)


def _stack_in_progress(client: Any, function: FunctionArn) -> str | None:
    with reading(f"cloudformation:DescribeStackResources {function}"):
        try:
            found = client.describe_stack_resources(PhysicalResourceId=function.name)
        except ClientError as error:
            if code_of(error) == "ValidationError" and "does not exist" in message_of(error):
                return None
            raise
    for resource in found["StackResources"]:
        stack = resource["StackName"]
        with reading(f"cloudformation:DescribeStacks {stack}"):
            (described,) = client.describe_stacks(StackName=stack)["Stacks"]
        if described["StackStatus"].endswith("_IN_PROGRESS"):
            return str(stack)
    return None


def _pages(
    what: str, token: str, ask: Callable[[Mapping[str, str]], Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    more: dict[str, str] = {}
    while True:
        with reading(what):
            page = ask(more)
        yield page
        if not page.get(token):
            return
        more = {token: page[token]}
