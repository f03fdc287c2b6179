"""How fast may we call, and how often did we? One pace per account and region; one count (S21).

The shared control-plane bucket of Lambda allows 15 calls a second per account and region, and the
customer's own deployments draw on it too. Every attempt counts, so that retries keep to the pace.
Source: aws-facts, "Throttles that shape the scanner" (Lambda developer guide, read 2026-11).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

SCAN_CALLS_PER_S = 3.0
"""The scan's share of Trimtab's 5; apply has 1, watch and reconcile 1."""

OWN_BUCKET = "lambda:GetPolicy"
"""Lambda counts it apart from all other calls, and allows 15 a second of it. Source: aws-facts,
"Throttles that shape the scanner" (Lambda quotas, read 2026-11)."""

LOOKUPS_PER_S = 1.5
"""CloudTrail allows 2 lookups a second per account and region; the rest is left to others.

Source: "LookupEvents", AWS CloudTrail API reference, read 2026-11-21.
"""


WALK_CALLS_PER_S = 2.0
"""Of calls that are made for every API, state machine and stack. API Gateway allows 5 reads of
resources in 2 seconds for a whole account; the others allow more, and get no more. Source: "Amazon
API Gateway quotas", Amazon API Gateway Developer Guide; written from memory."""
WALKS = (
    "apigateway",
    "apigatewayv2",
    "cloudformation:GetTemplate",
    "stepfunctions:DescribeStateMachine",
)

LOOK_CALLS_PER_S = 5.0
"""Of a look from the command line, while somebody waits: a third of what Lambda allows; chosen."""

BRIEF_BURST = 4
"""Chosen: what a look from the command line needs of a small account, far below the 15 a second."""


STRAINED, MOST_STRAINED = 2.0, 8.0
RELIEF = 0.95
"""A refusal doubles the time between calls, up to eight times it; every call after that takes a
twentieth off again. Chosen: half a minute of calls brings the pace back."""


class Pace:
    """Evenly spaced calls, each key on its own. After a pause `burst` calls may come at once; the
    pace over any longer time is the same. Where AWS refuses for speed it slows down for a while.
    """

    def __init__(
        self,
        *,
        calls_per_s: float,
        burst: int = 1,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap_s = 1.0 / calls_per_s
        self._ahead_s = (burst - 1) * self._gap_s
        self._monotonic = monotonic
        self._sleep = sleep
        self._free_at: dict[tuple[str, str], float] = {}
        self._strain: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def wait(self, account: str, region: str) -> None:
        """Wait until the next call on this account and region is due."""
        key = (account, region)
        with self._lock:
            now = self._monotonic()
            due = max(now - self._ahead_s, self._free_at.get(key, now - self._ahead_s))
            strain = self._strain.get(key, 1.0)
            self._free_at[key] = due + self._gap_s * strain
            self._strain[key] = max(1.0, strain * RELIEF)
        if due > now:
            self._sleep(due - now)

    def slow_down(self, account: str, region: str) -> None:
        """Take more time between the next calls on this account and region."""
        key = (account, region)
        with self._lock:
            self._strain[key] = min(MOST_STRAINED, self._strain.get(key, 1.0) * STRAINED)


class CallCount:
    """How many calls were sent, retries included, as 'service:Operation' -> number."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()

    def add(self, service: str, operation: str) -> None:
        self._calls[f"{service}:{operation}"] += 1

    def calls(self) -> Mapping[str, int]:
        return dict(sorted(self._calls.items()))
