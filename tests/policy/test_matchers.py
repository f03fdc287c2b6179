"""Matchers fit the type of their signal, and answer true, false or, without a value, nothing."""

from __future__ import annotations

import pytest

from tests.policy.test_quantity import TEXTS
from trimtab.domain.evidence import Known, Unknown
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.matchers import entry_matcher, matches, parse_matcher
from trimtab.policy.quantity import ReadingError
from trimtab.policy.signal import Signal

ANSWERS = [
    ("function.memory_mb", "> 1024", 1023, False),
    ("function.memory_mb", "> 1024", 1024, False),
    ("function.memory_mb", "> 1024", 1025, True),
    ("function.memory_mb", ">= 1 GB", 1024, True),
    ("function.memory_mb", "< 1 GB", 1024, False),
    ("function.memory_mb", "<=1024", 1024, True),
    ("function.memory_mb", "= 1024", 1024, True),
    ("function.memory_mb", "!= 1024", 1024, False),
    ("function.memory_mb", 1024, 1024, True),
    ("function.memory_mb", "1 GB", 1024, True),
    ("function.memory_mb", [128, "1 GB"], 1024, True),
    ("function.memory_mb", "in [128, 1 GB]", 512, False),
    ("memory.peak_ratio", "<= 50%", 0.5, True),
    ("function.name", "matches ^prod-", "prod-a", True),
    ("function.name", "matches ^prod-", "a-prod-", False),
    ("function.architecture", "arm64", "arm64", True),
    ("function.architecture", "!= arm64", "arm64", False),
    ("function.runtime", ["python3.12", "python3.13"], "python3.13", True),
    ("function.runtime", "in [python3.12]", "python3.13", False),
    ("function.has_vpc", True, True, True),
    ("function.has_vpc", "false", False, True),
    ("function.has_vpc", False, True, False),
    ("function.aliases", "absent", {}, True),
    ("function.aliases", "present", {"live": "1"}, True),
    ("function.aliases", "present", {}, False),
    ("usage.errors", "absent", 0, False),
    ("usage.errors", "present", 0, True),
]


@pytest.mark.parametrize(("name", "raw", "value", "answer"), ANSWERS)
def test_a_matcher_answers(name: str, raw: object, value: object, answer: bool) -> None:
    matcher = parse_matcher(SIGNALS[name], raw)
    assert matches(matcher, Known(value=value, source="test")) is answer


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        ("live", True),
        ("!= live", False),
        (["test", "live"], True),
        (["test"], False),
        ("matches ^li", True),
        ("matches ^ve", False),
        ("present", True),
        ("absent", False),
    ],
)
def test_a_list_of_texts_fits_when_one_of_them_does(raw: object, answer: bool) -> None:
    value = Known(value=("live", "beta"), source="test")
    assert matches(parse_matcher(TEXTS, raw), value) is answer


def test_what_is_unknown_or_has_no_value_is_not_answered() -> None:
    matcher = parse_matcher(SIGNALS["usage.duration_p95_ms"], "> 1s")
    assert matches(matcher, Unknown(reason="denied")) is None
    assert matches(matcher, Known(value=None, source="test")) is None


def test_no_value_is_absent_and_an_unknown_one_is_not() -> None:
    matcher = parse_matcher(SIGNALS["usage.duration_p95_ms"], "absent")
    assert matches(matcher, Known(value=None, source="test")) is True
    assert matches(matcher, Unknown(reason="denied")) is None


@pytest.mark.parametrize(
    ("raw", "tags", "answer"),
    [
        ("present", {"env": "prod"}, True),
        ("present", {}, False),
        ("absent", {}, True),
        ("absent", None, True),
        ("prod", {"env": "prod"}, True),
        ("prod", {"env": "dev"}, False),
        ("!= prod", {}, False),
        (["prod", "dev"], {"env": "dev"}, True),
    ],
)
def test_a_missing_tag_fits_absent_and_nothing_else(
    raw: object, tags: object, answer: bool
) -> None:
    assert entry_matcher("env", raw).test(tags) is answer


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        ("function.memory_mb", ">1 GB", "> 1024 MB"),
        ("memory.peak_ratio", "<  0.6", "< 60%"),
        ("function.runtime", ["a", "b"], "in [a, b]"),
        ("function.has_vpc", True, "= true"),
        ("function.name", "matches  ^a", "matches ^a"),
        ("function.tags", "absent", "absent"),
    ],
)
def test_a_matcher_reads_the_same_however_it_was_written(name: str, raw: object, text: str) -> None:
    assert parse_matcher(SIGNALS[name], raw).text == text


REFUSED = [
    (SIGNALS["function.memory_mb"], "> 30d", "'30d' is a duration"),
    (SIGNALS["function.memory_mb"], True, "not true or false"),
    (SIGNALS["function.memory_mb"], None, "compared with nothing; for no value write 'absent'"),
    (SIGNALS["function.memory_mb"], {"a": 1}, "compared with a mapping"),
    (SIGNALS["function.memory_mb"], "> > 5", "not an amount"),
    (SIGNALS["function.memory_mb"], "matches 5", "only text can match a pattern"),
    (SIGNALS["function.memory_mb"], [], "1 to 200 values, this one 0"),
    (SIGNALS["function.memory_mb"], "in []", "1 to 200 values, this one 0"),
    (SIGNALS["function.memory_mb"], [1] * 201, "1 to 200 values, this one 201"),
    (SIGNALS["function.memory_mb"], [[1]], "plain values only"),
    (SIGNALS["function.memory_mb"], [None], "plain values only"),
    (SIGNALS["function.name"], "> a", "it has no order for '>'"),
    (SIGNALS["function.name"], 5, "function.name is text: write '5' in quotes"),
    (SIGNALS["function.name"], "", "function.name is text"),
    (SIGNALS["function.name"], "= =a", "has two operators"),
    (SIGNALS["function.name"], "x" * 301, "at most 300 characters"),
    (SIGNALS["function.name"], "matches (a+)+", "repeats a group"),
    (SIGNALS["function.has_vpc"], 1, "function.has_vpc is true or false, not '1'"),
    (SIGNALS["function.has_vpc"], "yes", "true or false, not 'yes'"),
    (SIGNALS["function.has_vpc"], "> true", "it has no order"),
    (SIGNALS["function.tags"], "prod", "function.tags is a mapping"),
    (TEXTS, "matches (a", "is not a pattern"),
    (SIGNALS["memory.record"], "present", "for the advisor of a change: it cannot be compared"),
    (SIGNALS["memory.record"], {"a": 1}, "memory.record is for the advisor of a change"),
]


@pytest.mark.parametrize(("signal", "raw", "message"), REFUSED)
def test_a_matcher_that_does_not_fit_its_signal_is_refused(
    signal: Signal, raw: object, message: str
) -> None:
    with pytest.raises(ReadingError) as caught:
        parse_matcher(signal, raw)
    assert message in str(caught.value)


def test_a_list_may_have_as_many_values_as_the_limit_says() -> None:
    assert parse_matcher(SIGNALS["function.memory_mb"], list(range(200))).text
