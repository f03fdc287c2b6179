"""What can still change a verdict, and who answers it? The questions of stage 2, cheapest first.

Every answer is weighed before the next question: it is asked only of the functions that some policy
is still undecided about, and of each function once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import OutsideError, RetryableError
from trimtab.domain.evidence import NOT_ASKED, Evidence, Signals, Unknown, value_or_none
from trimtab.domain.fleet import Aside, Gap, ListedFunction
from trimtab.domain.price import Prices
from trimtab.pipeline.signals.cost import COST_NEEDS, COST_SIGNALS, cost_signals, price_signals
from trimtab.pipeline.signals.deep import STATE_SIGNALS, owner_tool, state_signals
from trimtab.pipeline.signals.docket import Docket
from trimtab.pipeline.signals.kept import KeptAnswers
from trimtab.pipeline.signals.listed import listed_signals
from trimtab.pipeline.signals.memory import NO_GROUP, optimizer_signals, report_signals
from trimtab.pipeline.signals.needs import FROM_LOGS, INVOCATIONS, OWNER, Needs
from trimtab.pipeline.signals.reading import FunctionReading, TargetReading
from trimtab.pipeline.signals.readings import READINGS
from trimtab.pipeline.signals.records import RECORD, record_signals
from trimtab.pipeline.signals.tags import TAG_SIGNALS, tag_signals
from trimtab.pipeline.signals.usage import METRICS, batches, usage_signals
from trimtab.pipeline.signals.views import Views
from trimtab.policy.runtimes import RuntimeTable
from trimtab.ports import Clock, FunctionSource, MemoryRecords

GROUP = "logs.group_exists"
PEAK = "memory.peak_mb"
"""Looked for in Insights, then Compute Optimizer, then REPORT lines, until one knows it."""

STOP_ASKING = timedelta(seconds=60)
"""With less time left than this no further function is asked for: what is known must be stored."""

Wanting = Mapping[timedelta, Sequence[FunctionArn]]
"""The functions a question is asked of, by the lookback of the policies that ask."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """The working memory of one slice: listings, signals so far, gaps, what was asked."""

    target: Target
    views: Views
    prices: Prices
    runtimes: RuntimeTable
    records: MemoryRecords | None
    """None: whoever looks has no hub."""
    listed: dict[FunctionArn, ListedFunction] = field(default_factory=dict)
    asides: dict[FunctionArn, Aside] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    """Of how many functions each question was asked."""
    spared: dict[str, int] = field(default_factory=dict)
    """For how many of them an earlier answer was taken."""

    def known(self, function: FunctionArn) -> Signals:
        """Return what is known of a function whatever the lookback, and over the longest."""
        return self.views.of(function, self.views.lookbacks[0])

    def told_by_listing(
        self,
        function: FunctionArn,
        aside: Aside | None,
        *,
        at: datetime,
        wanted: frozenset[str],
    ) -> dict[str, Evidence]:
        """Return what needs no further call. `aside` None: it changed since it was listed."""
        listed = listed_signals(
            self.listed[function], aside, at=at, wanted=wanted, runtimes=self.runtimes
        )
        return listed | price_signals(listed, region=function.region, prices=self.prices)

    def gap(self, what: str, error: str, function: FunctionArn | None = None) -> None:
        self.gaps.append(
            Gap(
                account=self.target.account,
                region=self.target.region,
                what=what,
                error=error,
                function=None if function is None else str(function),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What may be asked, and the signals that the answer tells."""

    what: str
    tells: frozenset[str]
    ask: Callable[[Wanting], None]
    is_over_time: bool = False
    """Whether the answer holds for one lookback only."""


def collect(
    desk: Desk,
    source: FunctionSource,
    needs: Needs,
    *,
    kept: KeptAnswers,
    clock: Clock,
    is_unmanaged: bool,
) -> None:
    """Ask until no answer could change what is said of any function."""
    docket = Docket(needs, desk.views, desk.listed)
    round_ = _Round(
        desk=desk,
        source=source,
        needs=needs,
        docket=docket,
        kept=kept,
        clock=clock,
        at=clock.now(),
        is_unmanaged=is_unmanaged,
        ever=needs.ever,
        for_changes=needs.ever_for_changes,
    )
    asked: set[tuple[str, timedelta | None, FunctionArn]] = set()
    questions, is_done = round_.questions(), False
    while not is_done:
        is_done = True
        for question in questions:
            wanting = _not_yet(question, docket.wanting(question.tells), asked)
            if not wanting:
                continue
            is_done = False
            question.ask(wanting)
            functions = {f for group in wanting.values() for f in group}
            desk.asked[question.what] = desk.asked.get(question.what, 0) + len(functions)
            docket.heard(functions, question.tells)


