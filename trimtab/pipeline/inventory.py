"""What is there, and what do we know of it? Stage 2 of 8: target → inventory.

Lists in bulk, then collects only what can still change a verdict: judge what is known, ask which
signals would decide the rest, fetch the cheapest tier of those for the undecided functions only,
and repeat. A page or call that fails is a gap and the run goes on (S8).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import OutsideError
from trimtab.domain.evidence import NOT_ASKED, Evidence, Unknown
from trimtab.domain.fleet import Aside, Gap, Inventory, ListedFunction, Snapshot
from trimtab.domain.price import Prices
from trimtab.domain.price_table import SHIPPED
from trimtab.pipeline.signals.cost import (
    COST_NEEDS,
    COST_SIGNALS,
    cost_signals,
    price_signals,
)
from trimtab.pipeline.signals.deep import STATE_SIGNALS, deep_signals
from trimtab.pipeline.signals.listed import listed_signals
from trimtab.pipeline.signals.memory import optimizer_signals, report_signals
from trimtab.pipeline.signals.needs import Needs
from trimtab.pipeline.signals.tags import TAG_SIGNALS, tag_signals
from trimtab.pipeline.signals.usage import METRICS, usage_signals
from trimtab.policy.signal import Tier
from trimtab.ports import Clock, FunctionSource

STOP_BEFORE = timedelta(seconds=60)
"""With less time left than this no further page is listed: what is listed must still be judged."""

READ_IN_TURN = (Tier.BULK, Tier.METRICS, Tier.OPTIMIZER, Tier.LOGS, Tier.BULK, Tier.DEEP)
"""Tags come again where a dearer tier made the finding: an exemption, an owner or an approver may
stand there (S10)."""

SLICE = 150
"""Functions judged together at most: were each a candidate with 4 calls at 3 a second and 4 lookups
at 1.5 a second, the slice would take 10 minutes of the 15 that an invocation has."""


@dataclass(slots=True)
class _Desk:
    """The working memory of one slice: signals so far, listings, gaps."""

    target: Target
    listed: dict[FunctionArn, ListedFunction]
    asides: dict[FunctionArn, Aside]
    signals: dict[FunctionArn, dict[str, Evidence]]
    gaps: list[Gap]
    lookback: timedelta
    prices: Prices

    def gap(self, what: str, error: OutsideError, function: FunctionArn | None = None) -> None:
        self.gaps.append(
            Gap(
                account=self.target.account,
                region=self.target.region,
                what=what,
                error=str(error),
                function=None if function is None else str(function),
            )
        )

    def told_by_listing(
        self, function: FunctionArn, aside: Aside | None, *, at: datetime
    ) -> dict[str, Evidence]:
        listed = listed_signals(self.listed[function], aside, at=at)
        return listed | price_signals(listed, region=function.region, prices=self.prices)

    def add(self, found: Mapping[FunctionArn, Mapping[str, Evidence]]) -> None:
        for function, signals in found.items():
            self.signals[function] |= dict(signals)


def inventory(  # noqa: PLR0913 - all that differs between the deployed scan and a look
    target: Target,
    source: FunctionSource,
    needs: Needs,
    *,
    clock: Clock,
    is_unmanaged: bool,
    marker: str | None = None,
    at_most: int = SLICE,
    only: FunctionArn | None = None,
    prices: Prices = SHIPPED,
) -> Inventory:
    """Read one target from `marker` on; `next_marker` says where to go on if the time ran out, or
    after the page that reached `at_most` functions. `only`: one function, and nothing of others.
    """
    at = clock.now()
    desk = _Desk(
        target=target,
        listed={},
        asides={},
        signals={},
        gaps=[],
        lookback=needs.lookback,
        prices=prices,
    )
    next_marker = _list(desk, source, clock=clock, marker=marker, at_most=at_most, only=only)
    desk.add({f: desk.told_by_listing(f, desk.asides[f], at=at) for f in desk.listed})
    _collect(desk, source, needs, at=at, is_unmanaged=is_unmanaged)
    return Inventory(
        target=target,
        as_of=at,
        snapshots=tuple(
            Snapshot(listed=desk.listed[f], as_of=at, signals=desk.signals[f])
            for f in sorted(desk.listed)
        ),
        gaps=tuple(desk.gaps),
        next_marker=next_marker,
        calls=source.calls(),
    )


def _list(
    desk: _Desk,
    source: FunctionSource,
    *,
    clock: Clock,
    marker: str | None,
    at_most: int,
    only: FunctionArn | None,
) -> str | None:
    while True:
        try:
            page = source.list_functions(marker)
        except OutsideError as error:
            desk.gap("target" if marker is None else f"ListFunctions from {marker}", error)
            return None
        listed = [f for f in page.functions if only is None or f.function == only]
        desk.listed.update({one.function: one for one in listed})
        desk.asides.update({one.function: page.asides[one.function] for one in listed})
        desk.signals.update({one.function: {} for one in listed})
        marker = page.next_marker
        if marker is None or only in desk.listed:
            return None
        if clock.remaining() < STOP_BEFORE or len(desk.listed) >= at_most:
            return marker


def _collect(
    desk: _Desk, source: FunctionSource, needs: Needs, *, at: datetime, is_unmanaged: bool
) -> None:
    tiers = needs.tiers
    readers: Mapping[Tier, Callable[[Sequence[FunctionArn]], None]] = {
        Tier.BULK: lambda functions: _read_tags(desk, source, needs),
        Tier.METRICS: lambda functions: _read_usage(desk, source, needs, functions, at=at),
        Tier.OPTIMIZER: lambda functions: desk.add(optimizer_signals(source, functions)),
        Tier.LOGS: lambda functions: _read_reports(desk, source, functions, at=at),
        Tier.DEEP: lambda functions: _read_deep(
            desk, source, needs, functions, at=at, is_unmanaged=is_unmanaged
        ),
    }
    for tier in READ_IN_TURN:
        if tier not in tiers:
            continue
        wanting = [
            f for f in sorted(desk.listed) if needs.asks(tier, desk.listed[f], desk.signals[f])
        ]
        if wanting:
            readers[tier](wanting)


def _read_tags(desk: _Desk, source: FunctionSource, needs: Needs) -> None:
    try:
        tags = source.tags()
    except OutsideError as error:
        desk.gap("tags", error)
        lost = Unknown(reason=f"tags could not be read: {error}")
        desk.add({f: dict.fromkeys(TAG_SIGNALS, lost) for f in desk.listed})
        return
    desk.add({f: tag_signals(tags.get(f, {}), owner_tags=needs.owner_tags) for f in desk.listed})


def _read_usage(
    desk: _Desk,
    source: FunctionSource,
    needs: Needs,
    functions: Sequence[FunctionArn],
    *,
    at: datetime,
) -> None:
    names = needs.ever & METRICS.keys()
    if needs.ever & COST_SIGNALS:
        names |= COST_NEEDS
    try:
        desk.add(usage_signals(source, functions, names, at=at, lookback=desk.lookback))
        desk.add(
            {
                f: cost_signals(
                    desk.signals[f], region=f.region, lookback=desk.lookback, prices=desk.prices
                )
                for f in functions
            }
        )
    except OutsideError as error:
        desk.gap("GetMetricData", error)
        lost = Unknown(reason=f"metrics could not be read: {error}")
        usage = {n for n in names if not n.startswith("memory.")}
        desk.add({f: dict.fromkeys(usage, lost) for f in functions})


def _read_reports(
    desk: _Desk, source: FunctionSource, functions: Sequence[FunctionArn], *, at: datetime
) -> None:
    found = report_signals(
        source,
        functions,
        invocations={f: desk.signals[f].get("usage.invocations", NOT_ASKED) for f in functions},
        at=at,
        lookback=desk.lookback,
    )
    for function, signals in found.items():
        peak = desk.signals[function].get("memory.peak_mb", NOT_ASKED)
        desk.add({function: signals | ({} if peak == NOT_ASKED else {"memory.peak_mb": peak})})


def _read_deep(
    desk: _Desk,
    source: FunctionSource,
    needs: Needs,
    functions: Sequence[FunctionArn],
    *,
    at: datetime,
    is_unmanaged: bool,
) -> None:
    """Read candidates one by one; one that changed since it was listed is judged as it is now."""
    for function in functions:
        tags = desk.signals[function].get("function.tags", NOT_ASKED)
        try:
            deep = deep_signals(
                source,
                desk.listed[function],
                tags=tags,
                is_unmanaged=is_unmanaged,
                may_change=needs.may_change(desk.listed[function], desk.signals[function]),
            )
        except OutsideError as error:
            desk.gap("function", error, function)
            lost = Unknown(reason=f"could not be read: {error}")
            desk.add({function: dict.fromkeys(("owner.tool", *STATE_SIGNALS), lost)})
            continue
        desk.add({function: deep.signals})
        if deep.state is not None:
            before = desk.listed[function]
            desk.listed[function] = replace(
                before,
                configuration=deep.state.configuration,
                revision_id=deep.state.revision_id,
                last_modified_at=deep.state.last_modified_at,
                unknown_kind=deep.state.unknown_kind or before.unknown_kind,
            )
            is_as_listed = deep.state.last_modified_at == before.last_modified_at
            aside = desk.asides[function] if is_as_listed else None
            desk.add({function: desk.told_by_listing(function, aside, at=at)})
