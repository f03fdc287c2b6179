"""What calls a function, who may call it, and what may it do? Cheapest listings first.

Event sources, subnets, rules, schedules and roles are a listing per target; policies, URLs,
asynchronous settings and the policy on loops a call per function.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import InputError
from trimtab.domain.evidence import Evidence, Known, Signals, Unknown
from trimtab.domain.fleet import ListedFunction
from trimtab.pipeline.signals.reach_access import Access, access_of, is_public_url
from trimtab.pipeline.signals.reach_roles import power_of, trusted_services
from trimtab.pipeline.signals.reach_schedules import calls_once, is_over, shortest_gap_s
from trimtab.pipeline.signals.reading import FunctionReading, TargetReading
from trimtab.pipeline.signals.setup import role_arn, subnets_of, zones_listed
from trimtab.ports import EventSource, FunctionSource, Role, Rule, Schedule

Found = Mapping[FunctionArn, Mapping[str, Evidence]]

MAPPINGS, RULES, SCHEDULER = "ListEventSourceMappings", "ListRules", "ListRules, ListSchedules"
ROLES, POLICIES, URLS = "IAM", "GetPolicy", "ListFunctionUrlConfigs"
SUBNETS = "DescribeSubnets"
ASYNC, LOOPS = "ListFunctionEventInvokeConfigs", "GetFunctionRecursionConfig"

DISABLED = frozenset({"Disabled", "Disabling", "Deleting"})
ENABLED = frozenset({"Creating", "Enabled", "Enabling", "Updating"})
"""Source: "EventSourceMappingConfiguration", AWS Lambda API Reference, read 2026-11-21."""

STREAMS = frozenset({"dynamodb", "kinesis"})

DEFAULT_RETRIES = 2
DEFAULT_MAX_EVENT_AGE_S = 21_600
"""Both where nothing is configured. Source: "PutFunctionEventInvokeConfig", AWS Lambda API
Reference, read 2026-11-21."""

MOST_ALIASES = 20
"""A call each; chosen: the policies of a function with more are not read."""

_COUNTS = ("trigger.event_source_count", "trigger.event_source_disabled_count")
_SOURCES_OFF = "trigger.event_source_disabled_days"
_SCHEDULES_OFF = "trigger.schedule_disabled_days"
_CLOCK = (
    "trigger.schedule_count",
    "trigger.disabled_schedule_count",
    _SCHEDULES_OFF,
    "trigger.shortest_schedule_s",
    "trigger.schedule_names",
)
_POWERS = ("role.is_administrator", "role.wildcard_services", "role.trusts")
ROLE_USE = "role.function_count"
_ACCESS = (
    "trigger.policy_principals",
    "trigger.policy_source_count",
    "exposure.is_public",
    "exposure.is_public_url",
    "exposure.cross_account_count",
    "exposure.unbound_services",
)


def read_event_sources(
    source: FunctionSource, functions: Sequence[ListedFunction], at: datetime
) -> Found:
    mappings = source.reach.event_sources()
    return {
        one.function: _of_event_sources([m for m in mappings if m.function == one.function], at)
        for one in functions
    }


def _of_event_sources(mappings: Sequence[EventSource], at: datetime) -> Mapping[str, Evidence]:
    on = [m for m in mappings if m.state not in DISABLED]
    streams = [m for m in on if m.kind in STREAMS]
    lost = sum(not m.has_failure_destination for m in streams)
    known = {
        "trigger.event_source_count": len(on),
        "trigger.event_source_disabled_count": sum(m.state == "Disabled" for m in mappings),
        "trigger.event_source_kinds": sorted({m.kind for m in on}),
        "trigger.event_source_without_failure_destination_count": lost if streams else None,
    }
    strange = sorted({m.state for m in on} - ENABLED)
    unknown = Unknown(reason=f"an event source mapping is in a state not known: {strange}")
    changed = [m.changed_at for m in mappings if m.state == "Disabled"]
    told = {**_known(known, MAPPINGS), _SOURCES_OFF: _days_off(changed, at, MAPPINGS)}
    return told | (dict.fromkeys((*_COUNTS, _SOURCES_OFF), unknown) if strange else {})


def _days_off(changed: Sequence[datetime | None], at: datetime, source: str) -> Evidence:
    """Return for how many days something is disabled at least: since it was last changed."""
    known = [moment for moment in changed if moment is not None]
    if len(known) < len(changed):
        return Unknown(reason="AWS does not tell since when it is disabled")
    first = min(known, default=None)
    days = None if first is None else max((at - first) / timedelta(days=1), 0.0)
    return Known(value=days, source=source)


def read_rules(source: FunctionSource, functions: Sequence[ListedFunction], at: datetime) -> Found:
    rules = source.reach.rules()
    found: dict[FunctionArn, Mapping[str, Evidence]] = {}
    for one in functions:
        own = [rule for rule in rules if one.function in rule.functions]
        counts = {
            "trigger.rule_count": sum(_is_on(r) and r.schedule is None for r in own),
            "trigger.disabled_rule_count": sum(not _is_on(r) for r in own),
        }
        found[one.function] = _known(counts, RULES)
    return found


def _is_on(rule: Rule) -> bool:
    """Tell whether a rule is enabled: there is more than one way to be."""
    return rule.state != "DISABLED"


def read_schedules(
    source: FunctionSource, functions: Sequence[ListedFunction], at: datetime
) -> Found:
    rules = [r for r in source.reach.rules() if r.schedule is not None and _is_on(r)]
    schedules = source.reach.schedules({one.function for one in functions})
    if any(s.function is None for s in schedules):
        lost = Unknown(reason="a schedule calls a function and does not tell which")
        return {one.function: dict.fromkeys(_CLOCK, lost) for one in functions}
    found: dict[FunctionArn, Mapping[str, Evidence]] = {}
    for one in functions:
        own = [s for s in schedules if s.function == one.function]
        named = [(r.name, r.schedule) for r in rules if one.function in r.functions]
        named += [(s.name, s.expression) for s in own if s.is_enabled and not _is_over(s, at)]
        off = [s.changed_at for s in own if not s.is_enabled]
        told = _of_schedules(named, disabled=len(off))
        found[one.function] = {**told, _SCHEDULES_OFF: _days_off(off, at, SCHEDULER)}
    return found


def _is_over(schedule: Schedule, at: datetime) -> bool:
    return schedule.expression is not None and is_over(schedule.expression, schedule.ends_at, at=at)


def _of_schedules(
    named: Sequence[tuple[str, str | None]], *, disabled: int
) -> Mapping[str, Evidence]:
    again = [text for _, text in named if text is None or not calls_once(text)]
    gaps = [None if text is None else shortest_gap_s(text) for text in again]
    shortest: Evidence = (
        Unknown(reason="the expression of a schedule could not be read")
        if None in gaps
        else Known(value=min((g for g in gaps if g is not None), default=None), source=SCHEDULER)
    )
    known = {
        "trigger.schedule_count": len(named),
        "trigger.disabled_schedule_count": disabled,
        "trigger.schedule_names": sorted(name for name, _ in named),
    }
    return _known(known, SCHEDULER) | {"trigger.shortest_schedule_s": shortest}


def read_roles(source: FunctionSource, functions: Sequence[ListedFunction], at: datetime) -> Found:
    named = {one.function: role_arn(one.configuration) for one in functions}
    roles = source.reach.roles({arn for arn in named.values() if arn is not None})
    return {function: _of_role(arn, roles) for function, arn in named.items()}


def _of_role(arn: str | None, roles: Mapping[str, Role]) -> Mapping[str, Evidence]:
    if arn is None:
        unnamed = Unknown(reason="the listing does not name its role")
        return dict.fromkeys(("role.exists", *_POWERS), unnamed)
    exists: Mapping[str, Evidence] = _known({"role.exists": arn in roles}, ROLES)
    if arn not in roles:
        return {**exists, **_known(dict.fromkeys(_POWERS), ROLES)}
    role = roles[arn]
    try:
        power, trusts = power_of(role.policies, arn), trusted_services(role.trust)
    except InputError as error:
        return {**exists, **dict.fromkeys(_POWERS, Unknown(reason=f"its role: {error}"))}
    known: dict[str, Any] = {
        "role.is_administrator": power.is_administrator,
        "role.wildcard_services": list(power.services),
        "role.trusts": list(trusts),
    }
    if role.unread:
        lost = Unknown(reason=f"IAM did not answer the policy {role.unread[0]} of its role")
        known = {"role.trusts": known["role.trusts"]}
        return {**exists, **dict.fromkeys(_POWERS, lost), **_known(known, ROLES)}
    told = {**exists, **_known(known, ROLES)}
    if power.is_administrator is None:
        part = "its role may do everything in IAM on some resources: more may follow from that"
        told["role.is_administrator"] = Unknown(reason=part)
    return told


def read_role_use(
    source: FunctionSource, functions: Sequence[ListedFunction], at: datetime
) -> Found:
    """Count who shares a role: in the whole target, whatever part of it is read here."""
    uses = source.reach.role_uses()
    if uses is None:
        many = Unknown(reason="too many functions here to count who shares a role")
        return {one.function: {ROLE_USE: many} for one in functions}
    return {
        one.function: {ROLE_USE: _of_use(role_arn(one.configuration), uses)} for one in functions
    }


def read_zones(source: FunctionSource, functions: Sequence[ListedFunction], at: datetime) -> Found:
    """Count the zones of each function's subnets; who has one or none needs no call."""
    placed = {one.function: subnets_of(one.configuration) for one in functions}
    asked = {subnet for subnets in placed.values() if len(subnets) > 1 for subnet in subnets}
    zones = source.reach.zones(asked)
    return {
        one.function: zones_listed(one.configuration) or _of_subnets(placed[one.function], zones)
        for one in functions
    }


