"""Which tests can find a fault on a line, and in which order? Those that run it, quickest first.

One run of the tests under coverage tells which test runs which line. A line that runs while its
module is imported belongs to no test: there the tests of the module, and of what imports it, are
asked.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from coverage import CoverageData

TESTS = tuple(
    f"tests/{name}"
    for name in (
        *("policy", "remediations", "advisors", "domain", "pipeline", "flows", "aws", "contract"),
    )
)
LEFT_OUT = (
    "tests/policy/test_speed.py",
    "tests/contract/test_ledger_writers.py",
    "tests/flows/test_call_counts.py",
)
"""What judges by the clock or races threads finds faults by chance; and the last builds the hub
with the CDK, which takes longer than all others and says nothing of these modules."""


class Recorder:
    """Pytest plugin: writes down how long each test takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up set-up, call and tear-down."""
        self.seconds[report.nodeid] += report.duration
        if report.failed or report.skipped:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write the durations of those that passed where the parent asked for them."""
        passed = {test: s for test, s in self.seconds.items() if test not in self.failed}
        Path(os.environ["MUTANTS_SECONDS"]).write_text(json.dumps(passed))


def digest_of(*folders: str) -> str:
    """Return the digest of all Python and YAML files below these folders."""
    digest = hashlib.sha256()
    for folder in sorted(folders):
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix in {".py", ".yaml"}:
                digest.update(f"{path}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:20]


class Tests:
    """What one run of all tests told."""

    def __init__(self, work: Path) -> None:
        work = work.resolve()  # some test leaves the folder, and coverage writes at the end
        self.digest = digest_of("trimtab", "policies", *TESTS, "tests/fakes")
        seconds, data = work / f"seconds-{self.digest}.json", work / f"coverage-{self.digest}"
        if not seconds.exists() or not data.exists():
            _record(seconds, data)
        self.seconds: dict[str, float] = json.loads(seconds.read_text())
        # All of it now: a fork that touches coverage's file empties it.
        self._by_line, self._on_import = _read(data, set(self.seconds))
        self._importers = _importers()
        self.kills: dict[tuple[str, str], int] = defaultdict(int)
        """(path, test) → faults found so far: who found one is asked first."""

    def lines(self, path: str) -> dict[int, set[str]]:
        """Return the tests that run each line of a module."""
        return self._by_line.get(path, {})

    def on_import(self, path: str) -> set[int]:
        """Return the lines of a module that run while something is imported."""
        return self._on_import.get(path, set())

    def for_fault(self, path: str, first: int, last: int, statement: tuple[int, int]) -> list[str]:
        """Return the tests that can find a fault on these lines, in the order to ask them."""
        lines = self.lines(path)
        within = range(min(first, statement[0]), max(last, statement[1]) + 1)
        chosen = set().union(*(lines.get(line, set()) for line in within))
        if not chosen:
            for module in (path, *self._importers.get(path, ())):
                chosen = chosen.union(*self.lines(module).values())
        chosen = chosen or set(self.seconds)
        stem = f"test_{Path(path).stem}"
        return sorted(
            chosen,
            key=lambda test: (
                -self.kills[path, test],
                not Path(test.partition("::")[0]).stem.startswith(stem),
                self.seconds[test],
                test,
            ),
        )


def _read(
    data: Path, tests: set[str]
) -> tuple[dict[str, dict[int, set[str]]], dict[str, set[int]]]:
    """Return, for each module, the tests of each line and the lines that run on import."""
    stored = CoverageData(str(data))
    stored.read()
    by_line: dict[str, dict[int, set[str]]] = {}
    on_import: dict[str, set[int]] = {}
    for name in stored.measured_files():
        path = os.path.relpath(name)
        found = stored.contexts_by_lineno(name)
        by_line[path] = {
            line: {c.rpartition("|")[0] for c in contexts} & tests
            for line, contexts in found.items()
        }
        on_import[path] = {line for line, contexts in found.items() if "" in contexts}
    stored.close()
    if not by_line:
        raise SystemExit(f"mutants: {data} says nothing; remove it and try again")
    return by_line, on_import


def _record(seconds: Path, data: Path) -> None:
    print(f"mutants: running all tests once to see which runs what ({', '.join(TESTS)})")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "tools.mutation.recording", "--cov=trimtab", "--cov-context=test"]
    command += ["--cov-report=", *(f"--ignore={name}" for name in LEFT_OUT), *TESTS]
    environment = {**os.environ, "COVERAGE_FILE": str(data), "MUTANTS_SECONDS": str(seconds)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if not seconds.exists():
        raise SystemExit(f"{done.stdout[-3000:]}\nmutants: the tests did not run to their end")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    for line in failed:
        print(f"  not asked, for it fails without any fault: {line}")


def _importers() -> dict[str, set[str]]:
    """Return, for each module of the product, the modules that import it."""
    paths = {str(p): ".".join(p.with_suffix("").parts) for p in Path("trimtab").rglob("*.py")}
    by_name = {name.removesuffix(".__init__"): path for path, name in paths.items()}
    importers: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        for node in ast.walk(ast.parse(Path(path).read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                for name in names:
                    if name in by_name:
                        importers[by_name[name]].add(path)
    return importers
