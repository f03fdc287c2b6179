"""Is every module and function small enough to be read in one sitting?

The bounds are chosen, not measured: a module that needs more holds two ideas.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, python_files

MODULE_LINES = 400
HANDLER_LINES = 40
FUNCTION_LINES = 60


def oversized(source: str, *, path: Path) -> Iterator[str]:
    """Yield one sentence for each bound that a file exceeds; a bound itself is still allowed."""
    lines = len(source.splitlines())
    limit = HANDLER_LINES if path.parts[0] == "handlers" else MODULE_LINES
    if lines > limit:
        yield f"{path} has {lines} lines, {limit} are allowed: split it"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield (
                    f"{path}:{node.lineno} {node.name} has {length} lines, "
                    f"{FUNCTION_LINES} are allowed: split it"
                )


def test_no_module_or_function_is_oversized() -> None:
    found = [
        sentence
        for path in python_files("trimtab", "handlers", "infra", "tools", "tests")
        for sentence in oversized((ROOT / path).read_text(encoding="utf-8"), path=path)
    ]
    assert not found, "\n".join(found)


def function_of(lines: int) -> str:
    """Return a function with exactly so many lines."""
    return "def long():\n" + "    x = 1\n" * (lines - 1)


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("trimtab/domain/a.py", "x = 1\n" * MODULE_LINES, 0),
        ("trimtab/domain/a.py", "x = 1\n" * (MODULE_LINES + 1), 1),
        ("handlers/a.py", "x = 1\n" * HANDLER_LINES, 0),
        ("handlers/a.py", "x = 1\n" * (HANDLER_LINES + 1), 1),
        ("infra/a.py", function_of(FUNCTION_LINES), 0),
        ("infra/a.py", function_of(FUNCTION_LINES + 1), 1),
    ],
)
def test_each_bound_is_found_just_above_it(path: str, source: str, expected: int) -> None:
    assert len(list(oversized(source, path=Path(path)))) == expected
