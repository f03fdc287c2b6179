"""What does a ticket say? The finding, its evidence, what to do, and how to say 'not this one'."""

from trimtab.domain.finding import Abstention, Explanation, Finding, Guidance, Recommendation
from trimtab.domain.old_versions import MOST_AT_ONCE
from trimtab.tickets.markdown import code
from trimtab.tickets.power_tuning import hand_over
from trimtab.tickets.provisioned import provisioned_advice

ANSWERS = {True: "holds", False: "does not hold", None: "unknown"}
EXEMPT_AT_MOST_DAYS = 90
NO_GUIDANCE = Guidance()


def ticket_body(
    finding: Finding,
    reason: str,
    guidance: Guidance = NO_GUIDANCE,
    *,
    policy_link: str | None = None,
) -> str:
    """Write the ticket in Markdown. `reason` says why this is a ticket and not a change."""
    parts = (
        _head(finding),
        "### Why this is a ticket",
        code(reason),
        "### Evidence",
        _evidence(finding.explanation),
        "### What to do",
        _advice(finding),
        *_guidance(guidance),
        *hand_over(finding),
        "### If it should stay as it is",
        _exemption(finding),
        _foot(finding, policy_link),
    )
    return "\n\n".join(parts) + "\n"


def _head(finding: Finding) -> str:
    function = finding.function
    rows = (
        ("Function", function.name),
        ("Account", function.account),
        ("Region", function.region),
        ("Severity", finding.severity.value),
        ("Memory", f"{finding.listed.configuration.memory_mb} MB"),
    )
    lines = [f"| {label} | {code(value)} |" for label, value in rows]
    return "\n".join([code(finding.title), "", "| | |", "| --- | --- |", *lines])


def _evidence(explanation: Explanation) -> str:
    lines = ["| Condition | Value | Source | Answer |", "| --- | --- | --- | --- |"]
    for leaf in explanation.leaves():
        value, source = leaf.value or "not read", leaf.source or "no source"
        lines.append(
            f"| {code(leaf.text)} | {code(value)} | {code(source)} | {ANSWERS[leaf.answer]} |"
        )
    return "\n".join(lines)


def _advice(finding: Finding) -> str:
    advice = finding.advice
    if isinstance(advice, Abstention):
        return f"Trimtab recommends no value: {code(advice.reason)}"
    if not isinstance(advice, Recommendation):
        return "This policy only points it out; it proposes no change."
    values = ", ".join(f"{name} = {number}" for name, number in sorted(advice.after.items()))
    saving = advice.saving
    effect = (
        f"saves {saving.low_usd_month:.2f} to {saving.high_usd_month:.2f} USD a month, estimated"
        f"{_slower(advice)}"
    )
    reasons = [f"- {code(reason)}" for reason in advice.reasons]
    if advice.provisioned is not None:
        told = provisioned_advice(advice.provisioned, advice.after)
        return "\n".join([*told, "", *reasons, "", f"This {effect}."])
    if advice.versions:
        return "\n".join([*_versions(advice), "", *reasons])
    return "\n".join([f"Set {code(values)}: {effect}.", "", *reasons]).strip()


def _versions(advice: Recommendation) -> tuple[str, ...]:
    """Name exactly the versions that may go: a wider deletion would take more."""
    going = advice.versions[:MOST_AT_ONCE]
    rows = [f"- version {code(one.number)}, code {code(one.code_sha256)}" for one in going]
    return (
        "Delete these versions, each by its number. A number never comes back, and a deletion "
        "without one takes the whole function.",
        "",
        *rows,
    )


def _slower(advice: Recommendation) -> str:
    """Say what becomes of the run time; nothing where the change leaves it alone."""
    now_ms, then_ms = advice.duration_p95_ms, advice.predicted_p95_ms
    if now_ms is None or then_ms is None:
        return ""
    return f"; p95 {now_ms:.0f} ms now, {then_ms:.0f} ms predicted"


def _guidance(guidance: Guidance) -> tuple[str, ...]:
    remedy = () if guidance.remedy is None else (code(guidance.remedy),)
    links = "\n".join(f"- <{_address(link)}>" for link in guidance.links)
    return (*remedy, links) if links else remedy


def _exemption(finding: Finding) -> str:
    tag = f"trimtab:exempt = {finding.policy_id}:YYYY-MM-DD"
    return (
        f"Tag the function {code(tag)} (at most {EXEMPT_AT_MOST_DAYS} days ahead), or add an entry "
        "with who, why and until when to `policies/exemptions.yaml`. The finding then shows as "
        "suppressed and this ticket is closed."
    )


def _foot(finding: Finding, policy_link: str | None) -> str:
    policy = code(finding.policy_id)
    named = policy if policy_link is None else f"[{policy}](<{_address(policy_link)}>)"
    return (
        f"Policy {named}, read {finding.as_of:%Y-%m-%d %H:%M} UTC, "
        f"function {code(str(finding.function))}.\n"
        "Trimtab keeps this text up to date and closes the ticket when it is resolved."
    )


def _address(link: str) -> str:
    """Return a link that cannot leave its angle brackets."""
    return "".join(c for c in link if c.isascii() and c.isprintable() and c not in "<>\\ ")
