"""What can a person choose when the templates are made?

Given as CDK context: `cdk deploy -c sender=ops@example.com`, or `python -m infra.app -c ...`.
A value that only the deployment can know and that was not given becomes a parameter of the stack
without a default, so that nothing is ever deployed with a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,400}")
"""A name of Secrets Manager, without what would widen a permission: no star, no colon."""
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d")
_ACCOUNT = re.compile(r"[0-9]{12}")
DAILY = "cron(0 5 * * ? *)"
"""05:00 UTC: before working hours in Europe, after them in America; chosen, not measured."""

LEAST_VAULT_DAYS = 90
"""As long as a change can be undone. Chosen with it."""


class OptionError(Exception):
    """An option is unknown or malformed; the message names it. A person mends the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices, each with the value that holds when nothing is said."""

    bundle: Path = Path("policies")
    """Folder of the policy bundle that goes into the code."""
    platform: str = "lambda"
    """`lambda`, or `host`: code that runs on this machine, for the embedded AWS."""
    production: bool = False
    """Keeps the ledger's mirror for 400 days in a way that nobody can shorten, root included."""
    schedule: str = DAILY
    target_ous: tuple[str, ...] = ()
    """Organizational units that get the member roles by StackSet; none: no StackSets at all."""
    change_ous: tuple[str, ...] | None = None
    """Units among them that get the change role as well. None: all of them."""
    restore_ous: tuple[str, ...] | None = None
    """Units that get the restore role, by which changes are taken back. None: those with the change
    role. A unit that loses the change role is named here for as long as an undo is promised."""
    security_hub: str = "off"
    """Whose Security Hub may be told of findings: `member` gives the units of `target_ous` a role
    for it, `hub` lets the hub tell its own; `off`: neither. `security_hub` in fleet.yaml says what
    it is told."""
    vault_days: int = 400
    """How long the vault keeps the backup of a removed function."""
    vault_regions: tuple[str, ...] = ()
    """Regions besides the hub's that have a vault, each a stack of its own; in any other no
    function can be backed up, and none is removed."""
    sandbox_account: str | None = None
    """The account that restore drills restore into, which has the stack trimtab-sandbox. None: they
    read backups back, and restore nothing."""
    drill_days: int | None = 7
    """How many days lie between two drills. None, said as `off`: only a person asks for one."""
    drill_size: int = 3
    """How many backups a drill takes. Chosen: what a Lambda surely manages in its time."""
    reserve: bool = True
    """Reserves concurrent executions in the hub's account. False where its quota is below 142; then
    two watches may overlap."""
    auditor_principals: tuple[str, ...] = ()
    """ARNs that may assume the auditor's read-only role; none: there is no such role."""
    pace: float = 1.0
    """Multiplies the call budget of S21. Leave it at 1: the embedded AWS has no quota to spare."""
    oidc_issuer: str | None = None
    """The OpenID provider by which approvers sign in, exactly as it writes itself. None: whatever
    asks for a sign-in stays in tickets."""
    oidc_client_id: str | None = None
    oidc_secret: str | None = None
    """Name in Secrets Manager of the client's secret. None: a public client, with PKCE alone."""
    hub_id: str | None = None
    """Names this hub in every change id. None: its account and region."""
    organization_id: str | None = None
    external_id: str | None = None
    sender: str | None = None
    ticket_repository: str | None = None
    ticket_api: str = "https://api.github.com"

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> Options:
        """Build the options from context values; None and unrelated keys are passed over.

        Raises: OptionError for a value that cannot be meant.
        """
        given = {f.name: context[f.name] for f in fields(cls) if context.get(f.name) is not None}
        given = {name: _meant(name, value) for name, value in given.items()}
        options = cls(**given)
        options._require_a_way_back()
        options._require_a_whole_provider()
        return options

    def _require_a_way_back(self) -> None:
        """Refuse units that could be changed and not be put back.

        Raises: OptionError naming them.
        """
        changed = self.target_ous if self.change_ous is None else self.change_ous
        restored = changed if self.restore_ous is None else self.restore_ous
        missing = [unit for unit in changed if unit not in restored]
        if missing:
            names = ", ".join(missing)
            raise OptionError(f"restore_ous lacks {names}: what is changed there needs a way back")

    def _require_a_whole_provider(self) -> None:
        """Refuse half a provider, or one that cannot be trusted.

        Raises: OptionError naming what is missing.
        """
        if self.oidc_issuer is None:
            if self.oidc_client_id is not None or self.oidc_secret is not None:
                raise OptionError("oidc_issuer is missing: it says whose client this is")
            return
        if self.oidc_client_id is None:
            raise OptionError("oidc_client_id is missing: oidc_issuer has no use without it")
        issuer = urlsplit(self.oidc_issuer)
        is_local = issuer.scheme == "http" and self.platform == "host"
        if not issuer.hostname or not (issuer.scheme == "https" or is_local):
            raise OptionError(f"oidc_issuer is {self.oidc_issuer!r}; say an https address")
        if self.oidc_secret is not None and not _SECRET_NAME.fullmatch(self.oidc_secret):
            raise OptionError(f"oidc_secret is {self.oidc_secret!r}; say its name, not its ARN")


