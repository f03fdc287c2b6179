"""The trimtab command, one module per group of commands. Talks to people; decides nothing itself."""

from trimtab.cli.app import main

__all__ = ["main"]
