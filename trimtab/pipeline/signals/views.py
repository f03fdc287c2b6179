"""What is known of each function so far, over each lookback? The working memory of one slice.

Most signals hold whatever the time; those summed up over time hold for one lookback. A view is what
a policy of that lookback sees.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Signals


class Views:
    """One view of every function for each lookback."""

    def __init__(self, lookbacks: Iterable[timedelta]) -> None:
        self._views: dict[timedelta, dict[FunctionArn, dict[str, Evidence]]] = {
            lookback: {} for lookback in lookbacks
        }

    @property
    def lookbacks(self) -> Sequence[timedelta]:
        return tuple(self._views)

    def add(self, found: Mapping[FunctionArn, Mapping[str, Evidence]]) -> None:
        """Add what holds over any time."""
        for lookback in self._views:
            self.add_over(lookback, found)

    def add_over(
        self, lookback: timedelta, found: Mapping[FunctionArn, Mapping[str, Evidence]]
    ) -> None:
        """Add what was summed up over this lookback."""
        views = self._views[lookback]
        for function, signals in found.items():
            views.setdefault(function, {}).update(signals)

    def lose(self, functions: Iterable[FunctionArn], names: Iterable[str], lost: Evidence) -> None:
        """Say of these signals that they could not be read."""
        self.add({function: dict.fromkeys(names, lost) for function in functions})

    def of(self, function: FunctionArn, lookback: timedelta) -> Signals:
        return self._views[lookback][function]

    def all_of(self, function: FunctionArn) -> Mapping[timedelta, Signals]:
        return {lookback: views[function] for lookback, views in self._views.items()}
