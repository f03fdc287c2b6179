"""What is a valid example of each noun? A test names what it is about; the rest stands here."""

from datetime import datetime, timedelta
from typing import Any

from tests.fakes.clock import NOW
from tests.fakes.people import person
from trimtab.domain.approval import Decision, DecisionWord, SignedDecision
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.evidence import Known
from trimtab.domain.finding import Explanation, Finding, Recommendation, Saving, finding_id
from trimtab.domain.fleet import (
    Account,
    Alias,
    Configuration,
    FunctionState,
    ListedFunction,
    Snapshot,
)
from trimtab.domain.life import FindingLife, FindingStatus
from trimtab.domain.remediation import BeforeImage, Remediation, change_id
from trimtab.domain.terms import ApprovalTerms, ChangeKind, Mode, Severity, VerifyTerms, WorseThan

ACCOUNT = "111111111111"
REGION = "eu-west-1"
TARGET = Target(account=ACCOUNT, region=REGION)
HUB_ID = "999999999999/eu-west-1"
POLICY_ID = "memory-oversized"
APPROVER = "owner@example.com"
APPROVER_ID = person(APPROVER)
"""As whom the approver is on record, where FakePeople gave the id."""


def an_arn(name: str = "orders", *, account: str = ACCOUNT, region: str = REGION) -> FunctionArn:
    return FunctionArn(partition="aws", region=region, account=account, name=name)


def an_account(id_: str = ACCOUNT, *units: str) -> Account:
    return Account(id=id_, name=f"account {id_}", organizational_units=units)


def a_configuration(**given: Any) -> Configuration:
    settings = {"Handler": '"index.handler"', "Runtime": '"python3.13"'}
    usual = {"code_sha256": "b2xk", "memory_mb": 3008, "timeout_s": 30, "settings": settings}
    return Configuration(**usual | given)


def a_listed(
    name: str = "orders",
    *,
    function: FunctionArn | None = None,
    memory_mb: int = 3008,
    timeout_s: int = 30,
    **given: Any,
) -> ListedFunction:
    usual: dict[str, Any] = {
        "function": function or an_arn(name),
        "configuration": a_configuration(memory_mb=memory_mb, timeout_s=timeout_s),
        "revision_id": "revision-1",
        "last_modified_at": NOW - timedelta(days=90),
        "runtime": "python3.13",
        "architecture": "x86_64",
        "package_type": "Zip",
        "code_size_bytes": 1024,
        "ephemeral_storage_mb": 512,
        "has_vpc": False,
        "unknown_kind": None,
    }
    return ListedFunction(**usual | given)


def a_state(name: str = "orders", *, memory_mb: int = 3008, **given: Any) -> FunctionState:
    usual: dict[str, Any] = {
        "function": an_arn(name),
        "read_at": NOW,
        "configuration": a_configuration(memory_mb=memory_mb),
        "revision_id": "revision-1",
        "last_modified_at": NOW - timedelta(days=90),
        "state": "Active",
        "last_update_status": "Successful",
        "unknown_kind": None,
        "tags": {},
        "aliases": (),
        "versions": {},
    }
    return FunctionState(**usual | given)


def an_alias(name: str = "live", version: str = "1", **given: Any) -> Alias:
    usual: dict[str, Any] = {
        "name": name,
        "version": version,
        "weights": {},
        "revision_id": f"revision-of-{name}",
    }
    return Alias(**usual | given)


def a_snapshot(listed: ListedFunction | None = None, **signals: Any) -> Snapshot:
    """Build a snapshot; a signal is given by name, 'memory__peak_mb=200.0' for memory.peak_mb."""
    known = {
        name.replace("__", "."): Known(value=value, source="test")
        for name, value in signals.items()
    }
    return Snapshot(listed=listed or a_listed(), as_of=NOW, signals=known)


def a_function(name: str = "orders", *, memory_mb: int = 3008, **signals: Any) -> Snapshot:
    return a_snapshot(a_listed(name, memory_mb=memory_mb), **signals)


def an_explanation(text: str = "memory.peak_ratio < 60%", **given: Any) -> Explanation:
    usual = {"text": text, "answer": True, "signal": "memory.peak_ratio", "value": "10 %"}
    return Explanation(**usual | given)


