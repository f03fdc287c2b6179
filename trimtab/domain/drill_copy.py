"""What of a backup goes into a sandbox, in which form, and how is what was made there compared?

Another account has not the role, the network and the keys of the original, and no secret of
production belongs there. So the backup is turned into one of a function without any of that, which
is restored like every other; what was left out is named, and counts as not drilled.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from trimtab.domain.backup import LATEST, Backup, CodeKind, Component, Part
from trimtab.domain.backup_items import MARKER, RESERVED_TAGS, Item, differences
from trimtab.domain.backup_limits import MOST_TAGS, CreateBlocks
from trimtab.domain.backup_settings import publications, symbols
from trimtab.domain.drill import MARK, DrillPart, PartState

Raw = dict[str, Any]

ROLE = "execution role"
NO_ROLE = "the sandbox's own role, which may do nothing, takes its place"
LEFT_OUT: Mapping[str, tuple[str, str]] = {
    "VpcConfig": ("network", "the sandbox has no such network"),
    "KMSKeyArn": ("key of the environment", "the sandbox may not use the key"),
    "DeadLetterConfig": ("dead-letter target", "nothing may leave the sandbox"),
    "FileSystemConfigs": ("file systems", "the sandbox has no such file system"),
    "Layers": ("layers", "they are another account's"),
}
"""Settings that a copy goes without: field -> part and reason."""

TURNED_OFF: Mapping[str, tuple[str, str, str, str]] = {
    "TracingConfig": ("Mode", "PassThrough", "tracing", "a role that may do nothing cannot trace"),
    "SnapStart": ("ApplyOn", "None", "snapshots", "making one would run its code"),
}
"""Settings that are said with another value: field -> member, value, part and reason."""

EMPTIED: Mapping[Component, Any] = {
    Component.POLICY: None,
    Component.MAPPINGS: [],
    Component.URLS: [],
    Component.PROVISIONED: [],
    Component.SIGNING: None,
}
"""Components of which a copy has nothing: it is never called, and runs nothing."""

NEVER_CALLED = "a copy may never be called"
WHY_EMPTIED: Mapping[Component, str] = {
    Component.POLICY: NEVER_CALLED,
    Component.MAPPINGS: NEVER_CALLED,
    Component.URLS: NEVER_CALLED,
    Component.PROVISIONED: "it would run its code",
    Component.SIGNING: "the configuration is another account's",
}

MOST_ENVIRONMENT = 3500
"""Characters that names and digests may take together; Lambda takes 4 KB with what lies between
them. Source: "Lambda quotas", Lambda developer guide, read 2026-11-22. Rounded down."""
DIGEST_CHARACTERS = 32
BETWEEN = 6
"""Characters of JSON that each variable takes besides."""

NOT_KEPT: Mapping[CodeKind, str] = {
    CodeKind.IMAGE: "its image stays in its repository, which the sandbox cannot read",
    CodeKind.REFERENCED: "its code stays in its owner's bucket, which the sandbox cannot read",
}

ENVIRONMENT = "environment"
DIGESTS = "the names are as they were; keyed digests stood in the place of the values"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A backup as it may be made in a sandbox, and what is left out of it."""

    backup: Backup
    left_out: tuple[DrillPart, ...]


def copy_of(backup: Backup, *, role: str, mark: str, key: bytes) -> Copy:
    """Turn a backup into one for a sandbox. `key` is of this drill alone, and kept nowhere.

    The copy reserves 0 concurrent executions, has this role, and no trigger, door or destination.
    """
    documents = dict(backup.documents)
    for q in (*backup.versions, LATEST):
        part = Part(component=Component.FUNCTION, qualifier=q).name
        documents[part] = _function(backup, q, role=role, key=key)
    latest = Part(component=Component.FUNCTION, qualifier=LATEST).name
    documents[latest] |= {"Tags": _tags(backup) | {MARK: mark}}
    for component, nothing in EMPTIED.items():
        for part in _parts(backup, component):
            documents[part] = nothing
    documents[Component.SCALING.value] = {"targets": [], "actions": [], "policies": []}
    documents[Component.RESERVED.value] = 0
    documents[Component.ASYNC.value] = [
        {k: v for k, v in raw.items() if k != "DestinationConfig"}
        for raw in backup.of(Component.ASYNC)
    ]
    made = replace(backup, documents=documents)
    return Copy(backup=made, left_out=tuple(_left_out(backup, made)))


