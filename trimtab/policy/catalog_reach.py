"""Which signals tell what calls a function, who may call it, and what it may do?"""

from trimtab.policy.formulas import any_of, has_any, how_many, trigger_count
from trimtab.policy.signal import Signal, SignalType, Tier

_SOURCES = "ListEventSourceMappings"
_RULES = "ListEventBuses, ListRules, ListTargetsByRule"
_SCHEDULES = f"{_RULES}, EventBridge Scheduler ListSchedules, GetSchedule"
_POLICY = "GetPolicy of the function and of each of its aliases"
_ROLES = "IAM GetAccountAuthorizationDetails"
_ASYNC = "ListFunctionEventInvokeConfigs"

_LISTING_FAILED = "a listing failed for the account and region"
_TOO_MANY = f"{_LISTING_FAILED}, or is too long: above 3,000 rules or 20,000 schedules"
_CALL_FAILED = "the call failed"
_UNJUDGED = "a call failed, it has more than 20 aliases, or the policy has a form or a condition"
_UNJUDGED += " that Trimtab does not know"
_NO_ROLE = " None where the role does not exist."
_NOT_EVALUATED = (
    " Conditions, denials, permissions boundaries and service control policies are not evaluated: "
    "statements with a condition do not count."
)
_ROLE_UNKNOWN = "the listing failed, or a policy of the role was not in it or cannot be read"


def _bulk(
    name: str,
    type_: SignalType,
    meaning: str,
    *,
    source: str,
    unit: str = "",
    unknown_when: str = _LISTING_FAILED,
) -> Signal:
    return Signal(
        name=name,
        type=type_,
        unit=unit,
        meaning=meaning,
        source=source,
        tier=Tier.BULK,
        unknown_when=unknown_when,
    )


def _deep(
    name: str, type_: SignalType, meaning: str, *, source: str, unit: str = "", unknown_when: str
) -> Signal:
    return Signal(
        name=name,
        type=type_,
        unit=unit,
        meaning=meaning,
        source=source,
        tier=Tier.DEEP,
        unknown_when=unknown_when,
    )


