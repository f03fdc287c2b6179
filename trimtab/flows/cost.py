"""What does Trimtab itself cost a month? A range per service, from counts and list prices. Pure.

Low and high differ by what nobody knows before: how many functions the cheap sources decide, how
much they log, how long a watch runs. Each line says what it rests on. Without free tiers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trimtab.domain import tariff
from trimtab.domain.errors import InputError
from trimtab.domain.price import HOURS_PER_MONTH, Price, Prices
from trimtab.domain.price_table import ARM, SHIPPED
from trimtab.flows.call_counts import (
    ALARMS,
    BASELINE_METRICS,
    CHANGE_TRANSITIONS,
    CUSTOM_METRICS,
    DASHBOARDS,
    KEYS,
    LOG_QUERIES,
    LONGEST_WATCH,
    SAVING_METRICS,
    SAVING_SPANS,
    SCAN_TRANSITIONS,
    SECRETS,
    START_TRANSITIONS,
    TARGET_TRANSITIONS,
    UNDO_TRANSITIONS,
    WATCH_METRICS,
    PolicyNeeds,
)
from trimtab.pipeline.verify import LOGS_EVERY_MINUTES

DAYS_PER_MONTH = HOURS_PER_MONTH / 24
MINUTES_PER_MONTH = HOURS_PER_MONTH * 60
RECONCILES = MINUTES_PER_MONTH / 5
CHECKPOINTS = MINUTES_PER_MONTH / 15
MEMORY_GB = 0.5
"""Of the hub's Lambdas: `infra.functions`; approval alone has more."""

UNDECIDED = (0.25, 1.0)
"""Share of functions whose metrics are asked for: most that are small already are not. Assumed."""
BY_LOGS = (0.02, 0.5)
"""Share of functions decided by logs, where neither Lambda Insights nor Compute Optimizer knows
the peak. Assumed."""
LOG_GB_DAY = (0.001, 0.05)
"""What one function logs in a day. Assumed; say your own with --log-gb."""
IDLE_S = (0.2, 1.0)
"""How long a watch or a reconcile runs that finds little to do. Assumed."""
SCAN_S_PER_FUNCTION = (0.05, 1.4)
"""Up to four paced calls of each function at three a second (S21)."""
ENTRIES_PER_CHANGE = (6, 12)
ENTRIES_PER_RUN = (3, 15)
UNITS_PER_ENTRY = 10
"""An entry and its chain's head in a transaction, twice the units each, and three indexes."""
KB_PER_FUNCTION = (1, 10)
"""What a run keeps of one function, compressed, for 400 days. Assumed."""
MONTHS_KEPT = 400 / DAYS_PER_MONTH
LOG_KB_PER_CALL = (0.5, 3)

