"""Through which door do we call AWS? Target -> session -> client: configs, pace and count.

One botocore session stands behind all of them, hub and members alike, because each session of its
own would load and parse every service model again. Clients are made when first asked for.
AWS_ENDPOINT_URL is botocore's own business.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from trimtab.aws.answers import keep_raw_answers
from trimtab.aws.budget import (
    LOOKUPS_PER_S,
    OWN_BUCKET,
    SCAN_CALLS_PER_S,
    WALK_CALLS_PER_S,
    WALKS,
    CallCount,
    Pace,
)
from trimtab.aws.errors import THROTTLED, reading

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 10
READ_RETRIES = 3
USER_AGENT = "trimtab"


class Clients(Protocol):
    """What an adapter that needs several clients is given."""

    def client(self, service: str) -> Any:
        """Return the client for reads: timeouts, three standard retries."""
        ...

    def writer(self, service: str) -> Any:
        """Return the client for writes: one attempt, never a retry (S26)."""
        ...

    def calls(self) -> Mapping[str, int]: ...


class LazyClient:
    """Stands for a client that is made when its first operation is called."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)


def moment_in_utc(value: Any) -> datetime:
    """Read a timestamp of an answer; in local time, botocore's way, each costs ten times as much.

    Measured by benchmarks/fleet: 30 daily points of 2,000 functions.
    """
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    from botocore.utils import parse_timestamp  # noqa: PLC0415 - see `botocore`

    moment: datetime = parse_timestamp(value)
    return moment


TOO_MANY = 429


