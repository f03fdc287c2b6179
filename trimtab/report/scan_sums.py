"""What does a scan add up to, per policy, account and function? One pass over all verdicts.

Pure. What is not known is counted beside what was found, and never as nothing (S8).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trimtab.domain.arn import FunctionArn
from trimtab.domain.finding import Assessment, Guidance, Saving
from trimtab.domain.sighting import Line, Sighting
from trimtab.domain.terms import Severity
from trimtab.report.words import total_saving

SEVERITIES = tuple(reversed(Severity))
"""The gravest first."""
WHOLE = "target"
"""What a gap is called when nothing of the target was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCard:
    """What the page tells of a policy."""

    id: str
    title: str
    why: str
    severity: Severity
    pack: str
    guidance: Guidance
    has_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingRow:
    """The change of one function that counts for the total."""

    function: FunctionArn
    policy_id: str
    saving: Saving


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """What all advised changes would save together, and what is not in it."""

    total: Saving | None
    """None: no change is advised, which is not the same as nothing to save."""
    rows: tuple[SavingRow, ...]
    """One for each function, the largest first."""
    allowed: Saving | None
    """What of it modes and ceilings let a run propose now; None: nothing."""
    allowed_rows: tuple[SavingRow, ...]
    not_proposed: Mapping[str, int]
    """Findings of policies with a change, but without a saving: reason -> how many."""


@dataclass(slots=True, kw_only=True)
class PolicySum:
    """One policy in figures: how many verdicts of each kind."""

    card: PolicyCard
    findings: int = 0
    suppressed: int = 0
    insufficient_data: int = 0
    not_applicable: int = 0
    compliant: int = 0


@dataclass(slots=True, kw_only=True)
class AccountSum:
    """One account in figures."""

    account: str
    name: str
    functions: int = 0
    gaps: int = 0
    unread: int = 0
    """Targets of which nothing was read."""
    findings: Counter[Severity] = field(default_factory=Counter)
    unknown: Counter[Severity] = field(default_factory=Counter)
    """Verdicts that stayed open."""
    by_policy: Counter[str] = field(default_factory=Counter)
    unknown_by_policy: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(self.findings.values())

    @property
    def named(self) -> frozenset[str]:
        """The policies with a finding or an open verdict here."""
        return frozenset(self.by_policy) | frozenset(self.unknown_by_policy)

    @property
    def is_known(self) -> bool:
        """Tell whether every target and every verdict is known."""
        return not self.unread and not self.unknown


