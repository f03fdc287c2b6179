"""How often does the code call what AWS bills? Figures that tests hold against the code itself.

A change of the code that calls more or less breaks tests/flows/test_call_counts.py.
"""

from dataclasses import dataclass

from trimtab.pipeline.figures import STATISTICS, WEEKS_BACK
from trimtab.pipeline.health import PATIENCE
from trimtab.pipeline.signals.needs import Needs
from trimtab.pipeline.signals.usage import METRICS

LOG_QUERIES = 2
"""Over the same logs: lines of text and lines of JSON."""

SCAN_TRANSITIONS = 5
"""Discover, ScanTargets, Plan, StartChanges, Notify."""
TARGET_TRANSITIONS = 3
"""Scan, More?, Done: of a target read in one slice."""
START_TRANSITIONS = 2
"""StartChange, Started: of each change."""
CHANGE_TRANSITIONS = 9
"""From Direction? to Done, when the answer is yes at the first asking and nothing has to wait."""
UNDO_TRANSITIONS = 5

WATCH_METRICS = len(STATISTICS)
"""Series of one changed function, each minute of its watch."""
BASELINE_METRICS = WATCH_METRICS * len(WEEKS_BACK)
"""Series of one changed function, once, before it is written."""
SAVING_SPANS = 1 + len(WEEKS_BACK)
"""The watch and the weeks before it, read once more when the watch ends: for what was saved."""
SAVING_METRICS = WATCH_METRICS * SAVING_SPANS
LONGEST_WATCH = PATIENCE
"""A watch without enough traffic goes on for this many times its length."""

ALARMS = 63
DASHBOARDS = 1
KEYS = 5
SECRETS = 1
CUSTOM_METRICS = 20
"""At most, by the names that the handlers write; counted by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNeeds:
    """What the policies ask for, of each function and each change."""

    metrics: int
    """Series of GetMetricData, of each function that a policy is undecided about."""
    log_days: float
    """How far back logs are read, over all policies that read any."""
    watch_minutes: float
    """Of the longest watch of any policy."""


def policy_needs(needs: Needs) -> PolicyNeeds:
    wanted = needs.ever & METRICS.keys() | {"usage.invocations"}
    watches = [p.verify.watch for p in needs.policies if p.verify is not None]
    longest = max((watch.total_seconds() for watch in watches), default=0.0)
    return PolicyNeeds(
        metrics=len(wanted) if needs.policies else 0,
        log_days=sum(lookback.total_seconds() / 86_400 for lookback in needs.log_lookbacks),
        watch_minutes=longest / 60,
    )
