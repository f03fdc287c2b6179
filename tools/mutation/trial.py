"""Do the tests find this fault? One fork per mutant; the files on disk stay as they are.

A fault inside a function is put into the function itself, in a process that has collected all
tests already: such a trial takes as long as its tests. A fault in what a module does while it is
imported needs a process that has imported nothing of Trimtab, and a finder that gives out the
mutant in place of the file.
"""

from __future__ import annotations

import functools
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType

import pytest

FIRST = 12
"""Tests of the first bout: most faults are found by the first few, and few files load quickly."""
BROKEN = 97
LOG = "build/mutants/last-fork.log"
ROOMY = 6 << 30
"""Bytes a fork may have before it gets a MemoryError."""
LIBRARIES = ("boto3", "botocore.stub", "moto", "moto.dynamodb.models", "moto.s3.models")
LIBRARIES += ("hypothesis", "hypothesis.strategies", "pydantic", "yaml", "jinja2")
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:pytest_cov", "-p", "no:faulthandler")
OPTIONS += ("-W", "ignore::pytest.PytestAssertRewriteWarning", "--tb=short", "--capture=no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a mutant: killed, timeout or survived; and by which test."""

    status: str
    by: str = ""


def warm_up() -> None:
    """Import what every fork needs and no mutant can be in."""
    for name in LIBRARIES:
        importlib.import_module(name)
    assert not any(name.partition(".")[0] == "trimtab" for name in sys.modules)
    gc.collect()
    gc.freeze()


class Trial:
    """A fork that tries one mutant."""

    def __init__(self, body: Callable[[int], None], *, expected_s: float) -> None:
        self._overdue_at = time.monotonic() + 120 + 10 * expected_s
        self._read, write = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._read)
            try:
                _limit(expected_s)
                body(write)
            finally:
                traceback.print_exc()
                os._exit(BROKEN)
        os.close(write)

    def stop_if_overdue(self) -> None:
        """End a fork that hangs without using the processor."""
        if time.monotonic() > self._overdue_at:
            os.kill(self.pid, signal.SIGKILL)

    def answer(self, status: int) -> Answer:
        """Read what the ended fork said; a fork that was killed by its limits said nothing.

        Raises: RuntimeError when the trial itself is broken, which says nothing of the mutant.
        """
        with os.fdopen(self._read) as pipe:
            said = pipe.read().splitlines()
        if said:
            return Answer(**json.loads(said[-1]))
        if os.waitstatus_to_exitcode(status) == BROKEN:
            raise RuntimeError(f"a trial broke: see {LOG}")
        return Answer(status="timeout", by="the limits of the fork")


