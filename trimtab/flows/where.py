"""Where does `trimtab scan` look? The accounts of a file, or of the Organization, with their
regions.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError
from trimtab.domain.fleet import Account, Targets
from trimtab.flows.sweep import Place

ACCOUNT = re.compile(r"\d{12}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+|[\w+=,.@/-]+", re.ASCII)
KEYS = frozenset({"account_id", "name", "role", "external_id", "regions", "organizational_units"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How an account is entered."""

    role: str | None = None
    """A name or an ARN; None: with the caller's own credentials."""
    external_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One account of the accounts file."""

    account: Account
    regions: tuple[str, ...]
    """Empty: those of the command line."""
    is_placed: bool
    door: Door


def rows_of(data: Any, file: str) -> tuple[Row, ...]:
    """Read the accounts of a parsed file: a list, or a list under `accounts`.

    Raises: InputError naming the file and the entry.
    """
    listed = data.get("accounts") if isinstance(data, Mapping) else data
    if not isinstance(listed, list) or not listed:
        raise InputError(f"{file}: give a list of accounts, each with its account_id")
    rows = tuple(_row(one, f"{file}: account {n}") for n, one in enumerate(listed, start=1))
    ids = [row.account.id for row in rows]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise InputError(f"{file}: {', '.join(twice)} stands there twice: name each account once")
    return rows


def _row(given: Any, where: str) -> Row:
    if not isinstance(given, Mapping):
        raise InputError(f"{where}: write account_id, and role and regions where they are needed")
    unknown = sorted(given.keys() - KEYS)
    if unknown:
        known = ", ".join(sorted(KEYS))
        raise InputError(f"{where}: {', '.join(unknown)} is not known; known: {known}")
    account = given.get("account_id")
    if not isinstance(account, str) or ACCOUNT.fullmatch(account) is None:
        raise InputError(f"{where}: account_id is 12 digits in quotes, not {account!r}")
    units = given.get("organizational_units")
    role = _text(given, "role", where)
    check_role(role, where)
    return Row(
        account=Account(
            id=account,
            name=_text(given, "name", where) or account,
            organizational_units=_texts(units, "organizational_units", where),
        ),
        regions=checked_regions(_texts(given.get("regions"), "regions", where), where),
        is_placed=units is not None,
        door=Door(role=role, external_id=_text(given, "external_id", where)),
    )


def _text(given: Mapping[str, Any], name: str, where: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{where}: {name} is text, not {value!r}")
    return value or None


def _texts(value: Any, name: str, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InputError(f"{where}: {name} is a list of texts, not {value!r}")
    return tuple(dict.fromkeys(value))


def checked_regions(regions: Iterable[str], where: str) -> tuple[str, ...]:
    """Raises: InputError when one has not the form of a region."""
    found = tuple(dict.fromkeys(regions))
    for region in found:
        if REGION.fullmatch(region) is None:
            raise InputError(f"{where}: {region!r} is not a region such as eu-west-1")
    return found


def check_role(role: str | None, where: str) -> None:
    """Raises: InputError when it is neither the name nor the ARN of a role."""
    if role is not None and ROLE.fullmatch(role) is None:
        raise InputError(f"{where}: {role!r} is neither the name nor the ARN of a role")


def lacks_regions(rows: Sequence[Row]) -> bool:
    return any(not row.regions for row in rows)


def places_of(rows: Sequence[Row], regions: Sequence[str]) -> tuple[Place, ...]:
    """Return every account in each of its regions; `regions` are for those that name none."""
    return tuple(
        Place(
            target=Target(account=row.account.id, region=region),
            account=row.account,
            is_placed=row.is_placed,
        )
        for row in rows
        for region in (row.regions or regions)
    )


def places_in(found: Targets) -> tuple[Place, ...]:
    """Return the targets of an Organization: there every account's place is known."""
    accounts = {account.id: account for account in found.accounts}
    return tuple(
        Place(target=target, account=accounts[target.account], is_placed=True)
        for target in found.targets
    )
