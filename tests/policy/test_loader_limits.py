"""Policy files of hostile size or form are refused with a clear error, and soon."""

from __future__ import annotations

import pytest

from tests.policy.bundles import WATCHED, load, mistakes, mistakes_in
from trimtab.policy.loader_tests import read_policy_tests
from trimtab.policy.problems import PolicyErrors


def test_all_files_together_have_a_limit() -> None:
    files = {f"a/p{n}.yaml": "#" + "x" * 200_000 for n in range(50)}
    assert "a/p0.yaml:1:1: all files together are larger than 8 MiB" in mistakes(files)


def test_a_file_that_nothing_would_read_is_refused() -> None:
    told = mistakes({"cost/other.yml": WATCHED})
    assert told == [
        "cost/other.yml:1:1: files here end in .yaml: rename it, or nothing reads it",
    ]


def test_hundreds_of_mistakes_of_one_file_are_counted() -> None:
    with pytest.raises(PolicyErrors) as caught:
        load({"cost/too-big.yaml": WATCHED + "".join(f"k{n}: 1\n" for n in range(600))})
    assert len(caught.value.problems) == 201
    last = "and more: 200 mistakes of this file are told, mend these first"
    assert caught.value.problems[-1].message == last


def test_hundreds_of_misspelt_signals_in_tests_are_counted() -> None:
    rows = ", ".join(f"function.memory_m{n}: 1" for n in range(400))
    text = f"policy: too-big\ngiven: {{{rows}}}\ntests: [{{name: a, expect: compliant}}]\n"
    with pytest.raises(PolicyErrors) as caught:
        read_policy_tests(load(), {"cost/too-big.tests.yaml": text})
    assert len(caught.value.problems) == 201


def test_a_domain_has_a_limit() -> None:
    rails = f"approval: {{domains: [{'a' * 250}.com]}}\n"
    assert any("is longer than 253 characters" in t for t in mistakes({"guardrails.yaml": rails}))


@pytest.mark.parametrize("listed", ["true", "5", "a", "{a: b}"])
def test_what_should_be_a_list_of_exemptions_or_owners_is_a_mistake(listed: str) -> None:
    for name, key in (("exemptions.yaml", "exemptions"), ("owners.yaml", "map")):
        told = mistakes({name: f"fallback: [a@example.com]\n{key}: {listed}\n"})
        assert any("this must be a list" in line for line in told)


def test_an_id_has_a_limit() -> None:
    told = mistakes_in(WATCHED.replace("id: too-big", f"id: {'a' * 65}"))
    assert any("is longer than 64 characters" in line for line in told)


def test_thousands_of_misspelt_signals_are_counted_and_not_compared() -> None:
    bad = "".join(f"  function.memory_m{n}: 1\n" for n in range(3000))
    assert mistakes_in(WATCHED + bad) == ["6:3: 3001 comparisons; at most 200"]
    nested = WATCHED.replace('"> 128"', '"> 128"\n  any: [' + "{usage.errors: 1}, " * 201 + "]")
    assert mistakes_in(nested) == ["6:3: 202 comparisons; at most 200"]
    tags = WATCHED.replace(
        '"> 128"', '"> 128"\n  function.tags: {' + "".join(f"t{n}: a, " for n in range(201)) + "}"
    )
    assert mistakes_in(tags) == ["6:3: 202 comparisons; at most 200"]
    assert any("conditions are a mapping" in t for t in mistakes_in(WATCHED + "  all: [5]\n"))


def test_a_region_of_any_partition_is_a_region() -> None:
    regions = "[eu-west-1, us-gov-west-1, cn-north-1, eusc-de-east-1]"
    assert load({"cost/too-big.yaml": WATCHED + f"scope: {{regions: {regions}}}\n"})


def test_days_may_lie_below_zero() -> None:
    when = 'runtime.days_to_deprecation: "< -30d"'
    bundle = load({"cost/too-big.yaml": WATCHED.replace('function.memory_mb: "> 128"', when)})
    assert [leaf.label for leaf in bundle.policies[0].when.leaves()] == [
        "runtime.days_to_deprecation < -30 days"
    ]
    told = mistakes_in(WATCHED.replace("> 128", "> -5"))
    assert any("'-5' is not an amount" in line for line in told)
    told = mistakes_in(WATCHED.replace('function.memory_mb: "> 128"', "function.age_days: '> --5'"))
    assert any("is a duration in days" in line for line in told)


def test_hundreds_of_mistakes_outside_the_shape_are_counted_too() -> None:
    tags = ", ".join(f"t{n}: {{}}" for n in range(300))
    with pytest.raises(PolicyErrors) as caught:
        load({"cost/too-big.yaml": f"{WATCHED}scope: {{tags: {{{tags}}}}}\n"})
    assert len(caught.value.problems) == 201


def test_a_list_of_approvers_that_is_too_long_may_hold_anything() -> None:
    listed = f"[{'[a], ' * 21}]"
    assert any(
        "at most 20 allowed" in t for t in mistakes({"owners.yaml": f"fallback: {listed}\n"})
    )
    approval = f"{WATCHED}change: {{set_memory: {{}}}}\napproval: {{approvers: {listed}}}\n"
    assert any("at most 20 allowed" in told for told in mistakes_in(approval))
