"""May a function be changed, and is it still what was approved? The part of the guard that every
kind of change shares.
"""

from collections.abc import Sequence

from trimtab.domain.evidence import Known, Unknown
from trimtab.domain.finding import Finding
from trimtab.domain.fleet import FunctionState
from trimtab.domain.remediation import Remediation
from trimtab.remediations.set_memory_steps import differing_settings


def why_not_changed(finding: Finding, guard: Sequence[str], *, where: str) -> str | None:
    """Say why a function is ticketed: of a kind not known, owned, not settled, or not known to be
    none of these. `where` says what to do in the code that owns it.
    """
    if finding.listed.unknown_kind is not None:
        return f"Trimtab does not know this kind of function: {finding.listed.unknown_kind}"
    known = {n: s.value for n, s in finding.signals.items() if isinstance(s, Known)}
    owner = known.get("owner.tool", "none")
    if owner != "none":
        return f"owned by {owner}: {where}"
    for name in guard:
        evidence = finding.signals.get(name, Unknown(reason="not asked"))
        if isinstance(evidence, Unknown):
            return f"{name} is not known: {evidence.reason}"
    if (known["function.state"], known["function.last_update_status"]) != ("Active", "Successful"):
        update = known["function.last_update_status"]
        return f"it is {known['function.state']}, its last update {update}"
    return None


def why_not_settled(state: FunctionState) -> str | None:
    if state.unknown_kind is not None:
        return f"it has become a kind Trimtab does not know: {state.unknown_kind}"
    if not state.is_settled:
        return f"it is {state.state}, its last update {state.last_update_status}"
    return None


def why_changed(remediation: Remediation, state: FunctionState) -> str | None:
    """Compare a fresh read with the before-image; say both values where they differ (S5)."""
    before, now = remediation.before.configuration, state.configuration
    if now.memory_mb != before.memory_mb:
        return f"memory was {before.memory_mb} MB when approved and is {now.memory_mb} MB now"
    if now.code_sha256 != before.code_sha256:
        return f"code was {before.code_sha256} when approved and is {now.code_sha256} now"
    if now != before:
        names = differing_settings(before.settings, now.settings) or ("timeout_s",)
        return f"settings changed since it was approved: {', '.join(names)}"
    if state.last_modified_at != remediation.last_modified_at:
        return (
            f"last modified {remediation.last_modified_at.isoformat()} when planned and "
            f"{state.last_modified_at.isoformat()} now"
        )
    aliases = {a.name: a.version for a in state.aliases}
    if aliases != dict(remediation.before.aliases):
        return (
            f"aliases were {dict(remediation.before.aliases)} when approved and are {aliases} now"
        )
    return None
