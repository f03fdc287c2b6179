"""What does a plan start from in these tests? Findings that nothing stops, and whole targets."""

from typing import Any

from tests.fakes.builders import ACCOUNT, TARGET, a_finding, a_listed, an_arn
from tests.fakes.clock import NOW
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.finding import Assessment, Finding, Verdict
from trimtab.domain.run import Part

FREE: dict[str, Any] = {
    "function.kind": "event function",
    "owner.tool": "none",
    "function.state": "Active",
    "function.last_update_status": "Successful",
    "function.aliases": {},
    "function.alias_obstacle": "none",
}
"""What is known of a function that nothing stands in the way of."""


def ready(name: str = "orders", *, account: str = ACCOUNT, **given: Any) -> Finding:
    """Build a finding that nothing stands in the way of."""
    free: dict[str, Evidence] = {n: Known(value=v, source="test") for n, v in FREE.items()}
    given.setdefault("signals", free)
    given.setdefault("listed", a_listed(function=an_arn(name, account=account)))
    return a_finding(**given)


def a_part(*findings: Finding, functions: int | None = None, **given: Any) -> Part:
    """Build the whole reading of one target: its findings, and compliant functions beside them."""
    target = given.pop("target", findings[0].function.target if findings else TARGET)
    total = len(findings) if functions is None else functions
    quiet = [
        an_arn(f"quiet-{n}", account=target.account, region=target.region)
        for n in range(total - len(findings))
    ]
    found = [(f.function, Assessment.NON_COMPLIANT) for f in findings]
    found += [(q, Assessment.COMPLIANT) for q in quiet]
    usual: dict[str, Any] = {
        "target": target,
        "as_of": NOW,
        "functions": total,
        "verdicts": tuple(Verdict(policy_id="p", function=f, assessment=a) for f, a in found),
        "findings": findings,
        "gaps": (),
        "calls": {},
        "is_last": True,
    }
    return Part(**usual | given)