def _limit(expected_s: float) -> None:
    silence = os.open(LOG, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    limit = int(60 + 20 * expected_s)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    resource.setrlimit(resource.RLIMIT_AS, (ROOMY, ROOMY))


def _leave(write: int, status: str, by: str = "") -> None:
    os.write(write, (json.dumps({"status": status, "by": by}) + "\n").encode())
    os._exit(0)


class Clock:
    """Gives each test its processor time: a loop without an end is a fault that is found."""

    def __init__(self, seconds: dict[str, float], write: int) -> None:
        self._seconds, self._write, self.now = seconds, write, "importing"
        signal.signal(signal.SIGPROF, self._out_of_time)
        signal.setitimer(signal.ITIMER_PROF, 30)

    def start(self, test: str) -> None:
        """Begin anew for this test."""
        self.now = test
        signal.setitimer(signal.ITIMER_PROF, 5 + 20 * self._seconds.get(test, 0.0))

    def _out_of_time(self, _signal: int, _frame: FrameType | None) -> None:
        _leave(self._write, "timeout", self.now)


# --- faults inside a function -------------------------------------------------------------------


def functions_of(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of the functions and methods of a module, not those inside them."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            if const.co_flags & 0x2:  # CO_NEWLOCALS: a function, not the body of a class
                yield const
            else:
                yield from functions_of(const)


def _bare(code: CodeType, *, with_functions: bool) -> object:
    """Return what a piece of code does, without its line numbers."""

    def const(value: object) -> object:
        if not isinstance(value, CodeType):
            return type(value), repr(value)
        is_function = bool(value.co_flags & 0x2)
        if is_function and not with_functions:
            return value.co_name
        return _bare(value, with_functions=with_functions)

    consts = tuple(const(value) for value in code.co_consts)
    return code.co_code, code.co_names, code.co_varnames, consts, code.co_exceptiontable


def changed_function(path: str, before: str, after: str) -> tuple[CodeType, CodeType] | None:
    """Return the one function in which two versions of a module differ, old and new code.

    None when they differ in what happens while the module is imported.
    """
    old, new = (compile(text, path, "exec", dont_inherit=True) for text in (before, after))
    if _bare(old, with_functions=False) != _bare(new, with_functions=False):
        return None
    changed = [
        (a, b)
        for a, b in zip(functions_of(old), functions_of(new), strict=True)
        if _bare(a, with_functions=True) != _bare(b, with_functions=True)
    ]
    if len(changed) != 1 or changed[0][0].co_freevars != changed[0][1].co_freevars:
        return None
    return changed[0]


def live_function(module: ModuleType, code: CodeType) -> FunctionType | None:
    """Find the function object of an imported module that runs this code."""
    found: object = module
    for name in code.co_qualname.split("."):
        found = vars(found).get(name) if hasattr(found, "__dict__") else None
        if isinstance(found, staticmethod | classmethod):
            found = found.__func__
        if isinstance(found, property):
            found = found.fget
        if isinstance(found, functools.cached_property):
            found = found.func
    if not isinstance(found, FunctionType) or found.__code__.co_qualname != code.co_qualname:
        return None
    return found if found.__code__.co_firstlineno == code.co_firstlineno else None


def in_function(
    function: FunctionType,
    code: CodeType,
    items: Sequence[pytest.Item],
    clock: Callable[[int], Clock],
    failed: list[str],
) -> Callable[[int], None]:
    """Return the body of a trial that changes a function and runs these collected tests."""

    def body(write: int) -> None:
        function.__code__ = code
        timer = clock(write)
        for item, after in zip(items, (*items[1:], None), strict=True):
            timer.start(item.nodeid)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if failed:
                _leave(write, "killed", failed[0])
        _leave(write, "survived")

    return body


# --- faults in what a module does while it is imported ------------------------------------------


class _Mutated(importlib.machinery.SourceFileLoader):
    """Loads a module from a text instead of its file."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        """Compile the mutant."""
        return compile(self._text, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module and leaves all others to the rest."""

    def __init__(self, path: str, text: str) -> None:
        self._name, self._path, self._text = module_name(path), str(Path(path).resolve()), text

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the mutant only."""
        if fullname != self._name:
            return None
        is_package = Path(self._path).name == "__init__.py"
        return importlib.util.spec_from_file_location(
            fullname,
            self._path,
            loader=_Mutated(fullname, self._path, self._text),
            submodule_search_locations=[str(Path(self._path).parent)] if is_package else None,
        )


def module_name(path: str) -> str:
    """Return the dotted name of a file."""
    return ".".join(Path(path).with_suffix("").parts).removesuffix(".__init__")


class _Bout:
    """Pytest plugin: runs these tests in this order and remembers who failed."""

    def __init__(self, tests: Sequence[str], clock: Clock) -> None:
        self._order = {test: n for n, test in enumerate(tests)}
        self._clock, self.failed = clock, ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that were chosen, in the order that was chosen."""
        # A mutated table can rename the cases of a test; the test then stands for its cases.
        gone = {test.partition("[")[0] for test in self._order.keys() - {i.nodeid for i in items}}
        place = {
            item: self._order.get(item.nodeid, len(self._order))
            for item in items
            if item.nodeid in self._order or item.nodeid.partition("[")[0] in gone
        }
        items[:] = sorted(place, key=place.__getitem__)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Give the test its time."""
        self._clock.start(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember the first test that failed."""
        if report.failed and not self.failed:
            self.failed = report.nodeid


def at_import(
    path: str, source: str, tests: Sequence[str], clock: Callable[[int], Clock]
) -> Callable[[int], None]:
    """Return the body of a trial that imports the mutant and runs these tests, in two bouts."""

    def body(write: int) -> None:
        sys.meta_path.insert(0, _Finder(path, source))
        timer = clock(write)
        for bout in (tests[:FIRST], tests[FIRST:]):
            if not bout:
                continue
            plugin = _Bout(bout, timer)
            files = dict.fromkeys(test.partition("::")[0] for test in bout)
            code = int(pytest.main([*OPTIONS, "-x", *files], plugins=[plugin]))
            if code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
                _leave(write, "killed", plugin.failed or timer.now)
        _leave(write, "survived")

    return body
