"""Does every package import only what it may?

The tables below are the import rules of CONTRIBUTING; a package that is not in them may import
nothing. The standard library is open to all (what is impure in it: test_purity.py).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.architecture.source_tree import ROOT, imports, module_name, python_files

CORE = ("domain", "policy", "advisors", "remediations", "ports", "pipeline", "flows", "settings")
EDGES = ("aws", "tickets", "sign_in", "report")


def ours(*names: str) -> frozenset[str]:
    """Return packages of the core by their short names."""
    return frozenset(f"trimtab.{name}" for name in names)


WIRED = ours(*CORE, *EDGES)
ANYTHING = frozenset({"*"})

MAY_IMPORT: dict[str, frozenset[str]] = {
    "trimtab": frozenset(),
    "trimtab.__main__": ours("cli"),
    "trimtab.domain": frozenset(),
    "trimtab.settings": ours("domain"),
    "trimtab.policy": ours("domain"),
    "trimtab.advisors": ours("domain"),
    "trimtab.remediations": ours("domain"),
    "trimtab.ports": ours("domain"),
    "trimtab.pipeline": ours("domain", "policy", "advisors", "remediations", "ports"),
    "trimtab.flows": ours("domain", "policy", "remediations", "ports", "pipeline"),
    "trimtab.aws": ours("domain", "ports") | {"boto3", "botocore"},
    "trimtab.tickets": ours("domain", "ports") | {"urllib3"},
    "trimtab.sign_in": ours("domain", "ports") | {"urllib3", "joserfc"},
    "trimtab.report": ours("domain") | {"jinja2"},
    "trimtab.local": ANYTHING,
    "trimtab.wiring": WIRED,
    "handlers": ours("wiring", "flows", "pipeline", "domain", "settings")
    | {"aws_lambda_powertools"},
    "trimtab.cli": ours("wiring", "domain", "flows", "pipeline", "policy", "report", "settings")
    | {"typer", "rich"},
    "infra": ours("remediations", "settings") | {"aws_cdk", "constructs", "cdk_nag", "jsii"},
    "tests": ANYTHING,
}

# Modules that may import more than their package: by the start of their dotted name.
MAY_ALSO_IMPORT: dict[str, frozenset[str]] = {
    "trimtab.policy.loader": frozenset({"pydantic", "yaml"}),
    "trimtab.policy.schema": frozenset({"pydantic", "yaml"}),
    "trimtab.cli.demo": ours("local"),
    "trimtab.aws.template_text": frozenset({"yaml"}),
    "trimtab.aws.public_key": frozenset({"cryptography"}),
    "trimtab.aws.download": frozenset({"urllib3"}),
}


def owner(name: str) -> str:
    """Return the part of a dotted name that the tables speak of."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "trimtab" else parts[0]


def allowed(module: str) -> frozenset[str]:
    """Return what a module may import besides itself and the standard library."""
    more = (extra for start, extra in MAY_ALSO_IMPORT.items() if module.startswith(start))
    return MAY_IMPORT.get(owner(module), frozenset()).union(*more)


def may_import(module: str, target: str) -> bool:
    """Tell whether the rules allow this one import."""
    if target == "unittest.mock" or target.startswith("unittest.mock."):
        return module.startswith("tests.contract")
    if target.split(".", maxsplit=1)[0] in sys.stdlib_module_names:
        return True
    if "*" in allowed(module) and not target.startswith("handlers"):
        return True
    if owner(module) == owner(target) == "handlers":
        return False
    return owner(target) in allowed(module) | {owner(module)} or module.startswith("tests.")


def violations(source: str, *, module: str, is_package: bool = False) -> Iterator[str]:
    """Yield one sentence for each import that the rules forbid."""
    for target in imports(source, module=module, is_package=is_package):
        if not may_import(module, target):
            yield f"{module} may not import {target}: see CONTRIBUTING, import rules"


