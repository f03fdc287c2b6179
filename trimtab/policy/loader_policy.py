"""Which policy does one file hold? Its shape, condition and change, and the floors it keeps."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from trimtab.domain.change_spec import ChangeSpec
from trimtab.domain.digest import content_id
from trimtab.domain.finding import Guidance
from trimtab.domain.terms import ApprovalTerms, ChangeKind, Mode, VerifyTerms, Window
from trimtab.domain.wire import to_wire
from trimtab.policy.condition import AllOf, Condition, plain
from trimtab.policy.loader_change import is_below, read_change
from trimtab.policy.loader_conditions import read_condition, read_entry
from trimtab.policy.loader_floors import check_floors, floor_of
from trimtab.policy.loader_shapes import validated
from trimtab.policy.matchers import Matcher
from trimtab.policy.model import (
    EVERYWHERE,
    ChangeRequest,
    Guardrails,
    Policy,
    PolicyScope,
    Selection,
    TicketTerms,
)
from trimtab.policy.problems import Document, Mistakes
from trimtab.policy.schema import (
    DEFAULT_VERIFY,
    AccountSelection,
    ApprovalShape,
    PolicyShape,
    RegionSelection,
    UnitSelection,
    VerifyShape,
    WindowShape,
)

MIN_LOOKBACK = timedelta(hours=1)
"""CloudWatch's long-term resolution: below it there is no figure to compare later."""
MAX_LOOKBACK = timedelta(days=455)
"""Source: CloudWatch metrics retention, Amazon CloudWatch User Guide, read 2026-11."""
MAX_EXPIRES = timedelta(days=30)
"""The waiting task of the Change state machine gives up after 31 days."""

_NEEDS_CHANGE = ("approval", "window", "verify")
_STAND_INS = {"title": "-", "why": "-", "severity": "informational", "when": {}}
"""For required keys that are missing or broken, while the rest of the file is still checked."""
_BROKEN = AllOf(())
"""Stands for a condition that could not be read while the rest of its file is still checked."""


def read_policy(
    document: Document,
    kinds: Mapping[str, ChangeSpec],
    guardrails: Guardrails | None,
    mistakes: Mistakes,
) -> Policy | None:
    """Read one policy file named `<pack>/<id>.yaml`; None after noting what is wrong.

    Without guardrails (their file is broken) the floors are not checked; the bundle fails anyway.
    """
    before = len(mistakes.problems)
    raw = document.data if isinstance(document.data, Mapping) else {}
    shape = validated(
        PolicyShape, document, mistakes, stand_ins=_STAND_INS | {"id": _stem(document)}
    )
    when = read_condition(document, ("when",), raw["when"], mistakes) if "when" in raw else None
    change = None
    if isinstance(raw.get("change"), Mapping):
        change = read_change(document, raw["change"], kinds, mistakes)
    if shape is None:
        return None
    scope = _scope(document, shape, mistakes)
    _check_shape(document, shape, raw, mistakes)
    policy = _assembled(document, shape, scope, when or _BROKEN, change, guardrails)
    if guardrails is not None:
        check_floors(document, policy, kinds, guardrails, mistakes)
    return policy if len(mistakes.problems) == before else None


def _stem(document: Document) -> str:
    return document.file.rpartition("/")[2].removesuffix(".yaml")


def _check_shape(
    document: Document, shape: PolicyShape, raw: Mapping[str, Any], mistakes: Mistakes
) -> None:
    stem = _stem(document)
    if shape.id != stem:
        text = f"the id is {shape.id!r}, the file is named {stem!r}: make them one"
        mistakes.at_value(document, ("id",), text)
    if not MIN_LOOKBACK <= shape.lookback <= MAX_LOOKBACK:
        mistakes.at_value(document, ("lookback",), "lookback is from 1h to 455d")
    if shape.approval is not None and not timedelta() < shape.approval.expires <= MAX_EXPIRES:
        mistakes.at_value(document, ("approval", "expires"), "expires is above 0 and at most 30d")
    if "change" in raw:
        return
    if shape.mode is Mode.APPROVE:
        mistakes.at_value(document, ("mode",), "mode approve needs a change to approve")
    for key in _NEEDS_CHANGE:
        if key in raw:
            mistakes.at_key(document, (key,), f"{key} has no effect without a change")


