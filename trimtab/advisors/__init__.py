"""Pure judgement that conditions cannot express. An advisor recommends, or abstains with a
reason. No I/O.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trimtab.advisors import memory_size, old_versions, provisioned_advice, removal
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.terms import ChangeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisor:
    """One judge: the signals it cannot do without, those that sharpen it, and the judgement.

    Those at hand are taken where another question told them, and never asked for: they cost.

    `advise(signals, fields, region=, lookback=)` takes the fields of the policy's `change:` block.
    """

    signals: tuple[str, ...]
    optional_signals: tuple[str, ...]
    at_hand_signals: tuple[str, ...]
    advise: Callable[..., Recommendation | Abstention]


def _of_provisioned(advise: Callable[..., Recommendation | Abstention]) -> Advisor:
    return Advisor(
        signals=provisioned_advice.SIGNALS,
        optional_signals=(),
        at_hand_signals=(),
        advise=advise,
    )


ADVISORS: Mapping[ChangeKind, Advisor] = {
    ChangeKind.SET_MEMORY: Advisor(
        signals=memory_size.SIGNALS,
        optional_signals=memory_size.OPTIONAL_SIGNALS,
        at_hand_signals=memory_size.AT_HAND_SIGNALS,
        advise=memory_size.advise,
    ),
    ChangeKind.SCHEDULE_PROVISIONED: _of_provisioned(provisioned_advice.advise_schedule),
    ChangeKind.REDUCE_PROVISIONED: _of_provisioned(provisioned_advice.advise_reduce),
    ChangeKind.REMOVE_PROVISIONED: _of_provisioned(provisioned_advice.advise_remove),
    ChangeKind.REMOVE_FUNCTION: Advisor(
        signals=removal.SIGNALS,
        optional_signals=(),
        at_hand_signals=(),
        advise=removal.advise,
    ),
    ChangeKind.REMOVE_VERSIONS: Advisor(
        signals=old_versions.SIGNALS,
        optional_signals=(),
        at_hand_signals=(),
        advise=old_versions.advise,
    ),
}
