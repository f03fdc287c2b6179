"""Does a checkpoint say the same everywhere, and does a sequence of them hold together? (S17)"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import NOW
from trimtab.domain.checkpoint import (
    IDLE,
    IN_FLIGHT,
    NO_ANCHOR,
    Anchor,
    Checkpoint,
    anchor_of,
    checkpoint_key,
    digest_of,
    heads_text,
    is_due,
    is_in_flight,
    next_checkpoint,
    number_of,
    read_heads,
    sequence_faults,
    shrunk,
    statement_of,
)
from trimtab.domain.errors import TamperedError
from trimtab.domain.ledger import (
    Head,
    empty_head,
    follow,
    mirror_key,
    next_entry,
    of_mirror_key,
)


def a_head(chain: str, seq: int, letter: str = "a") -> Head:
    return Head(chain=chain, seq=seq, hash=letter * 64)


HEADS = {"run#2": a_head("run#2", 3), "change#1": a_head("change#1", 8)}


def a_checkpoint(anchor: Anchor = NO_ANCHOR, *, number: int = 1, hours: int = 0) -> Checkpoint:
    return next_checkpoint(
        anchor,
        HEADS,
        digest="d" * 64,
        number=number,
        lag=0,
        hub_id="hub",
        at=NOW + timedelta(hours=hours),
    )


def follower(made: Checkpoint) -> Anchor:
    return anchor_of(made, statement_of(made))


def test_the_list_of_heads_is_sorted_and_read_back() -> None:
    text = heads_text(HEADS)
    assert text.splitlines()[0] == f'["change#1",8,"{"a" * 64}"]'
    assert read_heads(text, "x") == HEADS
    assert heads_text({}) == ""


@pytest.mark.parametrize(
    "text",
    ["x", "{}\n", "[1]\n", '["a",1,"b"]', '["b",1,"x"]\n["a",1,"x"]\n', '["a", 1, "b"]\n', "7\n"],
)
def test_s17_a_list_that_is_written_in_another_way_is_none(text: str) -> None:
    with pytest.raises(TamperedError, match="heads/x"):
        read_heads(text, "heads/x")


def test_a_checkpoint_counts_its_chains_and_entries() -> None:
    made = a_checkpoint()
    assert (made.chains, made.entries, made.previous) == (2, 11, "0" * 64)


def test_each_names_the_digest_of_the_one_before() -> None:
    first = a_checkpoint()
    second = a_checkpoint(follower(first), number=2)
    assert second.previous == digest_of(statement_of(first))
    assert sequence_faults(follower(first), second, frozenset()) == ()


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (a_checkpoint(NO_ANCHOR, number=2), "does not follow checkpoint 1"),
        (a_checkpoint(follower(a_checkpoint()), number=4), "2 before it are missing, from 2 to 3"),
        (a_checkpoint(follower(a_checkpoint()), number=2, hours=-1), "older than checkpoint 1"),
    ],
    ids=["another one before", "a gap", "a clock that went back"],
)
def test_s17_what_does_not_follow_is_a_fault(second: Checkpoint, words: str) -> None:
    (fault,) = sequence_faults(follower(a_checkpoint()), second, frozenset())
    assert words in fault.what


def test_numbers_that_others_took_are_no_gap() -> None:
    third = a_checkpoint(follower(a_checkpoint()), number=3)
    assert sequence_faults(follower(a_checkpoint()), third, frozenset({2})) == ()


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"run#2": HEADS["run#2"]}, "does not know it any more"),
        (HEADS | {"change#1": a_head("change#1", 7)}, "checkpoint 2 knows 7"),
        (HEADS | {"change#1": a_head("change#1", 8, "b")}, "another entry"),
    ],
    ids=["gone", "shorter", "other"],
)
def test_s17_a_chain_of_which_less_is_known_is_a_fault(after: dict[str, Head], words: str) -> None:
    (fault,) = shrunk(HEADS, after, 2)
    assert (fault.chain, fault.seq, words in fault.what) == ("change#1", 8, True)


def test_a_chain_may_grow_and_new_ones_may_come() -> None:
    after = HEADS | {"change#1": a_head("change#1", 9, "b"), "control#x": a_head("control#x", 1)}
    assert shrunk(HEADS, after, 2) == ()


def test_one_is_due_when_something_is_new_or_a_day_has_passed() -> None:
    last = replace(NO_ANCHOR, number=1, at=NOW)
    assert is_due(NO_ANCHOR, is_new=False, at=NOW)
    assert is_due(last, is_new=True, at=NOW)
    assert not is_due(last, is_new=False, at=NOW + IDLE - timedelta(seconds=1))
    assert is_due(last, is_new=False, at=NOW + IDLE)


def test_an_entry_is_on_the_way_for_a_minute_before_and_after() -> None:
    assert is_in_flight(NOW, NOW + IN_FLIGHT - timedelta(seconds=1))
    assert not is_in_flight(NOW, NOW + IN_FLIGHT)
    assert not is_in_flight(NOW + IN_FLIGHT, NOW)


@pytest.mark.parametrize(
    ("key", "number"),
    [(checkpoint_key(7), 7), ("checkpoints/7", None), ("checkpoints/000000007", None), ("x", None)],
)
def test_a_key_names_a_number_only_in_full(key: str, number: int | None) -> None:
    assert number_of(key) == number


@pytest.mark.parametrize("chain", ["change#a", "control#freeze", "x", "a/b", "a\nb"])
def test_a_key_of_the_mirror_names_its_chain_whatever_its_kind(chain: str) -> None:
    assert of_mirror_key(mirror_key(chain, 12)) == (chain, 12)


@pytest.mark.parametrize("key", ["log/a/1", "log/a/000000001", "log//00000001", "a/00000001"])
def test_any_other_key_names_no_entry(key: str) -> None:
    assert of_mirror_key(key) is None


@pytest.mark.parametrize("how", ["as it is", "chain", "hash", "link"])
def test_s17_entries_are_followed_as_far_as_they_are_sound(how: str) -> None:
    head, entries = empty_head("run#1"), []
    for n in range(3):
        entries.append(next_entry(head, at=NOW, actor="a", event=str(n), data={}, function=None))
        head = Head(chain="run#1", seq=n + 1, hash=entries[-1].hash)
    if how == "chain":
        entries[2] = replace(entries[2], chain="run#2")
    elif how == "hash":
        entries[2] = replace(entries[2], actor="b")
    elif how == "link":
        other = Head(chain="run#1", seq=2, hash="f" * 64)
        entries[2] = next_entry(other, at=NOW, actor="a", event="2", data={}, function=None)
    end, fault = follow(empty_head("run#1"), entries)
    assert end.seq == (3 if how == "as it is" else 2)
    assert (fault is None, fault is None or fault.seq == 3) == (how == "as it is", True)
