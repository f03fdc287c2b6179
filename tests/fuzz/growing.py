"""What does a policy look like that nobody wrote? Random conditions, most of them right."""

from __future__ import annotations

import random
from typing import Any

from trimtab.policy.bounds import AMOUNTS, CHOICES
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.quantity import is_amount
from trimtab.policy.signal import Signal, SignalType

NASTY = (
    "\x00", "\ufeff", "\u202e", "\x85", "\r", "\t", "\ud800", "\ufffe", "é", "\U0001d4b3", "'",
    '"', "`", "&a ", "*a", "!!python/name:os.system ", "<<: ", "? ", "- ", "---\n", "...\n",
    "%YAML 9.9\n", "|", ">", "{", "}", "[", "]", "#", ": ", ",", "\n", "9" * 400, ".inf", ".nan",
    "1e999", "-0", "2027-02-30", "0x1F", "0b1", "~", "null", "yes", "(a+)+$", "matches (a|a)*",
    "matches [", "in [", "matches a{1,99}a{1,99}", "> > 5", ">= ", "= ", "!=", "$", "%", "5 %",
    "-5%", "1d1h", "9999999d", "a" * 5000, "{" * 100, "[" * 100, "\n" * 500, "\\", "\u2028",
    "${x}", "{{x}}", "a@b", "\u0430\u0440\u043d",
)  # fmt: skip
CONDITION_WORDS = (
    *SIGNALS, "all", "any", "not", "function.has_tag", "id", "title", "why", "severity", "mode",
    "scope", "when", "lookback", "change", "set_memory", "headroom", "approval", "window",
    "verify", "ticket", "tags", "include", "exclude", "days", "approve", "14d", "60%", "$5",
    "1GB", "mon-thu", "absent", "present", "owner", "true", "09:00", "> 5", "< 60%", "in [a, b]",
    "tests", "given", "expect", "policy", "until", "signals", "unknown", "compliant", "regions",
    "eu-west-1", "hub",
)  # fmt: skip
TEXTS = ("python3.13", "arm64", "x86_64", "Zip", "prod", "a", "b", "Active", "none")
REGIONS = ("eu-west-1", "us-east-1", "eu-wset-1", "xx-nowhere-9")


def a_policy(rng: random.Random) -> dict[str, Any]:
    """Return a policy that mostly loads; one in four has a random key put wrong."""
    policy: dict[str, Any] = {
        "id": "grown",
        "title": "Grown",
        "why": "Nobody knows.",
        "severity": rng.choice(("low", "medium", "high")),
        "when": a_condition(rng, depth=rng.choice((1, 2, 2, 3))),
    }
    if rng.random() < 0.3:
        policy["scope"] = {
            "regions": {"include": rng.sample(REGIONS, rng.randrange(3))},
            "tags": {rng.choice("ab"): rng.choice((*TEXTS, "absent", "present"))},
        }
    if rng.random() < 0.25:
        policy[rng.choice(CONDITION_WORDS)] = rng.choice(NASTY)
    return policy


def a_condition(rng: random.Random, *, depth: int) -> dict[str, Any]:
    """Return a mapping of conditions; few signals, so that they meet each other."""
    found: dict[str, Any] = {}
    for _ in range(rng.choice((1, 1, 2, 3))):
        kind = rng.random()
        if depth and kind < 0.2:
            found[rng.choice(("all", "any"))] = [
                a_condition(rng, depth=depth - 1) for _ in range(rng.choice((1, 2, 3)))
            ]
        elif depth and kind < 0.3:
            inner = a_condition(rng, depth=0)
            found["not"] = dict([rng.choice(list(inner.items()))])
        else:
            signal = SIGNALS[rng.choice(FAVOURITES if rng.random() < 0.7 else list(SIGNALS))]
            found[signal.name] = a_matcher(rng, signal)
    return found


FAVOURITES = (
    "function.memory_mb", "function.timeout_s", "usage.error_rate", "function.runtime",
    "function.architecture", "function.has_vpc", "function.tags", "code.layers",
    "usage.invocations",
)  # fmt: skip


def a_matcher(rng: random.Random, signal: Signal) -> Any:
    if rng.random() < 0.1:
        return rng.choice(("absent", "present"))
    if signal.type is SignalType.MAPPING:
        tag = rng.choice((*TEXTS, "absent", "present", ["a", "b"], "matches ^a"))
        return {rng.choice("ab"): tag}
    if signal.type is SignalType.FLAG:
        return rng.choice((True, False))
    if is_amount(signal):
        return f"{rng.choice(('>', '>=', '<', '<=', '=', '!='))} {an_amount(rng, signal)}"
    return rng.choice(
        (rng.choice(TEXTS), f"!= {rng.choice(TEXTS)}", rng.sample(TEXTS, 2), "matches ^a")
    )


def an_amount(rng: random.Random, signal: Signal) -> str:
    if signal.type is SignalType.RATIO:
        return f"{rng.choice((0, 1, 50, 99, 100, 101))}%"
    return str(rng.choice((0, 1, 2, 127, 128, 900, 1024, 10240, 10241)))


def a_value(rng: random.Random, signal: Signal) -> Any:
    """Return a value that AWS could give, near the limits that policies here name."""
    if signal.name in CHOICES:
        return rng.choice(CHOICES[signal.name])
    if signal.type is SignalType.FLAG:
        return rng.choice((True, False))
    if signal.type is SignalType.MAPPING:
        return {key: rng.choice(TEXTS) for key in "ab" if rng.random() < 0.5}
    if signal.type is SignalType.TEXTS:
        return [text for text in TEXTS if rng.random() < 0.3]
    if not is_amount(signal):
        return rng.choice((*TEXTS, "other"))
    bounds = AMOUNTS.get(signal.name)
    value = rng.choice((0, 1, 2, 3, 126, 127, 128, 129, 899, 900, 1023, 1025, 10239, 10240, 10241))
    value = value / 100 if signal.type is SignalType.RATIO else value
    if bounds is not None:
        return min(max(value, bounds.least), bounds.most)
    return value
