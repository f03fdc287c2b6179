"""Is AWS called through one door: paced, counted, writes never retried, raw answers kept?"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from trimtab.aws.answers import RAW, raw_of
from trimtab.aws.budget import CallCount, Pace
from trimtab.aws.errors import writing
from trimtab.aws.sessions import HubSession, MemberSession
from trimtab.domain.arn import Target
from trimtab.domain.errors import PermanentError, WriteUnknownError

MEMBER = "222222222222"
REGION = "eu-west-1"
URL = "https://lambda.eu-west-1.amazonaws.com/"


class Watch:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept_s: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(round(seconds, 6))
        self.now_s += seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def hub(watch: Watch) -> Iterator[HubSession]:
    with mock_aws():
        yield HubSession(
            region=REGION, lambda_calls_per_s=4.0, monotonic=watch.monotonic, sleep=watch.sleep
        )


def enter(hub: HubSession, region: str = REGION) -> MemberSession:
    return hub.assume(
        account=MEMBER,
        role="trimtab-read",
        region=region,
        session_name="run-1",
        external_id="external",
    )


class Body:
    """A response body as botocore reads it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._data


def text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def answer_with(client: Any, *answers: tuple[int, Any]) -> list[Any]:
    """Let a client get these answers instead of sending; return the requests it would have sent."""
    sent: list[Any] = []
    left = list(answers)

    def send(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        status, body = left.pop(0) if len(left) > 1 else left[0]
        return AWSResponse(URL, status, {}, Body(text(body).encode()))

    client.meta.events.register_first("before-send", send)
    return sent


def test_a_member_session_has_the_keys_of_the_role_and_the_region_of_the_target(
    hub: HubSession,
) -> None:
    client = enter(hub, "us-east-1").client("sts")
    assert client.meta.region_name == "us-east-1"
    who = client.get_caller_identity()
    assert who["Account"] == MEMBER
    assert who["Arn"].endswith("assumed-role/trimtab-read/run-1")


def test_assume_role_asks_with_external_id_and_policy(hub: HubSession) -> None:
    asked: dict[str, Any] = {}
    hub.client("sts").meta.events.register(
        "provide-client-params.sts.AssumeRole", lambda params, **_: asked.update(params)
    )
    hub.assume(
        account=MEMBER,
        role="trimtab-change",
        region=REGION,
        session_name="abc-r1",
        external_id="external",
        policy={"Version": "2012-10-17", "Statement": []},
    )
    assert asked == {
        "RoleArn": f"arn:aws:iam::{MEMBER}:role/trimtab-change",
        "RoleSessionName": "abc-r1",
        "ExternalId": "external",
        "Policy": '{"Version":"2012-10-17","Statement":[]}',
    }


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_roles_are_named_in_the_partition_of_the_region(
    hub: HubSession, region: str, partition: str
) -> None:
    assert hub.role_arn(MEMBER, "r", region) == f"arn:{partition}:iam::{MEMBER}:role/r"


def test_clients_are_made_once_and_share_one_loader(hub: HubSession) -> None:
    one, other = enter(hub), enter(hub)
    assert one.client("lambda") is one.client("lambda")
    assert one.client("lambda") is not one.writer("lambda")
    assert one.client("lambda") is not other.client("lambda")
    assert hub.client("dynamodb") is hub.client("dynamodb")
    assert hub.client("dynamodb", "us-east-1") is not hub.client("dynamodb")
    assert hub.botocore is hub.botocore


def test_a_lazy_client_is_made_when_it_is_first_used(hub: HubSession) -> None:
    lazy = hub.lazy("dynamodb")
    assert hub._clients == {}
    assert lazy.list_tables()["TableNames"] == []
    assert hub.client("dynamodb").meta.config.user_agent_extra == "trimtab"


def test_s26_writers_never_try_twice_and_readers_try_four_times(
    hub: HubSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    session = enter(hub)
    for client, attempts in ((session.writer("lambda"), 1), (session.client("lambda"), 4)):
        sent = answer_with(client, (500, {"message": "broken"}))
        with pytest.raises(client.exceptions.ClientError):
            client.list_functions()
        assert len(sent) == attempts
    assert session.calls() == {"lambda:ListFunctions": 5}


def test_s21_calls_keep_the_pace_per_account_and_region_retries_included(
    hub: HubSession, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    here, there = enter(hub).client("lambda"), enter(hub, "us-east-1").client("lambda")
    answer_with(here, (500, {"message": "broken"}), (200, {"Functions": []}))
    answer_with(there, (200, {"Functions": []}))
    here.list_functions()
    assert watch.slept_s == [0.25]
    there.list_functions()
    assert watch.slept_s == [0.25]
    here.list_functions()
    assert watch.slept_s == [0.25, 0.25]


def test_s21_two_sessions_of_one_target_share_its_pace(hub: HubSession, watch: Watch) -> None:
    for _ in range(3):
        client = enter(hub).client("lambda")
        answer_with(client, (200, {"Functions": []}))
        client.list_functions()
    assert watch.slept_s == [0.25, 0.25]


def test_s21_lookups_in_cloudtrail_keep_a_pace_of_their_own(hub: HubSession, watch: Watch) -> None:
    """Two a second are allowed per account and region; a quarter of that is left to others."""
    session = enter(hub)
    session.client("lambda").list_functions()
    for _ in range(4):
        session.client("cloudtrail").describe_trails()
    assert watch.slept_s == pytest.approx([1 / 1.5] * 3, abs=1e-5)
    enter(hub, "us-east-1").client("cloudtrail").describe_trails()
    assert len(watch.slept_s) == 3


def test_s21_walks_over_apis_and_machines_keep_a_pace_of_their_own(
    hub: HubSession, watch: Watch
) -> None:
    session = enter(hub)
    for _ in range(3):
        session.client("apigateway").get_rest_apis()
    assert watch.slept_s == pytest.approx([0.5] * 2, abs=1e-5)
    session.client("stepfunctions").list_state_machines()
    session.client("stepfunctions").list_state_machines()
    assert len(watch.slept_s) == 2


def test_s21_resource_policies_keep_a_pace_of_their_own(hub: HubSession, watch: Watch) -> None:
    client = enter(hub).client("lambda")
    for _ in range(2):
        answer_with(client, (200, {"Functions": []}))
        client.list_functions()
    shared = len(watch.slept_s)
    answer_with(client, (200, {"Policy": "{}"}))
    client.get_policy(FunctionName="a")
    assert (shared, len(watch.slept_s)) == (1, 1)


def test_all_other_calls_are_not_paced_but_all_are_counted(hub: HubSession, watch: Watch) -> None:
    session = enter(hub)
    for _ in range(3):
        session.client("sts").get_caller_identity()
    assert watch.slept_s == []
    assert session.calls() == {"sts:GetCallerIdentity": 3}


def test_a_pace_with_a_pause_of_its_own_waits_for_nothing(watch: Watch) -> None:
    pace = Pace(calls_per_s=2.0, monotonic=watch.monotonic, sleep=watch.sleep)
    pace.wait("a", "r")
    watch.now_s += 10
    pace.wait("a", "r")
    pace.wait("a", "r")
    assert watch.slept_s == [0.5]


def test_s21_after_a_pause_a_burst_may_come_at_once_and_the_pace_stays(watch: Watch) -> None:
    pace = Pace(calls_per_s=2.0, burst=3, monotonic=watch.monotonic, sleep=watch.sleep)
    for _ in range(7):
        pace.wait("a", "r")
    assert watch.slept_s == [0.5] * 4
    watch.now_s += 100
    for _ in range(4):
        pace.wait("a", "r")
    assert watch.slept_s == [0.5] * 5


def test_s21_a_refusal_slows_the_pace_for_a_while_and_only_there(watch: Watch) -> None:
    pace = Pace(calls_per_s=2.0, monotonic=watch.monotonic, sleep=watch.sleep)
    pace.slow_down("a", "r")
    pace.wait("a", "r")
    pace.wait("a", "r")
    assert watch.slept_s == [1.0]
    pace.wait("b", "r")
    pace.wait("b", "r")
    assert watch.slept_s == [1.0, 0.5]
    for _ in range(20):
        pace.wait("a", "r")
    assert watch.slept_s[-1] == 0.5
    for _ in range(10):
        pace.slow_down("a", "r")
    for _ in range(3):
        pace.wait("a", "r")
    assert max(watch.slept_s) == 4.0


@pytest.mark.parametrize(
    ("service", "refusal"),
    [
        ("lambda", (429, {"message": "slow"})),
        ("cloudtrail", (400, {"__type": "ThrottlingException", "message": "slow"})),
    ],
)
def test_s21_calls_that_aws_refuses_for_speed_come_slower(
    hub: HubSession,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    refusal: tuple[int, Any],
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    client = enter(hub).client(service)
    call = client.list_functions if service == "lambda" else client.describe_trails
    answer_with(client, (200, {"Functions": []}), refusal, (200, {"Functions": []}))
    call()
    call()
    call()
    usual, after = watch.slept_s[0], watch.slept_s[-1]
    assert after > usual * 1.5


def test_a_count_is_in_order_and_by_operation() -> None:
    count = CallCount()
    for operation in ("B", "A", "B"):
        count.add("lambda", operation)
    assert list(count.calls().items()) == [("lambda:A", 1), ("lambda:B", 2)]


def test_s11_members_that_botocore_does_not_know_are_kept(hub: HubSession) -> None:
    client = enter(hub).client("lambda")
    new = {"Functions": [{"FunctionName": "a", "QuantumConfig": {"Qubits": 3}}]}
    answer_with(client, (200, new))
    answer = client.list_functions()
    assert "QuantumConfig" not in answer["Functions"][0]
    assert raw_of(answer) == new


def test_s26_an_answer_that_broke_off_is_unknown_for_a_write(hub: HubSession) -> None:
    client = enter(hub).writer("lambda")
    answer_with(client, (200, '{"Environment": {"Variables": {"TOKEN": "s3cr3t'))
    with pytest.raises(WriteUnknownError) as caught, writing("lambda:Update"):
        client.update_function_configuration(FunctionName="a", MemorySize=128)
    assert "s3cr3t" not in str(caught.value)


def test_an_answer_without_its_raw_body_is_a_bug() -> None:
    with pytest.raises(KeyError, match=RAW):
        raw_of({"Functions": []})


def test_a_role_that_cannot_be_entered_says_which(hub: HubSession) -> None:
    disabled = "<ErrorResponse><Error><Code>RegionDisabledException</Code></Error></ErrorResponse>"
    answer_with(hub.client("sts"), (400, disabled))
    target = Target(account=MEMBER, region=REGION)
    with pytest.raises(PermanentError, match=f"arn:aws:iam::{target.account}:role/trimtab-read"):
        enter(hub)