def _assembled(
    document: Document,
    shape: PolicyShape,
    scope: PolicyScope,
    when: Condition,
    change: ChangeRequest | None,
    guardrails: Guardrails | None,
) -> Policy:
    window = _window(shape.window)
    fields: dict[str, Any] = {
        "id": shape.id,
        "title": shape.title,
        "why": shape.why.strip(),
        "severity": shape.severity,
        "mode": shape.mode,
        "lookback": shape.lookback,
        "change": change,
        "approval": None if change is None else _approval(shape.approval),
        "verify": None if change is None else _verify(shape.verify, change.kind, guardrails),
        "ticket": _ticket(shape),
        "guidance": _guidance(shape),
        "pack": document.file.rpartition("/")[0],
    }
    said = {name: to_wire(value) for name, value in fields.items() if value != Guidance()}
    said |= {"when": plain(when), "scope": _plain_scope(scope), "window": _plain_window(window)}
    return Policy(**fields, when=when, scope=scope, window=window, digest=content_id(said))


def _approval(shape: ApprovalShape | None) -> ApprovalTerms:
    said = shape or ApprovalShape()
    return ApprovalTerms(
        approvers=tuple(dict.fromkeys(said.approvers)), needed=said.needed, expires=said.expires
    )


def _verify(
    shape: VerifyShape | None, kind: ChangeKind, guardrails: Guardrails | None
) -> VerifyTerms:
    """Fill in what the file leaves out: the default, or the floor where that is higher."""
    said = shape or VerifyShape()
    filled: dict[str, Any] = {}
    for name in ("settle", "watch", "samples"):
        value, default = getattr(said, name), getattr(DEFAULT_VERIFY, name)
        floor = floor_of(guardrails, kind, name)
        raised = default if floor is None or not is_below(default, floor) else floor
        filled[name] = raised if value is None else value
    filled["samples"] = int(filled["samples"])
    worse = said.roll_back_if
    return VerifyTerms(
        **filled,
        error_rate=worse.error_rate or DEFAULT_VERIFY.error_rate,
        duration_p95=worse.duration_p95 or DEFAULT_VERIFY.duration_p95,
        out_of_memory=worse.out_of_memory or DEFAULT_VERIFY.out_of_memory,
        throttles=worse.throttles or DEFAULT_VERIFY.throttles,
    )


def _window(shape: WindowShape | None) -> Window | None:
    if shape is None:
        return None
    return Window(
        days=shape.days,
        opens=shape.hours.opens,
        closes=shape.hours.closes,
        timezone=shape.timezone,
    )


def _ticket(shape: PolicyShape) -> TicketTerms | None:
    if shape.ticket is None:
        return None
    return TicketTerms(sink=shape.ticket.sink, labels=tuple(shape.ticket.labels))


def _guidance(shape: PolicyShape) -> Guidance:
    """Without any it is left out of the digest: a policy that says nothing new keeps its own."""
    remedy = None if shape.remedy is None else " ".join(shape.remedy.split())
    return Guidance(remedy=remedy, links=tuple(shape.links))


def _scope(document: Document, shape: PolicyShape, mistakes: Mistakes) -> PolicyScope:
    tags: list[Matcher] = []
    for name, raw in shape.scope.tags.items():
        matcher = read_entry(document, ("scope", "tags", name), name, raw, mistakes)
        if matcher is not None:
            tags.append(matcher)
    scope = PolicyScope(
        organizational_units=_selection(shape.scope.organizational_units),
        accounts=_selection(shape.scope.accounts),
        regions=_selection(shape.scope.regions),
        tags=tuple(tags),
    )
    return EVERYWHERE if scope == EVERYWHERE else scope


def _selection(shape: UnitSelection | AccountSelection | RegionSelection) -> Selection:
    return Selection(include=tuple(shape.include), exclude=tuple(shape.exclude))


def _plain_scope(scope: PolicyScope) -> object:
    return {
        "organizational_units": to_wire(scope.organizational_units),
        "accounts": to_wire(scope.accounts),
        "regions": to_wire(scope.regions),
        "tags": [[matcher.key, matcher.text] for matcher in scope.tags],
    }


def _plain_window(window: Window | None) -> object:
    if window is None:
        return None
    hours = f"{window.opens:%H:%M}-{window.closes:%H:%M}"
    return {"days": list(window.days), "hours": hours, "timezone": window.timezone}
