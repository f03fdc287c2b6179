"""Which signals tell of versions, concurrency, limits and logs?"""

from trimtab.policy.formulas import break_even, is_below, share_of, share_of_both
from trimtab.policy.signal import Signal, SignalType, Tier

_ALL = "ListFunctions with all versions"
_USE = " Over the last 14 days, whatever the lookback."
_NO_PC = " None when nothing is provisioned."
_FAILED = "the call failed"
_LISTING = "the listing failed"
_CHANGED = "what is provisioned was changed in these 14 days, so they do not tell"


def _row(
    name: str,
    type_: SignalType,
    meaning: str,
    *,
    unit: str = "",
    source: str,
    tier: Tier,
    unknown_when: str,
) -> Signal:
    return Signal(
        name=name,
        type=type_,
        unit=unit,
        meaning=meaning,
        source=source,
        tier=tier,
        unknown_when=unknown_when,
    )


def _version(name: str, type_: SignalType, meaning: str, *, unit: str = "") -> Signal:
    return _row(name, type_, meaning, unit=unit, source=_ALL, tier=Tier.BULK, unknown_when=_LISTING)


def _unserved(name: str, type_: SignalType, meaning: str, *, unit: str = "") -> Signal:
    return _row(
        name,
        type_,
        meaning,
        unit=unit,
        source=f"{_ALL}, ListAliases",
        tier=Tier.DEEP,
        unknown_when="a listing failed",
    )


VERSION_SIGNALS = (
    _version("version.count", SignalType.COUNT, "How many published versions it has."),
    _version(
        "version.code_size_mb",
        SignalType.SIZE,
        "The packages of all its published versions together, zipped. None for a container image.",
        unit="MB",
    ),
    _version(
        "version.snapstart_count",
        SignalType.COUNT,
        "Published versions of which SnapStart keeps a snapshot.",
    ),
    _unserved("alias.count", SignalType.COUNT, "How many aliases it has."),
    _unserved("alias.names", SignalType.TEXTS, "The names of its aliases."),
    _unserved(
        "version.unaliased_count",
        SignalType.COUNT,
        "Published versions that no alias serves, not even in part. A caller may still name one by"
        " its number.",
    ),
    _unserved(
        "version.oldest_unaliased_age_days",
        SignalType.DAYS,
        "Days since the oldest of those was published, by its LastModified. None without any.",
        unit="days",
    ),
    _unserved(
        "version.snapstart_unaliased_count",
        SignalType.COUNT,
        "Published versions that no alias serves, of which SnapStart keeps a snapshot.",
    ),
)


def _configured(name: str, type_: SignalType, meaning: str, *, unit: str = "") -> Signal:
    return _row(
        name,
        type_,
        meaning + _NO_PC,
        unit=unit,
        source="ListProvisionedConcurrencyConfigs",
        tier=Tier.DEEP,
        unknown_when="a call failed",
    )


def _use(
    name: str,
    type_: SignalType,
    meaning: str,
    *,
    unit: str = "",
    metric: str,
    unknown_when: tuple[str, ...] = (_CHANGED,),
) -> Signal:
    return _row(
        name,
        type_,
        meaning + _NO_PC + _USE,
        unit=unit,
        source=f"CloudWatch AWS/Lambda by alias or version: {metric}",
        tier=Tier.DEEP,
        unknown_when="; ".join(("a series was not answered completely", *unknown_when)),
    )


