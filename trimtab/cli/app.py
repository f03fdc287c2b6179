"""Which commands are there? Each group stands in a table here, and is imported when it is called.

Exit codes: 0 all is well, 1 something was found or is not as expected, 2 something could not be
read, or is not there, 3 the command line or an input cannot be used.
"""

import gc
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from trimtab.cli.console import BAD_USAGE, FOUND, INTERRUPTED, UNREAD, complain, say
from trimtab.domain.errors import ConflictError, InputError, TrimtabError

HELP = (
    "Keeps an AWS Organization's Lambda fleet right-sized: nothing is changed without proof, "
    "approval and a way back.\n\nStart with: trimtab demo"
)

COMMANDS = {
    "demo": ("demo", "demo"),
    "scan": ("scan", "scan"),
    "findings": ("findings", "findings"),
    "plan": ("plan", "plan"),
    "explain": ("explain", "explain"),
    "triggers": ("triggers", "triggers"),
    "undo": ("undo", "undo"),
    "give-up": ("undo", "give_up"),
    "restore": ("restore", "restore"),
    "backups": ("backups", "backups"),
    "drill": ("drill", "drill"),
    "freeze": ("freeze", "freeze"),
    "thaw": ("freeze", "thaw"),
    "allow": ("freeze", "allow"),
    "doctor": ("doctor", "doctor"),
    "savings": ("savings", "savings"),
    "cost": ("cost", "cost"),
    "upgrade": ("upgrade", "upgrade"),
}
"""Command -> module and function."""

GROUPS = ("run", "audit", "memory", "pc", "people", "policy")
"""Modules with commands of their own."""


GARBAGE = (100_000, 50, 50)
"""Objects made before cycles are looked for: with Python's 700 a scan spends a fifth of its time
looking, and finds none."""


def build(called: str | None = None) -> typer.Typer:
    """Build the command line: all of it, or no more than the command that is called."""
    app = typer.Typer(
        name="trimtab",
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback(help=HELP)(_options)
    is_known = called in COMMANDS or called in GROUPS
    for name, (module, function) in COMMANDS.items():
        if not is_known or name == called:
            app.command(name)(getattr(import_module(f"trimtab.cli.{module}"), function))
    for name in GROUPS:
        if not is_known or name == called:
            app.add_typer(import_module(f"trimtab.cli.{name}").app, name=name)
    return app


def __getattr__(name: str) -> Any:
    """Return the whole command line as `app`, for whoever looks at all of it."""
    if name == "app":
        return build()
    raise AttributeError(name)


def _version(is_asked: bool) -> None:
    if is_asked:
        from importlib import metadata  # noqa: PLC0415 - 20 ms, for this line alone

        say(f"trimtab {metadata.version('trimtab')}")
        raise typer.Exit


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
    gc.set_threshold(*GARBAGE)
    try:
        code = build(next(iter(sys.argv[1:]), None))(prog_name="trimtab", standalone_mode=False)
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