def a_recommendation(memory_mb: int = 1769, **given: Any) -> Recommendation:
    usual: dict[str, Any] = {
        "kind": ChangeKind.SET_MEMORY,
        "after": {"memory_mb": memory_mb},
        "saving": Saving(low_usd_month=8.0, high_usd_month=12.0),
        "duration_p95_ms": 800.0,
        "predicted_p95_ms": 800.0,
        "predicted_p99_ms": 1500.0,
        "reasons": ("the peak is 300 MB, times 1.4 is 420 MB",),
    }
    return Recommendation(**usual | given)


def a_finding(
    name: str = "orders", *, listed: ListedFunction | None = None, **given: Any
) -> Finding:
    seen = listed or a_listed(name)
    policy_id = given.get("policy_id", POLICY_ID)
    usual: dict[str, Any] = {
        "id": finding_id(policy_id, seen.function),
        "policy_id": policy_id,
        "policy_digest": "digest-1",
        "title": "More memory than it uses",
        "severity": Severity.MEDIUM,
        "mode": Mode.APPROVE,
        "mode_reason": "as the policy says",
        "listed": seen,
        "organizational_units": (),
        "signals": {"memory.peak_mb": Known(value=300.0, source="Lambda Insights")},
        "explanation": an_explanation(),
        "advice": a_recommendation(),
        "approvers": (APPROVER,),
        "suppressed_by": None,
        "as_of": NOW,
    }
    return Finding(**usual | given)


def verify_terms(**given: Any) -> VerifyTerms:
    strict = WorseThan(ratio=None, floor=0.0)
    usual: dict[str, Any] = {
        "settle": timedelta(minutes=10),
        "watch": timedelta(hours=24),
        "samples": 100,
        "error_rate": WorseThan(ratio=1.5, floor=0.01),
        "duration_p95": WorseThan(ratio=1.2, floor=50.0),
        "out_of_memory": strict,
        "throttles": strict,
    }
    return VerifyTerms(**usual | given)


def a_remediation(
    name: str = "orders", *, number: int = 1, planned_at: datetime = NOW, **given: Any
) -> Remediation:
    """Build a remediation whose id is the digest of what it says."""
    function = given.pop("function", an_arn(name))
    digested: dict[str, Any] = {
        "hub_id": HUB_ID,
        "policy_id": POLICY_ID,
        "policy_digest": "digest-1",
        "function": function,
        "kind": ChangeKind.SET_MEMORY,
        "before": BeforeImage(configuration=a_configuration(), aliases={}),
        "after": {"memory_mb": 1769},
        "undo": {"memory_mb": 3008},
        "verify": verify_terms(),
    }
    digested |= {key: given.pop(key) for key in list(given) if key in digested}
    usual: dict[str, Any] = {
        "change_id": change_id(**digested),
        "round": number,
        "finding_id": finding_id(digested["policy_id"], function),
        "organizational_units": (),
        "title": "More memory than it uses",
        "severity": Severity.MEDIUM,
        "approval": ApprovalTerms(approvers=(APPROVER_ID,), needed=1, expires=timedelta(days=7)),
        "window": None,
        "recommendation": a_recommendation(),
        "explanation": an_explanation(),
        "risks": ("Running environments are replaced.",),
        "last_modified_at": NOW - timedelta(days=90),
        "rests_for": timedelta(days=14),
        "run_id": "run-1",
        "planned_at": planned_at,
        "expires_at": planned_at + timedelta(days=7),
        "apply_by": planned_at + timedelta(days=14),
    }
    return Remediation(**digested | usual | given)


def a_decision(
    remediation: Remediation | None = None,
    word: DecisionWord = DecisionWord.APPROVED,
    **given: Any,
) -> SignedDecision:
    """Build a decision; its signature is empty unless a test signs it."""
    about = remediation or a_remediation()
    signature, key_id = given.pop("signature", ""), given.pop("key_id", "")
    usual: dict[str, Any] = {
        "change_id": about.change_id,
        "round": about.round,
        "word": word,
        "approver": APPROVER_ID,
        "auth": "link",
        "reason": None,
        "decided_at": NOW,
    }
    return SignedDecision(decision=Decision(**usual | given), signature=signature, key_id=key_id)


def a_life(**given: Any) -> FindingLife:
    """Return what is remembered of a finding that one run saw."""
    usual: dict[str, Any] = {
        "id": "f",
        "policy_id": "a",
        "function": an_arn(),
        "title": "A",
        "severity": a_finding().severity,
        "because": "x",
        "status": FindingStatus.OPENED,
        "first_seen_at": NOW,
        "last_seen_at": NOW,
        "runs_in_a_row": 1,
    }
    return FindingLife(**usual | given)
