"""Who hears that a backup is about to end? Its owner and the operators, once for each backup.

Each gets one email with all that is new to them, thirty days ahead.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import LATEST, Component
from trimtab.domain.errors import NotFoundError, OutsideError, TamperedError
from trimtab.domain.expiry import EXPIRY_CHAIN, EXPIRY_TOLD, Expiring, untold
from trimtab.domain.ledger import Entry
from trimtab.domain.notice import Email
from trimtab.flows import letters
from trimtab.flows.backups import Kept, backups, expiring
from trimtab.flows.letters import Letter, Post
from trimtab.pipeline.backup import load
from trimtab.ports.vault import Vault

ACTOR = "trimtab-drill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What announcing needs from outside."""

    vaults: Mapping[str, Vault]
    """By region."""
    kept_for: timedelta
    post: Post
    operators: tuple[str, ...]
    owners: Callable[[FunctionArn, Mapping[str, str]], tuple[str, ...]]
    """(function, its tags) → addresses of whoever answers for it."""
    compose: Callable[[str, tuple[Expiring, ...], datetime], Email]
    """(address, backups, now) → the email."""


def announce(bench: Bench) -> int:
    """Write to whoever was not told yet; return how many backups end soon.

    Raises: OutsideError, TamperedError when a vault cannot be read, and what kept an email from
    going out, after the others were sent.
    """
    now, post = bench.post.clock.now(), bench.post
    found, faults = _found(bench)
    soon = _ending(found, expiring(found, now=now))
    whose: dict[str, list[Expiring]] = defaultdict(list)
    for one in soon:
        for address in dict.fromkeys((*_owners(one, bench), *bench.operators)):
            whose[address].append(one)
    told, ids = _told(post.ledger.entries(EXPIRY_CHAIN)), post.people.ids(whose)
    due = {address: untold(all_, told, ids[address]) for address, all_ in whose.items()}
    mail = tuple(_letter(address, new, bench, now) for address, new in due.items() if new)
    letters.send(mail, post, chain=EXPIRY_CHAIN, event=EXPIRY_TOLD, actor=ACTOR)
    if faults:
        raise faults[0]
    return len(soon)


def _found(bench: Bench) -> tuple[list[Kept], list[OutsideError | TamperedError]]:
    """Return the backups of every vault that can be read, and what kept the others closed."""
    found: list[Kept] = []
    faults: list[OutsideError | TamperedError] = []
    for vault in bench.vaults.values():
        try:
            found += backups(vault, None, kept_for=bench.kept_for)
        except (OutsideError, TamperedError) as fault:
            faults.append(fault)
    return found, faults


def _letter(address: str, new: tuple[Expiring, ...], bench: Bench, now: datetime) -> Letter:
    return Letter(
        address=address,
        compose=lambda: bench.compose(address, new, now),
        data={"backups": [one.backup_id for one in new]},
    )


def _ending(found: Iterable[Kept], soon: Iterable[Kept]) -> tuple[Expiring, ...]:
    newest = {one.function: one.expires_at for one in found if one.is_complete}
    return tuple(
        Expiring(
            function=one.function,
            backup_id=one.backup_id,
            taken_at=one.taken_at,
            expires_at=one.expires_at,
            newest=newest[one.function],
        )
        for one in soon
    )


def _owners(one: Expiring, bench: Bench) -> tuple[str, ...]:
    """Ask by the tags it had; a backup that cannot be opened has an owner by its name at most."""
    tags: Mapping[str, str] = {}
    vault = bench.vaults.get(one.function.region)
    if vault is None:
        return bench.owners(one.function, tags)
    try:
        said: Any = load(one.function, one.backup_id, vault).of(Component.FUNCTION, LATEST)
        tags = said.get("Tags") or {}
    except (NotFoundError, TamperedError):
        # The drill of this backup says so; its end is announced all the same.
        pass
    return bench.owners(one.function, tags)


def _told(entries: Iterable[Entry]) -> Mapping[str, frozenset[str]]:
    """Return which backups each person was told of, or cannot be told of."""
    told: dict[str, frozenset[str]] = defaultdict(frozenset)
    for entry in entries:
        told[str(entry.data["to"])] |= frozenset(map(str, entry.data["backups"]))
    return told
