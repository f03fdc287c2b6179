"""Is the data of every service that the product calls in the package?"""

from __future__ import annotations

import ast
from pathlib import Path

from infra.dependencies import SERVICES

TRIMTAB = Path(__file__).resolve().parents[2] / "trimtab"
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
    modules = [p for p in TRIMTAB.rglob("*.py") if "local" not in p.relative_to(TRIMTAB).parts]
    called = set[str]().union(*(services_in(path) for path in modules))
    assert "lambda" in called
    assert called <= SERVICES, f"add to infra/dependencies.py: {sorted(called - SERVICES)}"