def _parts(backup: Backup, component: Component) -> tuple[str, ...]:
    """Return the names of the documents of a component, one or several."""
    begins = f"{component.value} of "
    return tuple(n for n in backup.documents if n == component.value or n.startswith(begins))


def _function(backup: Backup, qualifier: str, *, role: str, key: bytes) -> Raw:
    configuration = {
        k: v for k, v in backup.configuration(qualifier).items() if k not in LEFT_OUT
    } | {"Role": role}
    configuration |= {field: {member: value} for field, (member, value, *_) in TURNED_OFF.items()}
    variables = _variables(configuration)
    if variables:
        digests = environment_digests(variables, key=key)
        configuration["Environment"] = {"Variables": digests}
    return {"Code": {}, "Configuration": configuration, "UnknownKind": None}


def _variables(configuration: Mapping[str, Any]) -> Mapping[str, str]:
    return (configuration.get("Environment") or {}).get("Variables") or {}


def environment_digests(variables: Mapping[str, str], *, key: bytes) -> dict[str, str]:
    """Put a keyed digest in the place of each value: nobody without the key can try values out.

    The same value under two names has two digests. They are shortened where Lambda would take no
    more; empty where the names alone fill the room.
    """
    names = sum(len(name.encode()) + BETWEEN for name in variables)
    room = (MOST_ENVIRONMENT - names) // len(variables)
    length = min(DIGEST_CHARACTERS, max(0, room))
    return {name: _digest(name, value, key)[:length] for name, value in variables.items()}


def _digest(name: str, value: str, key: bytes) -> str:
    return hmac.new(key, f"{name}\0{value}".encode(), hashlib.sha256).hexdigest()


def _tags(backup: Backup) -> dict[str, str]:
    """Return the tags that a copy gets, with room left for two of ours."""
    raw = backup.of(Component.FUNCTION, LATEST).get("Tags") or {}
    own = (MARK, MARKER)
    names = [n for n in sorted(raw) if n not in own and not n.startswith(RESERVED_TAGS)]
    return {name: raw[name] for name in names[: MOST_TAGS - len(own)]}


def why_not_made(backup: Backup) -> str | None:
    """Say why no copy of this function can be made in a sandbox; None: one can."""
    for code in backup.code:
        if code.kind is not CodeKind.ZIP:
            return NOT_KEPT[code.kind]
    for qualifier in (*backup.versions, LATEST):
        why = backup.of(Component.FUNCTION, qualifier).get("UnknownKind")
        if why is not None:
            return f"it is no plain function: {why}"
    return None


def why_lost(backup: Backup, *, create_blocks: CreateBlocks, now: datetime) -> str | None:
    """Say why nothing can be made of this backup any more, anywhere; None: nothing is known."""
    for runtime in sorted({str(c["Runtime"]) for c in backup.configurations if c.get("Runtime")}):
        day = create_blocks.get(runtime)
        if day is not None and day <= now.date():
            return f"no function can be created with {runtime} since {day.isoformat()}"
    return None


def _left_out(backup: Backup, made: Backup) -> Iterator[DrillPart]:
    """Yield what a copy goes without, in the order of the tables above."""
    yield _not_drilled(ROLE, NO_ROLE)
    yield from _settings_left_out(backup)
    for component, why in WHY_EMPTIED.items():
        if any(_says(made_of) for made_of in map(backup.documents.get, _parts(backup, component))):
            yield _not_drilled(_name(component), why)
    if any(backup.of(Component.SCALING).values()):
        yield _not_drilled(Component.SCALING.value, "nothing is provisioned")
    if any(_says(raw.get("DestinationConfig")) for raw in backup.of(Component.ASYNC)):
        yield _not_drilled("event destinations", "nothing may leave the sandbox")
    if backup.of(Component.RESERVED) is not None:
        yield _not_drilled(Component.RESERVED.value, f"{NEVER_CALLED}: 0 are reserved")
    yield from _crowded_out(backup, made)


