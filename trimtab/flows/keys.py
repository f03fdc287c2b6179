"""Where does a run keep what it read and planned? The object keys of the evidence bucket."""

from trimtab.domain.arn import Target

LATEST = "runs/latest.json"
"""The last finished run: its id, its counts, and the functions read in each target."""

OPEN_TICKETS = "runs/open-tickets.json"
"""Finding id -> target, for every ticket that is open."""


def answers(target: Target) -> str:
    """What earlier scans were told of single functions, and what still holds of it."""
    return f"runs/answers/{target.account}/{target.region}.json.gz"


def manifest(run_id: str) -> str:
    return f"runs/{run_id}/manifest.json"


def targets(run_id: str) -> str:
    return f"runs/{run_id}/targets.json"


def parts(run_id: str) -> str:
    return f"runs/{run_id}/parts/"


def part(run_id: str, target: Target, number: int) -> str:
    return f"{parts(run_id)}{target.account}/{target.region}/{number:04d}.json.gz"


def plan(run_id: str) -> str:
    return f"runs/{run_id}/plan.json.gz"


def guidance(run_id: str) -> str:
    """Policy id -> what it tells people to do, for the policies that found something."""
    return f"runs/{run_id}/guidance.json"


def prices(run_id: str) -> str:
    """The prices of Lambda that the run judges by."""
    return f"runs/{run_id}/prices.json"


def counts(run_id: str) -> str:
    return f"runs/{run_id}/counts.json"


def caveats(run_id: str) -> str:
    """What somebody should mend before it matters; runs of earlier builds kept none."""
    return f"runs/{run_id}/caveats.json"
