"""Of which single things does a function consist, in a form that can be compared and written again?

Versions are named by their order (#1, #2, ...), as their numbers never come back. What can be
written again is an item; what can not is none, and `backup_limits` says it. A restore writes the
items that are missing; it is done when both sides have the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trimtab.domain.backup import LATEST, Backup, Component
from trimtab.domain.backup_policy import permissions_of
from trimtab.domain.backup_scaling import scaling_items
from trimtab.domain.backup_settings import (
    code_of,
    full,
    publications,
    renamed,
    settings_of,
    symbols,
)
from trimtab.domain.digest import canonical_json, sha256_hex

MARKER = "trimtab:restored"
"""The tag of a restored function: its value names the restore."""
RESERVED_TAGS = "aws:"
"""What tags begin with that a service sets: nobody else can."""

MAPPING_IDENTITY = frozenset(
    {
        "EventSourceMappingArn",
        "FilterCriteriaError",
        "FunctionArn",
        "LastModified",
        "LastProcessingResult",
        "State",
        "StateTransitionReason",
        "UUID",
    }
)
"""What a mapping answers and is not given when it is created.
Source: botocore 1.44.5, lambda: EventSourceMappingConfiguration, CreateEventSourceMapping."""

ENABLED = ("Enabled", "Enabling", "Creating", "Updating")
ASYNC = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
URL = ("AuthType", "Cors", "InvokeMode")
UNSAID = {"recursion": "Terminate", "runtime": "Auto"}
"""What holds where nobody said anything. Source: botocore 1.44.5, lambda:
PutFunctionRecursionConfig, PutRuntimeManagementConfig."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of a function."""

    kind: str
    at: str
    """The symbol of a version, the name of an alias, or $LATEST."""
    name: str = ""
    value: Any = None
    """What is compared."""
    given: Any = None
    """What is written besides, and not compared."""

    @property
    def key(self) -> str:
        return " ".join(part for part in (self.kind, self.at, self.name) if part)


def items_of(backup: Backup, *, name: str, now: datetime) -> dict[str, Item]:
    """Return all items of a function by their key, as they are for a function of this name."""
    symbol = symbols(backup)
    found = [
        *_versions(backup, name),
        *_aliases(backup, symbol),
        *_policies(backup, symbol),
        *_async(backup, symbol),
        *scaling(backup, symbol, now),
        *_urls(backup, symbol),
        *_single(backup, symbol),
        *_tags(backup),
        *_mappings(backup, symbol),
    ]
    there = known_places(backup)
    return {item.key: item for item in found if item.at in there}


def known_places(backup: Backup) -> frozenset[str]:
    """Return what there is to attach anything to: what a deleted version left behind is not."""
    return frozenset((*symbols(backup).values(), *backup.aliases))


def place_of(arn: str, symbol: Mapping[str, str]) -> str:
    """Return the symbol of what a function's ARN, with or without qualifier, points to.

    A version that is gone keeps its number.
    """
    parts = arn.split(":")
    qualifier = parts[7] if len(parts) > 7 else LATEST  # noqa: PLR2004 - parts of an ARN
    return symbol.get(qualifier, qualifier)


def _versions(backup: Backup, name: str) -> Iterator[Item]:
    groups = [(group[0], f"#{n}") for n, group in enumerate(publications(backup), start=1)]
    for number, at in [*groups, (LATEST, LATEST)]:
        configuration = backup.configuration(number)
        settings = renamed(settings_of(configuration), backup.function.name, name)
        value = settings | {"code": code_of(configuration)[0]}
        yield Item(kind="version", at=at, value=full(value))


