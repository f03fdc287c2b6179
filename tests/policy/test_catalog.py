"""The catalog is whole: each signal has all its parts, and derived ones are made of others."""

from __future__ import annotations

import pytest

from trimtab.domain.evidence import NOT_ASKED, Evidence, Known, Unknown
from trimtab.policy.catalog import HAS_TAG, SIGNALS, TAGS
from trimtab.policy.derive import base_signals, evidence_for, not_asked
from trimtab.policy.quantity import is_amount
from trimtab.policy.signal import Signal, SignalType


def known(value: object, source: str = "test") -> Known:
    return Known(value=value, source=source)


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=lambda s: s.name)
def test_a_signal_says_all_there_is_to_say(signal: Signal) -> None:
    assert signal.meaning.endswith(".")
    assert signal.source
    assert signal.unknown_when
    assert (signal.formula is None) is (not signal.derived_from)
    if is_amount(signal) and signal.type is not SignalType.COUNT:
        assert signal.unit


@pytest.mark.parametrize(
    "signal", [s for s in SIGNALS.values() if s.derived_from], ids=lambda s: s.name
)
def test_a_derived_signal_costs_what_its_dearest_part_costs(signal: Signal) -> None:
    assert signal.tier is max(SIGNALS[part].tier for part in signal.derived_from)


def test_the_shorter_way_to_ask_for_a_tag_is_no_signal() -> None:
    assert TAGS in SIGNALS
    assert HAS_TAG not in SIGNALS


TRIGGERS = {
    "trigger.event_source_count": 1,
    "trigger.rule_count": 2,
    "trigger.schedule_count": 0,
    "trigger.policy_source_count": 3,
    "trigger.has_url": True,
}

DERIVED = [
    ("trigger.count", TRIGGERS, 7),
    ("trigger.count", TRIGGERS | {"trigger.has_url": False}, 6),
    (
        "async.failures_are_kept",
        {"async.has_dead_letter_target": False, "async.has_failure_destination": True},
        True,
    ),
    (
        "async.failures_are_kept",
        {"async.has_dead_letter_target": False, "async.has_failure_destination": False},
        False,
    ),
    ("role.has_wildcard_actions", {"role.wildcard_services": ["s3"]}, True),
    ("role.has_wildcard_actions", {"role.wildcard_services": []}, False),
    ("role.has_wildcard_actions", {"role.wildcard_services": None}, None),
    ("exposure.unbound_service_count", {"exposure.unbound_services": ["a", "b"]}, 2),
    ("owner.tool_tag", {"function.tags": {}}, "none"),
    ("owner.tool_tag", {"function.tags": {"by": "Terraform"}}, "terraform (tag by)"),
    (
        "async.retries_at_most",
        {"async.events": 100, "usage.errors": 90, "usage.invocations": 150},
        50,
    ),
    (
        "async.retries_at_most",
        {"async.events": 100, "usage.errors": 20, "usage.invocations": 150},
        20,
    ),
    ("async.retries_at_most", {"async.events": 100, "usage.errors": 9, "usage.invocations": 90}, 0),
    (
        "async.retry_usd_month",
        {
            "cost.usd_month": 30,
            "async.events": 100,
            "usage.errors": 90,
            "usage.invocations": 150,
        },
        10,
    ),
    (
        "async.retry_usd_month",
        {"cost.usd_month": 0, "async.events": 0, "usage.errors": 0, "usage.invocations": 0},
        None,
    ),
    ("usage.error_rate", {"usage.errors": 5, "usage.invocations": 100}, 0.05),
    ("usage.error_rate", {"usage.errors": 0, "usage.invocations": 0}, None),
    ("usage.error_rate", {"usage.errors": 9, "usage.invocations": 3}, 1.0),
    (
        "usage.duration_mean_ms",
        {"usage.duration_sum_ms": 900, "usage.invocations": 6},
        150,
    ),
    ("usage.duration_mean_ms", {"usage.duration_sum_ms": 0, "usage.invocations": 0}, None),
    ("memory.peak_ratio", {"memory.peak_mb": 512, "function.memory_mb": 1024}, 0.5),
    ("memory.peak_ratio", {"memory.peak_mb": 512, "function.memory_mb": 0}, None),
    ("memory.peak_ratio", {"memory.peak_mb": None, "function.memory_mb": 1024}, None),
    (
        "cpu.share",
        {
            "cpu.time_mean_ms": 20,
            "usage.duration_sum_ms": 1000,
            "usage.invocations": 10,
            "function.memory_mb": 3008,
        },
        0.2,
    ),
    (
        "cpu.share",
        {
            "cpu.time_mean_ms": 200,
            "usage.duration_sum_ms": 1000,
            "usage.invocations": 10,
            "function.memory_mb": 3008,
        },
        1.0,
    ),
    (
        "cpu.share",
        {
            "cpu.time_mean_ms": 25,
            "usage.duration_sum_ms": 1000,
            "usage.invocations": 10,
            "function.memory_mb": 1769 / 4,
        },
        1.0,
    ),
    (
        "cpu.share",
        {
            "cpu.time_mean_ms": 20,
            "usage.duration_sum_ms": 0,
            "usage.invocations": 10,
            "function.memory_mb": 3008,
        },
        None,
    ),
    (
        "cpu.share",
        {
            "cpu.time_mean_ms": 20,
            "usage.duration_sum_ms": 9,
            "usage.invocations": 0,
            "function.memory_mb": 3008,
        },
        None,
    ),
    ("usage.throttle_rate", {"usage.throttles": 1, "usage.invocations": 3}, 0.25),
    ("usage.throttle_rate", {"usage.throttles": 0, "usage.invocations": 0}, None),
    ("timeout.used_ratio", {"usage.duration_p99_ms": 1500, "function.timeout_s": 3}, 0.5),
    ("timeout.peak_ratio", {"usage.duration_max_ms": 3000, "function.timeout_s": 3}, 1.0),
    ("timeout.peak_ratio", {"usage.duration_max_ms": None, "function.timeout_s": 3}, None),
    ("logs.timeout_rate", {"logs.timeouts": 1, "usage.invocations": 4}, 0.25),
    ("logs.timeout_rate", {"logs.timeouts": 5, "usage.invocations": 4}, 1.0),
    ("logs.timeout_rate", {"logs.timeouts": 0, "usage.invocations": 0}, None),
    ("storage.tmp_used_mb", {"storage.tmp_used_bytes": 3 * 1024 * 1024}, 3.0),
    (
        "storage.tmp_used_ratio",
        {"storage.tmp_used_bytes": 256 * 1024 * 1024, "function.ephemeral_storage_mb": 1024},
        0.25,
    ),
    (
        "concurrency.share_of_account",
        {"concurrency.peak": 50, "account.concurrency_limit": 1000},
        0.05,
    ),
    ("concurrency.share_of_account", {"concurrency.peak": 0, "account.concurrency_limit": 0}, None),
    (
        "concurrency.provisioned_costs_more",
        {
            "concurrency.provisioned_utilisation_mean": 0.6,
            "concurrency.break_even_utilisation": 0.6,
        },
        False,
    ),
]


