"""How is an unused function removed, guarded and let go? Quarantine by reserved concurrency 0 and
back again; the deletion itself has no way back but a restore.

Letting go removes the limit first and sets the old value then, whatever else somebody changed
meanwhile (S15).
"""

from collections.abc import Mapping
from datetime import timedelta

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType, FieldValue
from trimtab.domain.evidence import Known
from trimtab.domain.finding import Finding
from trimtab.domain.fleet import FunctionState
from trimtab.domain.remediation import Remediation
from trimtab.domain.removal import LONGEST_QUARANTINE, RemovalPlan
from trimtab.domain.step import SetReserved
from trimtab.domain.terms import ChangeKind
from trimtab.remediations.guard import why_changed, why_not_changed, why_not_settled
from trimtab.remediations.kind import Kind

SHORTEST_NOTICE = timedelta(days=14)
"""Two working weeks, so that a holiday does not hide the email; chosen."""
SHORTEST_LAST_CALL = timedelta(hours=48)
"""Two days in which whoever reads the last email can still keep it; chosen.

All of these hold unless guardrails.yaml, which has other owners than the policies, says less."""

RESERVED = "concurrency.reserved"

GUARD_SIGNALS = (
    "function.kind",
    "owner.tool",
    "function.state",
    "function.last_update_status",
    "function.aliases",
    "concurrency.owner",
    RESERVED,
    "trigger.has_url",
)

SPEC = ChangeSpec(
    kind=ChangeKind.REMOVE_FUNCTION,
    meaning="Remove the function: backup, notice, quarantine, deletion. A restore brings back what "
    "can be. Never by itself: a person approves it, signed in.",
    least_lookback=timedelta(days=400),
    fields=(
        FieldSpec(
            name="notice",
            type=FieldType.DURATION,
            unit="",
            default=SHORTEST_NOTICE,
            minimum=timedelta(seconds=1),
            floor=SHORTEST_NOTICE,
            maximum=timedelta(days=90),
            meaning="How long its approvers know of it before anything is written; a call, or a "
            "change of the function, ends it.",
            has_floor=True,
        ),
        FieldSpec(
            name="quarantine",
            type=FieldType.DURATION,
            unit="",
            default=LONGEST_QUARANTINE,
            minimum=timedelta(seconds=1),
            floor=SHORTEST_LAST_CALL + timedelta(hours=1),
            maximum=LONGEST_QUARANTINE,
            meaning="How long it takes no calls before it is deleted; whoever tries to call it "
            "lets it go.",
            has_floor=True,
        ),
        FieldSpec(
            name="last_call",
            type=FieldType.DURATION,
            unit="",
            default=SHORTEST_LAST_CALL,
            minimum=timedelta(0),
            floor=SHORTEST_LAST_CALL,
            maximum=LONGEST_QUARANTINE,
            meaning="How long before the deletion the last email has gone out; without it nothing "
            "is deleted. Less than the quarantine.",
            has_floor=True,
            below="quarantine",
        ),
        FieldSpec(
            name="cooldown",
            type=FieldType.DURATION,
            unit="",
            default=timedelta(days=90),
            minimum=timedelta(days=14),
            meaning="How long a function that was kept, or called, is left alone.",
        ),
    ),
)

IAM_ACTIONS = (
    "cloudtrail:LookupEvents",
    "cloudwatch:GetMetricData",
    "lambda:DeleteFunction",
    "lambda:DeleteFunctionConcurrency",
    "lambda:GetFunction",
    "lambda:GetFunctionConfiguration",
    "lambda:ListAliases",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListTags",
    "lambda:PutFunctionConcurrency",
)

WHERE = "take it out of the code there"


