"""Conditions follow Kleene's logic, with one more answer for what a function does not have."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.policy.bundles import policy_when
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.policy.condition import (
    ABSENT,
    AllOf,
    Answer,
    AnyOf,
    Condition,
    Leaf,
    Not,
    plain,
    signals_of,
)

GIVEN: dict[Answer, Evidence] = {
    True: Known(value=1, source="test"),
    False: Known(value=0, source="test"),
    None: Unknown(reason="denied"),
    ABSENT: Known(value=None, source="test"),
}
ANSWERS = list(GIVEN)
ALL_ORDER = [False, ABSENT, None, True]
"""The first of these among its parts is the answer of `all`."""
ANY_ORDER = [True, None, ABSENT, False]

LEFT, RIGHT = "usage.errors", "usage.throttles"
BOTH = f'[{{{LEFT}: "> 0"}}, {{{RIGHT}: "> 0"}}]'


def when(text: str) -> Condition:
    return policy_when(text).when


@pytest.mark.parametrize(("left", "right"), list(product(ANSWERS, ANSWERS)))
def test_all_and_any_take_the_strongest_answer(left: Answer, right: Answer) -> None:
    signals = {LEFT: GIVEN[left], RIGHT: GIVEN[right]}
    both = when(f"{{all: {BOTH}}}").answer(signals)
    either = when(f"{{any: {BOTH}}}").answer(signals)
    assert both is next(a for a in ALL_ORDER if a in [left, right])
    assert either is next(a for a in ANY_ORDER if a in [left, right])


@pytest.mark.parametrize(
    ("inside", "outside"), [(True, False), (False, True), (None, None), (ABSENT, ABSENT)]
)
def test_not_turns_true_and_false_around_and_nothing_else(inside: Answer, outside: Answer) -> None:
    assert when(f'{{not: {{{LEFT}: "> 0"}}}}').answer({LEFT: GIVEN[inside]}) is outside


@pytest.mark.parametrize(("left", "right"), list(product(ANSWERS, ANSWERS)))
def test_learning_what_was_unknown_never_turns_a_decided_answer_around(
    left: Answer, right: Answer
) -> None:
    """Between true and false, that is: 'does not have it' may become 'compliant'."""
    for group in ("all", "any"):
        condition = when(f"{{{group}: {BOTH}}}")
        for known in (True, False):
            before = condition.answer({LEFT: GIVEN[None], RIGHT: GIVEN[right]})
            after = condition.answer({LEFT: GIVEN[known], RIGHT: GIVEN[right]})
            assert before not in (True, False) or before is after


def test_a_signal_that_was_never_asked_is_unknown() -> None:
    assert when(f'{{{LEFT}: "> 0"}}').answer({}) is None


def test_presence_is_answered_for_what_is_not_there() -> None:
    assert when(f"{{{LEFT}: absent}}").answer({LEFT: GIVEN[ABSENT]}) is True
    assert when(f"{{{LEFT}: present}}").answer({LEFT: GIVEN[ABSENT]}) is False


def test_only_signals_that_could_still_decide_are_undecided() -> None:
    nested = when(f'{{any: [{{all: {BOTH}}}, {{not: {{usage.invocations: "< 5"}}}}]}}')
    assert list(nested.undecided({})) == [LEFT, RIGHT, "usage.invocations"]
    assert list(nested.undecided({LEFT: GIVEN[False]})) == ["usage.invocations"]
    assert list(nested.undecided({"usage.invocations": Known(value=9, source="test")})) == []


def test_the_explanation_shows_every_value_compared() -> None:
    condition = when(
        '{memory.peak_ratio: "< 60%", any: [{usage.errors: "> 0"}, {not: {function.has_tag: k}}]}'
    )
    explanation = condition.explain(
        {
            "memory.peak_mb": Known(value=300, source="Lambda Insights"),
            "function.memory_mb": Known(value=1024, source="ListFunctions"),
            "usage.errors": Unknown(reason="throttled"),
            "function.tags": Known(value={"a": "b"}, source="tags"),
        }
    )
    assert explanation.text == "all of"
    assert explanation.answer is True
    ratio, errors, tag = explanation.leaves()
    assert (ratio.text, ratio.value) == ("memory.peak_ratio < 60%", "29.2969%")
    assert ratio.source == "Lambda Insights, ListFunctions"
    assert (errors.answer, errors.value, errors.source) == (None, "unknown: throttled", None)
    assert (tag.text, tag.value, tag.answer) == ("tag k is present", "none", False)
    assert [child.text for child in explanation.children] == ["memory.peak_ratio < 60%", "any of"]
    assert explanation.children[1].children[1].text == "not"


def test_the_explanation_of_what_a_function_does_not_have_is_unknown_and_says_so() -> None:
    leaf = when("{function.tags: {env: prod}}").explain(
        {"function.tags": Known(value={"env": "prod"}, source="tags")}
    )
    assert (leaf.text, leaf.value, leaf.answer) == ("function.tags env = prod", "prod", True)
    gone = when('{usage.duration_p95_ms: "> 1s"}').explain({"usage.duration_p95_ms": GIVEN[ABSENT]})
    assert (gone.value, gone.answer) == ("none", None)


def test_a_condition_is_plain_data_for_its_digest() -> None:
    condition = when(
        '{all: [{usage.errors: "> 0"}, {usage.throttles: 1}], '
        "any: [{usage.errors: 2}, {usage.errors: 3}], not: {function.has_vpc: true}}"
    )
    assert plain(condition) == {
        "all": [
            {"all": [["usage.errors", None, "> 0"], ["usage.throttles", None, "= 1"]]},
            {"any": [["usage.errors", None, "= 2"], ["usage.errors", None, "= 3"]]},
            {"not": ["function.has_vpc", None, "= true"]},
        ]
    }
    assert signals_of(condition) == {"usage.errors", "usage.throttles", "function.has_vpc"}
    assert {type(node) for node in (condition, *condition_parts(condition))} == {AllOf, AnyOf, Not}


def condition_parts(condition: Condition) -> tuple[Condition, ...]:
    assert isinstance(condition, AllOf)
    assert all(isinstance(leaf, Leaf) for leaf in condition.leaves())
    return condition.children


def test_two_tags_give_two_different_digests() -> None:
    assert (
        policy_when("{function.has_tag: a}").digest != policy_when("{function.has_tag: b}").digest
    )


NAMES = ("usage.errors", "usage.throttles", "usage.invocations")


def trees(depth: int) -> st.SearchStrategy[str]:
    """Write conditions over three signals, nested."""
    leaf = st.sampled_from([f'{{{name}: "> 1"}}' for name in NAMES])
    if depth == 0:
        return leaf
    inner = trees(depth - 1)
    groups = st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3))
    written = groups.map(lambda pair: f"{{{pair[0]}: [{', '.join(pair[1])}]}}")
    return st.one_of(leaf, written, inner.map(lambda text: f"{{not: {text}}}"))


VALUES: dict[object, Evidence] = {
    True: Known(value=2, source="test"),
    False: Known(value=0, source="test"),
    ABSENT: Known(value=None, source="test"),
}
OPEN = Unknown(reason="not read")


@settings(max_examples=300)
@given(text=trees(3), picks=st.tuples(*[st.sampled_from([*VALUES, None])] * 3))
def test_s08_whatever_an_unknown_turns_out_to_be_a_verdict_that_stands_still_stands(
    text: str, picks: tuple[object, ...]
) -> None:
    """A finding stays one, and what is none never becomes one."""
    condition = when(text)
    known = {n: VALUES[p] for n, p in zip(NAMES, picks, strict=True) if p is not None}
    open_names = [name for name in NAMES if name not in known]
    answer = condition.answer(known | dict.fromkeys(open_names, OPEN))
    if answer is None:
        return
    for found in product(VALUES.values(), repeat=len(open_names)):
        later = condition.answer(known | dict(zip(open_names, found, strict=True)))
        assert (later is True) == (answer is True)


def test_s08_under_a_not_what_is_absent_hides_nothing_that_is_unknown() -> None:
    condition = when(f'{{not: {{all: [{{{LEFT}: "> 1"}}, {{{RIGHT}: "> 1"}}]}}}}')
    assert condition.answer({LEFT: GIVEN[ABSENT], RIGHT: GIVEN[None]}) is None
    assert list(condition.undecided({LEFT: GIVEN[ABSENT], RIGHT: GIVEN[None]})) == [RIGHT]
