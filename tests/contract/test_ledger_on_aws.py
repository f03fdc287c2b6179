"""What does the ledger promise beyond its port? The mirror, lost races, tampered rows."""

import json
from typing import Any

import pytest

from tests.contract.conftest import HEADS, LEDGER, MIRROR
from tests.contract.test_ledger_contract import AT, CHAIN, note
from trimtab.aws.ledger import AwsLedger, mirror_key
from trimtab.aws.sessions import HubSession
from trimtab.domain.digest import canonical_json
from trimtab.domain.errors import NotFoundError, RetryableError, TamperedError
from trimtab.domain.ledger import GENESIS, chain_faults
from trimtab.domain.wire import to_wire

pytestmark = pytest.mark.contract


def mirrored(aws: HubSession, seq: int = 1) -> Any:
    answer = aws.client("s3").get_object(Bucket=MIRROR, Key=mirror_key(CHAIN, seq))
    return answer["Body"].read().decode()


def test_s7_the_mirror_holds_the_entry_when_append_returns(
    aws: HubSession, aws_ledger: AwsLedger
) -> None:
    entry = note(aws_ledger)
    assert mirrored(aws) == canonical_json(to_wire(entry))


def test_s7_a_repeated_append_mends_a_mirror_that_was_never_written(
    aws: HubSession, aws_ledger: AwsLedger
) -> None:
    class NoBucket:
        def put_object(self, **_: Any) -> None:
            raise TimeoutError("the process died here")

    tables = {"ledger_table": LEDGER, "heads_table": HEADS, "bucket": MIRROR}
    dying = AwsLedger(aws.client("dynamodb"), NoBucket(), **tables)
    with pytest.raises(TimeoutError):
        note(dying, once="intent")
    entry = note(aws_ledger, once="intent")
    assert aws_ledger.entries(CHAIN) == (entry,)
    assert json.loads(mirrored(aws))["hash"] == entry.hash


def test_s17_a_mirror_with_another_entry_under_the_key_stops_everything(
    aws: HubSession, aws_ledger: AwsLedger
) -> None:
    aws.client("s3").put_object(Bucket=MIRROR, Key=mirror_key(CHAIN, 1), Body=b"{}")
    with pytest.raises(TamperedError, match="another entry"):
        note(aws_ledger)


def test_the_indexes_of_function_actor_and_day_are_filled(
    aws: HubSession, aws_ledger: AwsLedger
) -> None:
    note(aws_ledger, function="arn:aws:lambda:x", once="k")
    note(aws_ledger)
    key = {"chain": {"S": CHAIN}, "seq": {"N": "1"}}
    row = aws.client("dynamodb").get_item(TableName=LEDGER, Key=key)["Item"]
    assert row["function"] == {"S": "arn:aws:lambda:x"}
    assert row["actor"] == {"S": "plan"}
    assert row["day"] == {"S": "2026-11-02"}
    assert row["at"] == {"S": "2026-11-02T10:00:00.000000+00:00"}
    assert row["once"] == {"S": "k"}
    second = aws.client("dynamodb").get_item(TableName=LEDGER, Key=key | {"seq": {"N": "2"}})
    assert "function" not in second["Item"]
    assert "once" not in second["Item"]


class Racing:
    """Passes calls on; before each of the first `times` transactions somebody else appends."""

    def __init__(self, client: Any, other: AwsLedger, *, times: int, **entry: Any) -> None:
        self._client, self._other, self._times, self._entry = client, other, times, entry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **asked: Any) -> Any:
        if self._times > 0:
            self._times -= 1
            note(self._other, event="theirs", **self._entry)
        return self._client.transact_write_items(**asked)


def racing(aws: HubSession, other: AwsLedger, **entry: Any) -> AwsLedger:
    client = Racing(aws.client("dynamodb"), other, **entry)
    tables = {"ledger_table": LEDGER, "heads_table": HEADS, "bucket": MIRROR}
    return AwsLedger(client, aws.client("s3"), **tables, sleep=lambda _: None)


def test_an_append_that_loses_a_race_goes_behind_the_winner(
    aws: HubSession, aws_ledger: AwsLedger
) -> None:
    note(racing(aws, aws_ledger, times=2))
    entries = aws_ledger.entries(CHAIN)
    assert [entry.event for entry in entries] == ["theirs", "theirs", "planned"]
    assert chain_faults(entries, aws_ledger.head(CHAIN)) == ()


def test_s6_two_at_once_with_the_same_once_make_one_entry(
    aws: HubSession, aws_ledger: AwsLedger
) -> None:
    entry = note(racing(aws, aws_ledger, times=1, once="intent"), once="intent")
    assert entry.event == "theirs"
    assert len(aws_ledger.entries(CHAIN)) == 1