def test_every_module_imports_only_what_it_may() -> None:
    found = [
        sentence
        for path in python_files("trimtab", "handlers", "infra", "tests")
        for sentence in violations(
            (ROOT / path).read_text(encoding="utf-8"),
            module=module_name(path),
            is_package=path.name == "__init__.py",
        )
    ]
    assert not found, "\n".join(found)


FORBIDDEN = [
    ("trimtab.domain.finding", "import pydantic"),
    ("trimtab.domain.finding", "from trimtab.policy import load"),
    ("trimtab.domain.finding", "def f():\n    import boto3"),
    ("trimtab.settings", "from pydantic import BaseModel"),
    ("trimtab.policy.evaluate", "import yaml"),
    ("trimtab.policy.evaluate", "from trimtab import pipeline"),
    ("trimtab.advisors.memory", "from trimtab.ports import Clock"),
    ("trimtab.remediations.set_memory", "from ..policy import evaluate"),
    ("trimtab.ports", "from .pipeline import plan"),
    ("trimtab.pipeline.plan", "from trimtab.aws import session"),
    ("trimtab.aws.session", "from trimtab.settings import Scan"),
    ("trimtab.tickets.github", "import requests"),
    ("trimtab.sign_in.provider", "import requests"),
    ("trimtab.flows.sign_in", "import joserfc"),
    ("trimtab.report.html", "import boto3"),
    ("trimtab.wiring", "import trimtab.local.world"),
    ("trimtab.wiring", "from importlib import import_module\nimport_module('trimtab.local')"),
    ("trimtab.cli.scan", "from trimtab.local import world"),
    ("trimtab.cli.scan", "from trimtab.aws import session"),
    ("trimtab.surprise", "import trimtab.domain"),
    ("handlers.plan", "from handlers import scan"),
    ("handlers.plan", "from .scan import handler"),
    ("handlers.plan", "import boto3"),
    ("infra.hub", "from handlers.plan import handler"),
    ("infra.hub", "import trimtab.aws"),
    ("tests.pipeline.test_plan", "from unittest.mock import Mock"),
    ("tests.pipeline.test_plan", "from unittest import mock"),
]

ALLOWED = [
    ("trimtab.domain.finding", "import dataclasses\nfrom trimtab.domain import arn"),
    ("trimtab.domain.finding", "from .arn import FunctionArn"),
    ("trimtab.policy.loader", "import yaml, pydantic\nfrom trimtab.domain import finding"),
    ("trimtab.policy.schema_policy", "from pydantic import BaseModel"),
    ("trimtab.aws.session", "import boto3\nfrom botocore.config import Config"),
    ("trimtab.cli.demo", "from trimtab.local import world"),
    ("trimtab.local.world", "import boto3, trimtab.wiring"),
    ("trimtab.wiring", "from trimtab.aws.session import Session"),
    ("handlers.plan", "from aws_lambda_powertools import Logger\nfrom trimtab import wiring"),
    ("infra.hub", "import aws_cdk as cdk\nfrom infra.stores import Stores"),
    ("tests.contract.test_ledger", "from unittest.mock import Mock"),
    ("tests.handlers.test_plan", "from handlers import plan, scan"),
]


@pytest.mark.parametrize(("module", "source"), FORBIDDEN)
def test_a_planted_violation_is_found(module: str, source: str) -> None:
    assert list(violations(source, module=module))


@pytest.mark.parametrize(("module", "source"), ALLOWED)
def test_an_allowed_import_is_let_through(module: str, source: str) -> None:
    assert list(violations(source, module=module)) == []


def test_the_sentence_names_both_sides_and_the_place_to_read() -> None:
    (sentence,) = violations("import boto3", module="handlers.plan")
    assert sentence == "handlers.plan may not import boto3: see CONTRIBUTING, import rules"


def test_a_package_resolves_its_own_relative_imports() -> None:
    inner = violations("from .arn import Arn", module="trimtab.domain", is_package=True)
    outer = violations("from ..aws import x", module="trimtab.pipeline", is_package=True)
    assert (len(list(inner)), len(list(outer))) == (0, 1)
