"""How fast is judging alone? Fifty policies over ten thousand functions, and a tree of ten leaves.

Run with `python -m tests.benchmarks.judging`. CPU time of one core, the best of several rounds, so
that a noisy machine counts as little as possible. Nothing is read and nothing is stored: the
functions' signals are made before the clock starts.

What it is held to: 500,000 verdicts in 1 s, 200 MB in all, and 40 times the 8,000 functions a
second that Cloud Custodian's filters judge by such a tree.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trimtab import wiring
from trimtab.domain.evidence import Evidence, Known
from trimtab.policy.bounds import CHOICES, bounds_of
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.condition import signals_of
from trimtab.policy.derive import base_signals
from trimtab.policy.evaluate import in_scope, judge
from trimtab.policy.model import Policy
from trimtab.policy.quantity import is_amount
from trimtab.policy.runtimes import RUNTIMES
from trimtab.policy.signal import Signal, SignalType

POLICIES, FUNCTIONS, ROUNDS = 50, 10_000, 5
CUSTODIAN_PER_S = 8_000
SHIPPED = Path(__file__).resolve().parents[2] / "policies"
TEN_LEAVES = """\
id: ten-leaves
title: Ten leaves
why: To be measured.
severity: low
when:
  function.memory_mb: "> 128"
  function.timeout_s: "< 5m"
  function.runtime: [python3.13]
  function.architecture: x86_64
  function.has_vpc: false
  function.tags: {env: prod}
  usage.invocations: ">= 1000"
  usage.errors: "< 5"
  usage.throttles: 0
  usage.duration_p95_ms: "< 1s"
"""
ALL_TEN: dict[str, Any] = {
    "function.memory_mb": 1024,
    "function.timeout_s": 30,
    "function.runtime": "python3.13",
    "function.architecture": "x86_64",
    "function.has_vpc": False,
    "function.tags": {"env": "prod"},
    "usage.invocations": 5000,
    "usage.errors": 3,
    "usage.throttles": 0,
    "usage.duration_p95_ms": 120,
}


def loaded() -> tuple[tuple[Policy, ...], Policy]:
    """Return fifty policies, the shipped ones and their like, and the one of ten leaves."""
    files = dict(wiring.read_policy_files(SHIPPED))
    files["bench/ten-leaves.yaml"] = TEN_LEAVES.encode()
    shipped = [n for n in files if "/" in n and not n.endswith(".tests.yaml")]
    for number in range(POLICIES - len(shipped)):
        name = shipped[number % len(shipped)]
        old = name.rpartition("/")[2].removesuffix(".yaml")
        text = files[name].decode().replace(f"id: {old}\n", f"id: like{number}-{old}\n")
        scope = "scope: {regions: [eu-west-1, us-east-1], tags: {env: [prod, test]}}\n"
        files[f"bench/like{number}-{old}.yaml"] = (text + scope * (number % 2)).encode()
    bundle = wiring.policies_in(files)
    ten = bundle.policy("ten-leaves")
    assert ten is not None
    return bundle.policies[:POLICIES], ten


def a_value(signal: Signal, rng: random.Random) -> Any:
    if signal.name in CHOICES:
        return rng.choice(CHOICES[signal.name])
    if signal.type is SignalType.FLAG:
        return rng.random() < 0.5
    if signal.type is SignalType.MAPPING:
        return {"env": rng.choice(("prod", "dev")), "team": "payments"}
    if signal.type is SignalType.TEXTS:
        return ()
    if not is_amount(signal):
        return rng.choice(sorted(RUNTIMES))
    bounds = bounds_of(signal)
    return rng.uniform(max(bounds.least, -1000), min(bounds.most, 5000))


def fleet(policies: tuple[Policy, ...]) -> list[dict[str, Evidence]]:
    rng = random.Random(1)
    names = sorted(
        base_signals({n for p in policies for n in signals_of(p.when)} | {"function.tags"})
    )
    return [
        {name: Known(value=a_value(SIGNALS[name], rng), source="bench") for name in names}
        for _ in range(FUNCTIONS)
    ]


def judge_all(policies: tuple[Policy, ...], functions: list[dict[str, Evidence]]) -> Counter[str]:
    """Judge as the engine does: the scope of each policy first, then its conditions."""
    counted: Counter[str] = Counter()
    for signals in functions:
        tags = signals["function.tags"]
        for policy in policies:
            applies = in_scope(
                policy,
                account="111122223333",
                organizational_units=(),
                region="eu-west-1",
                tags=tags,
            )
            counted[judge(policy, signals, applies=applies).assessment] += 1
    return counted


def best(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the quickest of several rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024**2 if sys.platform == "darwin" else 1024
    )


def main() -> None:
    policies, ten = loaded()
    empty_mb = peak_mb()
    functions = fleet(policies)
    spent = best(lambda: judge_all(policies, functions))
    verdicts = len(policies) * len(functions)
    print(f"{len(policies)} policies x {len(functions)} functions: {spent:.2f} s of CPU,", end=" ")
    print(f"{verdicts / spent:,.0f} verdicts a second (wanted: at most 1 s)")
    print(f"  {dict(judge_all(policies, functions))}")
    print(
        f"  {peak_mb():.0f} MB in all, {empty_mb:.0f} before the functions (wanted: below 200 MB)"
    )
    signals: dict[str, Evidence] = {n: Known(value=v, source="bench") for n, v in ALL_TEN.items()}
    times = 100_000
    spent = best(lambda: [judge(ten, signals) for _ in range(times)])
    rate = times / spent
    print(f"ten leaves, all of them compared: {rate:,.0f} a second,", end=" ")
    print(f"{rate / CUSTODIAN_PER_S:.0f} times Cloud Custodian's (wanted: 40 times)")


if __name__ == "__main__":
    main()
