"""`trimtab demo`: a whole Organization on this machine, and Trimtab at work in it."""

import signal
import time
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from trimtab.cli.console import FOUND, print_json, say

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, `kill`, and a terminal that is closed."""


class Stopped(BaseException):
    """Somebody ends the demo. No `except Exception` on the way holds it up."""


def demo(
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Play the people too; check and print every figure."),
    ] = False,
) -> None:
    """Run the main job on the embedded AWS: scan, email, approval, change, watch, undo.

    Everything runs on 127.0.0.1 with the real stacks; no AWS account is needed or touched. Ctrl-C
    ends it and leaves nothing behind.
    """
    began = time.monotonic()

    def tell(text: str) -> None:
        """Say when, but for lines that are meant to be copied: they begin with a space."""
        is_plain = not text or text.startswith(" ")
        say(text if is_plain else f"{time.monotonic() - began:6.1f} s  {text}")

    stop_on_signals()
    try:
        _check(tell) if check else _show(tell)
    except Stopped as stopped:
        say("stopped; nothing is left behind")
        raise typer.Exit(128 + int(str(stopped)) if check else 0) from stopped


def _show(tell: Callable[[str], None]) -> None:
    from trimtab.local.demo.show import show  # noqa: PLC0415 - demo only

    show(tell)


def _check(tell: Callable[[str], None]) -> None:
    from trimtab.local.demo.check import check  # noqa: PLC0415 - demo only

    figures, wrong = check(tell)
    for what in wrong:
        say(f"not as expected: {what}")
    print_json(figures)
    if wrong:
        raise typer.Exit(FOUND)


def stop_on_signals() -> None:
    """End in order on every signal that ends a program, also on one that was inherited as ignored,
    as a shell does for SIGINT of a job in the background.
    """
    for ending in ENDINGS:
        signal.signal(ending, _stop)


def _stop(number: int, _frame: object) -> NoReturn:
    """Let the clean-up run to its end: whoever is impatient is not heard a second time."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise Stopped(number)
