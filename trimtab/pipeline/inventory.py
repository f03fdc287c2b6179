"""What is there, and what do we know of it? Stage 2 of 8: target → inventory.

Lists in bulk, then collects only what can still change a verdict: judge what is known, ask the
cheapest question that would decide something, of the undecided functions only, and repeat. A page
or call that fails is a gap and the run goes on (S8).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import OutsideError
from trimtab.domain.fleet import Inventory, Snapshot
from trimtab.domain.price import Prices
from trimtab.domain.price_table import SHIPPED
from trimtab.pipeline.collect import Desk, collect
from trimtab.pipeline.signals.kept import KeptAnswers
from trimtab.pipeline.signals.needs import Needs
from trimtab.pipeline.signals.views import Views
from trimtab.ports import Clock, FunctionSource, MemoryRecords

STOP_BEFORE = timedelta(seconds=60)
"""With less time left than this no further page is listed: what is listed must still be judged."""

SLICE = 100
"""Functions judged together at most: were each a candidate with 10 calls at 3 a second and 4
lookups at 1.5 a second, the slice would take 10 minutes of the 15 that an invocation has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which part of a target to read."""

    marker: str | None = None
    """Where to begin; None: at the beginning."""
    at_most: int = SLICE
    """Read on to the end of the page that reaches so many functions."""
    only: FunctionArn | None = None
    """One function, and nothing of others."""


WHOLE = Cut()
"""From the beginning, as much as one slice takes."""


def inventory(  # noqa: PLR0913 - what is read, by what, and what is known before
    target: Target,
    source: FunctionSource,
    needs: Needs,
    *,
    clock: Clock,
    is_unmanaged: bool,
    cut: Cut = WHOLE,
    kept: KeptAnswers | None = None,
    prices: Prices = SHIPPED,
    records: MemoryRecords | None = None,
) -> Inventory:
    """Read one target, or a part of it; `next_marker` says where to go on if there is more.

    `kept`: answers of earlier scans; those that still hold are not asked for again, and new ones
    are added. `records`: what was measured of memory sizes; None: this scan has no hub.
    """
    at = clock.now()
    desk = Desk(
        target=target,
        views=Views(needs.lookbacks),
        prices=prices,
        runtimes=needs.runtimes,
        records=records,
    )
    next_marker = _list(desk, source, cut, clock=clock)
    wanted = needs.ever
    desk.views.add(
        {f: desk.told_by_listing(f, desk.asides[f], at=at, wanted=wanted) for f in desk.listed}
    )
    collect(
        desk,
        source,
        needs,
        kept=KeptAnswers(at=at) if kept is None else kept,
        clock=clock,
        is_unmanaged=is_unmanaged,
    )
    return Inventory(
        target=target,
        as_of=at,
        snapshots=tuple(_snapshot(desk, f, at=at) for f in sorted(desk.listed)),
        gaps=tuple(desk.gaps),
        next_marker=next_marker,
        calls=source.calls(),
        asked=desk.asked,
        spared=desk.spared,
    )


def _snapshot(desk: Desk, function: FunctionArn, *, at: datetime) -> Snapshot:
    longest, *shorter = desk.views.lookbacks
    return Snapshot(
        listed=desk.listed[function],
        as_of=at,
        signals=desk.views.of(function, longest),
        shorter={lookback: desk.views.of(function, lookback) for lookback in shorter},
    )


def _list(desk: Desk, source: FunctionSource, cut: Cut, *, clock: Clock) -> str | None:
    marker = cut.marker
    while True:
        try:
            page = source.list_functions(marker)
        except OutsideError as error:
            desk.gap("target" if marker is None else f"ListFunctions from {marker}", str(error))
            return None
        listed = [f for f in page.functions if cut.only is None or f.function == cut.only]
        desk.listed.update({one.function: one for one in listed})
        desk.asides.update({one.function: page.asides[one.function] for one in listed})
        marker = page.next_marker
        if marker is None or cut.only in desk.listed:
            return None
        if clock.remaining() < STOP_BEFORE or len(desk.listed) >= cut.at_most:
            return marker
