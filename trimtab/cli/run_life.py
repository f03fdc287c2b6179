"""How does `trimtab run show` tell what a run did to the findings, and what Security Hub took?"""

from collections.abc import Sequence
from typing import Any

from trimtab.cli.console import say
from trimtab.domain.errors import NotFoundError
from trimtab.domain.ledger import run_chain
from trimtab.domain.life import FindingLife, FindingStatus, RunLife
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.pipeline.record import DELIVERED
from trimtab.report import words
from trimtab.wiring import Hub

SHOWN = 20
"""How many findings of one kind are named; `--json` has all."""


def read_life(run_id: str, hub: Hub) -> RunLife | None:
    """Read what a run did to the findings; None: it is not concluded, or of an earlier build."""
    try:
        return from_wire(RunLife, hub.store.get(keys.life(run_id)))
    except NotFoundError:
        return None


def read_deliveries(run_id: str, hub: Hub) -> list[dict[str, Any]]:
    """Return what Security Hub was told of each target, where there was something to tell."""
    entries = hub.ledger.entries(run_chain(run_id))
    return [dict(entry.data) for entry in entries if entry.event == DELIVERED]


def is_whole(deliveries: Sequence[dict[str, Any]]) -> bool:
    """Tell whether Security Hub took all that it was to take."""
    return not any(one["gap"] or one["refused"] for one in deliveries)


def print_life(life: RunLife) -> None:
    c = life.counts
    say(
        f"of them {c.opened} opened + {c.still_there} still there + {c.reopened} reopened; "
        f"besides, {c.resolved} resolved, {c.unseen} not judged and not resolved"
    )
    for target in life.overtaken:
        say(f"  {target}: a later run was concluded before this one, and counts")
    for status in (FindingStatus.OPENED, FindingStatus.REOPENED, FindingStatus.RESOLVED):
        _print_moved(status, [f for f in life.moved if f.status is status])


def _print_moved(status: FindingStatus, moved: Sequence[FindingLife]) -> None:
    for one in moved[:SHOWN]:
        why = f": {words.inert(one.resolved_because)}" if one.resolved_because else ""
        say(f"  {status.value}: {one.policy_id} {one.function}{why}")
    if len(moved) > SHOWN:
        say(f"  {status.value}: {len(moved) - SHOWN} more; --json names them all")


def print_deliveries(deliveries: Sequence[dict[str, Any]]) -> None:
    """Print what Security Hub was told, and by name what it was not."""
    for one in deliveries:
        said = f"{one['imported']} imported, {one['archived']} archived"
        say(f"Security Hub, {one['target']}: {said}, {one['refused']} refused")
        if one["gap"]:
            say(f"  not told: {words.inert(one['gap'])}")
        for id_, why in one["reasons"].items():
            say(f"  refused: {id_}: {words.inert(why)}")


def life_as_plain(life: RunLife | None) -> dict[str, Any] | None:
    if life is None:
        return None
    counts = {name: value for name, value in to_wire(life.counts).items() if name != "is"}
    return {
        "counts": counts,
        "overtaken": list(life.overtaken),
        "moved": [
            {
                "id": one.id,
                "function": str(one.function),
                "policy": one.policy_id,
                "status": one.status.value,
                "because": one.resolved_because or one.because,
            }
            for one in life.moved
        ],
    }
