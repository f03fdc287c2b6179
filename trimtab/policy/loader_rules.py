"""What do fleet.yaml, guardrails.yaml, owners.yaml and exemptions.yaml say? Shapes to values."""

from collections.abc import Iterable, Mapping
from typing import Any

from trimtab.domain.change_spec import ChangeSpec, FieldValue
from trimtab.domain.finding import Exemption
from trimtab.domain.fleet import Scope
from trimtab.domain.plan import Limits
from trimtab.domain.terms import IRREVERSIBLE, ChangeKind, Identity, Mode
from trimtab.policy.exemption_rules import end_of_day
from trimtab.policy.loader_change import read_field
from trimtab.policy.loader_floors import check_addresses, floor_specs
from trimtab.policy.loader_shapes import validated
from trimtab.policy.loader_sinks import security_hub_terms
from trimtab.policy.model import (
    Ceiling,
    FleetFile,
    FreezeTerms,
    Guardrails,
    KnownGap,
    OwnerRule,
    Owners,
)
from trimtab.policy.problems import Document, Mistakes, Path, unknown_word
from trimtab.policy.quantity import ReadingError
from trimtab.policy.schema_rules import ExemptionsShape, FleetShape, GuardrailsShape, OwnersShape
from trimtab.policy.schema_values import read_mode, read_organizational_unit

Kinds = Mapping[str, ChangeSpec]

_IDENTITIES = tuple(Identity)
"""The one way to identify an approver that is built: whoever holds the link."""

_FLEET_STAND_INS = {"scope": {"regions": ["eu-west-1"]}}
_GUARDRAILS_STAND_INS = {"approval": {"domains": ["example.com"]}}
_OWNERS_STAND_INS = {"fallback": ["nobody@example.com"]}
"""For what is missing or broken while the rest of its file is still checked; none ever loads."""


def read_fleet(document: Document, kinds: Kinds, mistakes: Mistakes) -> FleetFile | None:
    shape = validated(FleetShape, document, mistakes, stand_ins=_FLEET_STAND_INS)
    if shape is None:
        return None
    default, ceilings = _ceilings(document, shape.ceilings, kinds, mistakes)
    return FleetFile(
        scope=Scope(
            organizational_units=tuple(shape.scope.organizational_units),
            exclude_accounts=tuple(shape.scope.exclude_accounts),
            regions=tuple(shape.scope.regions),
        ),
        known_gaps=tuple(
            KnownGap(account=gap.account, why=gap.why, owner=gap.owner, until=gap.until)
            for gap in shape.known_gaps
        ),
        unmanaged_accounts=frozenset(shape.unmanaged.accounts),
        unmanaged_organizational_units=frozenset(shape.unmanaged.organizational_units),
        default_mode=default,
        ceilings=ceilings,
        limits=Limits(
            per_run=shape.limits.per_run,
            share_of_read=shape.limits.share_of_read,
            per_account=shape.limits.per_account,
            unverified=shape.limits.unverified.total,
            unverified_per_account=shape.limits.unverified.per_account,
            per_day=shape.limits.per_day,
        ),
        freeze=FreezeTerms(rollbacks=shape.freeze.rollbacks, within=shape.freeze.within),
        security_hub=security_hub_terms(shape.security_hub),
    )


def read_guardrails(document: Document, kinds: Kinds, mistakes: Mistakes) -> Guardrails | None:
    said = document.data if isinstance(document.data, Mapping) else {}
    floors = {
        kinds[name].kind: _floors(document, name, raw, kinds[name], mistakes)
        for name, raw in said.items()
        if name in kinds
    }
    rest = {name: raw for name, raw in said.items() if name not in kinds}
    shape = validated(
        GuardrailsShape,
        document,
        mistakes,
        data=rest if isinstance(document.data, Mapping) else None,
        also_known=kinds,
        stand_ins=_GUARDRAILS_STAND_INS,
    )
    if shape is None:
        return None
    for name, how in shape.approval.identity.items():
        path = ("approval", "identity", name)
        if _known_kind(document, path, kinds, mistakes) and how not in _IDENTITIES:
            text = f"identity {str(how)[:40]!r} is unknown; known: {', '.join(_IDENTITIES)}"
            mistakes.at_value(document, path, text)
        elif name in kinds and kinds[name].kind in IRREVERSIBLE and how != Identity.SIGN_IN:
            mistakes.at_value(document, path, f"{name} always asks for a sign-in: say sign_in")
    domains = shape.approval.domains
    return Guardrails(
        approver_domains=tuple(domains) if domains == _said_domains(document) else (),
        needed=shape.approval.needed,
        identity={
            kinds[k].kind: Identity(how)
            for k, how in shape.approval.identity.items()
            if k in kinds and how in _IDENTITIES
        },
        highest_mode=_modes(document, ("highest_mode",), shape.highest_mode, kinds, mistakes),
        floors=floors,
    )


