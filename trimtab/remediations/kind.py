"""What must every kind of change be able to say? Its answers, as plain functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trimtab.domain.change_spec import ChangeSpec, FieldValue
from trimtab.domain.finding import Finding
from trimtab.domain.fleet import FunctionState
from trimtab.domain.remediation import Remediation
from trimtab.domain.removal import RemovalPlan
from trimtab.domain.step import PublishVersion, Step


def _nothing_left(remediation: Remediation, state: FunctionState) -> str | None:
    return None


def _has_none(finding: Finding) -> bool:
    return False


def _no_step(remediation: Remediation, state: FunctionState, published: str | None) -> Step | None:
    raise ValueError(f"{remediation.kind.value} has no canary")


def _no_removal(state: FunctionState, ours: frozenset[str]) -> Step | None:
    raise ValueError(f"{state.function}: its change has no canary")


def _removes_nothing(finding: Finding, fields: Mapping[str, FieldValue]) -> RemovalPlan | None:
    return None


def _no_version(remediation: Remediation) -> PublishVersion | None:
    return None


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
    next_step: Callable[[Remediation, FunctionState, str | None], Step | None]
    """The next write, given a fresh read and the version published so far; None: all is done."""
    next_undo_step: Callable[[Remediation, FunctionState, str | None], Step | None]
    reverted: Callable[[Remediation, FunctionState], str | None]
    """How an applied change was taken back by somebody else; None: it was not (S12, S25)."""
    foreign_change: Callable[[Remediation, FunctionState, str | None], str | None]
    """What neither the before-image nor our own steps explain; None: nothing (S13, S22)."""
    left_over: Callable[[Remediation, FunctionState], str | None] = _nothing_left
    """What an applied change left behind when somebody deleted what it was for: it is taken away by
    its undo. None: nothing."""
    is_of_function: bool = True
    """Whether it changes the function itself: then whatever somebody changes of it since is in the
    way of its undo, and else only what it wrote."""
    has_canary: Callable[[Finding], bool] = _has_none
    """Whether there is traffic of which a share may try the change first."""
    next_canary_step: Callable[[Remediation, FunctionState, str | None], Step | None] = _no_step
    """The next write up to where a canary is watched; None: it can be."""
    next_removal: Callable[[FunctionState, frozenset[str]], Step | None] = _no_removal
    """The next write that takes the traffic of a canary away, given the versions that are ours:
    made whatever somebody else changed (S13). None: it has none."""
    publication: Callable[[Remediation], PublishVersion | None] = _no_version
    """The version the change publishes, as it must be found again; None: it publishes none."""
    removal: Callable[[Finding, Mapping[str, FieldValue]], RemovalPlan | None] = _removes_nothing
    """How what it removes goes, by the fields of the policy; None: it removes nothing."""
