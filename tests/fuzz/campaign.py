"""`make fuzz`: does any of a hundred thousand broken policy files get anything but a clear answer?

Deterministic by seed: `python -m tests.fuzz.campaign --only SEED` runs one case again and shows it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from tests.fuzz.holding import held
from tests.fuzz.mutations import Case, case_of, originals

LONGEST_CPU_S = 1.0
BATCH = 500
SHOWN = 20
LONGEST_SHOWN = 2000


@dataclass(slots=True)
class Figures:
    """What came of many cases."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, int, str]] = field(default_factory=list)
    broken: list[tuple[int, str, str]] = field(default_factory=list)
    cpu_s: float = 0.0

    def add(self, other: Figures) -> None:
        self.cases += other.cases
        self.outcomes += other.outcomes
        self.slowest = sorted(self.slowest + other.slowest, reverse=True)[:5]
        self.broken += other.broken
        self.cpu_s += other.cpu_s


shipped = cache(originals)


def run(first: int, count: int, longest_cpu_s: float | None = LONGEST_CPU_S) -> Figures:
    """Run the cases of these seeds; one that takes longer is broken."""
    figures = Figures(cases=count)
    for seed in range(first, first + count):
        case = case_of(seed, shipped())
        outcome, cpu_s, wrong = held(case)
        if wrong is None and longest_cpu_s is not None and cpu_s > longest_cpu_s:
            outcome, wrong = "slow", f"{cpu_s:.2f} s of CPU"
        figures.outcomes[f"{case.how}: {outcome}"] += 1
        figures.cpu_s += cpu_s
        figures.slowest.append((cpu_s, seed, f"{case.how} of {case.name}"))
        if wrong is not None:
            figures.broken.append((seed, case.how, wrong))
    figures.slowest = sorted(figures.slowest, reverse=True)[:5]
    return figures


def campaign(first: int, count: int, workers: int) -> Figures:
    """Run many cases on several cores, and say how far it got."""
    total, began = Figures(), time.monotonic()
    starts = range(first, first + count, BATCH)
    sizes = [min(BATCH, first + count - start) for start in starts]
    with ProcessPoolExecutor(max_workers=workers) as pool:
        for done in pool.map(run, starts, sizes):
            total.add(done)
            if total.cases % (BATCH * 10) == 0 or done.broken:
                rate = total.cases / (time.monotonic() - began)
                print(
                    f"{total.cases} of {count}, {rate:.0f} a second, {len(total.broken)} broken,"
                    f" slowest {total.slowest[0][0]:.3f} s of CPU (seed {total.slowest[0][1]})",
                    flush=True,
                )
    return total


def show(case: Case) -> None:
    print(f"seed {case.seed}: {case.how} of {case.name}")
    print(case.files[case.name].decode(errors="backslashreplace")[:4000])
    print(*held(case), sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", type=int, help="run this seed alone, and show it")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    given = parser.parse_args()
    if given.only is not None:
        show(case_of(given.only, shipped()))
        return
    total = campaign(given.first, given.count, given.workers)
    print(f"\n{total.cases} broken policy files, seeds {given.first} to", end=" ")
    print(f"{given.first + given.count - 1}, {total.cpu_s:.0f} s of CPU")
    for outcome, count in sorted(total.outcomes.items()):
        print(f"  {outcome:20} {count}")
    for cpu_s, seed, what in total.slowest:
        print(f"  slow: {cpu_s:.3f} s of CPU, seed {seed}, {what}")
    for seed, how, wrong in total.broken[:SHOWN]:
        print(f"BROKEN seed {seed} ({how}): {wrong[:LONGEST_SHOWN]}")
    sys.exit(1 if total.broken else 0)


if __name__ == "__main__":
    main()
