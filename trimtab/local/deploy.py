"""How does a synthesized stack get into an account without the CDK command line or a bootstrap?

Publishes the file assets of a ``cdk.out`` folder to the bucket its template names, then runs a
change set, as ``cdk deploy`` would.
"""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from trimtab.local.emulator import Emulator

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
DEPLOY_TIMEOUT_S = 180.0
POLL_S = 0.1
NO_CHANGE = ("didn't contain changes", "No updates are to be performed")
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest moment a zip can hold: the same folder always gives the same bytes."""


class DeployError(RuntimeError):
    """A stack did not reach its final state; the message lists what failed and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One stack of an assembly, and where it goes."""

    assembly: Path
    """The ``cdk.out`` folder."""

    stack: str
    """The stack's artifact id in the assembly."""

    account: str
    region: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    assets: Mapping[str, Path] = field(default_factory=dict)
    """Asset hash → folder to publish instead: the build for this machine's platform."""


def deploy_stack(emulator: Emulator, deployment: Deployment) -> dict[str, str]:
    """Create or update the stack, wait, and return its outputs.

    Raises: DeployError when the change set or the stack fails.
    """
    properties = _artifact(deployment)
    template = _publish(emulator, deployment, properties["templateFile"])
    client = emulator.client("cloudformation", deployment.account, deployment.region)
    name: str = properties.get("stackName") or deployment.stack
    known = _status(client, name)
    change_set = {"StackName": name, "ChangeSetName": f"trimtab-{uuid.uuid4().hex}"}
    client.create_change_set(
        **change_set,
        ChangeSetType="CREATE" if known in (None, "REVIEW_IN_PROGRESS") else "UPDATE",
        TemplateURL=template,
        Capabilities=CAPABILITIES,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in {**properties.get("parameters", {}), **deployment.parameters}.items()
        ],
    )
    if _is_empty(client, change_set):
        client.delete_change_set(**change_set)
        return _outputs(client, name)
    client.execute_change_set(**change_set)
    _wait_for_stack(client, name)
    return _outputs(client, name)


def _artifact(deployment: Deployment) -> dict[str, Any]:
    artifacts = json.loads((deployment.assembly / "manifest.json").read_text())["artifacts"]
    stacks = {
        key: artifact["properties"]
        for key, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    if deployment.stack not in stacks:
        message = (
            f"No stack {deployment.stack!r} in {deployment.assembly}; it has "
            f"{', '.join(sorted(stacks))}. Synthesize again or name one of these."
        )
        raise DeployError(message)
    properties: dict[str, Any] = stacks[deployment.stack]
    return properties


def _publish(emulator: Emulator, deployment: Deployment, template_file: str) -> str:
    """Put every file asset where the template expects it; return the template's address."""
    manifest = template_file.replace(".template.json", ".assets.json")
    files = json.loads((deployment.assembly / manifest).read_text())["files"]
    client = emulator.client("s3", deployment.account, deployment.region)
    address = None
    for digest, asset in files.items():
        source = deployment.assets.get(digest) or deployment.assembly / asset["source"]["path"]
        body = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for destination in asset["destinations"].values():
            bucket = _resolve(destination["bucketName"], deployment)
            key = _resolve(destination["objectKey"], deployment)
            _ensure_bucket(client, bucket, deployment.region)
            client.put_object(Bucket=bucket, Key=key, Body=body)
            if asset["source"]["path"] == template_file:
                _ensure_bootstrap_version(emulator, deployment, json.loads(body))
                address = f"https://s3.{deployment.region}.amazonaws.com/{bucket}/{key}"
    if address is None:
        message = f"{manifest} does not list {template_file}: synthesize the assembly again."
        raise DeployError(message)
    return address


def _resolve(text: str, deployment: Deployment) -> str:
    values = {"AccountId": deployment.account, "Region": deployment.region, "Partition": "aws"}
    for name, value in values.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _ensure_bucket(client: Any, bucket: str, region: str) -> None:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError:
        location = {"LocationConstraint": region}
        if region == "us-east-1":
            client.create_bucket(Bucket=bucket)
        else:
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration=location)


def _ensure_bootstrap_version(
    emulator: Emulator, deployment: Deployment, template: dict[str, Any]
) -> None:
    """The default synthesizer's templates read the bootstrap's version from a parameter."""
    parameter = template.get("Parameters", {}).get("BootstrapVersion")
    if parameter is not None:
        client = emulator.client("ssm", deployment.account, deployment.region)
        client.put_parameter(Name=parameter["Default"], Value="30", Type="String", Overwrite=True)


def _zipped(folder: Path) -> bytes:
    """The folder as a zip whose bytes depend on names, modes and contents only."""
    if folder.is_file():
        return folder.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
                entry.external_attr = path.stat().st_mode << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _is_empty(client: Any, change_set: Mapping[str, str]) -> bool:
    """Wait for the change set; whether it has nothing to change."""
    name = change_set["StackName"]
    for found in _polls(lambda: client.describe_change_set(**change_set), name):
        if found["Status"] == "FAILED":
            reason = found.get("StatusReason", "no reason given")
            if any(phrase in reason for phrase in NO_CHANGE):
                return True
            message = f"The change set of stack {name} failed: {reason}"
            raise DeployError(message)
        if found["Status"] == "CREATE_COMPLETE":
            break
    return False


def _wait_for_stack(client: Any, name: str) -> None:
    for status in _polls(lambda: _status(client, name), name):
        if status is None or not status.endswith("_IN_PROGRESS"):
            break
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        failed = [
            f"  {event['LogicalResourceId']} ({event['ResourceType']}): "
            f"{event.get('ResourceStatusReason', 'no reason given')}"
            for event in client.describe_stack_events(StackName=name)["StackEvents"]
            if event["ResourceStatus"].endswith("_FAILED")
        ]
        message = f"Stack {name} ended as {status}. Failed resources:\n" + "\n".join(failed)
        raise DeployError(message)


def _polls(read: Any, name: str) -> Iterator[Any]:
    deadline = time.monotonic() + DEPLOY_TIMEOUT_S
    while time.monotonic() < deadline:
        yield read()
        time.sleep(POLL_S)
    message = f"Stack {name} was still in progress after {DEPLOY_TIMEOUT_S:.0f} s."
    raise DeployError(message)


def _status(client: Any, name: str) -> str | None:
    try:
        stacks = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError:
        return None
    status: str = stacks[0]["StackStatus"]
    return status


def _outputs(client: Any, name: str) -> dict[str, str]:
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    return {entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", ())}
