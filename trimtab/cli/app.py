"""Which commands are there? Each group adds itself here.

Exit codes: 0 all is well, 1 something was found or is not as expected, 2 something could not be
read, 3 the command line or an input cannot be used.
"""

import sys

import typer

from trimtab.cli import audit, demo, policy, undo
from trimtab.cli.console import BAD_USAGE, UNREAD, complain
from trimtab.domain.errors import InputError, TrimtabError

app = typer.Typer(
    name="trimtab",
    help="Keeps an AWS Organization's Lambda fleet right-sized: nothing is changed without "
    "proof, approval and a way back.\n\nStart with: trimtab demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("undo")(undo.undo)
app.add_typer(audit.app, name="audit")
app.add_typer(policy.app, name="policy")


def main() -> None:
    """Run the command line; errors of ours end with one clear message, never a traceback."""
    try:
        app()
    except InputError as error:
        complain(str(error))
        sys.exit(BAD_USAGE)
    except TrimtabError as error:
        complain(str(error))
        sys.exit(UNREAD)
