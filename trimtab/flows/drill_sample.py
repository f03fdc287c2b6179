"""Which backups does a drill take, and may it restore them? Drawn, and checked, before anything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Manifest
from trimtab.domain.drill import NO_SANDBOX, Candidate, choose, why_no_sandbox
from trimtab.domain.errors import NotFoundError, OutsideError, TamperedError
from trimtab.domain.ledger import Entry
from trimtab.flows import keys
from trimtab.pipeline.backup import listed
from trimtab.pipeline.drill_record import last_drills, of_sandbox
from trimtab.pipeline.freeze import read_freeze
from trimtab.ports import ApprovalDesk, Clock, Ledger, RunStore
from trimtab.ports.vault import FunctionArchive, Recreator, Sandbox, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The sandbox account and the ways into it."""

    account: str
    role: str
    """ARN of the role that its functions get: it may do nothing."""
    enter: Callable[[str], Sandbox]
    """Enters it in a region. Raises: OutsideError when the account does not let us in."""
    open: Callable[[FunctionArn, str], tuple[FunctionArchive, Recreator]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a drill needs from outside."""

    place: Place | None
    """None: no sandbox account is configured."""
    hub: str
    """The account of the hub."""
    vaults: Mapping[str, Vault]
    """By region: Lambda takes code from a vault of its own region."""
    ledger: Ledger
    desk: ApprovalDesk
    store: RunStore
    clock: Clock
    holder: str
    """Names this one call: of two at once only one drills (S19)."""
    create_blocks: Mapping[str, date | None]
    kept_for: timedelta
    size: int
    """How many backups a drill takes."""
    key: bytes
    """Random, of this drill alone: environments are compared by digests made with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who wants a drill, and of what."""

    by: str
    why: str
    functions: tuple[FunctionArn, ...] = ()
    """Their newest complete backups; none: a sample of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a drill would take, and whether it would restore it."""

    sample: tuple[Candidate, ...]
    backups: int
    """Complete backups that could be drilled."""
    not_restored: str = ""
    """Why nothing would be restored; empty: all would that can be."""
    may_enter: bool = False
    """Whether anything may be looked at, and removed, in the sandbox."""
    problems: tuple[str, ...] = ()


def draw(request: Request, before: tuple[Entry, ...], bench: Bench) -> Prospect:
    """Draw the sample. `before`: the chain of the drills. Nothing is written."""
    problems: list[str] = []
    manifests = [m for region in bench.vaults for m in _listed(region, bench, problems)]
    now = bench.clock.now()
    usable = [m for m in manifests if m.is_complete and now < m.taken_at + bench.kept_for]
    refused = _why_refused(manifests, bench, problems)
    not_restored = refused or why_frozen(bench)
    used = None if bench.place is None or not_restored else bench.place.account
    last = last_drills(of_sandbox(before, used))
    found = [_candidate(m, last[m.backup_id].at if m.backup_id in last else None) for m in usable]
    sample = (
        _named(request.functions, found, problems)
        if request.functions
        else choose(found, on=now.date(), size=bench.size)
    )
    return Prospect(
        sample=sample,
        backups=len(usable),
        not_restored=not_restored,
        may_enter=not refused,
        problems=tuple(problems),
    )


def _listed(region: str, bench: Bench, problems: list[str]) -> tuple[Manifest, ...]:
    try:
        found = listed(bench.vaults[region])
    except (OutsideError, TamperedError) as error:
        problems.append(f"the backups in {region} cannot be listed: {error}")
        return ()
    astray = [m for m in found if m.function.region != region]
    problems += [f"backup {m.backup_id} of {m.function} lies in {region}" for m in astray]
    return tuple(m for m in found if m not in astray)


def _candidate(manifest: Manifest, drilled_at: datetime | None) -> Candidate:
    return Candidate(
        function=manifest.function,
        backup_id=manifest.backup_id,
        taken_at=manifest.taken_at,
        drilled_at=drilled_at,
    )


def _named(
    functions: Sequence[FunctionArn], found: Sequence[Candidate], problems: list[str]
) -> tuple[Candidate, ...]:
    """Return the newest backup of each; one without any is a problem."""
    sample = []
    for function in dict.fromkeys(functions):
        own = [one for one in found if one.function == function]
        if own:
            sample.append(own[-1])
        else:
            problems.append(f"there is no complete backup of {function}")
    return tuple(sample)


def _why_refused(manifests: Sequence[Manifest], bench: Bench, problems: list[str]) -> str:
    """Say why the sandbox is not even entered; what a person has to mend is a problem as well."""
    if bench.place is None:
        return NO_SANDBOX
    backed_up = {manifest.function.account for manifest in manifests}
    try:
        scanned = _scanned(bench.store)
        why = why_no_sandbox(
            bench.place.account, hub=bench.hub, backed_up=backed_up, scanned=scanned
        )
    except OutsideError as error:
        why = f"which accounts are scanned cannot be read: {error}"
    if why is None:
        return ""
    problems.append(why)
    return f"not restored: {why}"


def _scanned(store: RunStore) -> tuple[str, ...]:
    """Return the accounts that the last run looked at; none when there was no run."""
    try:
        run_id = str(store.get(keys.LATEST)["run_id"])
    except NotFoundError:
        return ()
    return tuple(str(account["id"]) for account in store.get(keys.targets(run_id))["accounts"])


def why_frozen(bench: Bench) -> str:
    """Say why nothing may be made right now; empty: it may."""
    freeze = read_freeze(bench.ledger)
    return f"not restored: {freeze}" if freeze.stops_forward else ""
