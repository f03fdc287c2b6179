"""How much memory did a function really use? Compute Optimizer, then REPORT lines, after Insights.

Lambda has no memory metric of its own. Lambda Insights is asked first (signals/usage.py); where it
is silent these two are, each optional. When all three are, the peak is unknown, never zero.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import OutsideError
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.ports import FunctionSource, ReportFigures

OPTIMIZER = "Compute Optimizer"
SEEN_SHARE = 0.9
"""Least share of the invocations that the lines must tell of: the peak of some is not that of all.
Chosen; the lines of late invocations come minutes later, and a log may be kept for shorter than
the lookback."""
REPORTED = (
    "memory.peak_mb",
    "logs.out_of_memory",
    "logs.timeouts",
    "usage.billed_mean_ms",
    "usage.cold_share",
)
"""What one query of REPORT lines tells."""


def optimizer_signals(
    source: FunctionSource, functions: Sequence[FunctionArn]
) -> dict[FunctionArn, dict[str, Evidence]]:
    """Return the peaks Compute Optimizer knows; it is optional, so a refusal is no gap."""
    try:
        peaks = source.optimizer_peaks()
    except OutsideError:
        return {}
    return {
        f: {"memory.peak_mb": Known(value=peaks[f], source=OPTIMIZER)}
        for f in functions
        if f in peaks
    }


def report_signals(
    source: FunctionSource,
    functions: Sequence[FunctionArn],
    *,
    invocations: Mapping[FunctionArn, Evidence],
    at: datetime,
    lookback: timedelta,
) -> dict[FunctionArn, dict[str, Evidence]]:
    """Return what REPORT lines tell, the last source of the peak: known or unknown."""
    try:
        figures = source.report_figures(functions, start=at - lookback, end=at)
    except OutsideError as error:
        return {f: _lost(str(error)) for f in functions}
    return {f: _from_figures(figures.get(f), invocations.get(f)) for f in functions}


def _lost(reason: str) -> dict[str, Evidence]:
    """Say of each signal why it is unknown: REPORT lines are the last source of the peak."""
    others = "neither Insights nor Compute Optimizer knows it; "
    return {name: Unknown(reason=f"{others * (name == REPORTED[0])}{reason}") for name in REPORTED}


NO_GROUP: Mapping[str, Evidence] = _lost("its log group does not exist")


def _from_figures(figures: Evidence | None, invocations: Evidence | None) -> dict[str, Evidence]:
    if not isinstance(figures, Known):
        return _lost("no REPORT lines" if figures is None else figures.reason)
    report: ReportFigures = figures.value
    doubt = why_not_trusted(report, invocations)
    if doubt == FORGED:
        return dict.fromkeys(REPORTED, Unknown(reason=doubt))
    if doubt is not None:
        return _lost(doubt)
    source = figures.source
    return {
        "memory.peak_mb": Known(value=report.peak_memory_mb, source=source),
        "logs.out_of_memory": Known(value=report.out_of_memory, source=source),
        "logs.timeouts": Known(value=report.timeouts, source=source),
        "usage.billed_mean_ms": _told(report.billed_mean_ms, source),
        "usage.cold_share": _told(_cold_share(report), source),
    }


FORGED = "more REPORT lines than invocations: the log is not to be trusted"


def why_not_trusted(report: ReportFigures, invocations: Evidence | None) -> str | None:
    """Say why the lines do not stand for the invocations of their time; None: they do."""
    if not isinstance(invocations, Known) or report.lines > invocations.value:
        return FORGED
    if report.lines < invocations.value * SEEN_SHARE:
        return f"REPORT lines tell of {report.lines:,} of {invocations.value:,.0f} invocations"
    return None


def _cold_share(report: ReportFigures) -> float | None:
    cold, lines = report.cold_starts, report.lines
    return None if cold is None or not 0 <= cold <= lines or lines <= 0 else cold / lines


def _told(value: float | None, source: str) -> Evidence:
    if value is None or value < 0:
        return Unknown(reason="the REPORT lines do not tell it")
    return Known(value=value, source=source)
