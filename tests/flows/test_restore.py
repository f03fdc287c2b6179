"""Is a restore proven first, on record throughout, stopped by a hard freeze, and never repeated?"""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from tests.fakes.desk import FakeDesk
from tests.fakes.stores import FakeLedger
from tests.pipeline.vaulted import KEPT_FOR, SECRET, House
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import ConflictError, InputError, NotFoundError
from trimtab.domain.ledger import Entry, Fault, chain_faults, restore_chain
from trimtab.domain.round_events import QUARANTINE_INTENDED
from trimtab.flows import backup as taking
from trimtab.flows.backups import backups, expiring
from trimtab.flows.restore import Answer, Bench, Request, look_ahead, restore
from trimtab.pipeline.freeze import freeze, thaw
from trimtab.pipeline.restore import RestoreWord

PERSON = "person-1"


class Desk:
    """A house with a ledger: what the two Lambdas work with."""

    def __init__(self) -> None:
        self.house = House()
        self.ledger = FakeLedger()
        self.desk = FakeDesk()
        self.sessions: list[str] = []
        self.function = self.house.add(
            "orders",
            Environment={"Variables": {"TOKEN": SECRET}},
            Tags={"team": "shop"},
        )
        self.house.publish("orders")
        asked = {"FunctionName": "orders", "Name": "live", "FunctionVersion": "1"}
        self.house.account.create_alias(asked)
        queue = "arn:aws:sqs:eu-west-1:111111111111:orders"
        self.house.account.create_event_source_mapping(
            {"FunctionName": "orders:live", "EventSourceArn": queue}
        )
        self.house.account.writes.clear()

    def taking(self) -> taking.Bench:
        return taking.Bench(
            archive=lambda function, session: self.house.archive(function),
            vault=lambda region: self.house.vault,
            ledger=self.ledger,
            clock=self.house.clock,
        )

    def back_up(self) -> str:
        made = taking.back_up_function(self.function, by=PERSON, why="a drill", bench=self.taking())
        return made.backup_id

    def bench(self) -> Bench:
        return Bench(
            open=self._open,
            vault=lambda region: self.house.vault,
            ledger=self.ledger,
            desk=self.desk,
            clock=self.house.clock,
            holder="this call",
            create_blocks={"python3.13": None},
            kept_for=KEPT_FOR,
        )

    def _open(self, function: FunctionArn, session: str) -> Any:
        self.sessions.append(session)
        house = self.house
        bench = house.bench(_Named(function), _Nothing())  # type: ignore[arg-type]
        return bench.archive, bench.recreator

    def begin_quarantine(self) -> None:
        self.ledger.append(
            "change-1",
            event=QUARANTINE_INTENDED,
            actor="trimtab-apply",
            data={},
            at=self.house.clock.now(),
            function=str(self.function),
        )

    def restore(self, **more: Any) -> Answer:
        return restore(self.request(**more), self.bench())

    def request(self, **more: Any) -> Request:
        return Request(function=self.function, by=PERSON, why="a drill", **more)


class Torn(FakeLedger):
    """A ledger whose entries about functions cannot be read."""

    def found(self, by: str, value: str) -> Iterable[Entry | Fault]:
        return (Fault(chain="change-1", seq=1, what="it was altered"),)


class _Named:
    def __init__(self, target: FunctionArn) -> None:
        self.target = target


class _Nothing:
    code = ()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_s14_a_removed_function_comes_back_on_record(desk: Desk) -> None:
    backup_id = desk.back_up()
    desk.house.account.remove("orders")
    done = desk.restore()
    assert done.restored.word is RestoreWord.RESTORED
    assert done.restored.numbers == {"1": "2"}
    chain = restore_chain(done.restore_id)
    entries = desk.ledger.entries(chain)
    assert chain_faults(entries, desk.ledger.head(chain)) == ()
    assert (entries[0].event, entries[-1].event) == ("restore_begun", "restored")
    assert {entry.actor for entry in entries} == {PERSON}
    assert (entries[0].data["backup_id"], entries[0].data["why"]) == (backup_id, "a drill")
    assert chain not in desk.ledger.open_chains()
    assert desk.sessions == [f"restore-{done.restore_id}"]


def test_s16_no_value_of_the_environment_is_on_record(desk: Desk) -> None:
    desk.back_up()
    desk.house.account.remove("orders")
    desk.restore()
    desk.house.account.remove("orders")
    desk.house.account.fail_always("CreateFunction", "AccessDeniedException")
    desk.restore()
    said = [e.data for chain in desk.ledger.chains() for e in desk.ledger.entries(chain)]
    assert SECRET not in json.dumps(said)


def test_looking_ahead_writes_nothing_and_names_every_step(desk: Desk) -> None:
    desk.back_up()
    chains = tuple(desk.ledger.chains())
    found = look_ahead(desk.request(), desk.bench())
    assert found.steps[:3] == ("the function", "a version in the place of 1", "$LATEST")
    assert "alias live" in found.steps
    assert any("numbers of its versions" in said for said in found.cannot_come_back)
    assert (tuple(desk.ledger.chains()), desk.house.account.writes) == (chains, [])


def test_s14_a_copy_under_another_name_leaves_the_function_and_its_mappings_alone(
    desk: Desk,
) -> None:
    desk.back_up()
    before = desk.house.account.snapshot()
    done = desk.restore(name="orders-drill")
    assert done.restored.word is RestoreWord.RESTORED
    account = desk.house.account
    assert account.functions["orders"] == before["functions"]["orders"]
    assert account.mappings == before["mappings"]
    copy = account.functions["orders-drill"]
    assert copy.latest["LoggingConfig"]["LogGroup"] == "/aws/lambda/orders-drill"
    assert any("stay with orders" in said for said in done.prospect.cannot_come_back)