def _not_yet(
    question: _Question, wanting: Wanting, asked: set[tuple[str, timedelta | None, FunctionArn]]
) -> Wanting:
    """Leave out whom this question was put to before, whatever came of it; note the rest."""
    found: dict[timedelta, tuple[FunctionArn, ...]] = {}
    for lookback, functions in wanting.items():
        span = lookback if question.is_over_time else None
        new = tuple(f for f in functions if (question.what, span, f) not in asked)
        asked.update((question.what, span, f) for f in new)
        if new:
            found[lookback] = new
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """The questions of one slice."""

    desk: Desk
    source: FunctionSource
    needs: Needs
    docket: Docket
    kept: KeptAnswers
    clock: Clock
    at: datetime
    is_unmanaged: bool
    ever: frozenset[str]
    for_changes: frozenset[str]
    """The signals that a change could hang on: no earlier answer serves for them."""

    def questions(self) -> tuple[_Question, ...]:
        """Return them, the cheapest first."""
        return (
            _Question(what="tags", tells=frozenset(TAG_SIGNALS), ask=self._tags),
            *(
                _Question(what=r.what, tells=r.tells, ask=partial(self._target_reading, r))
                for r in READINGS
                if isinstance(r, TargetReading)
            ),
            _Question(what="memory record", tells=frozenset({RECORD}), ask=self._records),
            _Question(
                what="metrics",
                tells=COST_SIGNALS.union(METRICS),
                ask=self._metrics,
                is_over_time=True,
            ),
            _Question(
                what="Compute Optimizer",
                tells=frozenset({PEAK}),
                ask=self._optimizer,
                is_over_time=True,
            ),
            _Question(what="REPORT lines", tells=FROM_LOGS, ask=self._reports, is_over_time=True),
            *(
                _Question(what=r.what, tells=r.tells, ask=partial(self._function_reading, r))
                for r in READINGS
                if isinstance(r, FunctionReading)
            ),
            _Question(what="owner", tells=frozenset({OWNER}), ask=self._owner),
            _Question(what="state", tells=frozenset(STATE_SIGNALS), ask=self._state),
        )

    def _tags(self, wanting: Wanting) -> None:
        desk = self.desk
        try:
            tags = self.source.tags()
        except OutsideError as error:
            desk.gap("tags", str(error))
            lost = Unknown(reason=f"tags could not be read: {error}")
            desk.views.lose(desk.listed, TAG_SIGNALS, lost)
            return
        owner_tags = self.needs.owner_tags
        desk.views.add(
            {f: tag_signals(tags.get(f, {}), owner_tags=owner_tags) for f in desk.listed}
        )

    def _target_reading(self, reading: TargetReading, wanting: Wanting) -> None:
        desk = self.desk
        try:
            found = reading.read(self.source, tuple(desk.listed.values()), self.at)
        except OutsideError as error:
            desk.gap(reading.what, str(error))
            lost = Unknown(reason=f"{reading.what} could not be read: {error}")
            for function in desk.listed:
                unread = reading.tells - desk.known(function).keys()
                desk.views.lose((function,), unread, lost)
            return
        desk.views.add(found)

    def _records(self, wanting: Wanting) -> None:
        """Read all of the target at once: whoever asks later finds it told."""
        desk = self.desk
        try:
            found = None if desk.records is None else desk.records.records(desk.target)
            desk.views.add(record_signals(found, desk.listed))
        except OutsideError as error:
            desk.gap("memory record", str(error))
            lost = Unknown(reason=f"the memory record could not be read: {error}")
            desk.views.lose(desk.listed, (RECORD,), lost)

    def _metrics(self, wanting: Wanting) -> None:
        for batch in batches(wanting):
            self._metrics_of(batch)

    def _metrics_of(self, wanting: Wanting) -> None:
        views = self.desk.views
        names = self.needs.ever_over(wanting.keys()) & METRICS.keys()
        if self.needs.ever_over(wanting.keys()) & COST_SIGNALS:
            names |= COST_NEEDS
        try:
            usage = usage_signals(self.source, wanting, names, at=self.at)
        except OutsideError as error:
            self.desk.gap("GetMetricData", str(error))
            lost = Unknown(reason=f"metrics could not be read: {error}")
            asked = {*names, INVOCATIONS, *COST_SIGNALS}
            unread = {name for name in asked if not name.startswith("memory.")}
            for lookback, functions in wanting.items():
                views.add_over(lookback, {f: dict.fromkeys(unread, lost) for f in functions})
            return
        for lookback, found in usage.over.items():
            views.add_over(lookback, found)
            views.add_over(
                lookback,
                {
                    f: cost_signals(
                        views.of(f, lookback),
                        region=f.region,
                        lookback=lookback,
                        prices=self.desk.prices,
                    )
                    for f in found
                },
            )

    def _optimizer(self, wanting: Wanting) -> None:
        functions = {f for group in wanting.values() for f in group}
        peaks = optimizer_signals(self.source, tuple(functions))
        for lookback, group in wanting.items():
            self.desk.views.add_over(lookback, {f: peaks[f] for f in group if f in peaks})

    def _reports(self, wanting: Wanting) -> None:
        views = self.desk.views
        for lookback, functions in wanting.items():
            known = {f: views.of(f, lookback) for f in functions}
            there = [f for f in functions if value_or_none(known[f].get(GROUP)) is not False]
            found = dict.fromkeys(functions, NO_GROUP) | report_signals(
                self.source,
                there,
                invocations={f: known[f].get(INVOCATIONS, NOT_ASKED) for f in functions},
                at=self.at,
                lookback=lookback,
            )
            peaks = {
                f: known[f][PEAK] for f in functions if known[f].get(PEAK, NOT_ASKED) != NOT_ASKED
            }
            views.add_over(lookback, found)
            views.add_over(lookback, {f: {PEAK: peak} for f, peak in peaks.items()})

    def _function_reading(self, reading: FunctionReading, wanting: Wanting) -> None:
        desk = self.desk

        def ask(function: FunctionArn) -> None:
            found = reading.read(self.source, desk.listed[function], desk.known(function))
            desk.views.add({function: found})
            if reading.is_kept:
                self.kept.keep(desk.listed[function], reading.what, found)

        left = [function for function in _each(wanting) if not self._answered(reading, function)]
        self._one_by_one(reading.what, reading.tells, left, ask)

    def _answered(self, reading: FunctionReading, function: FunctionArn) -> bool:
        """Take an earlier answer that still holds, unless a change could hang on it."""
        desk = self.desk
        if reading.tells & self.for_changes:
            return False
        earlier = self.kept.find(desk.listed[function], reading.what)
        if earlier is None or not reading.is_told(earlier):
            return False
        desk.views.add({function: earlier})
        desk.spared[reading.what] = desk.spared.get(reading.what, 0) + 1
        return True

    def _owner(self, wanting: Wanting) -> None:
        desk = self.desk

        def ask(function: FunctionArn) -> None:
            owner = owner_tool(
                self.source,
                desk.listed[function],
                tags=desk.known(function).get("function.tags", NOT_ASKED),
                is_unmanaged=self.is_unmanaged,
                may_change=self.needs.may_change(
                    desk.listed[function], desk.views.all_of(function)
                ),
            )
            desk.views.add({function: {OWNER: owner}})

        self._one_by_one("owner", frozenset({OWNER}), _each(wanting), ask)

    def _state(self, wanting: Wanting) -> None:
        """Read functions afresh; one that changed since it was listed is judged as it is now."""
        desk = self.desk

        def ask(function: FunctionArn) -> None:
            listed, state = desk.listed[function], self.source.state(function)
            desk.views.add({function: state_signals(state)})
            desk.listed[function] = replace(
                listed,
                configuration=state.configuration,
                revision_id=state.revision_id,
                last_modified_at=state.last_modified_at,
                unknown_kind=state.unknown_kind or listed.unknown_kind,
            )
            is_as_listed = state.last_modified_at == listed.last_modified_at
            aside = desk.asides[function] if is_as_listed else None
            now = desk.told_by_listing(function, aside, at=self.at, wanted=self.ever)
            desk.views.add({function: now})
            if not is_as_listed:
                self.docket.reopen(function)

        self._one_by_one("state", frozenset(STATE_SIGNALS), _each(wanting), ask)

    def _one_by_one(
        self,
        what: str,
        tells: frozenset[str],
        functions: Iterable[FunctionArn],
        ask: Callable[[FunctionArn], None],
    ) -> None:
        """Ask of each function, while there is time; one that fails is a gap of its own."""
        for function in functions:
            try:
                if self.clock.remaining() < STOP_ASKING:
                    raise RetryableError("the time of this invocation ran out")
                ask(function)
            except OutsideError as error:
                self.desk.gap(what, str(error), function)
                lost = Unknown(reason=f"could not be read: {error}")
                self.desk.views.lose((function,), tells, lost)


def _each(wanting: Wanting) -> Iterable[FunctionArn]:
    return sorted({f for group in wanting.values() for f in group})