def _aliases(backup: Backup, symbol: Mapping[str, str]) -> Iterator[Item]:
    for raw in backup.of(Component.ALIASES):
        weights = (raw.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        value = {
            "version": symbol.get(raw["FunctionVersion"], raw["FunctionVersion"]),
            "Description": raw.get("Description") or "",
            "weights": {symbol.get(v, v): weight for v, weight in weights.items()},
        }
        yield Item(kind="alias", at=str(raw["Name"]), value=value)


def _policies(backup: Backup, symbol: Mapping[str, str]) -> Iterator[Item]:
    for qualifier in (LATEST, *backup.aliases, *backup.versions):
        asked = None if qualifier == LATEST else qualifier
        document = backup.of(Component.POLICY, asked)
        for sid, given in permissions_of(document).items():
            yield Item(
                kind="permission", at=symbol.get(qualifier, qualifier), name=sid, value=given
            )


def _async(backup: Backup, symbol: Mapping[str, str]) -> Iterator[Item]:
    for raw in backup.of(Component.ASYNC):
        value = full({key: raw.get(key) for key in ASYNC})
        yield Item(kind="async", at=place_of(raw["FunctionArn"], symbol), value=value)


def scaling(backup: Backup, symbol: Mapping[str, str], now: datetime) -> Iterator[Item]:
    """Return what is provisioned and what scales it. What is scaled has no level to compare."""
    found = scaling_items(backup.of(Component.SCALING), now=now)
    scaled = {qualifier for kind, qualifier, *_ in found if kind == "target"}
    for raw in backup.of(Component.PROVISIONED):
        at, qualifier = place_of(raw["FunctionArn"], symbol), raw["FunctionArn"].split(":")[7]
        level = raw["RequestedProvisionedConcurrentExecutions"]
        value = "scaled" if qualifier in scaled else level
        yield Item(kind="provisioned", at=at, value=value, given=level)
    for kind, qualifier, name, value in found:
        yield Item(kind=kind, at=symbol.get(qualifier, qualifier), name=name, value=value)


def _urls(backup: Backup, symbol: Mapping[str, str]) -> Iterator[Item]:
    for raw in backup.of(Component.URLS):
        value = full({key: raw.get(key) for key in URL})
        yield Item(kind="url", at=place_of(raw["FunctionArn"], symbol), value=value)


def _single(backup: Backup, symbol: Mapping[str, str]) -> Iterator[Item]:
    reserved = backup.of(Component.RESERVED)
    if reserved is not None:
        yield Item(kind="reserved", at=LATEST, value=reserved)
    signing = backup.of(Component.SIGNING)
    if signing not in (None, ""):
        yield Item(kind="signing", at=LATEST, value=signing)
    for qualifier in (LATEST, *backup.versions):
        raw = backup.of(Component.RUNTIME, qualifier)
        value = full({key: raw.get(key) for key in ("UpdateRuntimeOn", "RuntimeVersionArn")})
        if value.get("UpdateRuntimeOn") not in (None, UNSAID["runtime"]):
            yield Item(kind="runtime", at=symbol[qualifier], value=value)
    recursion = backup.of(Component.RECURSION)
    if recursion != UNSAID["recursion"]:
        yield Item(kind="recursion", at=LATEST, value=recursion)


def tags_of(backup: Backup) -> dict[str, str]:
    """Return the tags that somebody but a service set, without our own."""
    raw = backup.of(Component.FUNCTION, LATEST).get("Tags") or {}
    return {k: v for k, v in sorted(raw.items()) if k != MARKER and not k.startswith(RESERVED_TAGS)}


def _tags(backup: Backup) -> Iterator[Item]:
    for name, value in tags_of(backup).items():
        yield Item(kind="tag", at=LATEST, name=name, value=value)


def _mappings(backup: Backup, symbol: Mapping[str, str]) -> Iterator[Item]:
    """Yield the mappings; one that is alike has the same key, whether it is enabled or not."""
    for raw in backup.of(Component.MAPPINGS):
        given = {k: v for k, v in raw.items() if k not in MAPPING_IDENTITY and v is not None}
        tags = {k: v for k, v in (given.pop("Tags", None) or {}).items() if _is_settable(k)}
        at = place_of(raw["FunctionArn"], symbol)
        digest = sha256_hex(canonical_json([at, full(given)]))[:12]
        more = {"Tags": tags} if tags else {}
        yield Item(
            kind="mapping",
            at=at,
            name=f"{source_of(raw)} {digest}",
            given=given | more | {"Enabled": raw.get("State") in ENABLED},
        )


def _is_settable(tag: str) -> bool:
    return not tag.startswith(RESERVED_TAGS)


def source_of(mapping: Mapping[str, Any]) -> str:
    """Return what feeds a mapping: an ARN, or the name of a kind that has none."""
    return str(mapping.get("EventSourceArn") or "self-managed")


def differences(wanted: Mapping[str, Item], there: Mapping[str, Item]) -> tuple[str, ...]:
    """Return in words what two functions do not have in common. No value of anything is in it."""
    found = [f"{key}: missing" for key in wanted.keys() - there.keys()]
    found += [f"{key}: was not there before" for key in there.keys() - wanted.keys()]
    for key in wanted.keys() & there.keys():
        before, after = wanted[key].value, there[key].value
        if before != after:
            found += [f"{key}: {field} differs" for field in _fields(before, after)]
    return tuple(sorted(found))


def _fields(before: Any, after: Any) -> list[str]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ["it"]
    return sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
