"""Through which sessions is a function backed up, and brought back? One each, narrowed to it.

A backup reads through the change role, a restore writes through the restore role; the session is
named after the change or the restore, so that CloudTrail tells whose calls they were.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from trimtab.aws.archive import AwsArchive
from trimtab.aws.download import Downloads
from trimtab.aws.recreator import AwsRecreator
from trimtab.aws.sessions import HubSession
from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup_actions import DECRYPT, READ_FUNCTION, READ_MAPPINGS, READ_REGION


def backup_session(function: FunctionArn) -> Mapping[str, Any]:
    """Narrow a session to reading one function."""
    mappings = _near(function, "event-source-mapping:*")
    return _policy(
        (list(READ_FUNCTION), [str(function), f"{function}:*"]),
        (list(READ_MAPPINGS), [mappings]),
        ([*READ_REGION, *DECRYPT], ["*"]),
    )


def restore_session(function: FunctionArn) -> Mapping[str, Any]:
    """Narrow a session to making one function; the role itself narrows the rest."""
    return _policy(
        (["lambda:*"], [str(function), f"{function}:*"]),
        (["lambda:TagResource", "lambda:ListTags"], [_near(function, "event-source-mapping:*")]),
        (["lambda:PutFunctionCodeSigningConfig"], [_near(function, "code-signing-config:*")]),
        (["lambda:CreateEventSourceMapping", "lambda:ListEventSourceMappings"], ["*"]),
        (["lambda:GetLayerVersion", "iam:PassRole", "kms:*", "s3:GetObject"], ["*"]),
        (["application-autoscaling:*", "cloudwatch:*", "ec2:Describe*"], ["*"]),
    )


def _near(function: FunctionArn, what: str) -> str:
    return f"arn:{function.partition}:lambda:{function.region}:{function.account}:{what}"


def _policy(*grants: tuple[list[str], list[str]]) -> Mapping[str, Any]:
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": where} for actions, where in grants
    ]
    return {"Version": "2012-10-17", "Statement": statements}


class Doors:
    """Opens functions of members, to read all of them or to make them."""

    def __init__(
        self,
        hub: HubSession,
        *,
        role: str,
        external_id: str,
        downloads: Downloads | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`role`: the change role for a backup, the restore role for a restore."""
        self._hub = hub
        self._role = role
        self._external_id = external_id
        self._downloads = downloads or Downloads()
        self._sleep = sleep

    def archive(self, function: FunctionArn, session: str) -> AwsArchive:
        """Raises: AccessDeniedError, RetryableError, PermanentError."""
        clients = self._enter(function, session, backup_session(function))
        return AwsArchive(function, clients, self._downloads)

    def open(self, function: FunctionArn, session: str) -> tuple[AwsArchive, AwsRecreator]:
        """Raises: AccessDeniedError, RetryableError, PermanentError."""
        clients = self._enter(function, session, restore_session(function))
        made = AwsRecreator(function, clients, sleep=self._sleep)
        return AwsArchive(function, clients, self._downloads), made

    def _enter(self, function: FunctionArn, session: str, policy: Mapping[str, Any]) -> Any:
        return self._hub.assume(
            account=function.account,
            role=self._role,
            region=function.region,
            session_name=session,
            external_id=self._external_id,
            policy=policy,
        )