def removal_plan(finding: Finding, fields: Mapping[str, FieldValue]) -> RemovalPlan:
    """Return the pauses that the policy asks for, and the reserved concurrency to put back.

    Raises: ValueError when they are not known: such a finding is not planned.
    """
    notice, quarantine, last_call = (
        fields.get(name) for name in ("notice", "quarantine", "last_call")
    )
    reserved = finding.signals.get(RESERVED)
    if not (
        isinstance(notice, timedelta)
        and isinstance(quarantine, timedelta)
        and isinstance(last_call, timedelta)
        and isinstance(reserved, Known)
    ):
        raise ValueError(f"policy {finding.policy_id} has a removal without its pauses")
    return RemovalPlan(
        notice=notice,
        quarantine=quarantine,
        last_call=last_call,
        reserved=None if reserved.value is None else int(reserved.value),
    )


def plan_of(remediation: Remediation) -> RemovalPlan:
    assert remediation.removal is not None, "a removal says how it goes"
    return remediation.removal


def _obstacle(finding: Finding) -> str | None:
    """Say why it is ticketed, never removed: what cannot be brought back, or is somebody's."""
    why = why_not_changed(finding, GUARD_SIGNALS, where=WHERE)
    if why is not None:
        return why
    known = {name: s.value for name, s in finding.signals.items() if isinstance(s, Known)}
    if known["concurrency.owner"] != "none":
        return f"its alias is owned by {known['concurrency.owner']}: {WHERE}"
    if known["trigger.has_url"]:
        return "it has a function URL, whose address no restore brings back"
    if known[RESERVED] == 0:
        return "somebody has turned it off already, by reserving 0 for it: ask them"
    return None


def _stale(remediation: Remediation, state: FunctionState) -> str | None:
    return (
        why_not_settled(state)
        or why_changed(remediation, state)
        or why_reserved(remediation, state, now=plan_of(remediation).reserved)
    )


def why_reserved(remediation: Remediation, state: FunctionState, *, now: int | None) -> str | None:
    """Say that somebody reserved something else for it than what should be there now."""
    if state.reserved_concurrency == now:
        return None
    return (
        f"its reserved concurrency is {_said(state.reserved_concurrency)} and should be "
        f"{_said(now)}: somebody changed it"
    )


def _said(reserved: int | None) -> str:
    return "none" if reserved is None else str(reserved)


def why_not_as_quarantined(remediation: Remediation, state: FunctionState) -> str | None:
    """Say what differs from what was approved and backed up, but for our own quarantine."""
    return (
        why_not_settled(state)
        or why_changed(remediation, state)
        or why_reserved(remediation, state, now=0)
    )


def _next_step(
    remediation: Remediation, state: FunctionState, published: str | None
) -> SetReserved | None:
    """Return the quarantine: all that is written before the deletion."""
    return None if state.reserved_concurrency == 0 else SetReserved(reserved=0)


def _next_undo_step(
    remediation: Remediation, state: FunctionState, published: str | None
) -> SetReserved | None:
    """Remove the limit first, then set what was reserved: the second may no longer fit."""
    before, now = plan_of(remediation).reserved, state.reserved_concurrency
    if now == 0:
        return SetReserved(reserved=None)
    if now is None and before is not None:
        return SetReserved(reserved=before)
    return None


def _nothing(remediation: Remediation, state: FunctionState, published: str | None) -> str | None:
    """Nothing that somebody else changed keeps a quarantine from being let go."""
    return None


def _reverted(remediation: Remediation, state: FunctionState) -> str | None:
    return None


def _risks(finding: Finding) -> tuple[str, ...]:
    return (
        "A caller that nobody knows of, as a job that runs every few years, fails from then on.",
        "In quarantine the first asynchronous event it gets goes to its dead-letter queue or "
        "destination at once, and is lost where it has none: Lambda does not retry it then.",
        "A restore gives it new version numbers; callers that name a version must be told.",
    )


KIND = Kind(
    spec=SPEC,
    guard_signals=GUARD_SIGNALS,
    iam_actions=IAM_ACTIONS,
    obstacle=_obstacle,
    undo=lambda finding: {"functions": 1},
    risks=_risks,
    stale=_stale,
    probes=lambda remediation, state: (),
    next_step=_next_step,
    next_undo_step=_next_undo_step,
    reverted=_reverted,
    foreign_change=_nothing,
    is_of_function=False,
    removal=removal_plan,
)