@pytest.mark.parametrize(("name", "values", "expected"), DERIVED)
def test_a_derived_signal_is_computed(
    name: str, values: dict[str, float | None], expected: float | None
) -> None:
    evidence = evidence_for(name, {part: known(value) for part, value in values.items()})
    assert evidence == known(expected)


def test_a_derived_signal_is_as_unknown_as_its_parts() -> None:
    denied = Unknown(reason="denied")
    signals: dict[str, Evidence] = {"usage.errors": denied}
    assert evidence_for("usage.error_rate", signals) == NOT_ASKED
    signals["usage.invocations"] = known(5)
    assert evidence_for("usage.error_rate", signals) == denied
    assert evidence_for("usage.error_rate", signals | {"usage.error_rate": known(0.5)}) == known(
        0.5
    )


def test_the_sources_of_all_parts_are_named_once() -> None:
    signals = {"usage.errors": known(1, "CloudWatch"), "usage.invocations": known(2, "CloudWatch")}
    evidence = evidence_for("usage.error_rate", signals)
    assert isinstance(evidence, Known)
    assert evidence.source == "CloudWatch"


def test_only_what_was_not_asked_is_fetched_and_never_a_derived_signal() -> None:
    assert base_signals(["cpu.share", "function.name"]) == {
        "cpu.time_mean_ms",
        "usage.duration_sum_ms",
        "usage.invocations",
        "function.memory_mb",
        "function.name",
    }
    signals: dict[str, Evidence] = {
        "usage.invocations": known(5),
        "memory.peak_mb": Unknown(reason="denied"),
    }
    wanted = not_asked(["cpu.share", "memory.peak_mb", "usage.invocations"], signals)
    assert wanted == {"cpu.time_mean_ms", "usage.duration_sum_ms", "function.memory_mb"}