TRIGGER_SIGNALS = (
    _bulk(
        "trigger.event_source_count",
        SignalType.COUNT,
        "Queues and streams that Lambda polls for it or for a version or alias of it, but disabled"
        " ones.",
        source=_SOURCES,
        unknown_when=f"{_LISTING_FAILED}, or one of them is in a state that Trimtab does not know",
    ),
    _bulk(
        "trigger.event_source_disabled_count",
        SignalType.COUNT,
        "Those that are disabled.",
        source=_SOURCES,
        unknown_when=f"{_LISTING_FAILED}, or one of them is in a state that Trimtab does not know",
    ),
    _bulk(
        "trigger.event_source_disabled_days",
        SignalType.DAYS,
        "Days since the first of those was last changed: so long it is disabled at least. None"
        " without any.",
        unit="days",
        source=_SOURCES,
        unknown_when=f"{_LISTING_FAILED}, or AWS does not tell when one was changed",
    ),
    _bulk(
        "trigger.event_source_kinds",
        SignalType.TEXTS,
        "The kinds of those that are not disabled: sqs, kinesis, dynamodb, kafka, mq, documentdb,"
        " self-managed-kafka.",
        source=_SOURCES,
    ),
    _bulk(
        "trigger.event_source_without_failure_destination_count",
        SignalType.COUNT,
        "Kinesis and DynamoDB streams among them with no destination for records that failed for"
        " good. None without such a stream.",
        source=_SOURCES,
    ),
    _bulk(
        "trigger.rule_count",
        SignalType.COUNT,
        "Enabled EventBridge rules of all event buses here that call it on events. Rules of other"
        " accounts are not seen.",
        source=_RULES,
        unknown_when=_TOO_MANY,
    ),
    _bulk(
        "trigger.disabled_rule_count",
        SignalType.COUNT,
        "EventBridge rules that would call it, on events or by a schedule, and are disabled.",
        source=_RULES,
        unknown_when=_TOO_MANY,
    ),
    _bulk(
        "trigger.schedule_count",
        SignalType.COUNT,
        "Schedules that call it: enabled rules with a schedule, and enabled schedules of"
        " EventBridge Scheduler that are not over.",
        source=_SCHEDULES,
        unknown_when=f"{_TOO_MANY}; or a schedule does not tell which function it calls",
    ),
    _bulk(
        "trigger.disabled_schedule_count",
        SignalType.COUNT,
        "Disabled schedules of EventBridge Scheduler that would call it.",
        source=_SCHEDULES,
        unknown_when=f"{_TOO_MANY}; or a schedule does not tell which function it calls",
    ),
    _bulk(
        "trigger.schedule_disabled_days",
        SignalType.DAYS,
        "Days since the first of those was last changed: so long it is disabled at least. None"
        " without any.",
        unit="days",
        source=_SCHEDULES,
        unknown_when=f"{_TOO_MANY}; or AWS does not tell when one was changed",
    ),
    _bulk(
        "trigger.shortest_schedule_s",
        SignalType.DURATION,
        "The shortest time between two calls of one schedule, a day at most. None without a"
        " schedule that calls again and again.",
        unit="s",
        source=_SCHEDULES,
        unknown_when=f"{_TOO_MANY}; or the expression of a schedule could not be read",
    ),
    _bulk(
        "trigger.schedule_names",
        SignalType.TEXTS,
        "The names of the rules and schedules that call it by the clock.",
        source=_SCHEDULES,
        unknown_when=f"{_TOO_MANY}; or a schedule does not tell which function it calls",
    ),
    _deep(
        "trigger.has_url",
        SignalType.FLAG,
        "Whether it or an alias of it has a function URL.",
        source="ListFunctionUrlConfigs",
        unknown_when=_CALL_FAILED,
    ),
    _deep(
        "trigger.policy_principals",
        SignalType.TEXTS,
        "Services, accounts and ARNs that its resource policies let in, whatever the conditions;"
        " '*' is everybody. The policies of versions are not read.",
        source=_POLICY,
        unknown_when=_UNJUDGED,
    ),
    _deep(
        "trigger.policy_source_count",
        SignalType.COUNT,
        "Callers that its resource policies name, each with what it calls for, but EventBridge"
        " rules of the same account and region, which are listed, and function URLs.",
        source=_POLICY,
        unknown_when=_UNJUDGED,
    ),
    Signal(
        name="trigger.count",
        type=SignalType.COUNT,
        unit="",
        meaning="What may call it, of all these kinds. Step Functions, and code that calls it with"
        " rights of its own, leave no trace that is listed.",
        source="event sources + rules + schedules + callers in its policies + function URL",
        tier=Tier.DEEP,
        unknown_when="one of them is unknown",
        derived_from=(
            "trigger.event_source_count",
            "trigger.rule_count",
            "trigger.schedule_count",
            "trigger.policy_source_count",
            "trigger.has_url",
        ),
        formula=trigger_count,
    ),
)

EXPOSURE_SIGNALS = (
    _deep(
        "exposure.is_public",
        SignalType.FLAG,
        "Whether its resource policies let everybody use it directly: Principal * without a"
        " condition that certainly bounds who calls; networks wider than a /8, or a /32 of IPv6,"
        " bound nobody. Function URLs aside; the policies of versions are not"
        " read.",
        source=_POLICY,
        unknown_when=_UNJUDGED,
    ),
    _deep(
        "exposure.url_auth",
        SignalType.TEXT,
        "NONE or AWS_IAM: how its function URL asks who calls; NONE if one of several does not ask."
        " None without a function URL.",
        source="ListFunctionUrlConfigs",
        unknown_when=_CALL_FAILED,
    ),
    _deep(
        "exposure.is_public_url",
        SignalType.FLAG,
        "Whether it has a function URL and its resource policies let everybody use it:"
        " InvokeFunctionUrl for Principal *. AWS asks newer URLs for InvokeFunction too, which is"
        " not looked at.",
        source=f"{_POLICY}; ListFunctionUrlConfigs where they grant it",
        unknown_when=_UNJUDGED,
    ),
    _deep(
        "exposure.cross_account_count",
        SignalType.COUNT,
        "Other accounts that its resource policies name, as callers or as owners of what calls.",
        source=_POLICY,
        unknown_when=_UNJUDGED,
    ),
    _deep(
        "exposure.unbound_services",
        SignalType.TEXTS,
        "AWS services that may call it for whichever account: let in without a condition on an"
        " account, an organization, or an ARN with an account in it; that of a bucket has none.",
        source=_POLICY,
        unknown_when=_UNJUDGED,
    ),
    Signal(
        name="exposure.unbound_service_count",
        type=SignalType.COUNT,
        unit="",
        meaning="How many of those there are.",
        source="the number of exposure.unbound_services",
        tier=Tier.DEEP,
        unknown_when=_UNJUDGED,
        derived_from=("exposure.unbound_services",),
        formula=how_many,
    ),
)

