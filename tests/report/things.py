"""What do emails and pages speak of here? One believable change, every part replaceable."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from trimtab.domain.approval import Decision, DecisionWord, Link, Round, RoundStatus, SignedDecision
from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Unknown
from trimtab.domain.finding import Explanation, Finding, Recommendation, Saving
from trimtab.domain.fleet import Configuration, ListedFunction
from trimtab.domain.remediation import BeforeImage, Remediation
from trimtab.domain.removal import OldVersion, RemovalPlan
from trimtab.domain.run import RunCounts
from trimtab.domain.terms import (
    ApprovalTerms,
    ChangeKind,
    Mode,
    Severity,
    VerifyTerms,
    Window,
    WorseThan,
)
from trimtab.domain.verification import Comparison, Health, Verification

NOW = datetime(2026, 11, 21, 7, 45, tzinfo=UTC)
APPROVER = "dana.okafor@example.com"
CHANGE_ID = "q3mz7xk2p4n6v5t2c7hyd3rwae"
EXPLANATION = Explanation(
    text="all of",
    answer=True,
    children=(
        Explanation(
            text="function.memory_mb > 128",
            answer=True,
            signal="function.memory_mb",
            value="3008 MB",
            source="ListFunctions",
        ),
        Explanation(
            text="usage.invocations >= 1000",
            answer=True,
            signal="usage.invocations",
            value="412,880 in 14 days",
            source="CloudWatch, AWS/Lambda",
        ),
        Explanation(
            text="memory.peak_ratio < 60%",
            answer=True,
            signal="memory.peak_ratio",
            value="31% (934 MB of 3008 MB)",
            source="Lambda Insights, highest of 14 days",
        ),
        Explanation(
            text="not",
            answer=True,
            children=(
                Explanation(
                    text="tag keep-memory is present",
                    answer=False,
                    signal="function.tags",
                    value="none",
                    source="Resource Groups Tagging API",
                ),
            ),
        ),
    ),
)
ADVICE = Recommendation(
    kind=ChangeKind.SET_MEMORY,
    after={"memory_mb": 1792},
    saving=Saving(low_usd_month=12.4, high_usd_month=31.2),
    duration_p95_ms=420,
    predicted_p95_ms=431,
    predicted_p99_ms=1260,
    reasons=(
        "Peak 934 MB times headroom 1.4 is 1308 MB; 1792 MB is the next size with a full CPU.",
        "3008 MB to 1792 MB is 40% less, within the 50% of one step.",
    ),
)


def a_function(name: str = "checkout-thumbnailer", **fields: str) -> FunctionArn:
    given = {"partition": "aws", "region": "eu-west-1", "account": "111122223333"}
    return FunctionArn(name=name, **{**given, **fields})


def a_configuration(memory_mb: int = 3008) -> Configuration:
    return Configuration(code_sha256="c2hh", memory_mb=memory_mb, timeout_s=30, settings={})


def a_remediation(**fields: Any) -> Remediation:
    given: dict[str, Any] = {
        "change_id": CHANGE_ID,
        "round": 1,
        "hub_id": "hub-1",
        "finding_id": "a" * 26,
        "policy_id": "memory-oversized",
        "policy_digest": "d" * 64,
        "title": "Memory is far above what the function uses",
        "severity": Severity.MEDIUM,
        "function": a_function(),
        "organizational_units": ("ou-abcd-11111111",),
        "kind": ChangeKind.SET_MEMORY,
        "before": BeforeImage(configuration=a_configuration(), aliases={"live": "12"}),
        "after": {"memory_mb": 1792},
        "undo": {"memory_mb": 3008},
        "verify": VerifyTerms(
            settle=timedelta(minutes=30),
            watch=timedelta(hours=24),
            samples=200,
            error_rate=WorseThan(ratio=1.5, floor=5),
            duration_p95=WorseThan(ratio=1.25, floor=None),
            out_of_memory=WorseThan(ratio=None, floor=0),
            throttles=WorseThan(ratio=1.5, floor=5),
        ),
        "approval": ApprovalTerms(
            approvers=("owner", "finops@example.com"), needed=1, expires=timedelta(hours=72)
        ),
        "window": Window(
            days=(0, 1, 2, 3), opens=time(9), closes=time(16), timezone="Europe/Berlin"
        ),
        "recommendation": ADVICE,
        "explanation": EXPLANATION,
        "risks": (
            "It may run slower: about 11 ms more at p95.",
            "Running environments are replaced: expect a wave of cold starts.",
            "While the update runs (seconds, with a VPC about a minute) a deployment of yours gets "
            "a 409 conflict and has to be tried again.",
            "Peak memory was measured, not guaranteed: an unusual input may need more.",
        ),
        "last_modified_at": NOW - timedelta(days=40),
        "rests_for": timedelta(days=14),
        "run_id": "2026-11-21T0700-4f1c",
        "planned_at": NOW - timedelta(minutes=45),
        "expires_at": NOW + timedelta(hours=71, minutes=15),
        "apply_by": NOW + timedelta(days=9),
    }
    return Remediation(**{**given, **fields})


def a_link(**fields: Any) -> Link:
    given: dict[str, Any] = {
        "token_hash": "f" * 64,
        "change_id": CHANGE_ID,
        "round": 1,
        "approver": APPROVER,
        "expires_at": NOW + timedelta(hours=71, minutes=15),
    }
    return Link(**{**given, **fields})


def a_decision(word: DecisionWord = DecisionWord.APPROVED, **fields: Any) -> SignedDecision:
    given: dict[str, Any] = {
        "change_id": CHANGE_ID,
        "round": 1,
        "word": word,
        "approver": APPROVER,
        "auth": "link",
        "reason": None,
        "decided_at": NOW - timedelta(minutes=5),
    }
    return SignedDecision(
        decision=Decision(**{**given, **fields}), signature="c2ln", key_id="key-1"
    )


def a_removal(**fields: Any) -> Remediation:
    plan = RemovalPlan(
        notice=timedelta(days=14),
        quarantine=timedelta(hours=72),
        last_call=timedelta(hours=48),
        reserved=None,
    )
    given: dict[str, Any] = {
        "kind": ChangeKind.REMOVE_FUNCTION,
        "after": {"functions": 0},
        "undo": {"functions": 1},
        "removal": plan,
        "policy_id": "unused-removal",
        "title": "Nobody has called it for more than a year",
    }
    return a_remediation(**{**given, **fields})


def a_removal_of_versions(**fields: Any) -> Remediation:
    versions = tuple(
        OldVersion(number=number, code_sha256=code, revision_id=f"r-{number}")
        for number, code in (("1", "Y29kZTE="), ("3", "Y29kZTM="))
    )
    plan = RemovalPlan(
        notice=timedelta(days=7),
        quarantine=timedelta(0),
        last_call=timedelta(0),
        reserved=None,
        versions=versions,
        keep_newest=5,
    )
    given: dict[str, Any] = {
        "kind": ChangeKind.REMOVE_VERSIONS,
        "after": {"versions": 10},
        "undo": {"versions": 12},
        "removal": plan,
        "policy_id": "old-versions",
        "title": "Many old versions that nothing names",
        "recommendation": replace(a_remediation().recommendation, versions=versions),
    }
    return a_remediation(**{**given, **fields})


OF_REMOVALS = (RoundStatus.NOTICE, RoundStatus.QUARANTINE, RoundStatus.REMOVED)
"""Where no other change stands."""


def a_round(status: RoundStatus = RoundStatus.PROPOSED, **fields: Any) -> Round:
    if status in OF_REMOVALS:
        fields = {"remediation": a_removal()} | fields
    given: dict[str, Any] = {"remediation": a_remediation(), "status": status}
    return Round(**{**given, **fields})


def a_verification(health: Health = Health.HEALTHY) -> Verification:
    hurt = health is Health.REGRESSED
    return Verification(
        health=health,
        comparisons=(
            Comparison(
                figure="error rate",
                before=0.002,
                after=0.031 if hurt else 0.0021,
                answer=health,
                why="0.2% before, 3.1% now: more than 1.5 times" if hurt else "0.2% before and now",
            ),
            Comparison(
                figure="out of memory",
                before=0,
                after=None,
                answer=Health.INSUFFICIENT_DATA,
                why="not observed: Lambda Insights is not on",
            ),
        ),
        at=NOW,
    )


def a_run(**fields: int) -> RunCounts:
    given = {
        "accounts": 4,
        "left_out": 1,
        "targets": 8,
        "functions": 120,
        "judged": 120,
        "gaps": 2,
        "verdicts": 120,
        "compliant": 88,
        "not_applicable": 6,
        "insufficient_data": 9,
        "findings": 17,
        "planned": 6,
        "held_back": 3,
        "suppressed": 2,
        "observed": 0,
        "ticketed": 4,
        "already_open": 1,
        "cooling_down": 1,
    }
    return RunCounts(**{**given, **fields})


def a_finding(**fields: Any) -> Finding:
    function = fields.pop("function", a_function())
    given: dict[str, Any] = {
        "id": "a" * 26,
        "policy_id": "memory-oversized",
        "policy_digest": "d" * 64,
        "title": "Memory is far above what the function uses",
        "severity": Severity.MEDIUM,
        "mode": Mode.TICKET,
        "mode_reason": "fleet.yaml allows at most ticket in this OU",
        "organizational_units": ("ou-abcd-11111111",),
        "listed": ListedFunction(
            function=function,
            configuration=a_configuration(),
            revision_id="r-1",
            last_modified_at=NOW - timedelta(days=40),
            runtime="python3.13",
            architecture="arm64",
            package_type="Zip",
            code_size_bytes=1_000_000,
            ephemeral_storage_mb=512,
            has_vpc=False,
            unknown_kind=None,
        ),
        "signals": {"memory.peak_mb": Unknown(reason="not asked")},
        "explanation": EXPLANATION,
        "advice": ADVICE,
        "approvers": (APPROVER,),
        "suppressed_by": None,
        "as_of": NOW - timedelta(hours=1),
    }
    return Finding(**{**given, **fields})
