"""What does not come back when a function is restored, and what must not be removed at all?

`why_not_restorable` is asked before anything is removed: one reason is enough to leave a function
where it is. `what_cannot_come_back` is shown with the request and after the restore.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from trimtab.domain.backup import LATEST, Backup, CodeKind, CodePart, Component
from trimtab.domain.backup_items import (
    ENABLED,
    MARKER,
    RESERVED_TAGS,
    known_places,
    place_of,
    source_of,
    tags_of,
)
from trimtab.domain.backup_policy import EDGE, is_gone, permission_of, principal_of, statements_of
from trimtab.domain.backup_scaling import is_over
from trimtab.domain.backup_settings import publications, symbols

CreateBlocks = Mapping[str, date | None]
"""Runtime -> the day from which no function can be created with it; None: no day is published."""

MOST_TAGS = 50
"""Of one function, our marker included. Source: "Using tags on Lambda functions", Lambda developer
guide, read 2026-11-22."""

STREAMS = (":dynamodb:", ":kinesis:", ":kafka:")
"""Parts of the ARN of a source that is read from a position."""


def what_cannot_come_back(
    backup: Backup, *, create_blocks: CreateBlocks, now: datetime
) -> tuple[str, ...]:
    """Return what a restore of this backup does not bring back, in sentences without secrets."""
    return tuple(
        [
            *_numbers(backup),
            *_addresses(backup),
            *_mappings(backup),
            *_left_behind(backup),
            *_tags(backup),
            *_dead_principals(backup),
            *_schedules(backup, now),
            *_elsewhere(backup),
            *_runtimes(backup, create_blocks, now),
            "revision ids, dates, and the age of the function begin anew",
        ]
    )


def why_not_restorable(
    backup: Backup, *, create_blocks: CreateBlocks, now: datetime
) -> tuple[str, ...]:
    """Return why this function must not be removed: its restore would fail, or not be the same."""
    return tuple(
        [
            *_addresses(backup),
            *_runtimes(backup, create_blocks, now),
            *_kinds(backup),
            *_edge(backup),
            *_foreign_statements(backup),
            *_unpinned(backup),
        ]
    )


def _numbers(backup: Backup) -> Iterator[str]:
    groups = publications(backup)
    if groups:
        numbers = ", ".join(backup.versions)
        yield (
            f"the numbers of its versions ({numbers}): Lambda never gives a number twice; "
            "whoever names one has to name the new one"
        )
    for group in groups:
        if len(group) > 1:
            yield f"versions {', '.join(group)} as several: they are alike and come back as one"


def _addresses(backup: Backup) -> Iterator[str]:
    for raw in backup.of(Component.URLS):
        place = raw["FunctionArn"].split(":function:")[1]
        yield f"the address of the function URL of {place}: a new one has another address"


def _mappings(backup: Backup) -> Iterator[str]:
    found = backup.of(Component.MAPPINGS)
    if found:
        yield f"the ids (UUID) of its {len(found)} event source mappings"
    for raw in found:
        source = source_of(raw)
        if any(part in source for part in STREAMS) or "EventSourceArn" not in raw:
            yield (
                f"how far the mapping of {source} had read: it begins again at "
                f"{raw.get('StartingPosition', 'its starting position')}"
            )
        if raw.get("State") in ENABLED:
            yield f"the mapping of {source} is left disabled unless the restore is told to start it"


def _left_behind(backup: Backup) -> Iterator[str]:
    """Yield what hangs on a version or an alias that was deleted before the backup."""
    symbol, there = symbols(backup), known_places(backup)
    for component in (Component.MAPPINGS, Component.ASYNC, Component.URLS, Component.PROVISIONED):
        for raw in backup.of(component):
            if place_of(raw["FunctionArn"], symbol) not in there:
                yield f"{component.value} of {raw['FunctionArn']}: that is gone already"


def _tags(backup: Backup) -> Iterator[str]:
    raw = backup.of(Component.FUNCTION, LATEST).get("Tags") or {}
    services = sorted(key for key in raw if key.startswith(RESERVED_TAGS))
    if services:
        yield f"the tags that a service set: {', '.join(services)}"
    if len(tags_of(backup)) >= MOST_TAGS:
        yield f"one tag, as {MARKER} takes its place: {max(tags_of(backup))}"


def _statements(backup: Backup) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for qualifier in (None, *backup.aliases, *backup.versions):
        for statement in statements_of(backup.of(Component.POLICY, qualifier)):
            yield f"{statement.get('Sid', '?')} of {qualifier or LATEST}", statement


def _dead_principals(backup: Backup) -> Iterator[str]:
    gone = (name for name, statement in _statements(backup) if is_gone(statement))
    yield from (f"permission {name}: whom it let in is deleted" for name in gone)


def _schedules(backup: Backup, now: datetime) -> Iterator[str]:
    for raw in backup.of(Component.SCALING)["actions"]:
        if is_over(raw, now=now):
            yield f"the scheduled action {raw['ScheduledActionName']}: its time is past"


def _elsewhere(backup: Backup) -> Iterator[str]:
    """Yield the code that is not in the vault: it comes back while its owner keeps it."""
    for code in backup.code:
        if code.kind is CodeKind.IMAGE:
            yield f"the image {code.image}, unless it is still in its repository"
        if code.kind is CodeKind.REFERENCED:
            yield f"code {code.code_sha256}, unless its object is still in its owner's bucket"


def why_version_not_restorable(
    backup: Backup, number: str, *, create_blocks: CreateBlocks, now: datetime
) -> str | None:
    """Return why this version must not be removed: its code or settings would not come back."""
    if number not in backup.versions:
        return "the backup does not hold it"
    document, configuration = backup.of(Component.FUNCTION, number), backup.configuration(number)
    if document.get("UnknownKind") is not None:
        return f"it is no plain version: {document['UnknownKind']}"
    runtime = configuration.get("Runtime")
    code = [one for one in backup.code if one.code_sha256 == configuration["CodeSha256"]]
    found = [
        *([] if code else [f"the backup does not hold code {configuration['CodeSha256']}"]),
        *_of_runtimes([] if runtime is None else [str(runtime)], create_blocks, now),
        *_not_pinned(code),
    ]
    return found[0] if found else None


def _runtimes(backup: Backup, create_blocks: CreateBlocks, now: datetime) -> Iterator[str]:
    used = {str(c["Runtime"]) for c in backup.configurations if c.get("Runtime")}
    yield from _of_runtimes(sorted(used), create_blocks, now)


def _of_runtimes(
    runtimes: Iterable[str], create_blocks: CreateBlocks, now: datetime
) -> Iterator[str]:
    for runtime in runtimes:
        if runtime not in create_blocks:
            yield f"runtime {runtime}: it is not known whether a function can be created with it"
            continue
        day = create_blocks[runtime]
        if day is not None and day <= now.date():
            yield f"runtime {runtime}: no function can be created with it since {day.isoformat()}"


def _kinds(backup: Backup) -> Iterator[str]:
    for qualifier in (*backup.versions, LATEST):
        why = backup.of(Component.FUNCTION, qualifier).get("UnknownKind")
        if why is not None:
            yield f"it is no plain function: {qualifier}: {why}"


def _edge(backup: Backup) -> Iterator[str]:
    if any(principal_of(statement) == EDGE for _, statement in _statements(backup)):
        yield "it is replicated to the edge: its association and its replicas do not come back"


def _foreign_statements(backup: Backup) -> Iterator[str]:
    for name, statement in _statements(backup):
        if permission_of(statement) is None:
            yield f"permission {name}: AddPermission does not make such a statement"


def _unpinned(backup: Backup) -> Iterator[str]:
    yield from _not_pinned(backup.code)


def _not_pinned(parts: Iterable[CodePart]) -> Iterator[str]:
    for code in parts:
        if code.kind is CodeKind.IMAGE and "@" not in (code.image or ""):
            yield f"image {code.image}: its digest is not known"
        if code.kind is CodeKind.REFERENCED and not (code.s3_object or {}).get("S3ObjectVersion"):
            yield f"code {code.code_sha256}: the version of its object is not known"
