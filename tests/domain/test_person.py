"""Are ids and addresses told apart in texts, and put in each other's place?"""

import pytest

from trimtab.domain.person import (
    UNNAMED,
    addresses_in,
    is_person,
    nameless,
    one_address,
    people_in,
    with_ids,
    with_names,
)

ID = "person-abcdefghijklm234"


@pytest.mark.parametrize("text", ["clock", ID + "a", ID.upper(), f" {ID}", "person-1", f"{ID}\n"])
def test_what_is_not_written_like_an_id_is_none(text: str) -> None:
    assert is_person(ID)
    assert not is_person(text)


def test_s16_no_address_stays_in_a_text() -> None:
    text = "refused: Dana.O@example.co.uk, <x+y@a.example>; eve@example.com mends it"
    assert addresses_in(text) == ("Dana.O@example.co.uk", "x+y@a.example", "eve@example.com")
    said = with_ids(text, {"eve@example.com": ID})
    assert said == f"refused: {UNNAMED}, <{UNNAMED}>; {ID} mends it"


def test_names_come_back_where_they_are_known() -> None:
    other = "person-" + "b" * 16
    text = f"{ID} and {other}"
    assert people_in(f"{text}, {ID}") == (ID, other)
    assert with_names(text, {ID: "dana@example.com"}) == f"dana@example.com and {other}"


@pytest.mark.parametrize(
    ("arn", "left"),
    [
        ("arn:aws:sts::1:assumed-role/operator/dana@x.com", "arn:aws:sts::1:assumed-role/operator"),
        ("arn:aws:iam::1:user/dana", "arn:aws:iam::1:user"),
        ("arn:aws:iam::1:root", "arn:aws:iam::1:root"),
    ],
)
def test_s16_a_caller_without_a_name(arn: str, left: str) -> None:
    assert nameless(arn) == left


def test_one_address_is_compared_in_one_way() -> None:
    assert one_address("Dana@Example.com") == "dana@example.com"
    assert one_address("arn:aws:iam::1:user/Dana") == "arn:aws:iam::1:user/Dana"
