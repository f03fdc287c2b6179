"""Where do the demo's people sign in? At a mock provider, in a process of its own.

The provider is the package `oidc-provider-mock` of ``requirements-local.lock``: real keys, real
tokens, and no passwords. It takes any client that has a secret, and does not check PKCE; that is
tested with a provider that does (tests/fakes/provider.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trimtab.local.process import EmulatorError, answers, end, free_port

CLIENT_ID, CLIENT_SECRET = "trimtab-demo", "demo-secret"
START_TIMEOUT_S = 30.0
RUN = """
import os, runpy, sys, threading
gone = lambda: (sys.stdin.buffer.read(), os._exit(1))
threading.Thread(target=gone, daemon=True).start()
runpy.run_module("oidc_provider_mock", run_name="__main__")
"""
"""Standard input is a pipe from whoever started it: the provider ends when that one does."""
WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A running provider, and how the hub is told of it."""

    issuer: str
    client_id: str
    client_secret: str
    """Goes into Secrets Manager."""
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it; calling it again does nothing."""
        if self.process.poll() is None:
            end(self.process)


def start_provider(local_python: Path, people: Iterable[str]) -> Provider:
    """Start a provider at which these addresses can sign in, each verified.

    Raises: EmulatorError when it is not installed or does not start.
    """
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    users = [
        json.dumps({"sub": address, "email": address, "email_verified": True}) for address in people
    ]
    command = [str(local_python), "-I", "-c", RUN, "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(
        [*command, *(word for user in users for word in ("--user-claims", user))],
        env={"PATH": os.defpath, "NO_COLOR": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    provider = Provider(
        issuer=issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, process=process
    )
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if answers(issuer + WELL_KNOWN):
            return provider
        time.sleep(0.05)
    provider.stop()
    raise EmulatorError("the mock of a sign-in provider did not start: run make setup")
