"""`trimtab policy`: check policy files before they are deployed."""

import json
from pathlib import Path
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import FOUND, say
from trimtab.policy.docs import reference
from trimtab.policy.policy_tests import run_policy_tests, untested
from trimtab.policy.schema_export import json_schema
from trimtab.report import words

app = typer.Typer(help="Check policy files.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Check policy files."""


Folder = Annotated[Path, typer.Argument(help="The bundle: fleet.yaml, guardrails.yaml, ...")]


@app.command()
def validate(folder: Folder) -> None:
    """Load a bundle as the Lambdas would, and show every error at once, with line and column."""
    bundle = wiring.load_policies(folder)
    for found in bundle.policies:
        say(f"{found.id}: {found.title} ({found.mode.value}, {found.severity.value})")
    for checklist in bundle.checklists:
        count = words.count(len(checklist.points), "point")
        say(f"checklist {checklist.id}: {checklist.title} ({count})")
    count = words.count(len(bundle.policies), "policy", "policies")
    say(f"{count}, bundle {bundle.digest}")


@app.command()
def test(folder: Folder) -> None:
    """Run the tests beside the policies. Exit code 1 when one fails or a policy has none."""
    bundle, files = wiring.load_policies(folder), wiring.read_policy_files(folder)
    results = run_policy_tests(bundle, files)
    failed = [result for result in results if not result.passed]
    for result in failed:
        row = result.test
        say(f"FAILED {row.file}: {row.name}: expected {row.expect.value}, got {result.got.value}")
    missing = untested(bundle, files)
    for policy_id in missing:
        say(f"UNTESTED {policy_id}: write {policy_id}.tests.yaml beside it")
    without = words.count(len(missing), "policy", "policies")
    say(f"{words.count(len(results), 'test')}, {len(failed)} failed, {without} without")
    if failed or missing:
        raise typer.Exit(FOUND)


@app.command()
def docs() -> None:
    """Print the reference page of policies and signals, in Markdown."""
    say(reference(wiring.change_kinds()).rstrip())


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    say(json.dumps(json_schema(wiring.change_kinds()), indent=2, sort_keys=True))
