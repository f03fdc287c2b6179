"""What exactly do we intend to change? Before-image, after-values, undo, and the digest that
names them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import content_id
from trimtab.domain.finding import Explanation, Recommendation
from trimtab.domain.fleet import Configuration
from trimtab.domain.provisioned import ProvisionedPlan, ProvisionedState
from trimtab.domain.removal import RemovalPlan
from trimtab.domain.terms import (
    ApprovalTerms,
    CanaryTerms,
    ChangeKind,
    Severity,
    VerifyTerms,
    Window,
)
from trimtab.domain.wire import ONLY_IF_SAID, to_wire

SCHEMA = 1
"""The version of a stored remediation. A reader supports this one and the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeImage:
    """The function as it was when the change was planned."""

    configuration: Configuration
    aliases: Mapping[str, str]
    """Alias name -> the version it serves."""
    provisioned: ProvisionedState | None = None
    """Of the alias or version whose provisioned concurrency is changed; None: none is."""


def before_id(before: BeforeImage) -> str:
    """Name the state that a change began from, whatever the change."""
    return content_id(_as_digested(before))


def _as_digested(before: BeforeImage) -> Mapping[str, Any]:
    """Return what a digest covers; where nothing provisioned is changed, as it was before there
    were such changes.
    """
    wire: dict[str, Any] = to_wire(before)
    if before.provisioned is None:
        del wire["provisioned"]
    return wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """One change of one function, named by the digest of what is written (S1)."""

    change_id: str
    round: int
    hub_id: str
    finding_id: str
    policy_id: str
    policy_digest: str
    title: str
    severity: Severity
    function: FunctionArn
    organizational_units: tuple[str, ...]
    kind: ChangeKind
    before: BeforeImage
    after: Mapping[str, int]
    undo: Mapping[str, int]
    verify: VerifyTerms
    approval: ApprovalTerms
    window: Window | None
    recommendation: Recommendation
    explanation: Explanation
    risks: tuple[str, ...]
    last_modified_at: datetime
    """LastModified when planned: part of the guard, not of the digest, so that an undone change
    keeps its id and is not proposed again (S25)."""
    rests_for: timedelta
    """How long the function is left alone once this round has ended."""
    run_id: str
    planned_at: datetime
    expires_at: datetime
    """Silence until here means no (S4)."""
    apply_by: datetime
    """An approved change that was not applied by then is stale."""
    canary: CanaryTerms | None = None
    """How the aliases try it first; None: it has no alias to try it on."""
    provisioned: ProvisionedPlan | None = None
    """What is provisioned afterwards; None: that is left alone."""
    removal: RemovalPlan | None = field(default=None, metadata=ONLY_IF_SAID)
    """How the function is removed; None: it stays."""
    max_spillover: float | None = None
    """How much of the concurrency needed may run on demand while it is watched, or it is taken
    back; None: nobody asked."""
    min_saving: float | None = None
    """The least share of the billed GB-seconds that it must save, or it is taken back; None: it is
    not made to save."""

    def __post_init__(self) -> None:
        is_of_versions = self.kind is ChangeKind.REMOVE_VERSIONS
        if self.removal is not None and bool(self.removal.versions) is not is_of_versions:
            raise ValueError("a removal of versions names them, and a removal of a function none")

    @property
    def execution_name(self) -> str:
        return f"{self.change_id}-r{self.round}"


def change_id(  # noqa: PLR0913 - the digest covers exactly these
    *,
    hub_id: str,
    policy_id: str,
    policy_digest: str,
    function: FunctionArn,
    kind: ChangeKind,
    before: BeforeImage,
    after: Mapping[str, int],
    undo: Mapping[str, int],
    verify: VerifyTerms,
    canary: CanaryTerms | None = None,
    provisioned: ProvisionedPlan | None = None,
    removal: RemovalPlan | None = None,
) -> str:
    """Name a change by the digest of exactly what is written, where, and how it is taken back.

    One without a canary is named as it was before there were any; so is one that provisions
    nothing, or removes none.
    """
    return content_id(
        ({} if canary is None else {"canary": to_wire(canary)})
        | ({} if provisioned is None else {"provisioned": to_wire(provisioned)})
        | ({} if removal is None else {"removal": to_wire(removal)})
        | {
            "schema": SCHEMA,
            "hub": hub_id,
            "policy": policy_id,
            "policy_digest": policy_digest,
            "function": str(function),
            "kind": kind.value,
            "before": _as_digested(before),
            "after": to_wire(after),
            "undo": to_wire(undo),
            "verify": to_wire(verify),
        }
    )


def digest_holds(remediation: Remediation) -> bool:
    """Tell whether a stored remediation is still what its id names."""
    return remediation.change_id == change_id(
        hub_id=remediation.hub_id,
        policy_id=remediation.policy_id,
        policy_digest=remediation.policy_digest,
        function=remediation.function,
        kind=remediation.kind,
        before=remediation.before,
        after=remediation.after,
        undo=remediation.undo,
        verify=remediation.verify,
        canary=remediation.canary,
        provisioned=remediation.provisioned,
        removal=remediation.removal,
    )