def _meant(name: str, value: Any) -> Any:
    """Return what a value of the context means.

    Raises: OptionError when it cannot be meant.
    """
    meaning = MEANINGS.get(name)
    return value if meaning is None else meaning(name, value)


def _units(_: str, value: str | list[str]) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(part.strip() for part in parts if part.strip())


def _regions(name: str, value: str | list[str]) -> tuple[str, ...]:
    found = _units(name, value)
    for one in found:
        if not _REGION.fullmatch(one):
            raise OptionError(f"{name} has {one!r}; say regions, as in eu-west-1,us-east-1")
    return tuple(dict.fromkeys(found))


def _number(name: str, value: str | float) -> float:
    try:
        number = float(value)
    except ValueError as error:
        raise OptionError(f"{name} is {value!r}; say a number above 0") from error
    if not number > 0:
        raise OptionError(f"{name} is {value!r}; say a number above 0")
    return number


def _days(name: str, value: str | int) -> int:
    if not str(value).isdecimal() or int(value) < LEAST_VAULT_DAYS:
        raise OptionError(f"{name} is {value!r}; say a number of days, {LEAST_VAULT_DAYS} or more")
    return int(value)


def _account(name: str, value: str) -> str:
    if not _ACCOUNT.fullmatch(value):
        raise OptionError(f"{name} is {value!r}; say its 12 digits")
    return value


def _one_of(*words: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in words:
            raise OptionError(f"{name} is {value!r}; say {', '.join(words[:-1])} or {words[-1]}")
        return value

    return read


def _days_or_off(name: str, value: str | int) -> int | None:
    return None if value == "off" else _whole(name, value)


def _whole(name: str, value: str | int) -> int:
    if not str(value).isdecimal() or int(value) < 1:
        raise OptionError(f"{name} is {value!r}; say a whole number above 0")
    return int(value)


def _truth(name: str, value: str | bool) -> bool:
    words = {"true": True, "false": False}
    if str(value).lower() not in words:
        raise OptionError(f"{name} is {value!r}; say true or false")
    return words[str(value).lower()]


MEANINGS: Mapping[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("target_ous", "change_ous", "restore_ous", "auditor_principals"), _units),
    **dict.fromkeys(("production", "reserve"), _truth),
    "bundle": lambda _, value: Path(value),
    "vault_days": _days,
    "vault_regions": _regions,
    "sandbox_account": _account,
    "drill_days": _days_or_off,
    "drill_size": _whole,
    "pace": _number,
    "platform": _one_of("lambda", "host"),
    "security_hub": _one_of("member", "hub", "off"),
}
"""How an option is read that is not plain text."""
