"""What did the scans of a run leave behind, and is it whole? Parts in order, and what is wrong."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.fleet import Gap
from trimtab.domain.run import Part
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.ports import RunStore


def read_parts(run_id: str, store: RunStore) -> tuple[tuple[Part, ...], tuple[Gap, ...]]:
    """Return the parts of a run, each function once per target, and a gap for each broken target.

    A slice that is missing, or a function in two slices, means that the listing of the target was
    not one listing: it gets no change (S8).
    """
    stored: dict[Target, list[tuple[str, Part]]] = defaultdict(list)
    for key in sorted(store.keys(keys.parts(run_id))):
        part = from_wire(Part, store.get(key))
        stored[part.target].append((key, part))
    parts: list[Part] = []
    gaps: list[Gap] = []
    for target, numbered in stored.items():
        kept, repeated = _each_once([part for _, part in numbered])
        parts += kept
        wanted = [keys.part(run_id, target, n) for n in range(1, len(numbered) + 1)]
        if [key for key, _ in numbered] != wanted:
            gaps.append(_gap(target, "a slice of its listing is missing"))
        if any(part.is_last for part in kept[:-1]):
            gaps.append(_gap(target, "slices of another listing follow its last one"))
        if repeated:
            first = min(str(function) for function in repeated)
            gaps.append(_gap(target, f"{len(repeated)} functions are in two slices: {first}"))
    return tuple(parts), tuple(gaps)


def _each_once(parts: Sequence[Part]) -> tuple[list[Part], set[FunctionArn]]:
    """Drop what an earlier slice of the same target said already."""
    seen: set[FunctionArn] = set()
    repeated: set[FunctionArn] = set()
    kept = []
    for part in parts:
        here = {v.function for v in part.verdicts}
        again = here & seen
        seen |= here
        repeated |= again
        kept.append(
            replace(
                part,
                functions=part.functions - len(again),
                verdicts=tuple(v for v in part.verdicts if v.function not in again),
                findings=tuple(f for f in part.findings if f.function not in again),
            )
        )
    return kept, repeated


def _gap(target: Target, error: str) -> Gap:
    return Gap(
        account=target.account,
        region=target.region,
        what="slices",
        error=f"{error}; start a new run",
    )