def _settings_left_out(backup: Backup) -> Iterator[DrillPart]:
    found = backup.configurations
    for field, (name, why) in LEFT_OUT.items():
        if any(_says(configuration.get(field)) for configuration in found):
            yield _not_drilled(name, why)
    for field, (member, value, name, why) in TURNED_OFF.items():
        if any((c.get(field) or {}).get(member, value) != value for c in found):
            yield _not_drilled(name, why)
    if any(_code(backup, q).get("SourceKMSKeyArn") for q in (*backup.versions, LATEST)):
        yield _not_drilled("key of the code", "the sandbox may not use the key")


def _code(backup: Backup, qualifier: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = backup.of(Component.FUNCTION, qualifier)["Code"]
    return found


def _crowded_out(backup: Backup, made: Backup) -> Iterator[DrillPart]:
    """Yield what has no room, or no place of its own, in a copy."""
    tags = backup.of(Component.FUNCTION, LATEST).get("Tags") or {}
    kept = made.of(Component.FUNCTION, LATEST)["Tags"]
    lost = [n for n in sorted(tags) if n not in (*kept, MARKER)]
    if lost:
        yield _not_drilled("some tags", f"set by a service, or no room: {', '.join(lost)}")
    merged = len(publications(backup)) - len(publications(made))
    if merged:
        yield _not_drilled("some versions", f"{merged} differ only in what is left out")
    variables = [v for c in made.configurations for v in _variables(c).values()]
    if variables:
        yield _not_drilled("values of the environment", DIGESTS)


def _name(component: Component) -> str:
    return "resource policy" if component is Component.POLICY else component.value


def _says(value: Any) -> bool:
    """Tell whether a value says anything."""
    if isinstance(value, Mapping):
        return any(_says(item) for item in value.values())
    return value not in (None, "", [])


def _not_drilled(name: str, why: str) -> DrillPart:
    return DrillPart(name=name, state=PartState.NOT_DRILLED, why=why)


PARTS: Mapping[str, str] = {
    "alias": "aliases",
    "async": Component.ASYNC.value,
    "reserved": "0 reserved concurrent executions",
    "runtime": Component.RUNTIME.value,
    "recursion": Component.RECURSION.value,
    "tag": "tags",
}
"""Kinds of items, and what they are part of. What is not here is shown by its own kind."""


def compare(
    copy: Backup, wanted: Mapping[str, Item], there: Mapping[str, Item]
) -> tuple[DrillPart, ...]:
    """Say of each part whether it is in the sandbox as it should be. No value is in it.

    The code of each version is compared by the digest that Lambda computed of what it holds.
    """
    numbers = {symbol: number for number, symbol in reversed(symbols(copy).items())}
    found = []
    for name, of_part in _views(wanted, there).items():
        mine, theirs = of_part(wanted), of_part(there)
        said = tuple(_by_number(one, numbers) for one in differences(mine, theirs))
        state = PartState.DIFFERENT if said else PartState.SAME
        found.append(DrillPart(name=name, state=state, why="; ".join(said)))
    return tuple(found)


View = Callable[[Mapping[str, Item]], dict[str, Item]]


def _views(wanted: Mapping[str, Item], there: Mapping[str, Item]) -> dict[str, View]:
    """Return how each part is seen among the items: versions as code, settings, environment."""
    kinds = sorted({item.kind for item in (*wanted.values(), *there.values())} - {"version"})
    views: dict[str, View] = {
        "code": lambda items: _versions(items, lambda field: field == "code"),
        "settings": lambda items: _versions(
            items, lambda field: field not in ("code", "Environment")
        ),
        ENVIRONMENT: lambda items: _versions(items, lambda field: field == "Environment"),
    }
    return views | {PARTS.get(kind, kind): _of_kind(kind) for kind in kinds}


def _versions(items: Mapping[str, Item], is_seen: Callable[[str], bool]) -> dict[str, Item]:
    return {
        key: replace(item, value={f: v for f, v in item.value.items() if is_seen(f)})
        for key, item in items.items()
        if item.kind == "version"
    }


def _of_kind(kind: str) -> View:
    return lambda items: {key: item for key, item in items.items() if item.kind == kind}


def _by_number(difference: str, numbers: Mapping[str, str]) -> str:
    """Name a version by the number that it had, not by its place."""
    key, colon, rest = difference.partition(":")
    words = [numbers.get(word, word) for word in key.split(" ")]
    return " ".join(words) + colon + rest
