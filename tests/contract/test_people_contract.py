"""Does every name table give ids that say nothing, give them once, and forget for good?"""

import base64
import hashlib
from typing import Any

import pytest

from tests.contract.conftest import PEOPLE
from trimtab.aws.items import from_item, to_item
from trimtab.aws.people import AwsPeople
from trimtab.aws.sessions import HubSession
from trimtab.domain.errors import RetryableError
from trimtab.domain.person import is_person
from trimtab.ports import People

pytestmark = pytest.mark.contract

DANA, ERIN = "dana@example.com", "erin@example.com"
SESSION = "arn:aws:sts::111111111111:assumed-role/Operator/Dana"


def test_each_address_gets_one_id_and_keeps_it(people: People) -> None:
    first = people.ids((DANA, ERIN, DANA))
    assert first.keys() == {DANA, ERIN}
    assert all(is_person(id_) for id_ in first.values())
    assert first[DANA] != first[ERIN]
    assert people.ids((ERIN,)) == {ERIN: first[ERIN]}
    assert people.addresses(first.values()) == {first[DANA]: DANA, first[ERIN]: ERIN}


def test_capitals_do_not_tell_addresses_apart_but_arns(people: People) -> None:
    ids = people.ids(("Dana@Example.com", DANA, SESSION, SESSION.lower()))
    assert ids["Dana@Example.com"] == ids[DANA]
    assert ids[SESSION] != ids[SESSION.lower()]
    assert people.addresses((ids[SESSION],)) == {ids[SESSION]: SESSION}


def test_asking_for_nobody_answers_nobody(people: People) -> None:
    assert people.ids(()) == {}
    assert people.addresses(()) == {}


def test_to_look_for_an_address_gives_it_no_id(people: People) -> None:
    assert people.find(DANA) is None
    assert people.find(DANA) is None
    assert people.find("DANA@example.com") != people.ids((DANA,))
    assert people.find("DANA@example.com") == people.ids((DANA,))[DANA]


@pytest.mark.parametrize("text", ["clock", "", DANA, f"person-{'a' * 16}", "person-A", "x" * 3000])
def test_what_is_no_id_of_anybody_has_no_address(people: People, text: str) -> None:
    people.ids((DANA,))
    assert people.addresses((text,)) == {}
    assert not people.erase(text)


def test_s16_an_erased_person_is_nobody_and_returns_under_another_id(people: People) -> None:
    ids = people.ids((DANA, ERIN))
    assert people.erase(ids[DANA])
    assert not people.erase(ids[DANA])
    assert people.addresses(ids.values()) == {ids[ERIN]: ERIN}
    assert people.find(DANA) is None
    again = people.ids((DANA,))[DANA]
    assert again != ids[DANA]
    assert people.addresses((ids[DANA], again)) == {again: DANA}


@pytest.fixture
def dynamodb(aws: HubSession) -> Any:
    return aws.client("dynamodb")


def rows(dynamodb: Any) -> list[dict[str, Any]]:
    return [from_item(item) for item in dynamodb.scan(TableName=PEOPLE)["Items"]]


def test_s16_an_id_does_not_come_from_the_address(dynamodb: Any) -> None:
    people = AwsPeople(dynamodb, table=PEOPLE)
    seen = set()
    for _ in range(5):
        id_ = people.ids((DANA,))[DANA]
        people.erase(id_)
        seen.add(id_)
    assert len(seen) == 5
    digest = base64.b32encode(hashlib.sha256(DANA.encode()).digest()).decode().lower()
    assert not any(id_.removeprefix("person-") in digest for id_ in seen)


def test_s16_an_erasure_leaves_nothing_in_the_table(dynamodb: Any) -> None:
    people = AwsPeople(dynamodb, table=PEOPLE)
    id_ = people.ids((DANA,))[DANA]
    assert len(rows(dynamodb)) == 2
    people.erase(id_)
    assert rows(dynamodb) == []


def test_an_erasure_leaves_the_next_id_of_the_address_alone(dynamodb: Any) -> None:
    people = AwsPeople(dynamodb, table=PEOPLE)
    id_ = people.ids((DANA,))[DANA]
    (row,) = (row for row in rows(dynamodb) if row["pk"].startswith("address#"))
    dynamodb.put_item(TableName=PEOPLE, Item=to_item(row | {"id": "another"}))
    with pytest.raises(RetryableError, match="not erased"):
        people.erase(id_)


class First:
    """Lets somebody else name the same people just before each transaction."""

    def __init__(self, client: Any, other: AwsPeople, *, undoing: bool = False) -> None:
        self._client, self._other, self._undoing = client, other, undoing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **asked: Any) -> Any:
        theirs = self._other.ids((DANA,))[DANA]
        try:
            return self._client.transact_write_items(**asked)
        finally:
            if self._undoing:
                self._other.erase(theirs)


def test_two_that_name_the_same_person_at_once_agree(dynamodb: Any) -> None:
    other = AwsPeople(dynamodb, table=PEOPLE)
    mine = AwsPeople(First(dynamodb, other), table=PEOPLE).ids((DANA,))
    assert mine == other.ids((DANA,))
    assert len(rows(dynamodb)) == 2


def test_naming_does_not_try_for_ever(dynamodb: Any) -> None:
    other = AwsPeople(dynamodb, table=PEOPLE)
    with pytest.raises(RetryableError, match="others name the same people"):
        AwsPeople(First(dynamodb, other, undoing=True), table=PEOPLE).ids((DANA,))


def test_more_people_than_one_call_takes(people: People) -> None:
    many = [f"{n}@example.com" for n in range(130)]
    ids = people.ids(many)
    assert len(set(ids.values())) == 130
    assert people.addresses(ids.values()) == {ids[one]: one for one in many}
