"""`trimtab policy`: write policy files, and check them before they are deployed."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab import wiring
from trimtab.cli.console import BAD_USAGE, FOUND, complain, print_json, print_raw, say
from trimtab.cli.policy_new import new
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.docs import reference
from trimtab.policy.model import Bundle
from trimtab.policy.policy_tests import PolicyTestResult, run_policy_tests, untested
from trimtab.policy.problems import PolicyErrors, Problem
from trimtab.policy.schema_export import json_schema
from trimtab.report import words

app = typer.Typer(help="Write and check policy files.", no_args_is_help=True)
app.command()(new)


@app.callback()
def policy() -> None:
    """Write and check policy files. docs/policies-reference.md says what they can hold."""


Folder = Annotated[
    Path, typer.Argument(help="The bundle: the folder of fleet.yaml, guardrails.yaml, ...")
]
BUNDLE = Path("policies")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def validate(
    folder: Folder = BUNDLE,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 when there are warnings.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load a bundle as the Lambdas would; show every error or every warning, with line and column.

    Warnings are about what loads and is probably not meant: conditions that say nothing, policies
    that judge nothing, exemptions that end, tests that lack a row.

    Exit code 0: it loads; 1: it loads with warnings, and --strict; 3: it does not load.
    """
    try:
        bundle = wiring.load_policies(folder)
    except PolicyErrors as error:
        if not as_json:
            raise
        print_json({"errors": [_problem(one) for one in error.problems]})
        raise typer.Exit(BAD_USAGE) from error
    warnings = wiring.policy_warnings(folder, bundle)
    if as_json:
        print_json(_bundle(bundle, warnings))
    else:
        for found in bundle.policies:
            say(f"{found.id}: {found.title} ({found.mode.value}, {found.severity.value})")
        for checklist in bundle.checklists:
            points = words.count(len(checklist.points), "point")
            say(f"checklist {checklist.id}: {checklist.title} ({points})")
        for warning in warnings:
            complain(f"warning: {warning}")
        count = words.count(len(bundle.policies), "policy", "policies")
        say(f"{count}, bundle {bundle.digest}, {words.count(len(warnings), 'warning')}")
    if warnings and strict:
        raise typer.Exit(FOUND)


@app.command("test")
def run_tests(folder: Folder = BUNDLE, *, as_json: AsJson = False) -> None:
    """Run the tests beside the policies.

    Exit code 0: all pass; 1: one fails, or a policy has none; 3: a file cannot be read.
    """
    bundle, files = wiring.load_policies(folder), wiring.read_policy_files(folder)
    results = run_policy_tests(bundle, files)
    failed = [result for result in results if not result.passed]
    missing = untested(bundle, files)
    if as_json:
        rows = [_failure(result) for result in failed]
        print_json({"tests": len(results), "failed": rows, "untested": list(missing)})
    else:
        for result in failed:
            say(_told(result))
        for policy_id in missing:
            say(f"UNTESTED {policy_id}: write {policy_id}.tests.yaml beside it")
        without = words.count(len(missing), "policy", "policies")
        say(f"{words.count(len(results), 'test')}, {len(failed)} failed, {without} without")
    if failed or missing:
        raise typer.Exit(FOUND)


@app.command()
def docs(folder: Folder = BUNDLE, *, as_json: AsJson = False) -> None:
    """Print the reference page in Markdown: the bundle's policies, keys, signals; with --json the
    signals.

    Where there is no folder `policies`, the page lists none.
    """
    if as_json:
        print_json({"signals": [_signal(name) for name in SIGNALS]})
    else:
        is_there = folder != BUNDLE or folder.is_dir()
        policies = wiring.load_policies(folder).policies if is_there else ()
        at = folder.as_posix() if folder.is_absolute() else f"../{folder.as_posix()}"
        print_raw(reference(wiring.change_kinds(), policies, at=at))


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    print_raw(f"{json.dumps(json_schema(wiring.change_kinds()), indent=2, sort_keys=True)}\n")


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "file": problem.file,
        "line": place.line,
        "column": place.column,
        "message": problem.message,
    }


def _bundle(bundle: Bundle, warnings: tuple[Problem, ...]) -> dict[str, Any]:
    return {
        "bundle": bundle.digest,
        "policies": [
            {
                "id": found.id,
                "pack": found.pack,
                "title": found.title,
                "mode": found.mode.value,
                "severity": found.severity.value,
            }
            for found in bundle.policies
        ],
        "checklists": [
            {"id": one.id, "title": one.title, "points": len(one.points)}
            for one in bundle.checklists
        ],
        "warnings": [_problem(warning) for warning in warnings],
    }


def _told(result: PolicyTestResult) -> str:
    """Say what was expected and what came, down to the missing signals."""
    row = result.test
    expected, got = row.expect.value, result.got.value
    if expected == got:
        expected += f" for want of {', '.join(row.missing or ()) or 'nothing'}"
        got += f" for want of {', '.join(result.missing) or 'nothing'}"
    return f"FAILED {row.file}: {row.name}: expected {expected}, got {got}"


def _failure(result: PolicyTestResult) -> dict[str, Any]:
    row = result.test
    return {
        "file": row.file,
        "policy": row.policy.id,
        "name": row.name,
        "expected": row.expect.value,
        "got": result.got.value,
        "missing": list(result.missing),
    }


def _signal(name: str) -> dict[str, Any]:
    signal = SIGNALS[name]
    return {
        "name": name,
        "type": signal.type.value,
        "unit": signal.unit,
        "meaning": signal.meaning,
        "source": signal.source,
        "cost": signal.tier.name.lower(),
        "unknown_when": signal.unknown_when,
        "over_lookback": signal.over_lookback,
        "computed_from": list(signal.derived_from),
    }
