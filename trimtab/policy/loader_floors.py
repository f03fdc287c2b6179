"""Does a policy stay above the floors of guardrails.yaml? One below does not load (S29)."""

from collections.abc import Mapping
from datetime import timedelta

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType, FieldValue
from trimtab.domain.terms import ChangeKind
from trimtab.policy.fleet_rules import OWNER, allowed_address
from trimtab.policy.loader_change import is_below, written_field
from trimtab.policy.model import Guardrails, Policy
from trimtab.policy.problems import Document, Mistakes, Path

COMMON_FLOORS = (
    FieldSpec(
        name="lookback",
        type=FieldType.DURATION,
        unit="",
        default=timedelta(days=14),
        meaning="How long the usage that a policy judges must reach back.",
    ),
    FieldSpec(
        name="settle",
        type=FieldType.DURATION,
        unit="",
        default=timedelta(minutes=30),
        meaning="How long to wait after a write before watching.",
    ),
    FieldSpec(
        name="watch",
        type=FieldType.DURATION,
        unit="",
        default=timedelta(hours=24),
        meaning="How long to watch before a change counts as verified.",
    ),
    FieldSpec(
        name="samples",
        type=FieldType.COUNT,
        unit="invocations",
        default=200.0,
        minimum=1.0,
        meaning="Invocations needed on both sides before a ratio means anything.",
    ),
)
"""What guardrails.yaml may bound for every kind of change."""


def floor_specs(kind: ChangeSpec) -> Mapping[str, FieldSpec]:
    """Return what guardrails.yaml may bound for this kind, by name."""
    own = (spec for spec in kind.fields if spec.has_floor)
    return {spec.name: spec for spec in (*COMMON_FLOORS, *own)}


def floor_of(guardrails: Guardrails | None, kind: ChangeKind, name: str) -> FieldValue | None:
    """Return the floor of one value; None where nothing bounds it."""
    return None if guardrails is None else guardrails.floors.get(kind, {}).get(name)


def check_floors(
    document: Document,
    policy: Policy,
    kinds: Mapping[str, ChangeSpec],
    guardrails: Guardrails,
    mistakes: Mistakes,
) -> None:
    """Note every value of a policy that is below its floor, naming both.

    A policy without a change has none of these values.
    """
    change, approval, verify = policy.change, policy.approval, policy.verify
    if change is None or approval is None or verify is None:
        return
    spec = kinds[change.kind.value]
    values: dict[str, tuple[Path, FieldValue]] = {
        "lookback": (("lookback",), policy.lookback),
        "settle": (("verify", "settle"), verify.settle),
        "watch": (("verify", "watch"), verify.watch),
        "samples": (("verify", "samples"), float(verify.samples)),
    }
    for name, value in change.fields.items():
        values[name] = (("change", spec.kind.value, name), value)
    _check_values(document, values, spec, guardrails, mistakes)
    highest = guardrails.highest_for(spec.kind)
    if highest is not None and policy.mode.rank > highest.rank:
        text = f"mode {policy.mode.value} is above {highest.value}, the highest that"
        text += f" guardrails.yaml allows for {spec.kind.value}"
        mistakes.at_value(document, ("mode",), text)
    needed: Path = ("approval", "needed")
    if approval.needed < guardrails.needed and not mistakes.has_at(document, needed):
        text = f"needed is {approval.needed}, below {guardrails.needed}, the floor of"
        mistakes.at_value(document, needed, f"{text} guardrails.yaml")
    check_addresses(document, ("approval", "approvers"), guardrails, mistakes)


def check_addresses(
    document: Document, path: Path, guardrails: Guardrails, mistakes: Mistakes
) -> None:
    """Note every approver listed at this place whose domain guardrails.yaml does not allow.

    What is no address at all is noted by the file's shape, which looks at no item of a list that is
    too long; guardrails without any domain are broken themselves.
    """
    listed = document.at(path)
    if not guardrails.approver_domains or not isinstance(listed, list):
        return
    domains = ", ".join(guardrails.approver_domains)
    for position, approver in enumerate(listed):
        place = (*path, position)
        is_text = isinstance(approver, str)
        if not is_text or approver == OWNER or mistakes.has_at(document, place):
            continue
        if allowed_address(approver, guardrails.approver_domains) is None:
            text = f"{approver.lower()} is outside the approver domains of guardrails.yaml:"
            mistakes.at_value(document, place, f"{text} {domains}")


def _check_values(
    document: Document,
    values: Mapping[str, tuple[Path, FieldValue]],
    spec: ChangeSpec,
    guardrails: Guardrails,
    mistakes: Mistakes,
) -> None:
    for name, (path, value) in values.items():
        floor = _floor(guardrails, spec, name)
        if floor is not None and is_below(value, floor) and not mistakes.has_at(document, path):
            field = floor_specs(spec)[name]
            text = f"{name} is {written_field(field, value)}, below {written_field(field, floor)},"
            text += f" the floor of guardrails.yaml for {spec.kind.value}"
            mistakes.at_value(document, path, text)


def _floor(guardrails: Guardrails, spec: ChangeSpec, name: str) -> FieldValue | None:
    """Return what guardrails.yaml says, or the kind itself where it says nothing."""
    said = floor_of(guardrails, spec.kind, name)
    if said is not None:
        return said
    if name == "lookback":
        return spec.least_lookback
    return next((field.floor for field in spec.fields if field.name == name), None)