def test_a_name_that_no_function_can_have_is_refused(desk: Desk) -> None:
    desk.back_up()
    with pytest.raises(InputError):
        look_ahead(desk.request(name="no such name!"), desk.bench())


def test_s14_a_function_that_is_there_is_not_restored_over(desk: Desk) -> None:
    desk.back_up()
    with pytest.raises(ConflictError, match="did not make it"):
        desk.restore()


def test_s14_a_restore_that_is_over_is_not_repeated_while_its_function_is_there(
    desk: Desk,
) -> None:
    desk.back_up()
    desk.house.account.remove("orders")
    desk.restore()
    with pytest.raises(ConflictError, match="was restored already on"):
        desk.restore()
    desk.house.account.remove("orders")
    assert desk.restore().restored.word is RestoreWord.RESTORED


def test_s14_what_was_refused_can_be_restored_later_unless_somebody_changed_the_function(
    desk: Desk,
) -> None:
    desk.back_up()
    desk.house.account.remove("orders")
    desk.house.account.fail_always("CreateAlias", "AccessDeniedException")
    assert desk.restore().restored.word is RestoreWord.DIFFERENT
    desk.house.update("orders", MemorySize=1024)
    with pytest.raises(ConflictError, match="was changed since"):
        desk.restore()
    desk.house.account.remove("orders")
    desk.restore()
    desk.house.account._always.clear()
    assert desk.restore().restored.word is RestoreWord.RESTORED


def test_s14_an_incomplete_backup_is_never_restored(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="no complete backup"):
        desk.restore()
    desk.house.account.fail_next("ListAliases", "AccessDeniedException")
    backup_id = desk.back_up()
    with pytest.raises(NotFoundError, match="no complete backup"):
        desk.restore()
    with pytest.raises(ConflictError, match="is not whole"):
        desk.restore(backup_id=backup_id)
    (entry,) = next(desk.ledger.entries(c) for c in desk.ledger.chains() if c.startswith("backup#"))
    assert (entry.event, len(entry.data["missing"])) == ("backup_incomplete", 1)


def test_s20_a_freeze_lets_a_restore_pass_and_a_hard_freeze_does_not(desk: Desk) -> None:
    desk.back_up()
    desk.house.account.remove("orders")
    now = desk.house.clock.now()
    freeze(desk.ledger, by=PERSON, why="the sale", is_hard=True, at=now)
    with pytest.raises(ConflictError, match="frozen, undo included"):
        desk.restore()
    thaw(desk.ledger, by=PERSON, why="over", at=now)
    freeze(desk.ledger, by=PERSON, why="the sale", is_hard=False, at=now)
    assert desk.restore().restored.word is RestoreWord.RESTORED


def test_s06_an_unfinished_restore_stays_open_and_goes_on(desk: Desk) -> None:
    desk.back_up()
    desk.house.account.remove("orders")
    desk.house.account.fail_always("PublishVersion", "TooManyRequestsException")
    done = desk.restore()
    assert done.restored.word is RestoreWord.UNFINISHED
    chain = restore_chain(done.restore_id)
    assert chain in desk.ledger.open_chains()
    desk.house.account._always.clear()
    assert desk.restore().restored.word is RestoreWord.RESTORED
    assert chain not in desk.ledger.open_chains()
    assert desk.ledger.events(chain).count("restore_begun") == 2


def test_backups_are_listed_and_announced_before_they_end(desk: Desk) -> None:
    desk.back_up()
    clock = desk.house.clock
    (one,) = backups(desk.house.vault, desk.function, kept_for=KEPT_FOR)
    assert (one.is_complete, one.days_left(clock.now())) == (True, 400)
    assert expiring([one], now=clock.now()) == ()
    late = one.expires_at
    assert expiring([one], now=late.replace(day=1)) == (one,)
    assert expiring([one], now=late) == ()


def test_s19_of_two_restores_at_once_only_one_writes(desk: Desk) -> None:
    desk.back_up()
    desk.house.account.remove("orders")
    now = desk.house.clock.now()
    target = str(desk.function)
    desk.desk.hold(target, holder="another call", now=now, until=now + KEPT_FOR)
    with pytest.raises(ConflictError, match="another call"):
        desk.restore()
    assert desk.house.account.writes == []
    desk.desk.let_go(target, holder="another call")
    desk.restore()
    assert desk.desk.hold(target, holder="another call", now=now, until=now)


@pytest.mark.parametrize("is_readable", [True, False])
def test_s14_what_was_backed_up_in_quarantine_is_not_brought_back_unasked(
    desk: Desk, is_readable: bool
) -> None:
    first = desk.back_up()
    if is_readable:
        desk.begin_quarantine()
    else:
        desk.ledger = Torn()
    desk.house.account.put_function_concurrency(
        {"FunctionName": "orders", "ReservedConcurrentExecutions": 0}
    )
    in_quarantine = desk.back_up()
    assert look_ahead(desk.request(), desk.bench()).order.backup_id == first
    asked = look_ahead(desk.request(backup_id=in_quarantine), desk.bench())
    assert asked.order.backup_id == in_quarantine


def test_the_newest_backup_is_brought_back_also_after_an_older_removal(desk: Desk) -> None:
    desk.back_up()
    desk.begin_quarantine()
    desk.house.publish("orders")
    newer = desk.back_up()
    assert look_ahead(desk.request(), desk.bench()).order.backup_id == newer


def test_what_was_only_ever_backed_up_in_quarantine_is_brought_back(desk: Desk) -> None:
    desk.begin_quarantine()
    desk.house.account.put_function_concurrency(
        {"FunctionName": "orders", "ReservedConcurrentExecutions": 0}
    )
    only = desk.back_up()
    assert look_ahead(desk.request(), desk.bench()).order.backup_id == only