def read_owners(
    document: Document, guardrails: Guardrails | None, mistakes: Mistakes
) -> Owners | None:
    shape = validated(OwnersShape, document, mistakes, stand_ins=_OWNERS_STAND_INS)
    if shape is None:
        return None
    owners = Owners(
        tags=tuple(shape.tags),
        map=tuple(
            OwnerRule(
                account=rule.match.account,
                region=rule.match.region,
                name=rule.match.name,
                approvers=tuple(rule.approvers),
            )
            for rule in shape.map
        ),
        fallback=tuple(shape.fallback),
    )
    if guardrails is not None:
        for position in _positions(document, "map"):
            check_addresses(document, ("map", position, "approvers"), guardrails, mistakes)
        check_addresses(document, ("fallback",), guardrails, mistakes)
    return owners


def read_exemptions(
    document: Document, policy_ids: Iterable[str], mistakes: Mistakes
) -> tuple[Exemption, ...]:
    """Read exemptions.yaml; `policy_ids` are all that exist, whether or not they loaded."""
    shape = validated(ExemptionsShape, document, mistakes, stand_ins={})
    if shape is None:
        return ()
    known = frozenset(policy_ids)
    for position in _positions(document, "exemptions"):
        path = ("exemptions", position, "policy")
        named = document.at(path)
        if isinstance(named, str) and named not in known and not mistakes.has_at(document, path):
            mistakes.at_value(document, path, unknown_word("policy", named, known))
    return tuple(
        Exemption(
            policy_id=item.policy,
            functions=tuple(item.functions),
            why=item.why.strip(),
            who=item.who,
            ends_at=end_of_day(item.until),
        )
        for item in shape.exemptions
    )


def _positions(document: Document, key: str) -> range:
    """Return the positions of a list as it was written; none where it is no list."""
    written = document.at((key,))
    return range(len(written) if isinstance(written, list) else 0)


def _said_domains(document: Document) -> object:
    """Return the domains as written: where some could not be read, none is held against anyone."""
    return document.at(("approval", "domains"))


def _floors(
    document: Document, name: str, raw: Any, kind: ChangeSpec, mistakes: Mistakes
) -> Mapping[str, FieldValue]:
    if not isinstance(raw, Mapping):
        mistakes.at_value(document, (name,), "floors are a mapping of fields to least values")
        return {}
    specs = floor_specs(kind)
    floors: dict[str, FieldValue] = {}
    for key, value in raw.items():
        if key not in specs:
            mistakes.at_key(document, (name, key), unknown_word("floor", key, specs))
            continue
        floor = read_field(document, (name, key), specs[key], value, mistakes)
        if floor is not None:
            floors[key] = floor
    return floors


def _ceilings(
    document: Document, raw: Mapping[str, Any], kinds: Kinds, mistakes: Mistakes
) -> tuple[Mode, Mapping[str, Ceiling]]:
    """Read the ceilings; without a default nothing is allowed but observing."""
    default = Mode.OBSERVE
    ceilings: dict[str, Ceiling] = {}
    for unit, said in raw.items():
        path: Path = ("ceilings", unit)
        if unit == "default":
            default = _mode(document, path, said, mistakes) or default
            continue
        try:
            read_organizational_unit(unit)
        except ReadingError as error:
            mistakes.at_key(document, path, str(error))
            continue
        if isinstance(said, Mapping):
            modes = _modes(document, path, said, kinds, mistakes)
            ceilings[unit] = Ceiling(every_kind=None, kinds=modes)
        else:
            mode = _mode(document, path, said, mistakes)
            ceilings[unit] = Ceiling(every_kind=mode, kinds={})
    return default, ceilings


def _modes(
    document: Document, path: Path, raw: Mapping[str, Any], kinds: Kinds, mistakes: Mistakes
) -> Mapping[ChangeKind, Mode]:
    modes: dict[ChangeKind, Mode] = {}
    for name, said in raw.items():
        if _known_kind(document, (*path, name), kinds, mistakes):
            mode = _mode(document, (*path, name), said, mistakes)
            if mode is not None:
                modes[kinds[name].kind] = mode
    return modes


def _known_kind(document: Document, path: Path, kinds: Kinds, mistakes: Mistakes) -> bool:
    name = path[-1]
    if name in kinds:
        return True
    mistakes.at_key(document, path, unknown_word("kind of change", name, kinds))
    return False


def _mode(document: Document, path: Path, raw: Any, mistakes: Mistakes) -> Mode | None:
    try:
        return read_mode(raw)
    except ReadingError as error:
        mistakes.at_value(document, path, str(error))
        return None
