"""How does one published version stand right now, and what names it besides an alias?"""

from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.answers import raw_of
from trimtab.aws.errors import code_of, message_of, reading
from trimtab.aws.reach import NO_POLICY
from trimtab.aws.states import LATEST
from trimtab.domain.arn import FunctionArn
from trimtab.domain.removal import check_number
from trimtab.ports import VersionState


def read_version(client: Any, function: FunctionArn, number: str) -> VersionState:
    """Read one version: four calls, and more where a listing has pages.

    Raises: NotFoundError when there is no such version; OutsideError when a call fails.
    """
    check_number(number)
    name, which = str(function), f"{function}:{number}"
    with reading(f"lambda:GetFunctionConfiguration {which}"):
        raw = raw_of(client.get_function_configuration(FunctionName=name, Qualifier=number))
    users = (
        *_provisioned(client, name, number),
        *_mappings(client, which),
        *_policy(client, name, number),
    )
    return VersionState(
        number=number,
        code_sha256=raw["CodeSha256"],
        revision_id=raw.get("RevisionId") or "",
        users=users,
    )


def read_numbers(client: Any, function: FunctionArn) -> tuple[str, ...]:
    """List the numbers of all published versions.

    Raises: OutsideError when a call fails.
    """
    asked: dict[str, Any] = {"FunctionName": str(function)}
    found: list[str] = []
    while True:
        with reading(f"lambda:ListVersionsByFunction {function}"):
            page = raw_of(client.list_versions_by_function(**asked))
        found += [str(raw["Version"]) for raw in page["Versions"]]
        if not page.get("NextMarker"):
            return tuple(number for number in found if number != LATEST)
        asked["Marker"] = page["NextMarker"]


def _provisioned(client: Any, name: str, number: str) -> tuple[str, ...]:
    asked: dict[str, Any] = {"FunctionName": name}
    while True:
        with reading(f"lambda:ListProvisionedConcurrencyConfigs {name}"):
            page = raw_of(client.list_provisioned_concurrency_configs(**asked))
        for config in page["ProvisionedConcurrencyConfigs"]:
            if config["FunctionArn"].rpartition(":")[2] == number:
                return ("provisioned concurrency is configured for it",)
        if not page.get("NextMarker"):
            return ()
        asked["Marker"] = page["NextMarker"]


def _mappings(client: Any, which: str) -> tuple[str, ...]:
    """Name the mappings that feed the version; one that is not its own in the answer counts too."""
    asked: dict[str, Any] = {"FunctionName": which}
    found: list[str] = []
    while True:
        with reading(f"lambda:ListEventSourceMappings of {which}"):
            page = raw_of(client.list_event_source_mappings(**asked))
        found += [f"event source mapping {raw['UUID']}" for raw in page["EventSourceMappings"]]
        if not page.get("NextMarker"):
            return tuple(found)
        asked["Marker"] = page["NextMarker"]


def _policy(client: Any, name: str, number: str) -> tuple[str, ...]:
    with reading(f"lambda:GetPolicy {name}:{number}"):
        try:
            client.get_policy(FunctionName=name, Qualifier=number)
        except ClientError as error:
            said = message_of(error).removesuffix(".")
            if code_of(error) == "ResourceNotFoundException" and said in NO_POLICY:
                return ()
            raise
    return ("a resource policy of its own lets somebody call it",)
