"""Is the data of every service that the product calls in the package?"""

from __future__ import annotations

import ast
from pathlib import Path

from infra.dependencies import SERVICES

TRIMTAB = Path(__file__).resolve().parents[2] / "trimtab"
OF_THE_COMMAND = ("hub_facts.py",)
"""Adapters that only the command line uses, with a whole botocore of its own."""
DOORS = ("client", "lazy", "writer")


def services_in(path: Path) -> set[str]:
    """Return the services a module names when it asks for a client."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in DOORS
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_the_package_keeps_the_data_of_every_service_that_is_called() -> None:
    modules = [
        path
        for path in TRIMTAB.rglob("*.py")
        if "local" not in path.relative_to(TRIMTAB).parts and path.name not in OF_THE_COMMAND
    ]
    called = set[str]().union(*(services_in(path) for path in modules))
    assert "lambda" in called
    assert called <= SERVICES, f"add to infra/dependencies.py: {sorted(called - SERVICES)}"