PROVISIONED_SIGNALS = (
    _configured(
        "concurrency.provisioned",
        SignalType.COUNT,
        "Provisioned concurrency asked for, all aliases and versions together.",
    ),
    _configured(
        "concurrency.provisioned_allocated",
        SignalType.COUNT,
        "The part of it that Lambda has really allocated.",
    ),
    _configured(
        "concurrency.provisioned_stale_count",
        SignalType.COUNT,
        "Configurations on a numbered version that no alias serves.",
    ),
    Signal(
        name="concurrency.break_even_utilisation",
        type=SignalType.RATIO,
        unit="0..1",
        meaning="The share of the time it must be busy to cost less than on demand, at list price"
        " in the region; above 1 it never does." + _NO_PC,
        source="concurrency.provisioned, and price.provisioned_usd_gb_s"
        " / (price.compute_usd_gb_s - price.provisioned_run_usd_gb_s)",
        tier=Tier.DEEP,
        unknown_when="one of them is unknown",
        derived_from=(
            "concurrency.provisioned",
            "price.compute_usd_gb_s",
            "price.provisioned_usd_gb_s",
            "price.provisioned_run_usd_gb_s",
        ),
        formula=break_even,
    ),
    _use(
        "concurrency.provisioned_invocations",
        SignalType.COUNT,
        "Invocations that ran on provisioned concurrency.",
        metric="ProvisionedConcurrencyInvocations, Sum",
        unknown_when=("other series of the function contradict it", f"it is 0 and {_CHANGED}"),
    ),
    _use(
        "concurrency.spillover_invocations",
        SignalType.COUNT,
        "Invocations that found all of it busy and ran on demand.",
        metric="ProvisionedConcurrencySpilloverInvocations, Sum",
        unknown_when=(),
    ),
    _use(
        "concurrency.provisioned_utilisation_mean",
        SignalType.RATIO,
        "The share of the time it was busy: time in the handler, spillover too, over all the time"
        " provisioned.",
        unit="0..1",
        metric="Duration, Sum",
    ),
    _use(
        "concurrency.provisioned_utilisation_peak",
        SignalType.RATIO,
        "The largest share of it that was ever busy at once; 0 when it ran nothing.",
        unit="0..1",
        metric="ProvisionedConcurrencyUtilization, Maximum",
    ),
    Signal(
        name="concurrency.spillover_rate",
        type=SignalType.RATIO,
        unit="0..1",
        meaning="Spillover per invocation of what is provisioned. No value without invocations."
        + _USE,
        source="concurrency.spillover_invocations / (it + concurrency.provisioned_invocations)",
        tier=Tier.DEEP,
        unknown_when="a part of it is unknown",
        derived_from=("concurrency.spillover_invocations", "concurrency.provisioned_invocations"),
        formula=share_of_both,
    ),
    Signal(
        name="concurrency.provisioned_costs_more",
        type=SignalType.FLAG,
        unit="",
        meaning="Whether the same work would have cost less on demand, at list price."
        + _NO_PC
        + _USE,
        source="concurrency.provisioned_utilisation_mean < concurrency.break_even_utilisation",
        tier=Tier.DEEP,
        unknown_when="a part of it is unknown",
        derived_from=(
            "concurrency.provisioned_utilisation_mean",
            "concurrency.break_even_utilisation",
        ),
        formula=is_below,
    ),
)

PROVISIONED_USE_SIGNALS = (
    Signal(
        name="concurrency.provisioned_record",
        type=SignalType.RECORD,
        unit="",
        meaning="What is provisioned for each alias, what scales it, and four weeks of what it"
        " needed. For the advisors of provisioned concurrency alone: conditions cannot compare it.",
        source="ListProvisionedConcurrencyConfigs, Application Auto Scaling, CloudWatch by alias",
        tier=Tier.DEEP,
        unknown_when="a call failed",
    ),
    _row(
        "concurrency.owner",
        SignalType.TEXT,
        "The CloudFormation stack that has one of its aliases or what scales it; 'none' where no"
        " stack does.",
        source="DescribeStackResources",
        tier=Tier.DEEP,
        unknown_when="a call failed",
    ),
)

