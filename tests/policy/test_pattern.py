"""Patterns are safe on hostile names: few choices, no repeated group, no long backtracking."""

from __future__ import annotations

import time

import pytest

from trimtab.policy.pattern import compile_pattern
from trimtab.policy.quantity import ReadingError


@pytest.mark.parametrize(
    ("pattern", "subject", "fits"),
    [
        ("^prod-", "prod-api", True),
        ("^prod-", "preprod-api", False),
        (r"^(prod|staging)-[a-z]+\.v\d{2}$", "staging-api.v12", True),
        ("(?:a|b)c", "xbc", True),
        ("(eu)?-api", "-api", True),
        ("^(dev|test|qa|staging|prod)-", "qa-api", True),
        ("^[^]]+$", "abc", True),
        ("a.*z", "a" * 255 + "z", True),
        ("a.*z", "a" * 256 + "z", False),
    ],
)
def test_a_pattern_searches(pattern: str, subject: str, fits: bool) -> None:
    assert compile_pattern(pattern)(subject) is fits


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a+)+$", "repeats a group"),
        ("(a|aa)*$", "repeats a group"),
        ("(ab){3}", "repeats a group"),
        ("a*b*c*", "could be slow"),
        ("a{1,9}b{2,}c*", "could be slow"),
        ("a?" * 30 + "b", "could be slow"),
        ("a?" * 11 + "b", "could be slow"),
        ("(a|a)" * 11 + "b", "could be slow"),
        ("(a|a)" * 30 + "b", "could be slow"),
        ("a*b*|c|d|e|f|g|h", "could be slow"),
        ("(a*|b|c)b*|d|e", "could be slow"),
        (r"(a)\1", "which patterns here cannot"),
        ("(?=a)", "which patterns here cannot"),
        ("(?P<n>a)", "which patterns here cannot"),
        ("a**", "is not a pattern"),
        ("(a", "is not a pattern"),
        ("a)", "is not a pattern"),
        ("[z-a]", "is not a pattern"),
        ("[abc", "which patterns here cannot"),
        ("a{9,1}", "is not a pattern"),
        ("x" * 201, "at most 200 characters"),
    ],
)
def test_a_pattern_that_could_be_slow_or_is_malformed_is_refused(
    pattern: str, message: str
) -> None:
    with pytest.raises(ReadingError) as caught:
        compile_pattern(pattern)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "pattern",
    [
        *(".*x.*y", "a*a*b", "[ab]+[ab]+c", "a?" * 10 + "b", "(a|a)" * 10 + "b", "(a|)" * 10 + "b"),
        *("(a|a)(a|a)a*a*b", "(a|)" * 9 + "a*b"),
    ],
)
def test_the_worst_allowed_pattern_is_quick_on_the_worst_name(pattern: str) -> None:
    fits = compile_pattern(pattern)
    start = time.process_time()
    assert fits("a" * 256) is False
    assert time.process_time() - start < 0.5
