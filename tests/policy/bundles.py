"""How do the tests make policy files? A small whole bundle, with one file or value replaced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType
from trimtab.domain.terms import ChangeKind
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle, Policy
from trimtab.policy.problems import PolicyErrors

KINDS: Mapping[str, ChangeSpec] = {
    "set_memory": ChangeSpec(
        kind=ChangeKind.SET_MEMORY,
        meaning="Set a smaller memory size.",
        fields=(
            FieldSpec(
                name="headroom",
                type=FieldType.RATIO,
                unit="times the peak",
                default=1.4,
                minimum=1.0,
                maximum=10.0,
                meaning="Room above the peak.",
                has_floor=True,
            ),
            FieldSpec(
                name="max_step",
                type=FieldType.PERCENT,
                unit="of the current size",
                default=0.5,
                minimum=0.0,
                maximum=0.5,
                meaning="The most one change takes away.",
            ),
            FieldSpec(
                name="cooldown",
                type=FieldType.DURATION,
                unit="",
                default=timedelta(days=14),
                meaning="Rest after a change.",
            ),
            FieldSpec(
                name="tries",
                type=FieldType.COUNT,
                unit="",
                default=1.0,
                maximum=5.0,
                meaning="A field of whole numbers.",
            ),
            FieldSpec(
                name="worth",
                type=FieldType.USD,
                unit="USD a month",
                default=10.0,
                minimum=0.0,
                meaning="A field of the remaining type.",
            ),
        ),
    )
}

POLICY = """\
id: too-big
title: Too big
why: It costs money.
severity: medium
mode: approve
when:
  function.memory_mb: "> 128"
  usage.invocations: ">= 1000"
  memory.peak_ratio: "< 60%"
lookback: 14d
change:
  set_memory:
    headroom: 1.4
approval:
  approvers: [owner, ops@example.com]
verify:
  settle: 30m
  watch: 24h
  samples: 200
"""
WATCHED = """\
id: too-big
title: Too big
why: It costs money.
severity: medium
when:
  function.memory_mb: "> 128"
"""
FLEET = "scope: {regions: [eu-west-1]}\n"
GUARDRAILS = """\
approval: {domains: [example.com]}
highest_mode: {set_memory: approve}
set_memory: {lookback: 14d, headroom: 1.2, settle: 10m, watch: 4h, samples: 100}
"""
OWNERS = "fallback: [cloud@example.com]\n"

FILES: Mapping[str, str] = {
    "cost/too-big.yaml": POLICY,
    "fleet.yaml": FLEET,
    "guardrails.yaml": GUARDRAILS,
    "owners.yaml": OWNERS,
}


def load(files: Mapping[str, str | bytes] | None = None) -> Bundle:
    """Load the small bundle with these files put in or replaced."""
    return load_bundle({**FILES, **(files or {})}, kinds=KINDS)


def mistakes(files: Mapping[str, str | bytes]) -> list[str]:
    """Return every line of what is wrong with the small bundle and these files."""
    with pytest.raises(PolicyErrors) as caught:
        load(files)
    return str(caught.value).splitlines()


def mistakes_in(policy: str) -> list[str]:
    """Return what is wrong with one policy, without the name of its file."""
    lines = mistakes({"cost/too-big.yaml": policy})
    return [line.removeprefix("cost/too-big.yaml:") for line in lines]


def policy_when(when: str, *, extra: str = "", pack: str = "cost") -> Policy:
    """Load a policy with this `when`, written in flow style."""
    head = "id: p\ntitle: P\nwhy: because\nseverity: low\n"
    name = f"{pack}/p.yaml"
    policy = load({name: f"{head}when: {when}\n{extra}"}).policy("p")
    assert policy is not None
    return policy
