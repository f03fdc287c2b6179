"""What is UpdateAlias told? Version and weights, for each step that moves traffic."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from trimtab.domain.step import MoveAlias, SplitAlias, UnsplitAlias

Routed: TypeAlias = MoveAlias | SplitAlias | UnsplitAlias


def routing_of(step: Routed) -> Mapping[str, Any]:
    """Return what UpdateAlias is told; weights always, or it would keep those it has."""
    if isinstance(step, SplitAlias):
        weights = {"AdditionalVersionWeights": {step.canary_version: step.weight}}
        return {"FunctionVersion": step.stable_version, "RoutingConfig": weights}
    unsplit: Mapping[str, Any] = {"RoutingConfig": {"AdditionalVersionWeights": {}}}
    if isinstance(step, MoveAlias):
        return {"FunctionVersion": step.to_version, **unsplit}
    return unsplit


def is_routing(step: Routed, given: Mapping[str, Any]) -> bool:
    """Tell whether a recorded request said what this step says."""
    routing = given.get("routingConfig") or {}
    weights = {
        str(version): float(weight)
        for version, weight in (routing.get("additionalVersionWeights") or {}).items()
    }
    said = routing_of(step)
    return (
        given.get("functionVersion") == said.get("FunctionVersion")
        and weights == said["RoutingConfig"]["AdditionalVersionWeights"]
    )
