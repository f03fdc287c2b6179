"""Do the judging packages stay free of clocks, chance, files, output and AWS?

What they need of the world comes in as a value (`now=`) or through a port.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, python_files

PURE = ("domain", "policy", "advisors", "remediations", "pipeline", "flows")

# Whatever starts with one of these dotted names is forbidden, called or not.
FORBIDDEN = (
    "boto3",
    "botocore",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "logging",
    "os.environ",
    "os.getenv",
    "pathlib",
    "random",
    "secrets",
    "time.monotonic",
    "time.perf_counter",
    "time.sleep",
    "time.time",
    "uuid.uuid1",
    "uuid.uuid4",
)
FORBIDDEN_CALLS = ("input", "open", "print")
FORBIDDEN_METHODS = ("read_bytes", "read_text", "write_bytes", "write_text")


def is_pure(path: Path) -> bool:
    """Tell whether the promise covers this file: the policy loader reads files by trade."""
    inside = path.parts[2:]
    return not (path.parts[1] == "policy" and inside[0].startswith("loader"))


def imported_names(tree: ast.AST) -> dict[str, str]:
    """Return what each name brought in by an import stands for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    names[alias.asname or alias.name.split(".")[0]] = (
                        alias.name if alias.asname else alias.name.split(".")[0]
                    )
            case ast.ImportFrom(module=str(origin), names=aliases, level=0):
                names |= {alias.asname or alias.name: f"{origin}.{alias.name}" for alias in aliases}
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Return the full dotted name of an expression, or "" if no import is at its root."""
    match node:
        case ast.Name(id=name):
            return names.get(name, "")
        case ast.Attribute(value=value, attr=attr):
            start = dotted(value, names)
            return f"{start}.{attr}" if start else ""
    return ""


def impurities(source: str) -> Iterator[str]:
    """Yield line and name of everything in the source that the promise forbids."""
    tree = ast.parse(source)
    names = imported_names(tree)
    imported = {full for full in names.values() if starts_forbidden(full)}
    yield from (f"imports {full}" for full in sorted(imported))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute() if starts_forbidden(full := dotted(node, names)):
                yield f"line {node.lineno}: {full}"
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS and name not in names:
                yield f"line {node.lineno}: {name}()"
            case ast.Call(func=ast.Attribute(attr=name)) if name in FORBIDDEN_METHODS:
                yield f"line {node.lineno}: .{name}()"


def starts_forbidden(full: str) -> bool:
    """Tell whether a dotted name is, or lies within, a forbidden one."""
    return any(full == name or full.startswith(f"{name}.") for name in FORBIDDEN)


def test_the_judging_packages_touch_nothing_outside() -> None:
    found = [
        f"{path}: {what}: pass it in as a value, or use a port"
        for path in python_files(*(f"trimtab/{package}" for package in PURE))
        if is_pure(path)
        for what in impurities((ROOT / path).read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "import boto3",
        "from botocore.config import Config",
        "import os\nos.environ['A']",
        "from os import environ",
        "from os import environ as e",
        "import os\nos.getenv('A')",
        "open('a')",
        "import datetime\ndatetime.datetime.now()",
        "import datetime as d\nd.datetime.utcnow()",
        "from datetime import datetime\ndatetime.now()",
        "from datetime import datetime as dt\nread = dt.now",
        "from datetime import date\ndate.today()",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "import random",
        "from random import choice",
        "print('a')",
        "import logging",
        "from pathlib import Path\nPath('a').read_text()",
    ],
)
def test_a_planted_impurity_is_found(source: str) -> None:
    assert list(impurities(source))


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime, timedelta\nage = datetime.max - timedelta(days=1)",
        "def judge(*, now):\n    return now",
        "def is_late(window, at):\n    return window.is_open(at)",
        "import os.path\nos.path.join('a', 'b')",
        "import operator\nlogging_is_on = True",
    ],
)
def test_pure_code_is_let_through(source: str) -> None:
    assert list(impurities(source)) == []


def test_only_the_policy_loader_is_excepted() -> None:
    paths = ("policy/loader.py", "policy/loader_files.py", "policy/evaluate.py", "domain/loader.py")
    assert [is_pure(Path("trimtab") / path) for path in paths] == [False, False, True, True]
