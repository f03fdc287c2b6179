"""Is a function unused, for certain? Every sign of use must be known, and be none.

No call and no throttle over the whole lookback, older than it, nothing alive that may call it, and
nothing that could not be brought back. What is not known makes it abstain (S8).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from trimtab.domain.evidence import NOT_ASKED, Known, Signals
from trimtab.domain.finding import Abstention, Recommendation, Saving
from trimtab.domain.terms import ChangeKind

AGE = "function.age_days"
RESERVED = "concurrency.reserved"
BLOCK_CREATE = "runtime.days_to_block_create"
PROVISIONED = "concurrency.provisioned"

NONE_OF = {
    "usage.invocations": "{} calls in the lookback",
    "usage.throttles": "{} calls were turned away in the lookback",
    "trigger.live_count": "{} live triggers may call it",
    "durable.open_executions": "{} durable executions are open",
}
"""What must be zero -> what is said where it is not."""

EDGE = "trigger.is_edge"

SIGNALS = (AGE, *NONE_OF, PROVISIONED, RESERVED, BLOCK_CREATE, EDGE)

TIME_TO_RESTORE = timedelta(days=90)
"""How long after a removal its runtime must still be taken for a new function; chosen: an undo is
offered for as long."""


def advise(
    signals: Signals, fields: Mapping[str, Any], *, region: str, lookback: timedelta
) -> Recommendation | Abstention:
    """Advise the removal, or say which sign of use there is, or is not known."""
    missing = [name for name in SIGNALS if not isinstance(signals.get(name, NOT_ASKED), Known)]
    if missing:
        return Abstention(reason=f"{missing[0]} is not known")
    known = {name: value.value for name, value in signals.items() if isinstance(value, Known)}
    why = _why_used(known, lookback) or _why_not_restorable(known, fields)
    if why is not None:
        return Abstention(reason=why)
    return Recommendation(
        kind=ChangeKind.REMOVE_FUNCTION,
        after={"functions": 0},
        saving=Saving(low_usd_month=0.0, high_usd_month=0.0),
        reasons=(
            f"no call and no throttle in {lookback.days} days",
            f"not changed for {known[AGE]:.0f} days",
            "nothing alive is set up to call it",
        ),
    )


def _why_used(known: Mapping[str, Any], lookback: timedelta) -> str | None:
    for name, said in NONE_OF.items():
        if known[name]:
            return said.format(f"{known[name]:g}")
    if known[PROVISIONED]:
        return f"{known[PROVISIONED]:g} are provisioned for it: somebody keeps it warm"
    if known[AGE] < lookback.days:
        return f"it was changed {known[AGE]:.0f} days ago, {lookback.days} are needed to tell"
    if known[EDGE]:
        return "it runs at the edge, or may: its calls are counted elsewhere"
    return None


def _why_not_restorable(known: Mapping[str, Any], fields: Mapping[str, Any]) -> str | None:
    left = known[BLOCK_CREATE]
    needed = fields["notice"] + fields["quarantine"] + TIME_TO_RESTORE
    if left is not None and left < needed.days:
        return (
            f"no function can be created with its runtime in {max(left, 0):.0f} days: it could not "
            "be brought back"
        )
    return None
