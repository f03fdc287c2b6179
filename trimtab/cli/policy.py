"""`trimtab policy`: check policy files before they are deployed."""

from pathlib import Path
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import say

app = typer.Typer(help="Check policy files.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Check policy files."""


@app.command()
def validate(
    folder: Annotated[Path, typer.Argument(help="The bundle: fleet.yaml, guardrails.yaml, ...")],
) -> None:
    """Load a bundle as the Lambdas would, and show every error at once, with line and column."""
    bundle = wiring.load_policies(folder)
    for found in bundle.policies:
        say(f"{found.id}: {found.title} ({found.mode.value}, {found.severity.value})")
    say(f"{len(bundle.policies)} policies, bundle {bundle.digest}")
