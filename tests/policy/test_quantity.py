"""Amounts are read in the unit of their signal, or refused with the reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from trimtab.policy.catalog import SIGNALS
from trimtab.policy.quantity import (
    ReadingError,
    read_amount,
    read_duration,
    read_percent,
    written,
    written_duration,
)
from trimtab.policy.signal import Signal, SignalType, Tier

READ = [
    ("function.memory_mb", "512", 512),
    ("function.memory_mb", 512, 512),
    ("function.memory_mb", "1 GB", 1024),
    ("function.code_size_mb", "512KB", 0.5),
    ("function.timeout_s", "15m", 900),
    ("usage.duration_p95_ms", "2.5s", 2500),
    ("usage.duration_p95_ms", "250ms", 250),
    ("usage.duration_p95_ms", 250, 250),
    ("function.age_days", "12h", 0.5),
    ("function.age_days", "30", 30),
    ("memory.peak_ratio", "60%", 0.6),
    ("memory.peak_ratio", "0.6", 0.6),
    ("usage.error_rate", 1, 1),
    ("cost.usd_month", "$20", 20),
    ("cost.usd_month", "$ 20.50", 20.5),
    ("cost.usd_month", 20, 20),
    ("usage.invocations", "1000", 1000),
]


@pytest.mark.parametrize(("name", "raw", "value"), READ)
def test_an_amount_is_read_in_the_unit_of_its_signal(name: str, raw: object, value: float) -> None:
    assert read_amount(SIGNALS[name], raw) == value


REFUSED = [
    ("function.memory_mb", "30d", "function.memory_mb is a memory in MB; '30d' is a duration"),
    ("function.memory_mb", "60%", "'60%' is a share"),
    ("function.timeout_s", "$20", "'$20' is an amount of money"),
    ("usage.invocations", "1 GB", "usage.invocations is a count; '1 GB' is a size"),
    ("usage.invocations", "many", "'many' is not an amount; write 1000"),
    ("usage.invocations", "-1", "not an amount"),
    ("memory.peak_ratio", "60", "60 is not a share: write 60% or a number up to 1"),
    ("cost.usd_month", "$20d", "not an amount"),
    ("function.timeout_s", "5 parsecs", "not an amount"),
    ("function.timeout_s", "99999d", "not an amount"),
    ("function.timeout_s", "3 kg", "not an amount"),
    ("function.memory_mb", "9" * 400, "not an amount"),
]


@pytest.mark.parametrize(("name", "raw", "message"), REFUSED)
def test_an_amount_of_something_else_is_refused(name: str, raw: str, message: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read_amount(SIGNALS[name], raw)
    assert message in str(caught.value)


def test_durations_and_percentages_need_their_unit() -> None:
    assert read_duration("36h") == timedelta(hours=36)
    assert read_percent("10%") == 0.1
    no_durations: tuple[object, ...] = (30, "30", "10%", None)
    for raw in no_durations:
        with pytest.raises(ReadingError, match="is not a duration"):
            read_duration(raw)
    no_percentages: tuple[object, ...] = (0.1, "0.1", "1d", None)
    for raw in no_percentages:
        with pytest.raises(ReadingError, match="is not a percentage"):
            read_percent(raw)


TEXTS = Signal(
    name="texts",
    type=SignalType.TEXTS,
    unit="",
    meaning="",
    source="",
    tier=Tier.DEEP,
    unknown_when="",
)


@pytest.mark.parametrize(
    ("signal", "value", "text"),
    [
        (SIGNALS["function.memory_mb"], 1024, "1024 MB"),
        (SIGNALS["memory.peak_ratio"], 0.6, "60%"),
        (SIGNALS["memory.peak_ratio"], 0.12345678, "12.3457%"),
        (SIGNALS["cost.usd_month"], 20.5, "$20.5"),
        (SIGNALS["usage.invocations"], 0, "0"),
        (SIGNALS["usage.invocations"], 12345678.0, "12345678"),
        (SIGNALS["function.has_vpc"], True, "true"),
        (SIGNALS["function.has_vpc"], False, "false"),
        (SIGNALS["function.name"], "a", "a"),
        (SIGNALS["function.tags"], {"b": "2", "a": "1"}, "a=1, b=2"),
        (SIGNALS["function.tags"], {}, "none"),
        (SIGNALS["function.runtime"], None, "none"),
        (TEXTS, ("a", "b"), "a, b"),
        (TEXTS, (), "none"),
    ],
)
def test_a_value_is_written_with_its_unit(signal: Signal, value: object, text: str) -> None:
    assert written(signal, value) == text


@pytest.mark.parametrize("text", ["14d", "36h", "90s", "5m", "0s", "0.25s"])
def test_a_duration_is_written_in_its_largest_whole_unit(text: str) -> None:
    assert written_duration(timedelta(seconds=0) if text == "0s" else read_duration(text)) == text