@dataclass(slots=True, kw_only=True)
class FunctionSum:
    """One function with findings."""

    function: FunctionArn
    usd_month: float | None
    findings: Counter[Severity] = field(default_factory=Counter)
    policies: list[str] = field(default_factory=list)
    """The gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSums:
    """Everything the page counts."""

    policies: tuple[PolicySum, ...]
    accounts: tuple[AccountSum, ...]
    offenders: tuple[FunctionSum, ...]
    by_severity: Mapping[Severity, int]
    by_pack: Mapping[str, int]
    savings: Savings
    costs: Mapping[str, float]
    """USD a month by ARN, where it is known."""


def add_up(sightings: Sequence[Sighting], cards: Sequence[PolicyCard]) -> ScanSums:
    """Count everything once. What is worst comes first: of policies, accounts and functions."""
    policies = {card.id: PolicySum(card=card) for card in cards}
    accounts: dict[str, AccountSum] = {}
    functions: dict[FunctionArn, FunctionSum] = {}
    costs: dict[str, float] = {}
    for sighting in sightings:
        account = _account(accounts, sighting)
        costs |= sighting.usd_month
        for line in sighting.lines:
            _count(line, policies[line.policy_id], account)
            if line.is_finding:
                found = functions.get(line.function)
                if found is None:
                    cost = sighting.usd_month.get(str(line.function))
                    found = FunctionSum(function=line.function, usd_month=cost)
                    functions[line.function] = found
                found.findings[line.severity] += 1
                found.policies.append(line.policy_id)
    by_pack: Counter[str] = Counter()
    by_severity: Counter[Severity] = Counter()
    for one in policies.values():
        by_pack[one.card.pack] += one.findings
    rank = {name: -one.card.severity.rank for name, one in policies.items()}
    for bad in functions.values():
        bad.policies.sort(key=rank.__getitem__)
    for each in accounts.values():
        by_severity.update(each.findings)
    return ScanSums(
        policies=tuple(sorted(policies.values(), key=_worst_policy)),
        accounts=tuple(sorted(accounts.values(), key=_worst_account)),
        offenders=tuple(sorted(functions.values(), key=lambda one: gravity(one.findings))),
        by_severity=by_severity,
        by_pack=dict(by_pack.most_common()),
        savings=add_savings(line for sighting in sightings for line in sighting.lines),
        costs=costs,
    )


def add_savings(lines: Iterable[Line]) -> Savings:
    """Add up what the changes of findings would save; of a function with several proposals the
    smallest counts, for one change may undo the ground of the other.
    """
    rows: dict[FunctionArn, SavingRow] = {}
    allowed: dict[FunctionArn, SavingRow] = {}
    not_proposed: Counter[str] = Counter()
    for line in lines:
        if not line.is_finding:
            continue
        if line.not_proposed:
            not_proposed[line.not_proposed] += 1
        if line.saving is None:
            continue
        row = SavingRow(function=line.function, policy_id=line.policy_id, saving=line.saving)
        for kept in (rows, allowed) if line.may_be_proposed else (rows,):
            kept[line.function] = min(kept.get(line.function, row), row, key=_size)
    ordered, allowed_rows = _largest_first(rows), _largest_first(allowed)
    return Savings(
        total=_together(ordered),
        rows=ordered,
        allowed=_together(allowed_rows),
        allowed_rows=allowed_rows,
        not_proposed=dict(not_proposed.most_common()),
    )


def _largest_first(rows: Mapping[FunctionArn, SavingRow]) -> tuple[SavingRow, ...]:
    return tuple(sorted(rows.values(), key=lambda row: -_size(row)))


def _together(rows: Sequence[SavingRow]) -> Saving | None:
    return total_saving(tuple(row.saving for row in rows)) if rows else None


def gravity(findings: Mapping[Severity, int]) -> tuple[int, ...]:
    """Return a key that sorts the gravest first: one critical outweighs any number of high."""
    return tuple(-findings.get(severity, 0) for severity in SEVERITIES)


def _size(row: SavingRow) -> float:
    return row.saving.high_usd_month


def _account(accounts: dict[str, AccountSum], sighting: Sighting) -> AccountSum:
    name = sighting.target.account
    account = accounts.setdefault(name, AccountSum(account=name, name=sighting.account_name))
    account.functions += sighting.functions
    account.gaps += len(sighting.gaps)
    account.unread += any(gap.what == WHOLE for gap in sighting.gaps)
    return account


def _count(line: Line, policy: PolicySum, account: AccountSum) -> None:
    match line.assessment:
        case Assessment.COMPLIANT:
            policy.compliant += 1
        case Assessment.NOT_APPLICABLE:
            policy.not_applicable += 1
        case Assessment.INSUFFICIENT_DATA:
            policy.insufficient_data += 1
            account.unknown[line.severity] += 1
            account.unknown_by_policy[line.policy_id] += 1
        case Assessment.NON_COMPLIANT if line.suppressed_until is None:
            policy.findings += 1
            account.findings[line.severity] += 1
            account.by_policy[line.policy_id] += 1
        case Assessment.NON_COMPLIANT:
            policy.suppressed += 1


def _worst_policy(one: PolicySum) -> tuple[bool, int, int, int, str]:
    return (
        not one.findings,
        -one.card.severity.rank if one.findings else 0,
        -one.findings,
        -one.insufficient_data,
        one.card.id,
    )


def _worst_account(one: AccountSum) -> tuple[object, ...]:
    return (-one.unread, gravity(one.findings), gravity(one.unknown), one.account)