ROLE_SIGNALS = (
    _bulk(
        "role.exists",
        SignalType.FLAG,
        "Whether its execution role is among the roles of the account.",
        source=_ROLES,
    ),
    _bulk(
        "role.is_administrator",
        SignalType.FLAG,
        "Whether a policy of its role allows everything, or everything in IAM, on every resource of"
        " the account; all of IAM but some counts as everything where it is written as NotAction."
        + _NOT_EVALUATED
        + _NO_ROLE,
        source=_ROLES,
        unknown_when=f"{_ROLE_UNKNOWN}; or they allow everything in IAM on some resources only",
    ),
    _bulk(
        "role.wildcard_services",
        SignalType.TEXTS,
        "The services in which a policy of its role allows everything on every resource; '*' for"
        " all, or all but some." + _NOT_EVALUATED + _NO_ROLE,
        source=_ROLES,
        unknown_when=_ROLE_UNKNOWN,
    ),
    Signal(
        name="role.has_wildcard_actions",
        type=SignalType.FLAG,
        unit="",
        meaning=f"Whether there is such a service.{_NO_ROLE}",
        source="whether role.wildcard_services names any",
        tier=Tier.BULK,
        unknown_when=_ROLE_UNKNOWN,
        derived_from=("role.wildcard_services",),
        formula=has_any,
    ),
    _bulk(
        "role.trusts",
        SignalType.TEXTS,
        "The services that may assume its role, such as lambda.amazonaws.com;"
        f" edgelambda.amazonaws.com for Lambda@Edge.{_NO_ROLE}",
        source=_ROLES,
        unknown_when=_ROLE_UNKNOWN,
    ),
    _bulk(
        "role.function_count",
        SignalType.COUNT,
        "How many functions of its account and region have its role, itself included.",
        source="ListFunctions",
        unknown_when="the listing fails, does not name a role, or has more than 5,000 functions",
    ),
)

NETWORK_SIGNALS = (
    _bulk(
        "vpc.zone_count",
        SignalType.COUNT,
        "In how many Availability Zones its subnets lie. None without a VPC.",
        source="ListFunctions; DescribeSubnets where it has more than one subnet",
        unknown_when="the listing failed, or one of its subnets is not in it",
    ),
)

HANDLING_SIGNALS = (
    _deep(
        "async.has_failure_destination",
        SignalType.FLAG,
        "Whether it, a version or an alias of it names a destination for asynchronous events that"
        " failed for good.",
        source=_ASYNC,
        unknown_when=_CALL_FAILED,
    ),
    Signal(
        name="async.failures_are_kept",
        type=SignalType.FLAG,
        unit="",
        meaning="Whether asynchronous events that failed for good go anywhere: to a dead-letter"
        " target or an on-failure destination.",
        source="async.has_dead_letter_target or async.has_failure_destination",
        tier=Tier.DEEP,
        unknown_when="the call failed",
        derived_from=("async.has_dead_letter_target", "async.has_failure_destination"),
        formula=any_of,
    ),
    _deep(
        "async.retries",
        SignalType.COUNT,
        "How often Lambda tries an asynchronous event again, 0 to 2; the most of its versions and"
        " aliases. 2 where nothing is said.",
        source=_ASYNC,
        unknown_when=_CALL_FAILED,
    ),
    _deep(
        "async.max_event_age_s",
        SignalType.DURATION,
        "How long Lambda keeps an asynchronous event to try again, the longest of its versions and"
        " aliases. 6 hours where nothing is said.",
        unit="s",
        source=_ASYNC,
        unknown_when=_CALL_FAILED,
    ),
    _deep(
        "recursion.policy",
        SignalType.TEXT,
        "What Lambda does when it finds the function in a loop with SQS, SNS or S3: Terminate,"
        " the default, or Allow.",
        source="GetFunctionRecursionConfig",
        unknown_when=_CALL_FAILED,
    ),
)

REACH_SIGNALS = (
    *TRIGGER_SIGNALS,
    *EXPOSURE_SIGNALS,
    *ROLE_SIGNALS,
    *NETWORK_SIGNALS,
    *HANDLING_SIGNALS,
)
