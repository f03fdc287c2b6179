"""Would our tests notice a small fault? Tries many, one at a time, and lists those nobody saw.

`make mutants` tries all, `make mutants SAMPLE=300 SEED=1` a sample. What was found once is not
tried again until its module changes; what survived is tried again when any test changes. The
results and the list stand in build/mutants/.
"""

from __future__ import annotations

import argparse
import ast
import gc
import json
import os
import random
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tools.mutation.choose import Mutant, mutants_of
from tools.mutation.select_tests import Tests
from tools.mutation.trial import (
    OPTIONS,
    Answer,
    Clock,
    Trial,
    at_import,
    changed_function,
    in_function,
    live_function,
    module_name,
    warm_up,
)

WORK = Path("build/mutants")
READ = Path("tools/survivors.toml")
GOAL = 0.90
PATHS = (
    "trimtab/pipeline",
    "trimtab/remediations",
    "trimtab/policy",
    "trimtab/aws/actuator.py",
    "trimtab/aws/ledger.py",
)
FOUND = {"killed", "timeout"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Why a person left a survivor alone."""

    path: str
    has: str
    """A piece of the line before or after the fault."""
    why: str
    operator: str = "*"

    def explains(self, mutant: Mutant) -> bool:
        """Tell whether this reading is about this mutant."""
        return (
            fnmatch(mutant.path, self.path)
            and fnmatch(mutant.operator, self.operator)
            and (self.has in mutant.before or self.has in mutant.after)
        )


class Results:
    """What became of each mutant so far, a line each, in a file that outlives an interruption."""

    def __init__(self, path: Path, tests_digest: str) -> None:
        self._path, self._digest = path, tests_digest
        self._lines: dict[str, dict[str, str]] = {}
        self.read()

    def read(self) -> None:
        """Read what is on disk; of two answers the later one counts."""
        if self._path.exists():
            for line in self._path.read_text().splitlines():
                entry = json.loads(line)
                self._lines[entry["key"]] = entry

    def known(self, mutant: Mutant) -> Answer | None:
        """Return what is still true of a mutant; a survivor's answer ends with any new test."""
        entry = self._lines.get(mutant.key)
        if entry is None or (entry["status"] not in FOUND and entry["tests"] != self._digest):
            return None
        return Answer(status=entry["status"], by=entry["by"])

    def add(self, mutant: Mutant, answer: Answer) -> None:
        """Write one answer down at once."""
        entry = {"key": mutant.key, "status": answer.status, "by": answer.by}
        entry["tests"] = self._digest
        self._lines[mutant.key] = entry
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")


def modules(paths: Iterable[str]) -> list[Path]:
    """Return the Python files at or below these paths."""
    found: set[Path] = set()
    for path in map(Path, paths):
        found.update(path.rglob("*.py") if path.is_dir() else [path])
    return sorted(found)


def statements(text: str) -> dict[int, tuple[int, int]]:
    """Return, for each line, the first and last line of the smallest statement it is part of.

    Of a statement with a body only the head counts.
    """
    spans: dict[int, tuple[int, int]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            body = getattr(node, "body", None)
            pattern = node.pattern if isinstance(node, ast.match_case) else node
            first, last = pattern.lineno, pattern.end_lineno or pattern.lineno
            if isinstance(body, list) and body:
                last = max(first, body[0].lineno - 1)
            for line in range(first, last + 1):
                spans[line] = (first, last)
    return spans


class Run:
    """One run over the mutants that have no answer yet."""

    def __init__(
        self, mutants: list[Mutant], tests: Tests, results: Results, *, jobs: int, most: int | None
    ) -> None:
        self._tests, self._results, self._jobs, self._most = tests, results, jobs, most
        self._texts = {path: Path(path).read_text() for path in {m.path for m in mutants}}
        self._heads = {path: statements(text) for path, text in self._texts.items()}
        self.left = [m for m in mutants if results.known(m) is None]
        for mutant in mutants:
            answer = results.known(mutant)
            if answer is not None and answer.status in FOUND:
                tests.kills[mutant.path, answer.by] += 1
                tests.kills_anywhere[answer.by] += 1

    def chosen(self, mutant: Mutant) -> list[str]:
        """Return the tests for a mutant, in the order to ask them."""
        last = mutant.line + mutant.before.count("\n")
        statement = self._heads[mutant.path].get(mutant.line, (mutant.line, last))
        return self._tests.for_fault(mutant.path, mutant.line, last, statement)[: self._most]

    def in_functions(self) -> None:
        """Try the faults inside functions, in a process of their own that collects all tests."""
        pid = os.fork()
        if pid == 0:
            try:
                files = sorted({test.partition("::")[0] for test in self._tests.seconds})
                pytest.main([*OPTIONS, *files], plugins=[_Warm(self)])
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        self._results.read()

    def at_import(self) -> None:
        """Try what is left: faults in what a module does while it is imported."""
        self.left = [m for m in self.left if self._results.known(m) is None]

        def start(mutant: Mutant) -> Trial:
            chosen = self.chosen(mutant)
            body = at_import(mutant.path, mutant.source, chosen, self.clock)
            return Trial(body, expected_s=self.expected_s(chosen))

        warm_up()
        self.pool("in what modules do on import", self.left, start)

    def clock(self, write: int) -> Clock:
        """Return the clock of a trial."""
        return Clock(self._tests.seconds, write)

    def expected_s(self, chosen: list[str]) -> float:
        """Return how long these tests take when nothing is wrong."""
        return sum(self._tests.seconds[test] for test in chosen)

    def change(self, mutant: Mutant) -> tuple[FunctionType, CodeType] | None:
        """Return the imported function that a mutant changes, and its new code."""
        pair = changed_function(mutant.path, self._texts[mutant.path], mutant.source)
        module = sys.modules.get(module_name(mutant.path))
        function = live_function(module, pair[0]) if module and pair else None
        return (function, pair[1]) if function and pair else None

    def pool(
        self,
        what: str,
        mutants: list[Mutant],
        start: Callable[[Mutant], Trial],
        *,
        is_warm: bool = False,
    ) -> None:
        """Try mutants, so many at a time, and write each answer down."""
        print(f"mutants: {len(mutants)} {what}, {self._jobs} at a time", flush=True)
        began, done, waiting = time.monotonic(), 0, iter(mutants)
        running: dict[int, tuple[Trial, Mutant]] = {}
        while done < len(mutants):
            while len(running) < self._jobs and (mutant := next(waiting, None)) is not None:
                trial = start(mutant)
                running[trial.pid] = trial, mutant
            pid, ended = os.waitpid(-1, os.WNOHANG)
            if not pid:
                for trial, _mutant in running.values():
                    trial.stop_if_overdue()
                time.sleep(0.003)
                continue
            trial, mutant = running.pop(pid)
            answer = trial.answer(ended)
            if answer.status in FOUND:
                self._tests.kills[mutant.path, answer.by] += 1
            # Tests that called the line while they were imported did so before the fault was in.
            if answer.status in FOUND or not is_warm or not self._runs_on_import(mutant):
                self._results.add(mutant, answer)
            done += 1
            if done % 200 == 0:
                minutes = (time.monotonic() - began) / done * (len(mutants) - done) / 60
                print(f"  {done} of {len(mutants)}, {minutes:.0f} min left", flush=True)

    def _runs_on_import(self, mutant: Mutant) -> bool:
        last = mutant.line + mutant.before.count("\n")
        lines = self._tests.on_import(mutant.path)
        return any(line in lines for line in range(mutant.line, last + 1))


class _Warm:
    """Pytest plugin: instead of running the tests it collected, runs a fork per mutant."""

    def __init__(self, run: Run) -> None:
        self._run, self._failed = run, list[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember who failed."""
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutant whose function is at hand."""
        items = {item.nodeid: item for item in session.items}
        changes = {m.key: change for m in self._run.left if (change := self._run.change(m))}

        def start(mutant: Mutant) -> Trial:
            chosen = [test for test in self._run.chosen(mutant) if test in items]
            function, code = changes[mutant.key]
            tests = [items[test] for test in chosen]
            body = in_function(function, code, tests, self._run.clock, self._failed)
            return Trial(body, expected_s=self._run.expected_s(chosen))

        gc.collect()
        gc.freeze()
        mutants = [m for m in self._run.left if m.key in changes]
        self._run.pool("in functions", mutants, start, is_warm=True)
        return True


def report(mutants: list[Mutant], results: Results, readings: list[Reading]) -> bool:
    """Print the figures per module, write the list of survivors; tell whether the goal is met."""
    by_module: dict[str, Counter[str]] = defaultdict(Counter)
    survivors: list[str] = []
    used: Counter[int] = Counter()
    for mutant in mutants:
        answer = results.known(mutant)
        status = answer.status if answer else "not tried"
        by_module[mutant.path][status] += 1
        if status in FOUND:
            continue
        number = next((n for n, r in enumerate(readings) if r.explains(mutant)), None)
        used[-1 if number is None else number] += 1
        note = f"read: {readings[number].why}" if number is not None else "NOT READ"
        survivors.append(
            f"{mutant.path}:{mutant.line} {mutant.operator} ({status}; {note})\n"
            + "".join(f"  - {line}\n" for line in mutant.before.splitlines())
            + "".join(f"  + {line}\n" for line in mutant.after.splitlines())
        )
    (WORK / "survivors.txt").write_text("\n".join(survivors))
    print(f"\n{'module':44} mutants  killed  (endless)  survived  killed %")
    total: Counter[str] = Counter()
    for path, counts in sorted(by_module.items()):
        print(_row(path, counts))
        total += counts
    print(_row("all", total))
    unread = used[-1]
    print(
        f"\nsurvivors: {len(survivors)}, of them not read: {unread}; see {WORK / 'survivors.txt'}"
    )
    return sum(total[s] for s in FOUND) >= GOAL * total.total() and not unread


def _row(name: str, counts: Counter[str]) -> str:
    killed, total = sum(counts[status] for status in FOUND), counts.total()
    return (
        f"{name:44} {total:7} {killed:7} {counts['timeout']:10} {total - killed:9}"
        f" {100 * killed / max(total, 1):9.1f}"
    )


def main() -> int:
    """Choose, try, report."""
    parser = argparse.ArgumentParser(description="Look for faults that no test would notice.")
    parser.add_argument("paths", nargs="*", default=PATHS, help="modules or folders")
    parser.add_argument("--sample", type=int, help="try only so many, chosen by chance")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most", type=int, help="ask only so many tests about each fault")
    parser.add_argument("--count", action="store_true", help="only say how many there are")
    arguments = parser.parse_args()
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    WORK.mkdir(parents=True, exist_ok=True)
    mutants = [m for p in modules(arguments.paths) for m in mutants_of(str(p), p.read_text(), WORK)]
    if arguments.sample is not None and arguments.sample < len(mutants):
        mutants = sorted(
            random.Random(arguments.seed).sample(mutants, arguments.sample),
            key=lambda m: (m.path, m.span),
        )
    if arguments.count:
        for path, count in Counter(m.path for m in mutants).items():
            print(f"{count:6} {path}")
        for name, count in Counter(m.operator for m in mutants).most_common():
            print(f"{count:6} {name}")
        return 0
    tests = Tests(WORK)
    depth = "" if arguments.most is None else f"-{arguments.most}"
    results = Results(WORK / "results.jsonl", tests.digest + depth)
    run = Run(mutants, tests, results, jobs=arguments.jobs, most=arguments.most)
    print(f"mutants: {len(mutants)} chosen, {len(run.left)} to try", flush=True)
    try:
        run.in_functions()
        run.at_import()
    except KeyboardInterrupt:
        print("\nmutants: stopped; the same command goes on from here")
    rows = tomllib.loads(READ.read_text()).get("read", []) if READ.exists() else []
    return 0 if report(mutants, results, [Reading(**row) for row in rows]) else 1


if __name__ == "__main__":
    sys.exit(main())