def test_an_append_that_always_loses_gives_up_for_now(
    aws: HubSession, aws_ledger: AwsLedger
) -> None:
    with pytest.raises(RetryableError, match="others were first"):
        note(racing(aws, aws_ledger, times=99))


def test_an_append_that_loses_waits_twice_as_long_each_time(
    aws: HubSession, aws_ledger: AwsLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: (low, high))
    client, pauses = Racing(aws.client("dynamodb"), aws_ledger, times=7), list[Any]()
    tables = {"ledger_table": LEDGER, "heads_table": HEADS, "bucket": MIRROR}
    note(AwsLedger(client, aws.client("s3"), **tables, sleep=pauses.append))
    assert pauses == [(0, at_most) for at_most in (0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0)]


class Asked:
    """Passes calls on and keeps what they asked for."""

    def __init__(self, client: Any) -> None:
        self._client, self.scans = client, list[dict[str, Any]]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def scan(self, **asked: Any) -> Any:
        self.scans.append(asked)
        return self._client.scan(**asked)


def test_s17_what_is_verified_is_read_with_strong_consistency(
    aws: HubSession, aws_ledger: AwsLedger
) -> None:
    note(aws_ledger)
    client = Asked(aws.client("dynamodb"))
    tables = {"ledger_table": LEDGER, "heads_table": HEADS, "bucket": MIRROR}
    ledger = AwsLedger(client, aws.client("s3"), **tables)
    assert (len(list(ledger.heads())), list(ledger.chains())) == (1, [CHAIN])
    assert [asked["ConsistentRead"] for asked in client.scans] == [True, True, True]


def test_s17_a_head_that_counts_no_entries_is_no_head(
    aws: HubSession, aws_ledger: AwsLedger
) -> None:
    forged = {"chain": {"S": CHAIN}, "seq": {"N": "0"}, "hash": {"S": GENESIS}}
    aws.client("dynamodb").put_item(TableName=HEADS, Item=forged)
    with pytest.raises(TamperedError, match="not as a head is written"):
        aws_ledger.head(CHAIN)


@pytest.mark.parametrize("what", ["body", "other chain", "hash"])
def test_s17_a_row_that_holds_something_else_is_tampered(
    aws: HubSession, aws_ledger: AwsLedger, what: str
) -> None:
    note(aws_ledger)
    key = {"chain": {"S": CHAIN}, "seq": {"N": "1"}}
    row = aws.client("dynamodb").get_item(TableName=LEDGER, Key=key)["Item"]
    other = aws_ledger.append("run#1", event="e", actor="a", data={}, at=AT)
    row |= {
        "body": {"body": {"S": "no json"}},
        "other chain": {"body": {"S": canonical_json(to_wire(other))}},
        "hash": {"hash": {"S": "0"}},
    }[what]
    aws.client("dynamodb").put_item(TableName=LEDGER, Item=row)
    with pytest.raises(TamperedError):
        aws_ledger.entries(CHAIN)


@pytest.mark.parametrize(
    "forged",
    [
        {"actor": {"S": "somebody-else"}},
        {"at": {"S": "2026-11-01T10:00:00.000000+00:00"}},
        {"day": {"S": "2026-11-01"}},
        {"event": {"S": "decided"}},
        {"function": {"S": "arn:aws:lambda:y"}},
        {"previous_hash": {"S": "0"}},
        {"actor": None},
        {"function": None},
    ],
    ids=lambda forged: "-".join(
        f"{n}-{'gone' if v is None else 'forged'}" for n, v in forged.items()
    ),
)
def test_s17_what_stands_beside_the_entry_for_the_indexes_cannot_be_forged(
    aws: HubSession, aws_ledger: AwsLedger, forged: dict[str, Any]
) -> None:
    note(aws_ledger, function="arn:aws:lambda:x", once="k")
    assert len(aws_ledger.entries(CHAIN)) == 1
    key = {"chain": {"S": CHAIN}, "seq": {"N": "1"}}
    row = aws.client("dynamodb").get_item(TableName=LEDGER, Key=key)["Item"] | forged
    row = {name: value for name, value in row.items() if value is not None}
    aws.client("dynamodb").put_item(TableName=LEDGER, Item=row)
    with pytest.raises(TamperedError, match=next(iter(forged))):
        aws_ledger.entries(CHAIN)
    with pytest.raises(TamperedError):
        note(aws_ledger, once="k")


def test_s7_an_entry_that_cannot_be_mirrored_is_not_taken_for_written(aws: HubSession) -> None:
    tables = {"ledger_table": LEDGER, "heads_table": HEADS, "bucket": "not-there"}
    ledger = AwsLedger(aws.client("dynamodb"), aws.client("s3"), **tables)
    with pytest.raises(NotFoundError, match="not-there"):
        note(ledger)
