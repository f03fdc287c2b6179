"""Is the sandbox listed to its last page, and its session narrowed to what a drill removes?"""

import json
from typing import Any

import pytest

from tests.pipeline.drilled import MARKED, SANDBOX, Hall
from tests.pipeline.vaulted import House
from trimtab.aws.sandbox import AwsSandbox, enter_sandbox, sandbox_session
from trimtab.domain.arn import FunctionArn
from trimtab.domain.drill import PREFIX
from trimtab.domain.errors import ConflictError, NotFoundError
from trimtab.pipeline.drill import remove

REGION = "eu-west-1"
ROLE = f"arn:aws-cn:iam::{SANDBOX}:role/trimtab-sandbox"


@pytest.fixture
def hall() -> Hall:
    return Hall(House())


def test_functions_are_listed_by_their_name_to_the_last_page(hall: Hall) -> None:
    for n in range(5):
        hall.account.stranger(f"{PREFIX}{n}", MARKED)
        hall.account.stranger(f"other-{n}", MARKED)
    assert hall.account.page_size < 10
    names = [function.name for function in hall.room().functions()]
    assert names == [f"{PREFIX}{n}" for n in range(5)]


def test_s18_the_adapter_itself_refuses_what_is_no_drills(hall: Hall) -> None:
    theirs = hall.account.stranger(f"{PREFIX}theirs", {})
    named = hall.account.stranger("orders", MARKED)
    for function in (theirs, named):
        with pytest.raises(ConflictError, match="not deleted"):
            hall.room().delete(function)
    with pytest.raises(NotFoundError):
        hall.room().delete(hall.account.own(f"{PREFIX}gone"))
    assert hall.account.deleted == []


def test_s18_the_adapter_of_another_account_deletes_nothing(hall: Hall) -> None:
    ours = hall.account.stranger(f"{PREFIX}ours", MARKED)
    clients: Any = hall.account
    other = AwsSandbox(clients, account="111111111111")
    with pytest.raises(ConflictError, match="is not in the sandbox account 111111111111"):
        other.delete(ours)
    assert hall.account.deleted == []


class OneDoor:
    """Stands for the hub's session, and keeps what was asked of it."""

    def __init__(self, clients: Any) -> None:
        self.clients = clients
        self.asked: dict[str, Any] = {}

    def role_arn(self, account: str, role: str, region: str) -> str:
        return f"arn:aws:iam::{account}:role/{role}"

    def assume(self, **asked: Any) -> Any:
        self.asked = asked
        return self.clients


def test_s18_the_session_is_narrowed_to_listing_and_to_functions_of_a_drill(hall: Hall) -> None:
    door: Any = OneDoor(hall.account)
    room = enter_sandbox(
        door, account=SANDBOX, role="trimtab-sandbox", region=REGION, external_id="word"
    )
    assert room.functions() == ()
    asked = door.asked
    assert (asked["account"], asked["role"], asked["external_id"]) == (
        SANDBOX,
        "trimtab-sandbox",
        "word",
    )
    list_all, on_ours = asked["policy"]["Statement"]
    assert list_all["Action"] == ["lambda:ListFunctions"]
    assert on_ours["Action"] == ["lambda:DeleteFunction", "lambda:ListTags"]
    (arn,) = on_ours["Resource"]
    assert FunctionArn.parse(arn.removesuffix("*") + "x").name == f"{PREFIX}x"
    assert f":{REGION}:{SANDBOX}:" in arn


def test_the_partition_of_a_session_is_that_of_its_role() -> None:
    said = json.dumps(sandbox_session(SANDBOX, "cn-north-1", ROLE))
    assert "arn:aws-cn:lambda:cn-north-1:" in said


def test_s14_one_read_that_does_not_find_the_copy_is_not_taken_for_its_end(hall: Hall) -> None:
    for reads in (1, 2):
        function = hall.account.stranger(f"{PREFIX}flickers", MARKED)
        for _ in range(reads):
            hall.account.fail_next("ListTags", "ResourceNotFoundException")
        assert remove(function, record=lambda event, data: None, bench=hall.bench()) == ""
        assert hall.account.functions == {}
