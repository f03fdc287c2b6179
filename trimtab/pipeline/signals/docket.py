"""Which questions are still open, and for which functions? What no answer can change is not asked.

Every policy keeps, for every function, the signals that could still change what is said of it. An
answer reopens only the policies that waited for it.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.fleet import ListedFunction
from trimtab.pipeline.signals.needs import Needs
from trimtab.pipeline.signals.views import Views


class Docket:
    """The open policies of every function of one slice."""

    def __init__(
        self, needs: Needs, views: Views, listed: Mapping[FunctionArn, ListedFunction]
    ) -> None:
        self._needs = needs
        self._policies = {policy.id: policy for policy in needs.policies}
        self._views = views
        self._listed = listed
        self._open: dict[FunctionArn, dict[str, tuple[timedelta, frozenset[str]]]] = {}
        self._in_order = sorted(listed)
        for function in self._in_order:
            self.reopen(function)

    def reopen(self, function: FunctionArn) -> None:
        """Ask afresh what every policy wants of a function: what was known of it has changed."""
        self._open[function] = {}
        for policy_id in self._policies:
            self._judge(function, policy_id)

    def heard(self, functions: Iterable[FunctionArn], tells: frozenset[str]) -> None:
        """Look again at the policies that waited for one of these signals."""
        for function in functions:
            waiting = [p for p, (_, names) in self._open[function].items() if names & tells]
            for policy_id in waiting:
                self._judge(function, policy_id)

    def wanting(self, tells: frozenset[str]) -> Mapping[timedelta, tuple[FunctionArn, ...]]:
        """Return the functions that some policy still wants one of these signals of, by the
        lookback of the policy.
        """
        found: dict[timedelta, dict[FunctionArn, None]] = {}
        for function in self._in_order:
            for lookback, names in self._open[function].values():
                if names & tells:
                    found.setdefault(lookback, {})[function] = None
        return {lookback: tuple(functions) for lookback, functions in found.items()}

    def _judge(self, function: FunctionArn, policy_id: str) -> None:
        policy = self._policies[policy_id]
        signals = self._views.of(function, policy.lookback)
        wanted = self._needs.wanted_by(policy, self._listed[function], signals)
        if wanted:
            self._open[function][policy_id] = (policy.lookback, wanted)
        else:
            self._open[function].pop(policy_id, None)
