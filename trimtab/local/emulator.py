"""How are the services inside a running embedded AWS reached?"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from trimtab.local.mailbox import Message, read_messages
from trimtab.local.process import EmulatorError, EmulatorProcess, EmulatorSettings

SECRET = "test"
"""The emulator's own fixed secret: the access key of an account's root user is its id."""


class Emulator:
    """One embedded AWS; use it as a context manager."""

    def __init__(self, settings: EmulatorSettings) -> None:
        self.settings = settings
        self._process = EmulatorProcess(settings)
        self._session = boto3.session.Session()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._clients_lock = threading.Lock()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """The address every AWS client talks to."""
        return self._process.endpoint

    def start(self) -> Emulator:
        """Start and wait until it answers; raises EmulatorError when it does not."""
        self._process.start()
        return self

    def stop(self) -> None:
        """Close the clients, end the process and remove its folder."""
        with self._clients_lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()
        self._process.stop()

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        """A boto3 client with the rights of the account's root user; made once per argument set.

        Without account and region: the hub's, and the settings' region.
        """
        key = (service, account or self.settings.hub_account, region or self.settings.region)
        with self._clients_lock:
            if key not in self._clients:
                self._clients[key] = self._session.client(
                    service,
                    region_name=key[2],
                    endpoint_url=self.endpoint,
                    aws_access_key_id=key[1],
                    aws_secret_access_key=SECRET,
                    config=Config(
                        inject_host_prefix=False,
                        retries={"total_max_attempts": 1, "mode": "standard"},
                        max_pool_connections=32,
                    ),
                )
            return self._clients[key]

    def environment(self, account: str | None = None) -> dict[str, str]:
        """The variables that point a command line or SDK at an account of this emulator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": account or self.settings.hub_account,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": self.settings.region,
            "AWS_REGION": self.settings.region,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }

    def messages(self) -> list[Message]:
        """Every email sent so far, oldest first."""
        return read_messages(self.endpoint)

    def api_url(self, api_id: str, path: str = "/") -> str:
        """Where a path of an HTTP API answers; its prefix is not part of the API's own paths.

        A browser that must keep cookies with a ``Path`` uses the API's own address instead:
        ``<id>.execute-api.localhost`` with the emulator's port, as in the stack's outputs.
        """
        return f"{self.endpoint}/_aws/execute-api/{api_id}/$default/{path.lstrip('/')}"

    def reachable(self, link: str) -> str:
        """The address that answers for a link to an HTTP API as written in an email."""
        parts = urlsplit(link)
        api_id, _, domain = (parts.hostname or "").partition(".")
        if not domain.startswith("execute-api."):
            message = f"{link} is no link to an HTTP API; expected <id>.execute-api.<domain>."
            raise ValueError(message)
        query = f"?{parts.query}" if parts.query else ""
        return self.api_url(api_id, parts.path) + query

    def control(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Tell the emulator something AWS would know by itself (see ``patches.control``).

        Raises: EmulatorError with the reason when the emulator refuses.
        """
        request = urllib.request.Request(
            f"{self.endpoint}/_trimtab/{name}", data=json.dumps(body).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                answer: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise EmulatorError(json.load(error)["message"]) from error
        return answer

    def back_date(self, account: str, region: str, changed_at: Mapping[str, datetime]) -> None:
        """Set when functions were last modified, by name: new ones are rightly left alone."""
        stamps = {
            name: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000+0000"
            for name, moment in changed_at.items()
        }
        body = {"Account": account, "Region": region, "LastModified": stamps}
        self.control("function-ages", body)

    def scaling_tick(self, account: str, region: str, now: datetime) -> list[dict[str, Any]]:
        """Let the clock of Application Auto Scaling reach `now`; return what fired until then."""
        body = {"Account": account, "Region": region, "Now": now.isoformat()}
        return list(self.control("scaling-tick", body)["Fired"])
