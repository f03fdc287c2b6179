"""Which commands are there? Each group adds itself here.

Exit codes: 0 all is well, 1 something was found or is not as expected, 2 something could not be
read, or is not there, 3 the command line or an input cannot be used.
"""

import sys
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from trimtab.cli import (
    audit,
    cost,
    demo,
    doctor,
    explain,
    freeze,
    people,
    policy,
    run,
    scan,
    undo,
    upgrade,
)
from trimtab.cli.console import BAD_USAGE, FOUND, INTERRUPTED, UNREAD, complain, say
from trimtab.domain.errors import ConflictError, InputError, TrimtabError

HELP = (
    "Keeps an AWS Organization's Lambda fleet right-sized: nothing is changed without proof, "
    "approval and a way back.\n\nStart with: trimtab demo"
)

app = typer.Typer(
    name="trimtab",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("scan")(scan.scan)
app.command("explain")(explain.explain)
app.command("undo")(undo.undo)
app.command("give-up")(undo.give_up)
app.command("freeze")(freeze.freeze)
app.command("thaw")(freeze.thaw)
app.command("allow")(freeze.allow)
app.command("doctor")(doctor.doctor)
app.command("cost")(cost.cost)
app.command("upgrade")(upgrade.upgrade)
app.add_typer(run.app, name="run")
app.add_typer(audit.app, name="audit")
app.add_typer(people.app, name="people")
app.add_typer(policy.app, name="policy")


def _version(is_asked: bool) -> None:
    if is_asked:
        say(f"trimtab {metadata.version('trimtab')}")
        raise typer.Exit


@app.callback(help=HELP)
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=_version),
    ] = False,
) -> None:
    """Hold the options that stand before any command."""


def main() -> None:
    """Run the command line; errors of ours end with one clear message, never a traceback."""
    try:
        code = app(prog_name="trimtab", standalone_mode=False)
    except TyperException as error:
        _show(error)
        sys.exit(BAD_USAGE)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except InputError as error:
        complain(str(error))
        sys.exit(BAD_USAGE)
    except ConflictError as error:
        complain(str(error))
        sys.exit(FOUND)
    except TrimtabError as error:
        complain(str(error))
        sys.exit(UNREAD)
    sys.exit(code if isinstance(code, int) else 0)


def _show(error: Any) -> None:
    """Print what is wrong with the command line, with the usage of the command it was about."""
    error.show()
