"""What may call one function, right now? Its part of the trigger graph, read afresh."""

from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import NotFoundError
from trimtab.domain.fleet import ListedFunction
from trimtab.domain.trigger_graph import Blind, Trigger, TriggerGraph
from trimtab.pipeline.triggers import graph_of
from trimtab.ports import Fleet, FunctionSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """One function with everything that points to it."""

    function: FunctionArn
    as_of: datetime
    has_live: bool | None
    """None: what could not be read may call it."""
    triggers: tuple[Trigger, ...]
    """The live ones first, then those that are not known, then the dormant ones."""
    blinds: tuple[Blind, ...]
    is_edge: bool | None
    open_executions: int | None

    @property
    def is_whole(self) -> bool:
        """Whether everything that could point to it was read."""
        is_read = not self.blinds and all(one.is_live is not None for one in self.triggers)
        return is_read and self.is_edge is not None and self.open_executions is not None


def trace(function: FunctionArn, fleet: Fleet) -> Traced:
    """Read what points to a function.

    Raises: NotFoundError when there is no such function; OutsideError when the functions there
    cannot be listed. Whatever else fails is a blind.
    """
    source = fleet.open(function.target)
    return traced(function, graph_of(source, listed(function, source)))


def traced(function: FunctionArn, graph: TriggerGraph) -> Traced:
    order = {True: 0, None: 1, False: 2}
    triggers = sorted(
        graph.triggers_of(function), key=lambda one: (order[one.is_live], one.kind, one.name)
    )
    return Traced(
        function=function,
        as_of=graph.as_of,
        has_live=graph.has_live(function),
        triggers=tuple(triggers),
        blinds=graph.unknown_for(function),
        is_edge=graph.edge[function],
        open_executions=graph.open_executions[function],
    )


def listed(function: FunctionArn, source: FunctionSource) -> ListedFunction:
    """Find a function in the listing.

    Raises: NotFoundError when it is not there; OutsideError.
    """
    marker: str | None = None
    while True:
        page = source.list_functions(marker)
        for one in page.functions:
            if one.function == function:
                return one
        marker = page.next_marker
        if marker is None:
            said = "is not there: check the name, the account and the region"
            raise NotFoundError(f"{function} {said}")
