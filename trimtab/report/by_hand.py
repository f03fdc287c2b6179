"""How does a person take a change back without Trimtab? AWS CLI commands, quoted for a shell."""

from typing import assert_never

from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import ChangeKind
from trimtab.report.hand_step import HandStep, shell
from trimtab.report.provisioned_by_hand import put_back

LATEST = "$LATEST"
WHY = "say what went wrong"
"""Stands where the person writes a reason: an undo without one is refused."""


def undo_command(remediation: Remediation) -> str:
    """Return the command that asks Trimtab itself to take the change back."""
    return shell("trimtab", "undo", remediation.change_id, "--why", WHY)


def by_hand(remediation: Remediation) -> tuple[HandStep, ...]:
    """Return the commands in the order they must run."""
    match remediation.kind:
        case ChangeKind.SET_MEMORY:
            return _memory(remediation)
        case (
            ChangeKind.SCHEDULE_PROVISIONED
            | ChangeKind.REDUCE_PROVISIONED
            | ChangeKind.REMOVE_PROVISIONED
        ):
            return put_back(remediation)
        case ChangeKind.REMOVE_FUNCTION:
            return _let_go(remediation)
        case ChangeKind.REMOVE_VERSIONS:
            return (_restored(remediation),)
        case _:
            assert_never(remediation.kind)


def _restored(remediation: Remediation) -> HandStep:
    """Return how code and settings of deleted versions come back: no number ever does."""
    name = f"{remediation.function.name}-restored"
    words = ("--as", name, "--why", "what its old versions held")
    return HandStep(
        when="after the deletion, under another name and with other numbers",
        lines=(shell("trimtab", "restore", str(remediation.function), *words),),
    )


def _let_go(remediation: Remediation) -> tuple[HandStep, ...]:
    """Return how a quarantine is ended: the limit first, then what was reserved before."""
    target = (
        shell("--region", remediation.function.region),
        shell("--function-name", str(remediation.function)),
    )
    free = HandStep(
        when="while it takes no calls",
        lines=(shell("aws", "lambda", "delete-function-concurrency"), *target),
    )
    reserved = None if remediation.removal is None else remediation.removal.reserved
    if reserved is None:
        return (free,)
    again = HandStep(
        when="then",
        lines=(
            shell("aws", "lambda", "put-function-concurrency"),
            *target,
            shell("--reserved-concurrent-executions", str(reserved)),
        ),
    )
    return (free, again)


def _memory(remediation: Remediation) -> tuple[HandStep, ...]:
    """Return aliases first, so that traffic comes first.

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
    memory = HandStep(
        when="in any case",
        lines=(
            shell("aws", "lambda", "update-function-configuration"),
            *target,
            shell("--memory-size", str(remediation.undo["memory_mb"])),
        ),
    )
    return (*aliases, memory)
