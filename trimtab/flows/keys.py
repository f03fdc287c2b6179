"""Where does a run keep what it read and planned? The object keys of the evidence bucket."""

from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError

LATEST = "runs/latest.json"
"""The last finished run: its id, its counts, and the functions read in each target."""

OPEN_TICKETS = "runs/open-tickets.json"
"""Finding id -> target, for every ticket that is open."""

LIVES = "findings/life/"
"""One document a target: every finding that is remembered, over all runs."""

SENT = "findings/security-hub/"
"""One document a target: what Security Hub was told last, and what it would not take."""

_SUFFIX = ".json.gz"


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


def life(run_id: str) -> str:
    """What the run did to the findings; the last object of a run that was concluded."""
    return f"runs/{run_id}/life.json.gz"


def lives(target: Target) -> str:
    return f"{LIVES}{target}{_SUFFIX}"


def sent(target: Target) -> str:
    return f"{SENT}{target}{_SUFFIX}"


def target_of(key: str) -> Target:
    """Return the target whose document this is.

    Raises: InputError when the key is none of a target's.
    """
    account, _, region = key.removeprefix(LIVES).removesuffix(_SUFFIX).partition("/")
    if not region or "/" in region:
        raise InputError(f"{key} is not the document of a target: remove it from the bucket")
    return Target(account=account, region=region)


def caveats(run_id: str) -> str:
    """What somebody should mend before it matters; runs of earlier builds kept none."""
    return f"runs/{run_id}/caveats.json"


def drill(drill_id: str) -> str:
    """The report of one restore drill."""
    return f"drills/{drill_id}.json"