HUB_REGION = "us-east-1"
"""Priced as if the hub were there, like everything in `tariff`."""

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much is looked at and changed in a month."""

    accounts: int
    regions: int
    functions: int
    changes: float
    scans: float = DAYS_PER_MONTH
    log_gb_day: float | None = None
    """What one function logs in a day on average; None: nobody said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that is billed. Low and high are of a whole month."""

    service: str
    what: str
    low: float
    high: float
    unit: str
    usd_low: float
    usd_high: float


def forecast(use: Use, needs: PolicyNeeds, prices: Prices = SHIPPED) -> tuple[Line, ...]:
    """Return every line, the dearest first. `prices` are those of Lambda."""
    lines = (*_reads(use, needs), *_runs(use, prices), *_stores(use), *_standing())
    return tuple(sorted(lines, key=lambda line: (-line.usd_high, line.service, line.what)))


def total(lines: Sequence[Line]) -> Span:
    return sum(line.usd_low for line in lines), sum(line.usd_high for line in lines)


def hub_prices(prices: Prices) -> tuple[Price, Price]:
    """Return what the hub's own Lambdas cost: a request and a GB-second, on arm64.

    Raises: InputError when these prices do not say.
    """
    rates = prices.of(HUB_REGION, ARM)
    if rates.request is None or rates.gb_second is None:
        raise InputError(f"the prices in use do not tell what Lambda costs in {HUB_REGION}")
    return rates.request, rates.gb_second


def _reads(use: Use, needs: PolicyNeeds) -> list[Line]:
    """What reading costs: metrics and logs of the fleet, daily, and of changed functions."""
    daily = _times(UNDECIDED, use.functions * needs.metrics * use.scans)
    looks = (needs.watch_minutes, needs.watch_minutes * LONGEST_WATCH)
    watched = _times(looks, WATCH_METRICS * use.changes)
    before = use.changes * BASELINE_METRICS
    logged = LOG_GB_DAY if use.log_gb_day is None else (use.log_gb_day, use.log_gb_day)
    per_scan = use.functions * use.scans * needs.log_days * LOG_QUERIES
    scanned = tuple(share * gb * per_scan for share, gb in zip(BY_LOGS, logged, strict=True))
    spans = [minutes / 2 / 1440 for minutes in looks]
    watched_gb = tuple(
        gb * days * look / LOGS_EVERY_MINUTES * LOG_QUERIES * use.changes
        for gb, days, look in zip(logged, spans, looks, strict=True)
    )
    saved = use.changes * SAVING_METRICS
    saved_gb = tuple(
        gb * minutes / 1440 * SAVING_SPANS * LOG_QUERIES * use.changes
        for gb, minutes in zip(logged, looks, strict=True)
    )
    metric, gb = tariff.USD_PER_METRIC_READ, tariff.USD_PER_GB_SCANNED
    return [
        _line("CloudWatch", "GetMetricData, daily scan", daily, "metrics", metric),
        _line("CloudWatch", "GetMetricData, before a change", (before, before), "metrics", metric),
        _line("CloudWatch", "GetMetricData, watches", watched, "metrics", metric),
        _line("CloudWatch", "GetMetricData, savings", (saved, saved), "metrics", metric),
        _line("Logs Insights", "daily scan", (scanned[0], scanned[1]), "GB scanned", gb),
        _line("Logs Insights", "watches", (watched_gb[0], watched_gb[1]), "GB scanned", gb),
        _line("Logs Insights", "savings", (saved_gb[0], saved_gb[1]), "GB scanned", gb),
    ]


def _runs(use: Use, prices: Prices) -> list[Line]:
    """What running costs: state machines and Lambdas."""
    targets = use.accounts * use.regions
    base = use.scans * (SCAN_TRANSITIONS + TARGET_TRANSITIONS * targets)
    base += use.changes * (START_TRANSITIONS + CHANGE_TRANSITIONS)
    more = use.scans * 3 * targets + use.changes * UNDO_TRANSITIONS
    ticks = MINUTES_PER_MONTH + RECONCILES + CHECKPOINTS
    calls = ticks + use.scans * (3 + targets) + use.changes * 6
    seconds = tuple(
        ticks * idle + use.scans * (2 * targets + use.functions * each) + use.changes * 120
        for idle, each in zip(IDLE_S, SCAN_S_PER_FUNCTION, strict=True)
    )
    per_request, per_gb_s = hub_prices(prices)
    compute = (seconds[0] * MEMORY_GB, seconds[1] * MEMORY_GB)
    logged = _times(LOG_KB_PER_CALL, calls / 1_000_000)
    per_gb = tariff.USD_PER_GB_LOGGED + tariff.USD_PER_GB_LOG_KEPT * MONTHS_KEPT
    return [
        _line("Step Functions", "transitions", (base, base + more), "", tariff.USD_PER_TRANSITION),
        _line("Lambda", "requests", (calls, calls * 1.2), "", per_request.usd),
        _line("Lambda", "compute", compute, "GB-seconds", per_gb_s.usd),
        _line("CloudWatch", "logs, written and kept 13 months", logged, "GB", per_gb),
    ]


def _stores(use: Use) -> list[Line]:
    """What keeping costs: ledger, state, evidence, emails."""
    entries = tuple(
        use.scans * run + use.changes * change
        for run, change in zip(ENTRIES_PER_RUN, ENTRIES_PER_CHANGE, strict=True)
    )
    writes = _times((entries[0], entries[1]), UNITS_PER_ENTRY)
    reads = _times((2.0, 20.0), MINUTES_PER_MONTH + RECONCILES)
    targets = use.accounts * use.regions
    puts = _times((1.0, 3.0), use.scans * (targets + 8))
    puts = (puts[0] + entries[0], puts[1] + entries[1])
    kept = _times(KB_PER_FUNCTION, use.functions * use.scans * MONTHS_KEPT / 1_000_000)
    emails = (use.changes * 1.5, use.changes * 4)
    mirror = (0.01, 1.0)
    return [
        _line("DynamoDB", "writes", writes, "units", tariff.USD_PER_WRITE_UNIT),
        _line("DynamoDB", "reads", reads, "units", tariff.USD_PER_READ_UNIT),
        _line("DynamoDB", "tables", mirror, "GB", tariff.USD_PER_TABLE_GB),
        _line("DynamoDB", "point-in-time recovery", mirror, "GB", tariff.USD_PER_RECOVERY_GB),
        _line("S3", "writes", puts, "requests", tariff.USD_PER_S3_PUT),
        _line("S3", "evidence, after 13 months", kept, "GB", tariff.USD_PER_S3_GB),
        _line("KMS", "requests", reads, "", tariff.USD_PER_KEY_REQUEST),
        _line(
            "KMS",
            "decisions, signed and checked",
            (use.changes * 2, use.changes * 4),
            "",
            tariff.USD_PER_SIGNATURE,
        ),
        _line("SES", "emails", emails, "", tariff.USD_PER_EMAIL),
    ]


def _standing() -> list[Line]:
    """What is billed also when nothing happens."""
    return [
        _line("KMS", "keys", (KEYS, KEYS * 3), "", tariff.USD_PER_KEY),
        _line("CloudWatch", "alarms", (ALARMS, ALARMS), "", tariff.USD_PER_ALARM),
        _line("CloudWatch", "dashboard", (DASHBOARDS, DASHBOARDS), "", tariff.USD_PER_DASHBOARD),
        _line(
            "CloudWatch",
            "custom metrics",
            (CUSTOM_METRICS / 2, CUSTOM_METRICS),
            "",
            tariff.USD_PER_CUSTOM_METRIC,
        ),
        _line("Secrets Manager", "secrets", (SECRETS, SECRETS), "", tariff.USD_PER_SECRET),
    ]


def _line(service: str, what: str, quantity: Span, unit: str, usd: float) -> Line:
    low, high = quantity
    return Line(
        service=service,
        what=what,
        low=low,
        high=high,
        unit=unit,
        usd_low=low * usd,
        usd_high=high * usd * tariff.DEARER,
    )


def _times(span: Span, factor: float) -> Span:
    return span[0] * factor, span[1] * factor


def use_of_runs(runs: Sequence[Mapping[str, int]], *, changes: int, days: float) -> Use:
    """Work out a month's use from the counts of the runs on record over some days.

    The largest run stands for the fleet: one with gaps saw less than there is.
    """
    months = days / DAYS_PER_MONTH
    accounts = max(run["accounts"] for run in runs)
    targets = max(run["targets"] for run in runs)
    return Use(
        accounts=accounts,
        regions=max(1, round(targets / max(1, accounts))),
        functions=max(run["functions"] for run in runs),
        changes=changes / months,
        scans=len(runs) / months,
    )