def _of_subnets(subnets: Sequence[str], zones: Mapping[str, str]) -> Mapping[str, Evidence]:
    lost = [subnet for subnet in subnets if subnet not in zones]
    if lost:
        return {"vpc.zone_count": Unknown(reason=f"EC2 does not know its subnet {lost[0]}")}
    return _known({"vpc.zone_count": len({zones[subnet] for subnet in subnets})}, SUBNETS)


def _of_use(arn: str | None, uses: Mapping[str | None, int]) -> Evidence:
    if arn is None or None in uses:
        return Unknown(reason="the listing does not name the role of every function")
    if arn not in uses:
        return Unknown(reason="the functions changed while they were listed")
    return Known(value=uses[arn], source="ListFunctions")


def read_access(
    source: FunctionSource, listed: ListedFunction, known: Signals
) -> Mapping[str, Evidence]:
    aliases = _aliases(source, listed.function, known)
    if len(aliases) > MOST_ALIASES:
        many = Unknown(reason=f"it has {len(aliases)} aliases, each with a policy of its own")
        return dict.fromkeys(_ACCESS, many)
    policies = source.reach.policies(listed.function, (None, *aliases))
    try:
        access = access_of(policies, listed.function)
    except InputError as error:
        return dict.fromkeys(_ACCESS, Unknown(reason=f"its resource policy: {error}"))
    urls = source.reach.urls(listed.function) if access.url_grants else ()
    return _of_access(access, is_public_url(access, urls))


