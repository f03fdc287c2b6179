"""How does somebody without a hub enter accounts? With plain credentials, or through a role each.

A role is assumed once per account, whatever the number of its regions. Reads only.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from trimtab.aws.errors import reading
from trimtab.aws.functions import AwsFunctionSource
from trimtab.aws.reach_roles import RoleShelf
from trimtab.aws.sessions import Clients, HubSession
from trimtab.aws.triggers import TriggerShelf
from trimtab.domain.arn import Target
from trimtab.domain.errors import PermanentError
from trimtab.ports import Clock

RENEW_BEFORE = timedelta(minutes=10)
"""Keys with less time left than this are not begun with; chosen: a target takes less."""


def caller_of(hub: HubSession) -> str:
    """Return the account of the credentials in use."""
    with reading("sts:GetCallerIdentity"):
        return str(hub.client("sts").get_caller_identity()["Account"])


class AwsVisits:
    """Opens targets of many accounts, from several threads at once."""

    def __init__(
        self,
        hub: HubSession,
        *,
        home: Callable[[], str],
        roles: Mapping[str, str],
        external_ids: Mapping[str, str],
        session_name: str,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`home` asks for the account of the credentials; `roles` names a role, or its ARN, by
        account, and an account without one is entered with the credentials themselves.
        """
        self._hub = hub
        self._home = home
        self._roles = roles
        self._external_ids = external_ids
        self._session_name = session_name
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._doors: dict[str, threading.Lock] = {}
        self._keys: dict[str, Mapping[str, Any]] = {}
        self._shelf = RoleShelf(clock)
        self._triggers = TriggerShelf(clock)

    def open(self, target: Target) -> AwsFunctionSource:
        """Raises: AccessDeniedError, RetryableError, PermanentError: the target is a gap."""
        return AwsFunctionSource(
            target,
            self._clients(target),
            clock=self._clock,
            sleep=self._sleep,
            shelf=self._shelf,
            triggers=self._triggers,
        )

    def _clients(self, target: Target) -> Clients:
        role = self._roles.get(target.account)
        if role is not None:
            keys = self._entered(target, role)
            return self._hub.member(target.account, target.region, keys)
        home = self._home()
        if home != target.account:
            raise PermanentError(
                f"{target}: the credentials are of account {home}, and no role is named for "
                f"{target.account}: give one with --role or in the accounts file"
            )
        return self._hub.member(target.account, target.region, None)

    def _entered(self, target: Target, role: str) -> Mapping[str, Any]:
        with self._lock:
            door = self._doors.setdefault(target.account, threading.Lock())
        with door:
            keys = self._keys.get(target.account)
            if keys is None or _ends_at(keys) - self._clock.now() < RENEW_BEFORE:
                keys = self._hub.keys_of(
                    role if role.startswith("arn:") else self._arn(target, role),
                    session_name=self._session_name,
                    external_id=self._external_ids.get(target.account),
                )
                self._keys[target.account] = keys
            return keys

    def _arn(self, target: Target, role: str) -> str:
        return self._hub.role_arn(target.account, role.lstrip("/"), target.region)


def _ends_at(keys: Mapping[str, Any]) -> datetime:
    ends_at: datetime = keys["Expiration"]
    return ends_at
