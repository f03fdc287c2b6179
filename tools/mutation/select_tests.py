"""Which tests can find a fault on a line, and in which order? Those that run it, quickest first.

One run of the tests under coverage tells which test runs which line. It is kept: while the product
stays as it is, only the files of tests that changed are run again. A line that runs while its
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
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from coverage import CoverageData

TESTS = (
    "tests/advisors",
    "tests/aws",
    "tests/contract",
    "tests/domain",
    "tests/flows",
    "tests/pipeline",
    "tests/policy",
    "tests/remediations",
)
LEFT_OUT = (
    "tests/policy/test_speed.py",
    "tests/contract/test_ledger_writers.py",
    "tests/flows/test_call_counts.py",
    "tests/contract/test_desk_contract.py",
    "tests/contract/test_desk_on_aws.py",
    "tests/contract/test_mirror_on_aws.py",
    "tests/contract/test_run_store_contract.py",
    "tests/flows/test_tampering.py",
    "tests/aws/test_hub_facts.py",
    "tests/aws/test_sessions.py",
    "tests/aws/test_small_adapters.py",
)
"""What judges by the clock or races threads finds faults by chance. The rest takes longer than all
others together and is about modules that this run does not ask about: who is not asked finds
nothing, so leaving them out can only lower the figure."""


OFTEN = 10
"""Who found so many faults, wherever, is asked before the tests that are named after the module."""


class Recorder:
    """Pytest plugin: writes down how long each test takes, for those that passed."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._no_use: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up set-up, call and tear-down."""
        self._seconds[report.nodeid] += report.duration
        if report.failed or report.skipped:
            self._no_use.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write it where the parent asked for it."""
        passed = {test: s for test, s in self._seconds.items() if test not in self._no_use}
        Path(os.environ["MUTANTS_SECONDS"]).write_text(json.dumps(passed))


@dataclass(frozen=True, slots=True)
class _Lines:
    """What is known of one module."""

    tests: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    on_import: set[int] = field(default_factory=set)


class Tests:
    """What the tests run, by line, and how long they take."""

    def __init__(self, work: Path) -> None:
        work = work.resolve()  # some test leaves the folder, and coverage writes at the end
        product = _digest(p for f in ("trimtab", "policies") for p in Path(f).rglob("*"))
        files = {str(p): _digest([p]) for f in TESTS for p in Path(f).rglob("test_*.py")}
        files = {name: digest for name, digest in files.items() if name not in LEFT_OUT}
        self.digest = hashlib.sha256(
            json.dumps([product, sorted(files.items())]).encode()
        ).hexdigest()
        folder = work / f"record-{product}"
        known = _kept(folder)
        new = sorted(name for name, digest in files.items() if known.get(name, ("",))[0] != digest)
        if new:
            _record(folder, len(list(folder.glob("*.json"))), new, files)
            known = _kept(folder)
        self.seconds: dict[str, float] = {}
        self._lines: dict[str, _Lines] = defaultdict(_Lines)
        for number in sorted({known[name][1] for name in files}):
            self._add(folder, number, {n for n in files if known[n][1] == number})
        if not self._lines:
            raise SystemExit(f"mutants: {folder} says nothing; remove it and try again")
        self._importers = _importers()
        self.kills: dict[tuple[str, str], int] = defaultdict(int)
        self.kills_anywhere: dict[str, int] = defaultdict(int)
        """(path, test) → faults found so far: who found one is asked first."""

    def _add(self, folder: Path, number: int, files: set[str]) -> None:
        # All of it now: a fork that touches coverage's file empties it.
        seconds = json.loads((folder / f"{number}.json").read_text())["seconds"]
        mine = {t: s for t, s in seconds.items() if t.partition("::")[0] in files}
        self.seconds |= mine
        stored = CoverageData(str(folder / f"{number}.coverage"))
        stored.read()
        for name in stored.measured_files():
            lines = self._lines[os.path.relpath(name)]
            for line, contexts in stored.contexts_by_lineno(name).items():
                lines.tests[line] |= {c.rpartition("|")[0] for c in contexts} & mine.keys()
                if "" in contexts:
                    lines.on_import.add(line)
        stored.close()

    def on_import(self, path: str) -> set[int]:
        """Return the lines of a module that run while something is imported."""
        return self._lines[path].on_import

    def for_fault(self, path: str, first: int, last: int, statement: tuple[int, int]) -> list[str]:
        """Return the tests that can find a fault on these lines, in the order to ask them."""
        lines = self._lines[path].tests
        within = range(min(first, statement[0]), max(last, statement[1]) + 1)
        chosen = set().union(*(lines.get(line, set()) for line in within))
        if not chosen:
            for module in (path, *self._importers.get(path, ())):
                chosen = chosen.union(*self._lines[module].tests.values())
        chosen = chosen or set(self.seconds)
        stem = f"test_{Path(path).stem}"
        return sorted(
            chosen,
            key=lambda test: (
                -self.kills[path, test],
                -self.kills_anywhere[test] if self.kills_anywhere[test] >= OFTEN else 0,
                not Path(test.partition("::")[0]).stem.startswith(stem),
                self.seconds[test],
                test,
            ),
        )


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        if path.suffix in {".py", ".yaml"}:
            digest.update(f"{path}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:20]


def _kept(folder: Path) -> dict[str, tuple[str, int]]:
    """Return, for each recorded file of tests, its digest and the number of its latest record."""
    kept: dict[str, tuple[str, int]] = {}
    for path in sorted(folder.glob("*.json"), key=lambda p: int(p.stem)):
        files = json.loads(path.read_text())["files"]
        kept |= {name: (digest, int(path.stem)) for name, digest in files.items()}
    return kept


def _record(folder: Path, number: int, names: list[str], digests: dict[str, str]) -> None:
    print(f"mutants: running {len(names)} files of tests once, to see which runs what", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    seconds, data = folder / "seconds", folder / f"{number}.coverage"
    seconds.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--cov=trimtab"]
    command += ["-p", "tools.mutation.recording", "--cov-context=test", "--cov-report=", *names]
    environment = {**os.environ, "COVERAGE_FILE": str(data), "MUTANTS_SECONDS": str(seconds)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if not seconds.exists() or not data.exists():
        raise SystemExit(f"{done.stdout[-3000:]}\nmutants: the tests did not run to their end")
    for line in done.stdout.splitlines():
        if line.startswith(("FAILED", "ERROR")):
            print(f"  not asked, for it fails without any fault: {line}")
    told = {"files": {n: digests[n] for n in names}, "seconds": json.loads(seconds.read_text())}
    (folder / f"{number}.json").write_text(json.dumps(told))


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
