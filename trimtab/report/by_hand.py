"""How does a person take a change back without Trimtab? AWS CLI commands, quoted for a shell."""

import shlex
from dataclasses import dataclass
from typing import assert_never

from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import ChangeKind
from trimtab.report.words import inert

LATEST = "$LATEST"
WHY = "say what went wrong"
"""Stands where the person writes a reason: an undo without one is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandStep:
    """One command and when it is needed."""

    when: str
    lines: tuple[str, ...]
    """The command, one option a line, each word quoted."""

    @property
    def command(self) -> str:
        """Return the command as one line."""
        return " ".join(self.lines)


def undo_command(remediation: Remediation) -> str:
    """Return the command that asks Trimtab itself to take the change back."""
    return shell("trimtab", "undo", remediation.change_id, "--why", WHY)


def by_hand(remediation: Remediation) -> tuple[HandStep, ...]:
    """Return the commands in the order they must run: aliases first, so that traffic comes first.

    The function is named by its ARN: with credentials of another account the command fails
    instead of changing a function of the same name there (S18).
    """
    target = (
        shell("--region", remediation.function.region),
        shell("--function-name", str(remediation.function)),
    )
    aliases = tuple(
        HandStep(
            when=f"only if alias {alias} was moved or split, and nobody has deployed since",
            lines=(
                shell("aws", "lambda", "update-alias"),
                *target,
                shell("--name", alias),
                shell("--function-version", version),
                shell("--routing-config", "AdditionalVersionWeights={}"),
            ),
        )
        for alias, version in sorted(remediation.before.aliases.items())
        if version != LATEST
    )
    match remediation.kind:
        case ChangeKind.SET_MEMORY:
            lines = (
                shell("aws", "lambda", "update-function-configuration"),
                *target,
                shell("--memory-size", str(remediation.undo["memory_mb"])),
            )
        case _:
            assert_never(remediation.kind)
    return (*aliases, HandStep(when="in any case", lines=lines))


def shell(*words: str) -> str:
    """Join words into one command line that a POSIX shell reads back as exactly these words."""
    return shlex.join(inert(word) for word in words)
