"""What was a role granted, and was each part of it used? Read from the deployed policies.

A grant is split into the smallest parts that can be used on their own: one action on one resource,
and, where a statement narrows by leading keys, each kind of item too. KMS is a part for each
service the key is used through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

LEADING_KEYS = "dynamodb:LeadingKeys"
VIA = "kms:ViaService"
SERVICES = {"dynamodb": "dynamodb", "s3": "s3", "sqs": "sqs", "secretsmanager": "secretsmanager"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One check of a role's permissions, as the recorder kept it."""

    account: str
    role: str
    action: str
    resource: str
    keys: tuple[str, ...]
    allowed: bool

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Call:
        return cls(**{**raw, "keys": tuple(raw["keys"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One Allow statement of one role."""

    role: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    keys: tuple[str, ...]
    """Kinds of items, e.g. `change#`; none: not narrowed."""
    via: tuple[str, ...]
    """Services that use a key on the role's behalf; none: not about a key."""

    def covers(self, call: Call) -> bool:
        return (
            call.role == self.role
            and call.action in self.actions
            and any(_matches(call.resource, pattern) for pattern in self.resources)
            and (not self.keys or (bool(call.keys) and set(call.keys) <= set(self.keys)))
        )


def _matches(resource: str, pattern: str) -> bool:
    """Compare without the account: member roles are the same in every one of them."""
    plain = [re.sub(r"\b\d{12}\b", "account", text) for text in (resource, pattern)]
    # Of a call that is about no resource, or about many, the emulator says `*`.
    return plain[1] == "*" or fnmatchcase(plain[0], plain[1]) or plain[0] == "*"


def listed(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (str(value),)


def grants(role: str, documents: Sequence[Mapping[str, Any]]) -> Iterator[Grant]:
    """Yield the Allow statements of a role's inline policies."""
    for document in documents:
        for statement in document["Statement"]:
            if statement["Effect"] != "Allow":
                continue
            conditions = statement.get("Condition", {})
            keys = conditions.get("ForAllValues:StringLike", {}).get(LEADING_KEYS, [])
            via = conditions.get("StringEquals", {}).get(VIA, [])
            yield Grant(
                role=role,
                actions=listed(statement["Action"]),
                resources=listed(statement["Resource"]),
                keys=tuple(key.rstrip("*") for key in listed(keys)) if keys else (),
                via=tuple(v.partition(".")[0] for v in listed(via)) if via else (),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How a resource is called, by the outputs of the hub's stack."""

    outputs: Mapping[str, str]

    def of(self, resource: str) -> str:
        for name, value in self.outputs.items():
            if name.endswith(("Table", "Bucket", "KeyArn")) and value in resource:
                return f"{name}{resource.partition(value)[2]}"
            if name == "TicketQueueUrl" and resource.endswith(value.rpartition("/")[2]):
                return "TicketQueue"
        return resource.split(":", 5)[-1] if resource.startswith("arn:") else resource


def parts(grant: Grant, calls: Sequence[Call], names: Names) -> Iterator[tuple[str, bool]]:
    """Yield each part of a grant in words, and whether it was used."""
    mine = [call for call in calls if call.role == grant.role and call.allowed]
    if grant.via:
        for service in grant.via:
            used = any(call.action.startswith(f"{SERVICES[service]}:") for call in mine)
            yield f"kms through {service}", used
        return
    for action in grant.actions:
        for resource in grant.resources:
            one = Grant(
                role=grant.role, actions=(action,), resources=(resource,), keys=grant.keys, via=()
            )
            items = f" {'|'.join(grant.keys)}" if grant.keys else ""
            yield f"{action} {names.of(resource)}{items}", any(map(one.covers, mine))
    for key in grant.keys:
        used = any(grant.covers(call) and key in call.keys for call in mine)
        yield f"items {key} by {'|'.join(a.partition(':')[2] for a in grant.actions)}", used
