"""Which policies do these tests run under? One, and limits that let all through."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from tests.fakes.builders import ACCOUNT, APPROVER, REGION
from trimtab.domain.plan import Limits
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle
from trimtab.remediations import change_specs

OTHER_ACCOUNT = "222222222222"
OTHER_REGION = "us-east-1"

FILES = {
    "fleet.yaml": f"""
scope:
  regions: [{REGION}]
unmanaged:
  accounts: ["{ACCOUNT}", "{OTHER_ACCOUNT}"]
ceilings:
  default: approve
limits: {{per_run: 10, share_of_read: 100%, per_account: 10, unverified: {{per_account: 10}}}}
""",
    "guardrails.yaml": """
approval:
  domains: [example.com]
highest_mode:
  set_memory: approve
""",
    "owners.yaml": f"fallback: [{APPROVER}]\n",
    "exemptions.yaml": "exemptions: []\n",
    "cost/memory-oversized.yaml": """
id: memory-oversized
title: More memory than it uses
why: GB-seconds are billed by configured memory.
severity: medium
mode: approve
when:
  function.memory_mb: "> 128 MB"
  usage.invocations: ">= 1000"
  memory.peak_ratio: "< 60%"
  not:
    function.has_tag: keep-memory
lookback: 14d
change:
  set_memory: {}
approval:
  approvers: [owner]
  expires: 72h
verify:
  settle: 10m
  watch: 4h
  samples: 200
""",
}


@cache
def the_bundle() -> Bundle:
    """One policy that may go as far as approval, without a window; limits that let all through."""
    return load_bundle(FILES, kinds=change_specs())


def a_bundle(*, regions: Sequence[str] = (REGION,), **policy: Any) -> Bundle:
    """Build the bundle with other fields of its one policy."""
    bundle = the_bundle()
    scope = replace(bundle.fleet.scope, regions=tuple(regions))
    return replace(
        bundle,
        policies=tuple(replace(p, **policy) for p in bundle.policies),
        fleet=replace(bundle.fleet, scope=scope),
    )


def with_policy(text: str, name: str = "memory-oversized") -> Bundle:
    """Load the bundle with another policy in the place of its one."""
    files = {n: t for n, t in FILES.items() if "/" not in n}
    return load_bundle(files | {f"cost/{name}.yaml": text}, kinds=change_specs())


def with_fleet(bundle: Bundle, **given: Any) -> Bundle:
    return replace(bundle, fleet=replace(bundle.fleet, **given))


def with_limits(bundle: Bundle, **given: Any) -> Bundle:
    usual: dict[str, Any] = {
        "per_run": 10,
        "share_of_read": 1.0,
        "per_account": 10,
        "unverified_per_account": 10,
    }
    return with_fleet(bundle, limits=Limits(**usual | given))
