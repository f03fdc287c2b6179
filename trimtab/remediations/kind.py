"""What must every kind of change be able to say? Its answers, as plain functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trimtab.domain.change_spec import ChangeSpec
from trimtab.domain.finding import Finding
from trimtab.domain.fleet import FunctionState
from trimtab.domain.remediation import Remediation
from trimtab.domain.step import PublishVersion, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of change, all of it pure. A write is one step; a step is seen done on a fresh
    read.
    """

    spec: ChangeSpec
    """Its fields in policy files."""
    guard_signals: tuple[str, ...]
    """What must be known of a function before a change of it is proposed."""
    iam_actions: tuple[str, ...]
    """What the change role needs for it and for its undo; infra grants exactly this."""
    obstacle: Callable[[Finding], str | None]
    """Why this function is not changed but ticketed; None: nothing stands in the way."""
    undo: Callable[[Finding], Mapping[str, int]]
    """The before-values that the undo writes."""
    risks: Callable[[Finding], tuple[str, ...]]
    stale: Callable[[Remediation, FunctionState], str | None]
    """Why the function is no longer what was approved; None: it still is, and nothing is written
    yet.
    """
    probes: Callable[[Remediation, FunctionState], tuple[Step, ...]]
    """The calls to be tried, with a wrong RevisionId, before the first write: each would write what
    is there already."""
    has_canary: Callable[[Finding], bool]
    """Whether there is traffic of which a share may try the change first."""
    next_step: Callable[[Remediation, FunctionState, str | None], Step | None]
    """The next write, given a fresh read and the version published so far; None: all is done."""
    next_canary_step: Callable[[Remediation, FunctionState, str | None], Step | None]
    """The next write up to where a canary is watched; None: it can be."""
    next_removal: Callable[[FunctionState, frozenset[str]], Step | None]
    """The next write that takes the traffic of a canary away, given the versions that are ours:
    made whatever somebody else changed (S13). None: it has none."""
    next_undo_step: Callable[[Remediation, FunctionState, str | None], Step | None]
    publication: Callable[[Remediation], PublishVersion | None]
    """The version the change publishes, as it must be found again; None: it publishes none."""
    reverted: Callable[[Remediation, FunctionState], str | None]
    """How an applied change was taken back by somebody else; None: it was not (S12, S25)."""
    foreign_change: Callable[[Remediation, FunctionState, str | None], str | None]
    """What neither the before-image nor our own steps explain; None: nothing (S13, S22)."""
