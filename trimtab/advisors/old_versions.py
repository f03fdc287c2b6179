"""Which published versions may go, for certain? What is not known of one keeps it (S8).

Nothing names it, nobody called it by its number, it is old, not among the newest, and not what a
deployment would go back to. At the edge nothing goes: what is called there is counted elsewhere.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from trimtab.domain.evidence import NOT_ASKED, Known, Signals
from trimtab.domain.finding import Abstention, Recommendation, Saving
from trimtab.domain.old_versions import MOST_AT_ONCE, VersionRecord, VersionUse, why_kept
from trimtab.domain.terms import ChangeKind

COUNT = "version.count"
NAMED = "version.named"
RECORD = "version.record"
EDGE = "trigger.is_edge"
EXECUTIONS = "durable.open_executions"

SIGNALS = (COUNT, NAMED, RECORD, EDGE, EXECUTIONS)

BYTES_PER_MB = 1024 * 1024
SAID = 3
"""Of how many versions an abstention says why they stay; chosen."""


def advise(
    signals: Signals, fields: Mapping[str, Any], *, region: str, lookback: timedelta
) -> Recommendation | Abstention:
    """Advise which versions go, oldest first, or say why none does."""
    missing = [name for name in SIGNALS if not isinstance(signals.get(name, NOT_ASKED), Known)]
    if missing:
        return Abstention(reason=f"{missing[0]} is not known")
    known = {name: value.value for name, value in signals.items() if isinstance(value, Known)}
    if known[EDGE]:
        return Abstention(reason="it runs at the edge, or may: its calls are counted elsewhere")
    if known[EXECUTIONS]:
        return Abstention(reason="durable executions are open, and go on with their version")
    record: VersionRecord = known[RECORD]
    stay = {one.number: _why_stays(one, record, known[NAMED], fields) for one in record.oldest}
    chosen = [one for one in record.oldest if stay[one.number] is None]
    if not chosen:
        why = "; ".join(f"{number}: {said}" for number, said in list(stay.items())[:SAID])
        return Abstention(reason=f"none of its versions may go: {why or 'it has none'}")
    going = chosen[:MOST_AT_ONCE]
    later = f"; {len(chosen) - len(going)} more later" if len(chosen) > len(going) else ""
    size_mb = sum(one.code_size_bytes for one in going) / BYTES_PER_MB
    return Recommendation(
        kind=ChangeKind.REMOVE_VERSIONS,
        after={"versions": int(known[COUNT]) - len(going)},
        saving=Saving(low_usd_month=0.0, high_usd_month=0.0),
        reasons=(
            f"versions {', '.join(one.number for one in going)}: {len(going)} of "
            f"{known[COUNT]:g}, with {size_mb:.0f} MB of code and "
            f"{sum(one.has_snapshot for one in going)} SnapStart snapshots{later}",
            f"no call by their number in {record.days} days",
            "no alias, provisioned concurrency, mapping, policy, rule or distribution names them",
            f"the newest {fields['keep_newest']:g} stay, and the one before each that is served",
        ),
        versions=tuple(one.old for one in chosen),
    )


def _why_stays(
    one: VersionUse, record: VersionRecord, named: list[str], fields: Mapping[str, Any]
) -> str | None:
    """Say what keeps one version; None: nothing does."""
    if one.number in named:
        return "something names it"
    place = why_kept(
        one.number,
        numbers=record.numbers,
        served=record.served,
        keep_newest=int(fields["keep_newest"]),
    )
    if place is not None:
        return place
    least_days = fields["min_age"] / timedelta(days=1)
    if one.age_days < least_days:
        return f"it was published {one.age_days:.0f} days ago, {least_days:.0f} are needed"
    if fields["snapshots_only"] and not one.has_snapshot:
        return "SnapStart keeps no snapshot of it"
    if one.calls is None:
        return "whether it was called is not known"
    if one.calls > 0:
        return f"{one.calls:g} calls by its number in {record.days} days"
    if not one.code_sha256 or not one.revision_id:
        return "the listing does not say what it is"
    return None
