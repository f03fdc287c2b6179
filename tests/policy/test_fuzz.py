"""Whatever stands in a policy file, the answer is a bundle or a list of mistakes, and soon."""

from __future__ import annotations

import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.policy.bundles import FILES, KINDS, POLICY
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.loader import load_bundle
from trimtab.policy.problems import PolicyErrors, Problem

QUICK = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

FEWER = settings(QUICK, max_examples=100)

WORDS = st.sampled_from(
    [
        *SIGNALS,
        "all",
        "any",
        "not",
        "function.has_tag",
        "id",
        "title",
        "why",
        "severity",
        "mode",
        "scope",
        "when",
        "lookback",
        "change",
        "set_memory",
        "headroom",
        "approval",
        "window",
        "verify",
        "ticket",
        "tags",
        "include",
        "days",
        "approve",
        "14d",
        "60%",
        "$5",
        "1GB",
        "mon-thu",
        "absent",
        "present",
        "too-big",
        "owner",
        "null",
        "~",
        "true",
        "09:00",
        "> 5",
        "< 60%",
        "in [a, b]",
        "matches (a+)+",
        "> 1.5x and >= 5",
        "&a",
        "*a",
        "!!x y",
    ]
)
SCALARS = st.one_of(WORDS, st.integers(), st.floats(), st.booleans(), st.none(), st.text())
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(WORDS | st.text(), inner, max_size=5)
    ),
    max_leaves=12,
)


def flow(tree: object) -> str:
    """Write a tree as YAML, without quoting: what comes out need not be YAML at all."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(flow(item) for item in tree) + "]"
    return str(tree)


def answers_soon(files: dict[str, str | bytes]) -> None:
    start = time.process_time()
    problems: tuple[Problem, ...] = ()
    try:
        assert load_bundle({**FILES, **files}, kinds=KINDS).digest
    except PolicyErrors as error:
        problems = error.problems
    assert all(p.message and "\n" not in p.message for p in problems)
    assert time.process_time() - start < 1.0


@FEWER
@given(TREES, st.sampled_from(["cost/too-big.yaml", "fleet.yaml", "guardrails.yaml"]))
def test_any_tree_is_answered(tree: object, name: str) -> None:
    answers_soon({name: flow(tree)})


@QUICK
@given(st.dictionaries(WORDS, TREES, max_size=6), st.sampled_from(list(FILES)))
def test_any_keys_are_answered(tree: dict[str, object], name: str) -> None:
    answers_soon({name: "\n".join(f"{key}: {flow(value)}" for key, value in tree.items())})


@FEWER
@given(st.data())
def test_a_policy_with_one_line_replaced_is_answered(data: st.DataObject) -> None:
    lines = POLICY.splitlines()
    position = data.draw(st.integers(0, len(lines) - 1))
    key, _, _ = lines[position].partition(":")
    lines[position] = f"{key}: {flow(data.draw(TREES))}"
    answers_soon({"cost/too-big.yaml": "\n".join(lines)})


@FEWER
@given(st.binary(max_size=400) | st.text(max_size=400))
def test_any_bytes_are_answered(raw: bytes | str) -> None:
    answers_soon({"cost/too-big.yaml": raw})


@FEWER
@given(st.text(max_size=60), st.sampled_from(list(SIGNALS)))
def test_any_matcher_is_answered(text: str, name: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    when = f"when: {{{name}: {quoted}}}"
    head = "id: too-big\ntitle: a\nwhy: b\nseverity: low\n"
    answers_soon({"cost/too-big.yaml": head + when})
