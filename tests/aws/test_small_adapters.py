"""Do signatures, executions, tickets, mail and secrets say to AWS exactly what they should?"""

import base64
import json
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import ANY, Stubber

from trimtab.aws.executions import MAX_STARTS, MAX_UNDOS, AwsExecutions
from trimtab.aws.mail import SesMailer, one_line
from trimtab.aws.queues import SqsQueue
from trimtab.aws.secrets import SecretStore
from trimtab.aws.signing import KmsSigner, KmsVerifier
from trimtab.domain.errors import AccessDeniedError, NotFoundError, PermanentError, RetryableError
from trimtab.domain.notice import Email

KEY = "arn:aws:kms:eu-west-1:999999999999:key/one"
MESSAGE = b'{"word":"approved"}'
SIGNATURE = base64.b64encode(b"sig").decode()
MACHINE = "arn:aws:states:eu-west-1:999999999999:stateMachine:change"


@pytest.fixture
def stub(request: pytest.FixtureRequest) -> Any:
    client = Session().create_client(
        request.param,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def service(name: str) -> Any:
    return pytest.mark.parametrize("stub", [name], indirect=True)


@service("kms")
def test_a_message_is_signed_with_the_one_key(stub: Stubber) -> None:
    expected = {
        "KeyId": KEY,
        "SigningAlgorithm": "ECDSA_SHA_256",
        "Message": MESSAGE,
        "MessageType": "RAW",
    }
    stub.add_response("sign", {"Signature": b"sig", "KeyId": KEY}, expected)
    assert KmsSigner(stub.client, key_id=KEY).sign(MESSAGE) == (SIGNATURE, KEY)


@service("kms")
def test_a_long_message_is_signed_and_checked_by_its_digest(stub: Stubber) -> None:
    expected = {
        "KeyId": KEY,
        "SigningAlgorithm": "ECDSA_SHA_256",
        "Message": ANY,
        "MessageType": "DIGEST",
    }
    long = b"x" * 4097
    stub.add_response("sign", {"Signature": b"sig"}, expected)
    stub.add_response("verify", {"SignatureValid": True}, expected | {"Signature": b"sig"})
    KmsSigner(stub.client, key_id=KEY).sign(long)
    verifier = KmsVerifier(stub.client, key_id=KEY)
    assert verifier.holds(long, signature=SIGNATURE, key_id=KEY)


@service("kms")
@pytest.mark.parametrize("is_valid", [True, False])
def test_s1_a_signature_holds_when_kms_says_so(stub: Stubber, is_valid: bool) -> None:
    stub.add_response("verify", {"SignatureValid": is_valid})
    verifier = KmsVerifier(stub.client, key_id=KEY)
    assert verifier.holds(MESSAGE, signature=SIGNATURE, key_id=KEY) is is_valid


@service("kms")
def test_s1_a_signature_that_kms_refuses_does_not_hold(stub: Stubber) -> None:
    stub.add_client_error("verify", "KMSInvalidSignatureException", http_status_code=400)
    verifier = KmsVerifier(stub.client, key_id=KEY)
    assert not verifier.holds(MESSAGE, signature=SIGNATURE, key_id=KEY)


@service("kms")
def test_s1_what_kms_cannot_say_is_neither_yes_nor_no(stub: Stubber) -> None:
    stub.add_client_error("verify", "AccessDeniedException", http_status_code=400)
    verifier = KmsVerifier(stub.client, key_id=KEY)
    with pytest.raises(AccessDeniedError):
        verifier.holds(MESSAGE, signature=SIGNATURE, key_id=KEY)


@service("kms")
@pytest.mark.parametrize(
    ("signature", "key_id"),
    [("", KEY), ("not base64!", KEY), (SIGNATURE, "arn:aws:kms:::key/of-an-attacker")],
)
def test_s1_no_signature_no_base64_and_another_key_never_hold(
    stub: Stubber, signature: str, key_id: str
) -> None:
    verifier = KmsVerifier(stub.client, key_id=KEY)
    assert not verifier.holds(MESSAGE, signature=signature, key_id=key_id)


@service("stepfunctions")
def test_a_waiting_execution_is_told(stub: Stubber) -> None:
    expected = {"taskToken": "token", "output": '{"decision": "approved"}'}
    stub.add_response("send_task_success", {}, expected)
    assert AwsExecutions(stub.client).signal("token", {"decision": "approved"})


@service("stepfunctions")
@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_token_nobody_waits_on_is_no_error(stub: Stubber, code: str) -> None:
    stub.add_client_error("send_task_success", code, http_status_code=400)
    assert not AwsExecutions(stub.client).signal("token", {})


@service("stepfunctions")
def test_a_signal_that_fails_is_raised(stub: Stubber) -> None:
    stub.add_client_error("send_task_success", "ThrottlingException", http_status_code=400)
    with pytest.raises(RetryableError):
        AwsExecutions(stub.client).signal("token", {})


EVENT = {"change_id": "abc", "round": 2}


def _start(stub: Stubber, name: str, direction: str) -> None:
    expected = {
        "stateMachineArn": MACHINE,
        "name": name,
        "input": json.dumps(EVENT | {"direction": direction}),
    }
    stub.add_response("start_execution", {"executionArn": MACHINE, "startDate": 0}, expected)


def _describe(stub: Stubber, status: str | None) -> None:
    """Answer the status of an execution; None: there is none of this name."""
    if status is None:
        stub.add_client_error("describe_execution", "ExecutionDoesNotExist", http_status_code=400)
        return
    answer = {
        "executionArn": MACHINE,
        "stateMachineArn": MACHINE,
        "startDate": 0,
        "status": status,
    }
    stub.add_response("describe_execution", answer)


@service("stepfunctions")
def test_an_undo_starts_under_a_name_of_its_own_and_once(stub: Stubber) -> None:
    _describe(stub, None)
    _start(stub, "abc-r2-undo", "undo")
    _describe(stub, "RUNNING")
    executions = AwsExecutions(stub.client, change_machine=MACHINE)
    assert executions.start_undo("abc", 2)
    assert not executions.start_undo("abc", 2)


@service("stepfunctions")
def test_s06_an_execution_that_is_gone_is_started_again_under_the_next_name(stub: Stubber) -> None:
    _describe(stub, "ABORTED")
    _describe(stub, None)
    _start(stub, "abc-r2-2", "forward")
    assert AwsExecutions(stub.client, change_machine=MACHINE).start_forward("abc", 2)


@service("stepfunctions")
def test_s06_two_that_start_it_at_once_start_it_once(stub: Stubber) -> None:
    _describe(stub, None)
    stub.add_client_error("start_execution", "ExecutionAlreadyExists", http_status_code=400)
    assert not AwsExecutions(stub.client, change_machine=MACHINE).start_forward("abc", 2)


@service("stepfunctions")
def test_executions_that_keep_ending_call_a_person(stub: Stubber) -> None:
    for _ in range(MAX_STARTS):
        _describe(stub, "SUCCEEDED")
    with pytest.raises(PermanentError, match="look at the last"):
        AwsExecutions(stub.client, change_machine=MACHINE).start_forward("abc", 2)


@service("stepfunctions")
def test_s15_a_way_back_is_started_far_more_often_than_a_change(stub: Stubber) -> None:
    for _ in range(MAX_UNDOS):
        _describe(stub, "SUCCEEDED")
    with pytest.raises(PermanentError, match="look at the last"):
        AwsExecutions(stub.client, change_machine=MACHINE).start_undo("abc", 2)
    assert MAX_UNDOS >= 10 * MAX_STARTS


@service("stepfunctions")
@pytest.mark.parametrize("operation", ["start_execution", "describe_execution"])
def test_an_undo_that_cannot_start_is_raised(stub: Stubber, operation: str) -> None:
    if operation == "start_execution":
        _describe(stub, None)
    stub.add_client_error(operation, "StateMachineDoesNotExist", http_status_code=400)
    with pytest.raises(NotFoundError, match="abc-r2-undo"):
        AwsExecutions(stub.client, change_machine=MACHINE).start_undo("abc", 2)


@service("sqs")
def test_a_ticket_is_one_message(stub: Stubber) -> None:
    expected = {"QueueUrl": "https://queue.test", "MessageBody": '{"a":1,"b":"ü"}'}
    stub.add_response("send_message", {"MessageId": "1"}, expected)
    SqsQueue(stub.client, queue_url="https://queue.test").send({"b": "ü", "a": 1})


@service("sesv2")
@pytest.mark.parametrize("configuration_set", [None, "trimtab"])
def test_an_email_goes_to_one_person_with_its_reference(
    stub: Stubber, configuration_set: str | None
) -> None:
    content = {
        "Subject": {"Data": "Two changes for you", "Charset": "UTF-8"},
        "Body": {
            "Html": {"Data": "<p>ü</p>", "Charset": "UTF-8"},
            "Text": {"Data": "ü\n", "Charset": "UTF-8"},
        },
        "Headers": [{"Name": "X-Trimtab-Reference", "Value": "run-1"}],
    }
    expected: dict[str, Any] = {
        "FromEmailAddress": "trimtab@example.com",
        "Destination": {"ToAddresses": ["owner@example.com"]},
        "Content": {"Simple": content},
    }
    if configuration_set is not None:
        expected["ConfigurationSetName"] = configuration_set
    stub.add_response("send_email", {"MessageId": "1"}, expected)
    email = Email(
        to="owner@example.com",
        subject="Two changes\r\nfor you",
        html="<p>ü</p>",
        text="ü\n",
        reference="run-1",
    )
    mailer = SesMailer(
        stub.client, sender="trimtab@example.com", configuration_set=configuration_set
    )
    mailer.send(email)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\r\nBcc: evil@example.com", "a Bcc: evil@example.com"),
        ("a\x00\x1b[31mb", "a [31mb"),
        ("tab\there  twice", "tab here twice"),
        ("line\u2028separator", "line separator"),
        ("ünïcode 漢", "ünïcode 漢"),
    ],
)
def test_s23_headers_have_one_line(text: str, expected: str) -> None:
    assert one_line(text) == expected


@service("secretsmanager")
def test_a_secret_is_read_by_its_id(stub: Stubber) -> None:
    stub.add_response("get_secret_value", {"SecretString": "token"}, {"SecretId": "github"})
    assert SecretStore(stub.client).read("github") == "token"


@service("secretsmanager")
def test_a_secret_that_is_not_there_is_named(stub: Stubber) -> None:
    code = "ResourceNotFoundException"
    stub.add_client_error("get_secret_value", code, http_status_code=400)
    with pytest.raises(NotFoundError, match="github"):
        SecretStore(stub.client).read("github")