def _aliases(source: FunctionSource, function: FunctionArn, known: Signals) -> Collection[str]:
    told = known.get("function.aliases")
    if isinstance(told, Known):
        return tuple(told.value)
    return tuple(alias.name for alias in source.capacity.aliases(function))


def _of_access(access: Access, public_url: bool | None) -> Mapping[str, Evidence]:
    unbound = access.unbound_services
    judged: Mapping[str, Any] = {
        "exposure.is_public": access.is_public,
        "exposure.is_public_url": public_url,
        "exposure.unbound_services": None if unbound is None else list(unbound),
    }
    known = {
        "trigger.policy_principals": list(access.principals),
        "trigger.policy_source_count": access.sources,
        "exposure.cross_account_count": len(access.accounts),
    }
    unclear = Unknown(reason="a condition or denial in its resource policy cannot be judged")
    return _known(known, POLICIES) | {
        name: unclear if value is None else Known(value=value, source=POLICIES)
        for name, value in judged.items()
    }


def read_urls(
    source: FunctionSource, listed: ListedFunction, known: Signals
) -> Mapping[str, Evidence]:
    auths = sorted({url.auth for url in source.reach.urls(listed.function)}, reverse=True)
    values = {"trigger.has_url": bool(auths), "exposure.url_auth": next(iter(auths), None)}
    return _known(values, URLS)


def read_async(
    source: FunctionSource, listed: ListedFunction, known: Signals
) -> Mapping[str, Evidence]:
    found = source.reach.async_settings(listed.function)
    retries = [DEFAULT_RETRIES if s.retries is None else s.retries for s in found]
    ages = [s.max_event_age_s or DEFAULT_MAX_EVENT_AGE_S for s in found]
    values = {
        "async.has_failure_destination": any(s.has_failure_destination for s in found),
        "async.retries": max(retries, default=DEFAULT_RETRIES),
        "async.max_event_age_s": max(ages, default=DEFAULT_MAX_EVENT_AGE_S),
    }
    return _known(values, ASYNC)


def read_loops(
    source: FunctionSource, listed: ListedFunction, known: Signals
) -> Mapping[str, Evidence]:
    return _known({"recursion.policy": source.reach.recursive_loop(listed.function)}, LOOPS)


def _known(values: Mapping[str, Any], source: str) -> dict[str, Evidence]:
    return {name: Known(value=value, source=source) for name, value in values.items()}


READINGS: tuple[TargetReading | FunctionReading, ...] = (
    TargetReading(what="functions by role", tells=frozenset({ROLE_USE}), read=read_role_use),
    TargetReading(
        what="event source mappings",
        tells=frozenset(
            {
                *_COUNTS,
                _SOURCES_OFF,
                "trigger.event_source_kinds",
                "trigger.event_source_without_failure_destination_count",
            }
        ),
        read=read_event_sources,
    ),
    TargetReading(what="subnets", tells=frozenset({"vpc.zone_count"}), read=read_zones),
    TargetReading(what="roles", tells=frozenset({"role.exists", *_POWERS}), read=read_roles),
    TargetReading(
        what="EventBridge rules",
        tells=frozenset({"trigger.rule_count", "trigger.disabled_rule_count"}),
        read=read_rules,
    ),
    TargetReading(what="schedules", tells=frozenset(_CLOCK), read=read_schedules),
    FunctionReading(
        what="asynchronous settings",
        tells=frozenset(
            {"async.has_failure_destination", "async.retries", "async.max_event_age_s"}
        ),
        read=read_async,
    ),
    FunctionReading(what="resource policy", tells=frozenset(_ACCESS), read=read_access),
    FunctionReading(
        what="function URLs",
        tells=frozenset({"trigger.has_url", "exposure.url_auth"}),
        read=read_urls,
    ),
    FunctionReading(what="policy on loops", tells=frozenset({"recursion.policy"}), read=read_loops),
)
