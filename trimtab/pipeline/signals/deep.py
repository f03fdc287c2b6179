"""Who owns a function, and what state is it in? Tier 5: at most 8 calls per candidate.

For a change ownership comes first: a function that belongs to infrastructure as code is ticketed,
whatever its state, so its state is not asked. CloudTrail, the slowest, is asked last of those that
say who owns it, and only where a change could follow.
"""

from trimtab.domain.errors import OutsideError
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.fleet import FunctionState, ListedFunction
from trimtab.pipeline.signals.writers import pipeline_in_writes, tool_in_writes
from trimtab.policy.tool_tags import tool_in_tags
from trimtab.ports import FunctionSource
from trimtab.remediations.set_memory import alias_obstacle

STATE_SIGNALS = (
    "function.state",
    "function.last_update_status",
    "function.aliases",
    "function.alias_obstacle",
)


def state_signals(state: FunctionState) -> dict[str, Evidence]:
    """Return the signals of a state just read."""
    known = {
        "function.state": state.state,
        "function.last_update_status": state.last_update_status,
        "function.aliases": {a.name: a.version for a in state.aliases},
        "function.alias_obstacle": alias_obstacle(state) or "none",
    }
    return {n: Known(value=v, source="GetFunction, ListAliases") for n, v in known.items()}


def owner_tool(
    source: FunctionSource,
    listed: ListedFunction,
    *,
    tags: Evidence,
    is_unmanaged: bool,
    may_change: bool,
) -> Evidence:
    """Say which tool owns a function: a name, 'none', or unknown (S12)."""
    if isinstance(tags, Unknown):
        return Unknown(reason=f"its tags are not known: {tags.reason}")
    tool = tool_in_tags(tags.value)
    if tool is not None:
        return Known(value=tool, source="tags")
    stack = None if is_unmanaged else source.owning_stack(listed.function)
    if stack is not None:
        return Known(value=f"CloudFormation stack {stack}", source="DescribeStackResources")
    written = _written_by(source, listed) if may_change else None
    if written is not None:
        return written
    if is_unmanaged:
        return Known(value="none", source="fleet.yaml: the account is declared unmanaged")
    return Unknown(reason="neither tags nor a stack say who owns it, which does not prove nobody")


def _written_by(source: FunctionSource, listed: ListedFunction) -> Evidence | None:
    """Ask CloudTrail for a tool; None: it shows none, which proves nothing.

    Unlike other reads a failed one is no gap: it says nothing of the target's other functions.
    """
    try:
        writes = source.last_writers(listed.function, written_at=listed.last_modified_at)
    except OutsideError as error:
        return Unknown(reason=f"who wrote it could not be read: {error}")
    tool = tool_in_writes(writes)
    if tool is not None:
        return Known(value=tool, source="CloudTrail")
    pipeline = pipeline_in_writes(writes)
    if pipeline is not None:
        return Unknown(reason=f"{pipeline} wrote it, which may run infrastructure as code")
    return None
