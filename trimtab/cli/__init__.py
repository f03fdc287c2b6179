"""The trimtab command, one module per group of commands: talks to people, decides nothing."""

from trimtab.cli.app import main

__all__ = ["main"]