CONCURRENCY_SIGNALS = (
    _row(
        "concurrency.reserved",
        SignalType.COUNT,
        "Reserved concurrency. None when nothing is reserved.",
        source="GetFunctionConcurrency",
        tier=Tier.DEEP,
        unknown_when=_FAILED,
    ),
    _row(
        "concurrency.is_throttled_off",
        SignalType.FLAG,
        "Whether 0 is reserved, which turns every request away.",
        source="GetFunctionConcurrency",
        tier=Tier.DEEP,
        unknown_when=_FAILED,
    ),
    Signal(
        name="concurrency.share_of_account",
        type=SignalType.RATIO,
        unit="0..1",
        meaning="The most it ran at once, over what the account and region may run at once. No"
        " value without invocations.",
        source="concurrency.peak / account.concurrency_limit",
        tier=Tier.METRICS,
        unknown_when="a part of it is unknown",
        over_lookback=True,
        derived_from=("concurrency.peak", "account.concurrency_limit"),
        formula=share_of,
    ),
)


def _limit(name: str, type_: SignalType, meaning: str, *, unit: str = "") -> Signal:
    return _row(
        name,
        type_,
        meaning,
        unit=unit,
        source="GetAccountSettings",
        tier=Tier.BULK,
        unknown_when=_FAILED,
    )


ACCOUNT_SIGNALS = (
    _limit(
        "account.concurrency_limit",
        SignalType.COUNT,
        "How much the account and region may run at once.",
    ),
    _limit(
        "account.unreserved_concurrency",
        SignalType.COUNT,
        "The part of that limit that is reserved for no function.",
    ),
    _limit(
        "account.code_storage_ratio",
        SignalType.RATIO,
        "Code stored in the account and region, all versions and layers, over its limit.",
        unit="0..1",
    ),
    _limit(
        "account.code_storage_limit_mb",
        SignalType.SIZE,
        "How much code the account and region may store.",
        unit="MB",
    ),
    Signal(
        name="version.share_of_storage",
        type=SignalType.RATIO,
        unit="0..1",
        meaning="What its published versions take of that limit. None for a container image.",
        source="version.code_size_mb / account.code_storage_limit_mb",
        tier=Tier.BULK,
        unknown_when="a part of it is unknown",
        derived_from=("version.code_size_mb", "account.code_storage_limit_mb"),
        formula=share_of,
    ),
    _row(
        "account.concurrency_claimed",
        SignalType.COUNT,
        "The most of the limit that was taken at once: running, reserved or provisioned. None when"
        " there is no figure, because nothing ran." + _USE,
        source="CloudWatch AWS/Lambda of the account: ClaimedAccountConcurrency, Maximum",
        tier=Tier.METRICS,
        unknown_when="the answer for the series was not complete",
    ),
    Signal(
        name="account.concurrency_used_ratio",
        type=SignalType.RATIO,
        unit="0..1",
        meaning="That, over the limit." + _USE,
        source="account.concurrency_claimed / account.concurrency_limit",
        tier=Tier.METRICS,
        unknown_when="a part of it is unknown",
        derived_from=("account.concurrency_claimed", "account.concurrency_limit"),
        formula=share_of,
    ),
)


def _group(name: str, type_: SignalType, meaning: str, *, unit: str = "") -> Signal:
    return _row(
        name,
        type_,
        meaning,
        unit=unit,
        source="DescribeLogGroups",
        tier=Tier.BULK,
        unknown_when=_LISTING,
    )


LOG_SIGNALS = (
    _group("logs.group_exists", SignalType.FLAG, "Whether the log group it writes to exists."),
    _group(
        "logs.has_retention",
        SignalType.FLAG,
        "Whether its logs ever expire. None when the log group does not exist.",
    ),
    _group(
        "logs.retention_days",
        SignalType.DAYS,
        "Days until its logs expire. None when they never do, or the log group does not exist.",
        unit="days",
    ),
    _group(
        "logs.stored_mb",
        SignalType.SIZE,
        "What its log group stores, of all functions that write there. None when it does not"
        " exist.",
        unit="MB",
    ),
)

CAPACITY_SIGNALS = (
    *VERSION_SIGNALS,
    *PROVISIONED_SIGNALS,
    *PROVISIONED_USE_SIGNALS,
    *CONCURRENCY_SIGNALS,
    *ACCOUNT_SIGNALS,
    *LOG_SIGNALS,
)