class HubSession:
    """The hub's own clients, and the way into member accounts."""

    def __init__(
        self,
        *,
        region: str | None = None,
        lambda_calls_per_s: float = SCAN_CALLS_PER_S,
        lambda_burst: int = 1,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._region = region
        self._paces = {
            bucket: Pace(calls_per_s=calls_per_s, burst=burst, monotonic=monotonic, sleep=sleep)
            for bucket, calls_per_s, burst in (
                ("lambda", lambda_calls_per_s, lambda_burst),
                (OWN_BUCKET, lambda_calls_per_s, lambda_burst),
                ("cloudtrail", LOOKUPS_PER_S, 1),
                *((walk, WALK_CALLS_PER_S, 1) for walk in WALKS),
            )
        }
        self._session: Any = None
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._making = threading.Lock()
        """A botocore session makes one client at a time."""

    @property
    def botocore(self) -> Any:
        """The one botocore session, and with it the one loader of service models."""
        if self._session is None:
            from botocore.session import Session  # noqa: PLC0415 - costs a fifth of a cold start

            session = Session()
            session.get_component("response_parser_factory").set_parser_defaults(
                timestamp_parser=moment_in_utc
            )
            self._session = session
        return self._session

    @property
    def region(self) -> str | None:
        """The region that clients are made for; None: neither told nor in the settings."""
        found: str | None = self._region or self.botocore.get_config_variable("region")
        return found

    def client(self, service: str, region: str | None = None) -> Any:
        key = (service, region or self._region)
        if key not in self._clients:
            self._clients[key] = self._make(service, key[1], retries=READ_RETRIES, keys={})
        return self._clients[key]

    def patient(self, service: str, *, wait_s: int) -> Any:
        """Return a client that waits this long for an answer, and asks only once.

        The answer of a Lambda is a stream, so nothing may read it before its caller does.
        """
        return self._make(
            service, self._region, retries=0, keys={}, read_timeout_s=wait_s, keeps_raw=False
        )

    def lazy(self, service: str, region: str | None = None) -> Any:
        """Return a stand-in that makes its client only when it is first used."""
        return LazyClient(lambda: self.client(service, region))

    def role_arn(self, account: str, role: str, region: str) -> str:
        """Name a role of a member account, in the partition of that region."""
        partition = self.botocore.get_partition_for_region(region)
        return f"arn:{partition}:iam::{account}:role/{role}"

    def assume(
        self,
        *,
        account: str,
        role: str,
        region: str,
        session_name: str,
        external_id: str,
        policy: Mapping[str, Any] | None = None,
    ) -> "MemberSession":
        """Enter a member account. `policy` narrows what the role may do, for this session only.

        Raises: AccessDeniedError, RetryableError, PermanentError.
        """
        keys = self.keys_of(
            self.role_arn(account, role, region),
            session_name=session_name,
            external_id=external_id,
            policy=policy,
        )
        return self.member(account, region, keys)

    def keys_of(
        self,
        role_arn: str,
        *,
        session_name: str,
        external_id: str | None,
        policy: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """Assume a role and return its keys, as STS answers them.

        Raises: AccessDeniedError, RetryableError, PermanentError.
        """
        asked: dict[str, Any] = {"RoleArn": role_arn, "RoleSessionName": session_name}
        if external_id is not None:
            asked["ExternalId"] = external_id
        if policy is not None:
            asked["Policy"] = json.dumps(policy, separators=(",", ":"))
        with reading(f"sts:AssumeRole of {role_arn}"):
            keys: Mapping[str, Any] = self.client("sts").assume_role(**asked)["Credentials"]
        return keys

    def member(self, account: str, region: str, keys: Mapping[str, Any] | None) -> "MemberSession":
        """Return a session in an account; without keys, with the credentials of this one."""
        credentials = (
            {}
            if keys is None
            else {
                "aws_access_key_id": keys["AccessKeyId"],
                "aws_secret_access_key": keys["SecretAccessKey"],
                "aws_session_token": keys["SessionToken"],
            }
        )
        return MemberSession(
            lambda service, *, retries, count: self._make(
                service,
                region,
                retries=retries,
                keys=credentials,
                turnstile=_Turnstile(self._paces, account, region, service, count),
            )
        )

    def _make(
        self,
        service: str,
        region: str | None,
        *,
        retries: int,
        keys: Mapping[str, str],
        turnstile: "_Turnstile | None" = None,
        read_timeout_s: int = READ_TIMEOUT_S,
        keeps_raw: bool = True,
    ) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - see `botocore`

        config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": 1 + retries},
            user_agent_extra=USER_AGENT,
        )
        with self._making:
            client = self.botocore.create_client(service, region_name=region, config=config, **keys)
        if service == "lambda" and keeps_raw:
            keep_raw_answers(client)
        if turnstile is not None:
            client.meta.events.register_first("request-created", turnstile.before)
            client.meta.events.register("response-received", turnstile.after)
        return client


class _Turnstile:
    """Lets the calls of one client through, each counted and at its pace: retries too."""

    def __init__(
        self,
        paces: Mapping[str, Pace],
        account: str,
        region: str,
        service: str,
        count: CallCount,
    ) -> None:
        self._paces = paces
        self._place = (account, region)
        self._service = service
        self._count = count

    def before(self, operation_name: str, **_: Any) -> None:
        self._count.add(self._service, operation_name)
        pace = self._pace(operation_name)
        if pace is not None:
            pace.wait(*self._place)

    def after(self, event_name: str, response_dict: Any, parsed_response: Any, **_: Any) -> None:
        """Slow down after a refusal that says we are too fast: others need room too."""
        pace = self._pace(event_name.rpartition(".")[2])
        if pace is None or response_dict is None:
            return
        code = ((parsed_response or {}).get("Error") or {}).get("Code")
        if code in THROTTLED or response_dict["status_code"] == TOO_MANY:
            pace.slow_down(*self._place)

    def _pace(self, operation: str) -> Pace | None:
        return self._paces.get(f"{self._service}:{operation}") or self._paces.get(self._service)


class MemberSession:
    """One member account and region through one role; its calls are paced and counted."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self._count = CallCount()
        self._clients: dict[tuple[str, int], Any] = {}

    def client(self, service: str) -> Any:
        return self._kept(service, retries=READ_RETRIES)

    def writer(self, service: str) -> Any:
        return self._kept(service, retries=0)

    def calls(self) -> Mapping[str, int]:
        return self._count.calls()

    def _kept(self, service: str, *, retries: int) -> Any:
        key = (service, retries)
        if key not in self._clients:
            self._clients[key] = self._make(service, retries=retries, count=self._count)
        return self._clients[key]
