"""`trimtab demo`: a whole Organization on this machine, and Trimtab at work in it."""

import time
from typing import Annotated

import typer

from trimtab.cli.console import FOUND, print_json, say


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
    from trimtab.local.demo.check import check as run_check  # noqa: PLC0415 - demo only
    from trimtab.local.demo.show import show  # noqa: PLC0415 - demo only

    began = time.monotonic()

    def tell(text: str) -> None:
        say(f"{time.monotonic() - began:6.1f} s  {text}")

    if not check:
        try:
            show(tell)
        except KeyboardInterrupt:
            say("stopped; nothing is left behind")
        return
    figures, wrong = run_check(tell)
    for what in wrong:
        say(f"not as expected: {what}")
    print_json(figures)
    if wrong:
        raise typer.Exit(FOUND)
