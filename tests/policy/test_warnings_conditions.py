"""A condition that says nothing is told, with the line of what makes it so; no other one is."""

from __future__ import annotations

import pytest

from tests.policy.bundles import FILES, load
from trimtab.policy.loader_yaml import read_document
from trimtab.policy.problems import Document
from trimtab.policy.warnings_conditions import pointless

HEAD = "id: p\ntitle: P\nwhy: because\nseverity: low\nwhen:\n"
MEMORY = "function.memory_mb"


def told(*lines: str) -> list[str]:
    """Return the warnings about the conditions on these lines; the first is line 6."""
    text = HEAD + "".join(f"  {line}\n" for line in lines)
    policy = load({**FILES, "cost/p.yaml": text}).policy("p")
    document = read_document("cost/p.yaml", text)
    assert policy is not None
    assert isinstance(document, Document)
    found = pointless(policy.when, document)
    return [f"{document.value_at(one.path).line}: {one.message}" for one in found]


TOLD: list[tuple[tuple[str, ...], str]] = [
    ((f'{MEMORY}: "> 10240"',), "can never hold: function.memory_mb is 128 MB to 10240 MB"),
    ((f'{MEMORY}: "> 127"',), "always holds: function.memory_mb is 128 MB to 10240 MB"),
    ((f'{MEMORY}: "in [1, 2]"',), "can never hold"),
    ((f'any: [{{{MEMORY}: "> 10240", function.has_vpc: true}}, {{usage.errors: 1}}]',),
     "'function.memory_mb > 10240 MB' can never hold"),
    (("usage.errors: 1", f'any: [{{{MEMORY}: "> 10240"}}, {{{MEMORY}: "< 128"}}]'),
     "7: 'function.memory_mb < 128 MB' can never hold"),
    (("function.tags: {a: b}", "any: [{function.tags: {a: matches ^c}}, {usage.errors: 1}]"),
     "7: 'function.tags a matches ^c' can never hold beside"),
    (('function.timeout_s: "> 15m"',), "can never hold: function.timeout_s is 1 s to 900 s"),
    (('usage.error_rate: "> 100%"',), "can never hold: usage.error_rate is 0% to 100%"),
    (('usage.errors: ">= 0"',), "always holds: usage.errors is at least 0"),
    (('usage.duration_p95_ms: ">= 0ms"',), "= 0 ms' always holds"),
    (("function.architecture: arm",), "can never hold: function.architecture is x86_64 or arm64"),
    (("not: {function.architecture: [arm64, x86_64]}",), "always holds"),
    ((f'{MEMORY}: "> 2048"', f'all: [{{{MEMORY}: "< 1024"}}]'), "7: 'function.memory_mb < 1024 MB'"
     " can never hold beside 'function.memory_mb > 2048 MB' on line 6"),
    ((f'{MEMORY}: "> 1024"', f'all: [{{{MEMORY}: "> 2048"}}]'), "6: 'function.memory_mb > 1024 MB'"
     " says nothing: 'function.memory_mb > 2048 MB' on line 7 says more"),
    ((f'{MEMORY}: "> 2048"', f'all: [{{{MEMORY}: "> 1024"}}]'), "7: 'function.memory_mb > 1024 MB'"
     " always holds beside 'function.memory_mb > 2048 MB' on line 6"),
    (('usage.errors: "> 0"', 'any: [{usage.errors: "< 1"}, {function.has_vpc: true}]'),
     "7: 'usage.errors < 1' can never hold beside 'usage.errors > 0' on line 6"),
    (("any:", f'  - {MEMORY}: "> 1024"', f'  - {{{MEMORY}: "> 2048", function.has_vpc: true}}'),
     "8: 'function.memory_mb > 2048 MB' and what belongs to it says nothing:"
     " 'function.memory_mb > 1024 MB' on line 7 holds then anyway"),
    (("any:", f'  - {{{MEMORY}: "> 2048", function.has_vpc: true}}', f'  - {MEMORY}: "> 1024"'),
     "7: 'function.memory_mb > 2048 MB' and what belongs to it says nothing"),
    (("any:", f'  - {MEMORY}: "> 1024"', f'  - {MEMORY}: "< 2048"'), "always holds:"
     " 'function.memory_mb > 1024 MB' or 'function.memory_mb < 2048 MB' leaves nothing out"),
    (("any:", "  - function.runtime: go1.x", "  - function.runtime: go1.x"),
     "8: 'function.runtime = go1.x' is said twice: line 7 says it"),
    (("all:", "  - function.name: matches ^a", "  - function.name: matches ^a"),
     "8: 'function.name matches ^a' is said twice: line 7 says it"),
    (("any:", "  - function.name: matches ^a",
      "  - {function.name: matches ^a, function.has_vpc: true}"),
     "8: 'function.name matches ^a' and what belongs to it says nothing"),
    (("function.runtime: [a, b]", "not: {function.runtime: c}"),
     "7: 'function.runtime = c' can never hold beside 'function.runtime in [a, b]' on line 6"),
    (("function.name: [a, b]", "any: [{function.name: matches ^c}, {function.has_vpc: true}]"),
     "7: 'function.name matches ^c' can never hold beside"),
    (("function.has_tag: a", "function.tags: {a: absent}"),
     "7: 'function.tags a is absent' can never hold beside 'tag a is present' on line 6"),
    (("function.has_tag: a", "function.tags: {a: x}"), "6: 'tag a is present' says nothing"),
    (("function.tags: absent", "function.tags: present"), ""),
    (("code.layers: = a", "not: {code.layers: [a, b]}"), "7: 'code.layers in [a, b]' always holds"),
    (("all: [{function.has_vpc: true}, {not: {function.has_vpc: true}}]",), "always holds beside"),
    (("usage.errors: \"!= 1\"", 'all: [{usage.errors: "!= 2"}, {usage.errors: "in [1, 2]"}]'),
     "7: 'usage.errors in [1, 2]' can never hold beside the conditions around it"),
    (("any:", f'  - {MEMORY}: "> 2048"', f'  - any: [{{{MEMORY}: "> 1024"}}, {{usage.errors: 1}}]'),
     "7: 'function.memory_mb > 2048 MB' says nothing"),
    (("any:", f'  - {MEMORY}: "> 2048"', f'  - not: {{{MEMORY}: "< 1024"}}'),
     "7: 'function.memory_mb > 2048 MB' says nothing"),
    (("any:", f'  - {MEMORY}: "> 2048"',
      f'  - not: {{any: [{{{MEMORY}: "< 1024"}}, {{{MEMORY}: "< 512"}}]}}'),
     "7: 'function.memory_mb > 2048 MB' says nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), [row for row in TOLD if row[1]])
def test_a_condition_that_says_nothing_is_told(lines: tuple[str, ...], message: str) -> None:
    assert any(message in line for line in told(*lines)), told(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        (f'{MEMORY}: "> 128"',),
        (f'{MEMORY}: ">= 1024"', f'all: [{{{MEMORY}: "<= 1024"}}]'),
        (f'{MEMORY}: "> 1024"', f'not: {{{MEMORY}: "> 2048"}}'),
        ('usage.duration_p95_ms: "> 1s"', 'all: [{usage.duration_p95_ms: "< 1001ms"}]'),
        ("function.runtime: present", "any: [{function.runtime: a}, {function.runtime: b}]"),
        ('usage.errors: "<= 0"', "all: [{usage.errors: present}]"),
        ("any: [{usage.errors: absent}, {usage.errors: 5}]",),
        ("function.name: matches ^a", "all: [{function.name: matches b$}]"),
        ("function.name: matches ^a", "not: {function.name: abc}"),
        ("function.tags: {a: x, b: x}",),
        ("code.layers: = a", "all: [{code.layers: = b}]"),
        ("code.layers: matches ^a", "not: {code.layers: matches b$}"),
        ("code.layers: [a, b, c, d]", "not: {code.layers: [e, f, g, h]}"),
        ('runtime.days_to_deprecation: "<= -30d"',),
        ("function.tags: present",),
        ("all: [{function.has_vpc: true}, {usage.errors: 1}]",),
        ("any: [{function.has_vpc: true, usage.errors: 1}, {usage.errors: 1, usage.throttles: 2}]",
         ),
        (f"function.name: {[f'n{n}' for n in range(200)]}",
         f"any: {[{'function.name': [f'm{n}-{k}' for k in range(190)]} for n in range(11)]}"),
    ],
)  # fmt: skip
def test_a_condition_that_says_something_is_left_alone(lines: tuple[str, ...]) -> None:
    assert told(*lines) == []


def test_a_policy_of_two_hundred_conditions_is_read_soon_and_each_twin_told() -> None:
    found = told(f"any: {[{MEMORY: f'= {n + 128}'} for n in range(199)] + [{MEMORY: '= 200'}]}")
    assert len(found) == 1


@pytest.mark.parametrize("group", ["any", "all"])
@pytest.mark.parametrize("step", [1, -1])
def test_of_many_limits_each_idle_one_is_told_once(group: str, step: int) -> None:
    limits = range(200, 350)[::step]
    found = told(f"{group}: {[{MEMORY: f'> {limit}'} for limit in limits]}")
    assert len(found) == 149
