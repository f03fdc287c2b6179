"""What the contract tests of the embedded AWS share: packages, trust policies and waiting."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import pytest

REGION = "eu-central-1"
HUB = "111111111111"
MEMBER = "222222222222"
OTHER = "333333333333"


def trust(principal: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """A trust policy for one principal."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition is not None:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def zipped(source: str) -> bytes:
    """A deployment package with one module, ``code``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("code.py", source)
    return buffer.getvalue()


def settled(client: Any, name: str) -> dict[str, Any]:
    """The function's configuration once no update is in progress."""
    for _ in range(100):
        found: dict[str, Any] = client.get_function_configuration(FunctionName=name)
        if found["LastUpdateStatus"] == "Successful":
            return found
        time.sleep(0.05)
    pytest.fail(f"{name} did not settle in five seconds")
