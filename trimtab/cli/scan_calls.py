"""What did a scan ask AWS, and what did it not have to ask? For `trimtab scan --show-calls`."""

from collections import Counter
from collections.abc import Sequence

from trimtab.cli.console import complain
from trimtab.domain.sighting import Sighting
from trimtab.report import words

NOT_COUNTED = (
    "not counted, as they are few for a whole scan: sts:AssumeRole, sts:GetCallerIdentity, "
    "pricing:GetProducts, and those of organizations"
)


def say_calls(seen: Sequence[Sighting]) -> None:
    """Say on standard error: calls by the IAM action they need, then functions by question."""
    functions = sum(sighting.functions for sighting in seen)
    calls: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    spared: Counter[str] = Counter()
    for sighting in seen:
        calls.update(sighting.calls)
        asked.update(sighting.asked)
        spared.update(sighting.spared)
    each = f", {calls.total() / functions:.3f} for each function" if functions else ""
    complain(f"{words.count(calls.total(), 'AWS call')}{each}:")
    for operation, number in sorted(calls.items()):
        complain(f"  {number:7,}  {operation}")
    complain(NOT_COUNTED)
    complain(f"asked of so many of {words.count(functions, 'function')}; of the others no answer")
    complain("could have changed what is said:")
    for question, number in asked.items():
        earlier = f", {spared[question]:,} of them answered by an earlier scan"
        complain(f"  {number:7,}  {question}{earlier * bool(spared[question])}")
