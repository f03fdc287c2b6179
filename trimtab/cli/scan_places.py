"""Which accounts and regions does the command line mean, and how are they entered?"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from trimtab import wiring
from trimtab.cli.console import complain
from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError
from trimtab.domain.fleet import Account, Gap, LeftOut, Targets
from trimtab.domain.price import Prices
from trimtab.domain.price_table import SHIPPED
from trimtab.flows.sweep import Bench, Place
from trimtab.flows.where import (
    Row,
    check_role,
    checked_regions,
    lacks_regions,
    places_in,
    places_of,
    rows_of,
)
from trimtab.pipeline.discover import discover
from trimtab.pipeline.prices import current_prices
from trimtab.pipeline.signals.needs import asks_for_prices
from trimtab.policy.loader_yaml import read_document
from trimtab.policy.model import Bundle
from trimtab.policy.problems import Document, PolicyErrors
from trimtab.policy.regions import doubt_of_region
from trimtab.report import words

ASK = "Regions to look at, with commas between"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the command line says of where to look."""

    accounts: Path | None
    organization: bool
    role: str | None
    external_id: str | None
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Where to look, what of it is not known, and the way in."""

    places: tuple[Place, ...]
    gaps: tuple[Gap, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    roles: Mapping[str, str]
    """By account; one without is entered with the caller's own credentials."""
    external_ids: Mapping[str, str]
    out: wiring.Lookout


def survey(given: Given, bundle: Bundle) -> Survey:
    """Find the targets.

    Raises: InputError for a command line or file that cannot be used; OutsideError when not even
    the caller is known.
    """
    if given.accounts is not None and given.organization:
        raise InputError("--accounts and --organization: say one of them")
    check_role(given.role, "--role")
    rows = () if given.accounts is None else _rows(given.accounts)
    regions = checked_regions(split(given.regions), "--regions")
    if not regions and given.organization:
        regions = bundle.fleet.scope.regions
    if not regions and (not rows or lacks_regions(rows)):
        regions = _asked()
    _doubt(regions, rows, bundle)
    out = wiring.lookout(regions[0] if regions else rows[0].regions[0])
    if rows:
        return _of_file(given, rows, regions, out)
    if given.organization:
        scope = replace(bundle.fleet.scope, regions=regions)
        return _of_organization(given, discover(scope, out.accounts), out)
    return _of_caller(given, regions, out)


def _doubt(regions: Sequence[str], rows: Sequence[Row], bundle: Bundle) -> None:
    """Say on standard error what is probably not meant; it is looked at all the same."""
    every = dict.fromkeys((*regions, *(region for row in rows for region in row.regions)))
    for region in every:
        doubt = doubt_of_region(region)
        if doubt is not None:
            complain(f"warning: {doubt}")
    for row in rows:
        if row.account.id in bundle.fleet.scope.exclude_accounts:
            complain(
                f"warning: account {row.account.id} is looked at, as the accounts file names it; "
                "a deployed run leaves it out: fleet.yaml excludes it"
            )


def bench_of(
    account: str, role: str | None, external_id: str | None, bundle: Bundle, *, region: str
) -> Bench:
    """Return the way into one account.

    Raises: InputError when the role is none, or the shell has no credentials.
    """
    check_role(role, "--role")
    out = wiring.lookout(region)
    roles = {} if role is None else {account: role}
    fleet = out.fleet(roles, {} if external_id is None else {account: external_id})
    return Bench(fleet=fleet, bundle=bundle, clock=out.clock, prices=prices_for(bundle, out))


def prices_for(bundle: Bundle, out: wiring.Lookout) -> Prices:
    """Read today's prices where a policy asks for any; say on standard error what was refused."""
    if not asks_for_prices(bundle.policies):
        return SHIPPED
    prices = current_prices(out.prices, now=out.clock.now())
    for note in prices.notes:
        complain(f"prices: {words.inert(note)}")
    return prices


def _of_file(
    given: Given, rows: Sequence[Row], regions: Sequence[str], out: wiring.Lookout
) -> Survey:
    """A role in the file goes before --role, and where neither is the credentials must do."""
    roleless = [row.account.id for row in rows if row.door.role is None]
    roles = {row.account.id: row.door.role for row in rows if row.door.role is not None}
    ids = {row.account.id: row.door.external_id for row in rows if row.door.external_id is not None}
    roles = _elsewhere(given, roleless, out) | roles
    return Survey(
        places=places_of(rows, regions),
        roles=roles,
        external_ids=_external_ids(given, roles) | ids,
        out=out,
    )


def _of_organization(given: Given, found: Targets, out: wiring.Lookout) -> Survey:
    roles = _elsewhere(given, [account.id for account in found.accounts], out)
    return Survey(
        places=places_in(found),
        gaps=found.gaps,
        left_out=found.left_out,
        roles=roles,
        external_ids=_external_ids(given, roles),
        out=out,
    )


def _of_caller(given: Given, regions: Sequence[str], out: wiring.Lookout) -> Survey:
    home = out.home()
    account = Account(id=home, name=home, organizational_units=())
    roles = {} if given.role is None else {home: given.role}
    return Survey(
        places=tuple(
            Place(target=Target(account=home, region=region), account=account, is_placed=False)
            for region in regions
        ),
        roles=roles,
        external_ids=_external_ids(given, roles),
        out=out,
    )


def _elsewhere(given: Given, accounts: Sequence[str], out: wiring.Lookout) -> dict[str, str]:
    """Give --role to every account but the one the credentials are of."""
    if given.role is None or not accounts:
        return {}
    home = out.home()
    return {account: given.role for account in accounts if account != home}


def _external_ids(given: Given, roles: Mapping[str, str]) -> dict[str, str]:
    if given.external_id is None:
        return {}
    return dict.fromkeys(roles, given.external_id)


def _rows(path: Path) -> tuple[Row, ...]:
    try:
        read = read_document(str(path), path.read_bytes())
    except OSError as error:
        raise InputError(f"--accounts {path}: {error.strerror}") from error
    if not isinstance(read, Document):
        raise PolicyErrors(read)
    return rows_of(read.data, str(path))


def split(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the words of options that may hold several, with commas between."""
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def _asked() -> tuple[str, ...]:
    """Ask a person for the regions; where nobody can be asked, say what to give."""
    if not sys.stdin.isatty():
        raise InputError("no regions: give --regions, or regions in the accounts file")
    return checked_regions(split((typer.prompt(ASK, err=True),)), "the regions")
