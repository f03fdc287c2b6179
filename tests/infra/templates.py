"""What do the synthesized templates say? Written once per set of options, read as plain JSON."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from infra.app import build
from infra.assets import Code
from infra.names import (
    CHANGE_STACK,
    HUB_STACK,
    IMPORT_STACK,
    KILL_SWITCH_STACK,
    READ_STACK,
    RESTORE_STACK,
    SANDBOX_STACK,
    vault_stack,
)
from infra.options import Options

Resource = dict[str, Any]
Statement = dict[str, Any]

UNITS = ("ou-abcd-11111111", "ou-abcd-22222222")
USUAL = Options(
    target_ous=UNITS,
    organization_id="o-a1b2c3d4e5",
    external_id="an-external-id",
    sender="trimtab@example.com",
    ticket_repository="acme/findings",
    vault_regions=("us-east-1",),
)


@cache
def assembly(options: Options = USUAL) -> Path:
    """Return the folder with all templates; the code is a stub, as no template reads it."""
    folder = Path(tempfile.mkdtemp(prefix="trimtab-infra-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    stub = folder / "stub.zip"
    with zipfile.ZipFile(stub, "w") as archive:
        archive.writestr("handlers/__init__.py", "")
    build(options, code=Code(path=stub, digest="0" * 64), outdir=folder / "cdk.out").synth()
    return folder / "cdk.out"


@cache
def template(stack: str, options: Options = USUAL) -> dict[str, Any]:
    """Return one stack's template."""
    text = (assembly(options) / f"{stack}.template.json").read_text(encoding="utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def hub(options: Options = USUAL) -> dict[str, Any]:
    return template(HUB_STACK, options)


def all_templates() -> dict[str, dict[str, Any]]:
    members = (READ_STACK, CHANGE_STACK, RESTORE_STACK, IMPORT_STACK)
    vaults = map(vault_stack, USUAL.vault_regions)
    stacks = (HUB_STACK, *vaults, *members, KILL_SWITCH_STACK, SANDBOX_STACK)
    return {stack: template(stack) for stack in stacks}


def of_type(kind: str, source: dict[str, Any] | None = None) -> dict[str, Resource]:
    """Return the resources of a type (without `AWS::`) by logical id."""
    resources: dict[str, Resource] = (source or hub())["Resources"]
    return {name: r for name, r in resources.items() if r["Type"] == f"AWS::{kind}"}


def text(value: Any) -> str:
    """Return a value as one would say it; references are `{LogicalId}` or `{LogicalId.Arn}`."""
    match value:
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(text(part) for part in parts)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"{{{name}.{attribute}}}"
        case {"Ref": str(name)}:
            return f"{{{name}}}"
        case _:
            return str(value)


def listed(value: Any) -> list[str]:
    """Return one value or many as a list of texts."""
    return [text(part) for part in (value if isinstance(value, list) else [value])]


def logical_id(name: str, *, key: str, source: dict[str, Any] | None = None) -> str:
    """Return the id of the one resource whose property `key` has this value."""
    (found,) = (
        identifier
        for identifier, resource in (source or hub())["Resources"].items()
        if resource.get("Properties", {}).get(key) == name
    )
    return str(found)


def statements(role_name: str, source: dict[str, Any] | None = None) -> list[Statement]:
    """Return every statement of a role: its own and those of policies attached to it."""
    whole = source or hub()
    role = logical_id(role_name, key="RoleName", source=whole)
    policies = list(whole["Resources"][role]["Properties"].get("Policies", ()))
    for policy in of_type("IAM::Policy", whole).values():
        if {"Ref": role} in policy["Properties"]["Roles"]:
            policies.append(policy["Properties"])
    return [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]


def role_names(source: dict[str, Any] | None = None) -> list[str]:
    """Return the names of all roles; a role without a fixed name fails the caller."""
    return [role["Properties"]["RoleName"] for role in of_type("IAM::Role", source).values()]


def allowed(role_name: str, source: dict[str, Any] | None = None) -> Iterator[tuple[str, str]]:
    """Yield each (action, resource) that a role is allowed."""
    for statement in statements(role_name, source):
        if statement["Effect"] == "Allow":
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield action, resource


def roles_allowed(action: str, resource_part: str = "") -> set[str]:
    """Return the hub roles that may do this on a resource whose text has this part."""
    return {
        role
        for role in role_names()
        if any(a == action and resource_part in r for a, r in allowed(role))
    }
