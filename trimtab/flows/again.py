"""Does the finding behind a removal still hold, right now? Read anew, judged by the same policy."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from trimtab.domain.errors import RetryableError
from trimtab.domain.evidence import NOT_ASKED
from trimtab.domain.finding import Abstention, Assessment, Recommendation
from trimtab.domain.fleet import Account
from trimtab.domain.price_table import SHIPPED
from trimtab.domain.remediation import Remediation
from trimtab.flows.because import because
from trimtab.flows.sweep import applies_to, explained, read_target
from trimtab.pipeline.evaluate import advised, unread_by_advisor
from trimtab.policy.catalog import TAGS
from trimtab.policy.exemption_rules import exemption_for
from trimtab.policy.model import Bundle
from trimtab.ports import Clock, Fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What judging one function anew needs from outside."""

    fleet: Callable[[], Fleet]
    """Opens targets through the read role; made only when somebody looks."""
    bundle: Bundle
    clock: Clock


def why_not_any_more(remediation: Remediation, bench: Bench) -> str | None:
    """Read the function as a scan does, and say why its policy does not find it any more. None: it
    finds it still, and its advisor advises the same.

    Raises: RetryableError when that is not known just now (S8); PermanentError.
    """
    found = _judged(remediation, bench)
    return found if isinstance(found, str) else None


def still_old(remediation: Remediation, bench: Bench) -> frozenset[str] | str:
    """Read the function as a scan does, and return the versions that are still advised to go; a
    text: why its policy does not find it any more.

    Raises: RetryableError when that is not known just now (S8); PermanentError.
    """
    found = _judged(remediation, bench)
    if isinstance(found, str):
        return found
    return frozenset(one.number for one in (() if found is None else found.versions))


def _judged(remediation: Remediation, bench: Bench) -> Recommendation | str | None:
    """Return what is advised by now, or why the finding does not hold any more."""
    policy = bench.bundle.policy(remediation.policy_id)
    if policy is None:
        return f"policy {remediation.policy_id} was removed since"
    if policy.change is None or policy.change.kind is not remediation.kind:
        return f"policy {policy.id} does not ask for this any more"
    function = remediation.function
    account = Account(
        id=function.account,
        name=function.account,
        organizational_units=remediation.organizational_units,
    )
    read = read_target(
        function.target,
        account,
        bench.fleet().open(function.target),
        replace(bench.bundle, policies=(policy,)),
        clock=bench.clock,
        prices=SHIPPED,
        only=function,
    )
    if read.gaps:
        gap = read.gaps[0]
        raise RetryableError(f"{function}: {gap.what} could not be read: {gap.error}")
    if not read.snapshots:
        return "it is not listed any more"
    snapshot = read.snapshots[0]
    judgement = explained(policy, snapshot, account)
    if judgement.assessment is Assessment.INSUFFICIENT_DATA:
        missing = ", ".join(judgement.missing)
        raise RetryableError(f"{function}: policy {policy.id} cannot tell without {missing}")
    if judgement.assessment is not Assessment.NON_COMPLIANT:
        applies = applies_to(policy, snapshot, account)
        return f"its policy says {judgement.assessment.value.replace('_', ' ')}: " + because(
            judgement, applies=applies
        )
    exempt = exemption_for(
        bench.bundle.exemptions,
        policy,
        function=function,
        tags=snapshot.signals.get(TAGS, NOT_ASKED),
        now=bench.clock.now(),
    )
    if exempt is not None:
        return f"it is exempt by now: {exempt.why}"
    unread = unread_by_advisor(remediation.kind, policy, snapshot)
    if unread:
        raise RetryableError(f"{function}: {', '.join(unread)} could not be read")
    advice = advised(policy, snapshot)
    return advice.reason if isinstance(advice, Abstention) else advice
