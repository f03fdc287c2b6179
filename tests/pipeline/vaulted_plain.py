"""How does a function look to somebody who knows nothing of backups? For comparing two of them.

Written apart from `backup_items`, straight from the account's state: what both sides of a restore
must have in common, but for what no restore brings back.
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.fakes.member_account import MemberAccount
from tests.fakes.member_state import Kept

IDENTITY = (
    "CodeSize",
    "LastModified",
    "LastUpdateStatus",
    "RevisionId",
    "RuntimeVersionConfig",
    "State",
    "UUID",
    "FunctionUrl",
    "EventSourceMappingArn",
    "PolicyARN",
    "Version",
)


def plain(account: MemberAccount, name: str, numbers: Mapping[str, str]) -> dict[str, Any]:
    """Return all that is there of a function, each version under its new number."""
    kept = account.functions[name]
    found: dict[str, Any] = {
        "latest": _version(kept.latest, kept.code),
        "versions": {
            numbers.get(n, n): _version(raw, kept.version_code[n])
            for n, raw in kept.versions.items()
        },
        "aliases": {a: _alias(raw, numbers) for a, raw in kept.aliases.items()},
        "tags": {k: v for k, v in kept.tags.items() if not k.startswith(("aws:", "trimtab:"))},
        "single": (kept.reserved, kept.signing, kept.recursion),
        "provisioned": {numbers.get(q, q): level for q, level in kept.provisioned.items()},
        "runtime": {numbers.get(q, q): raw for q, raw in kept.runtime.items()},
    }
    for what in ("policies", "urls", "invoke"):
        found[what] = {
            numbers.get(q, q): _without(raw) for q, raw in getattr(kept, what).items() if raw
        }
    found["mappings"] = _mappings(account, name, numbers)
    found["scaling"] = _scaling(account, name, numbers)
    return dict(json.loads(json.dumps(found, sort_keys=True)))


def _version(raw: Mapping[str, Any], code: Mapping[str, Any]) -> Any:
    said = {k: v for k, v in raw.items() if k not in (*IDENTITY, "FunctionArn") and v}
    vpc = said.get("VpcConfig")
    if vpc is not None:
        said["VpcConfig"] = {k: sorted(v) for k, v in vpc.items() if isinstance(v, list) and v}
    return {k: v for k, v in said.items() if v} | {"code": dict(code)}


def _alias(raw: Mapping[str, Any], numbers: Mapping[str, str]) -> Any:
    weights = (raw.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    version = raw["FunctionVersion"]
    shifted = {numbers.get(v, v): weight for v, weight in weights.items()}
    return numbers.get(version, version), raw.get("Description"), shifted


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        dropped = (*IDENTITY, "FunctionArn", "Resource")
        return {k: _without(v) for k, v in value.items() if k not in dropped}
    return value


def _mappings(account: MemberAccount, name: str, numbers: Mapping[str, str]) -> Any:
    found = []
    for raw in account.mappings:
        *start, qualifier = raw["FunctionArn"].split(":")
        place = numbers.get(qualifier, qualifier) if start[-1] == name else qualifier
        found.append([place, json.dumps(_without(raw), sort_keys=True)])
    return sorted(found)


def _scaling(account: MemberAccount, name: str, numbers: Mapping[str, str]) -> Any:
    found = []
    for store in (account.targets, account.actions, account.policies):
        for raw in store.values():
            qualifier = raw["ResourceId"].split(":")[2]
            schedule = str(raw.get("Schedule"))
            if not schedule.startswith("at(2020"):
                said = {k: v for k, v in _without(raw).items() if k != "ResourceId" and v != {}}
                suspended = said.get("SuspendedState")
                if suspended is not None and not any(suspended.values()):
                    del said["SuspendedState"]
                found.append([numbers.get(qualifier, qualifier), json.dumps(said, sort_keys=True)])
    return sorted(found)


def features(kept: Kept, account: MemberAccount) -> set[str]:
    """Name the features that a function has: for the figures of a round trip."""
    has = {
        "versions": bool(kept.versions),
        "aliases": bool(kept.aliases),
        "weights": any("RoutingConfig" in raw for raw in kept.aliases.values()),
        "policies": any(kept.policies.values()),
        "urls": bool(kept.urls),
        "async": bool(kept.invoke),
        "provisioned": bool(kept.provisioned),
        "scaling": bool(account.targets),
        "reserved": kept.reserved is not None,
        "signing": kept.signing is not None,
        "runtime": bool(kept.runtime),
        "recursion": kept.recursion != "Terminate",
        "mappings": bool(account.mappings),
        "image": kept.latest["PackageType"] == "Image",
        "environment": "Environment" in kept.latest,
        "network": bool((kept.latest.get("VpcConfig") or {}).get("SubnetIds")),
        "snapshots": kept.latest["SnapStart"]["ApplyOn"] != "None",
    }
    return {name for name, is_there in has.items() if is_there}
