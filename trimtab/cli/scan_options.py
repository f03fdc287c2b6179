"""Which options does `trimtab scan` take? Each with the sentence that --help says of it."""

from pathlib import Path
from typing import Annotated

import typer

from trimtab.cli.scan_output import Output
from trimtab.domain.terms import Severity

Accounts = Annotated[
    Path | None,
    typer.Option(help="A YAML or JSON list: account_id, and role, regions, name as needed."),
]
Organization = Annotated[
    bool,
    typer.Option(
        "--organization",
        help="Every account of the Organization; without --regions in those of fleet.yaml.",
    ),
]
Role = Annotated[
    str | None, typer.Option(help="The role to assume in other accounts: a name, or an ARN.")
]
ExternalId = Annotated[str | None, typer.Option(help="What that role asks for.")]
Regions = Annotated[list[str] | None, typer.Option(help="Regions, with commas or one option each.")]
Policies = Annotated[Path, typer.Option(help="The bundle to judge by.")]
Format = Annotated[Output, typer.Option(help="What goes to standard output.")]
FailOn = Annotated[Severity, typer.Option(help="The least severity that ends with exit code 1.")]
Resume = Annotated[
    Path | None,
    typer.Option(help="Keep what is done in this file, and go on from it next time."),
]
Answers = Annotated[
    Path | None,
    typer.Option(
        help="Keep in this folder what takes a call per function; ask again after 7 days."
    ),
]
ShowCalls = Annotated[
    bool,
    typer.Option(
        "--show-calls", help="Say on standard error what was asked, of whom, and what was not."
    ),
]
AtOnce = Annotated[int, typer.Option(min=1, help="Targets at the same time.")]
