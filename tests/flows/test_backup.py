"""Is a backup of a change in the change's chain, and does only the last one prove anything?"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.fakes.builders import a_finding
from tests.fakes.stores import FakeLedger, FakeRunStore
from tests.fakes.vault import FakeVault
from tests.pipeline.house import House as Changes
from tests.pipeline.vaulted import KEPT_FOR, House
from tests.pipeline.version_house import a_versioned_house, after_notice, approved, step
from trimtab.domain.errors import InputError, NotFoundError
from trimtab.domain.ledger import change_chain
from trimtab.domain.plan import Disposition, Plan, PlannedFinding
from trimtab.domain.wire import to_wire
from trimtab.flows import backup as flow
from trimtab.flows import keys, strongroom
from trimtab.flows.removed import removed_by
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.record import record_change
from trimtab.policy.runtimes import SHIPPED_TABLE


class Scene:
    """A proposed change of a function, which is another account's function of the same name."""

    def __init__(self, changes: Changes | None = None) -> None:
        self.changes, self.house = changes or Changes(), House()
        self.change = self.changes.proposed() if changes is None else approved(changes)
        name = self.change.function.name
        self.house.add(name)
        self.taking = flow.Bench(
            archive=lambda function, session: self.house.archive(self.house.account.own(name)),
            vault=lambda region: self.house.vault,
            ledger=self.changes.ledger,
            clock=self.changes.clock,
        )
        self.reading = flow.Reader(
            vault=lambda region: self.house.vault,
            ledger=self.changes.ledger,
            clock=self.changes.clock,
            kept_for=KEPT_FOR,
        )

    def back_up(self) -> str:
        made = flow.back_up_change(self.change.change_id, self.change.round, self.taking)
        return made.backup_id

    def verify(self) -> bool:
        found = flow.verify_change(self.change.change_id, self.change.round, self.reading)
        return found.proof is not None

    def proof_id(self) -> str | None:
        known = read_round(self.changes.ledger, self.change.change_id, self.change.round)
        proof = flow.proof_of(known)
        return None if proof is None else proof.backup_id

    def events(self) -> list[str]:
        return self.changes.ledger.events(change_chain(self.change.change_id))


def test_s14_the_backup_and_its_proof_are_in_the_chain_of_the_change() -> None:
    scene = Scene()
    assert scene.proof_id() is None
    backup_id = scene.back_up()
    assert scene.proof_id() is None
    assert scene.verify()
    assert scene.proof_id() == backup_id
    assert scene.events()[-2:] == ["backed_up", "backup_verified"]


def test_s14_a_later_backup_takes_the_proof_away_until_it_is_read_back_too() -> None:
    scene = Scene()
    scene.back_up()
    scene.verify()
    scene.house.update(scene.change.function.name, MemorySize=1024)
    later = scene.back_up()
    assert scene.proof_id() is None
    scene.verify()
    assert scene.proof_id() == later


def test_s14_an_incomplete_backup_is_entered_as_such_and_never_verified() -> None:
    scene = Scene()
    scene.house.account.fail_next("ListAliases", "AccessDeniedException")
    scene.back_up()
    assert scene.events()[-1] == "backup_incomplete"
    with pytest.raises(NotFoundError, match="no complete backup"):
        scene.verify()
    assert scene.proof_id() is None


def test_s14_a_backup_that_is_not_whole_in_the_vault_is_refused_on_record() -> None:
    scene = Scene()
    scene.back_up()
    vault: FakeVault = scene.house.vault
    for key in vault.keys(scene.change.function.account):
        vault.objects[key] = b"altered"
    assert not scene.verify()
    assert scene.events()[-1] == "backup_refused"
    assert scene.proof_id() is None


def test_s14_a_region_without_a_vault_is_on_record_and_nothing_is_read_for_it() -> None:
    scene = Scene()

    def no_vault(region: str) -> FakeVault:
        raise NotFoundError(f"there is no vault in {region}: deploy one")

    bench = replace(scene.taking, vault=no_vault)
    for _ in range(2):
        with pytest.raises(NotFoundError, match="no vault in eu-west-1"):
            flow.back_up_change(scene.change.change_id, scene.change.round, bench)
    assert scene.events()[-1] == "vault_missing"
    assert scene.events().count("vault_missing") == 1
    assert scene.proof_id() is None
    with pytest.raises(NotFoundError, match="no vault"):
        flow.back_up_function(scene.change.function, by="me", why="a drill", bench=bench)


def test_nothing_is_backed_up_for_a_round_that_has_ended() -> None:
    scene = Scene()
    scene.changes = Changes()
    change = scene.changes.applied()
    scene.changes.undo(change)
    with pytest.raises(NotFoundError, match="has ended"):
        flow.back_up_change(
            change.change_id,
            change.round,
            flow.Bench(
                archive=scene.taking.archive,
                vault=scene.taking.vault,
                ledger=scene.changes.ledger,
                clock=scene.changes.clock,
            ),
        )


def test_a_run_restores_what_its_changes_removed() -> None:
    scene = Scene()
    plan = Plan(run_id="run-1", items=(planned_of(scene),), gaps=())
    store = FakeRunStore()
    store.put(keys.plan("run-1"), to_wire(plan))

    def removed() -> list[str]:
        found = removed_by("run-1", store=store, ledger=scene.changes.ledger)
        return [one.backup_id for one in found]

    backup_id = scene.back_up()
    assert removed() == []
    scene.verify()
    assert removed() == []
    record_change(
        scene.changes.ledger,
        scene.change,
        "gone",
        {"backup_id": backup_id, "deleted_by": "by our session"},
        actor="trimtab-apply",
        at=scene.changes.clock.now(),
    )
    assert removed() == [backup_id]


def test_a_change_that_never_reached_the_ledger_removed_nothing() -> None:
    scene = Scene()
    plan = Plan(run_id="run-1", items=(planned_of(scene),), gaps=())
    store = FakeRunStore()
    store.put(keys.plan("run-1"), to_wire(plan))
    assert removed_by("run-1", store=store, ledger=FakeLedger()) == ()


def test_a_run_does_not_restore_functions_of_which_only_versions_went() -> None:
    changes = a_versioned_house()
    change = after_notice(changes)
    assert step(changes, change).word.value == "written"
    item = PlannedFinding(
        finding=a_finding(), disposition=Disposition.PLANNED, reason="", remediation=change
    )
    store = FakeRunStore()
    store.put(keys.plan("run-1"), to_wire(Plan(run_id="run-1", items=(item,), gaps=())))
    assert removed_by("run-1", store=store, ledger=changes.ledger) == ()


def planned_of(scene: Scene) -> PlannedFinding:
    return PlannedFinding(
        finding=a_finding(),
        disposition=Disposition.PLANNED,
        reason="",
        remediation=scene.change,
    )


def last_verified(scene: Scene) -> Any:
    entries = scene.changes.ledger.entries(change_chain(scene.change.change_id))
    return next(e.data for e in reversed(entries) if e.event == "backup_verified")


def test_s14_with_the_proof_goes_what_is_not_as_in_the_first_backup() -> None:
    scene = Scene()
    scene.back_up()
    scene.verify()
    assert last_verified(scene)["differs"] == []
    name = scene.change.function.name
    scene.house.account.put_function_concurrency(
        {"FunctionName": name, "ReservedConcurrentExecutions": 0}
    )
    scene.back_up()
    scene.verify()
    assert last_verified(scene)["differs"] == [], "its quarantine is ours"
    scene.house.update(name, MemorySize=1024)
    scene.back_up()
    scene.verify()
    assert last_verified(scene)["differs"] == ["version $LATEST: MemorySize differs"]


def test_s14_with_the_proof_goes_why_it_could_not_be_brought_back() -> None:
    scene = Scene()
    scene.back_up()
    assert scene.verify()
    assert last_verified(scene)["not_restorable"] == []
    blocked = dict.fromkeys(SHIPPED_TABLE.rows, date(2020, 1, 1))
    scene.reading = replace(scene.reading, create_blocks=blocked)
    assert scene.verify()
    (why,) = last_verified(scene)["not_restorable"]
    assert "runtime" in why


def test_the_lambdas_answer_in_figures_and_say_what_is_missing() -> None:
    scene = Scene()
    change = {"change_id": scene.change.change_id, "round": scene.change.round}
    taken = strongroom.back_up(change, scene.taking)
    assert (taken.word, taken.answer["complete"]) == ("backed_up", True)
    proven = strongroom.verify(change, scene.reading)
    assert (proven.word, proven.answer["verified"]) == ("verified", True)
    assert proven.answer["proof"]["backup_id"] == taken.answer["backup_id"]
    vault: FakeVault = scene.house.vault
    for key in vault.keys(scene.change.function.account):
        vault.objects[key] = b"altered"
    refused = strongroom.verify(change, scene.reading)
    assert (refused.word, refused.answer["verified"]) == ("refused", False)
    assert "proof" not in refused.answer
    with pytest.raises(InputError, match="function is missing: say it as text"):
        strongroom.back_up({"by": "dana", "why": "a drill"}, scene.taking)


def test_s14_with_the_proof_goes_what_is_held_of_each_version() -> None:
    scene = Scene(a_versioned_house())
    name = scene.change.function.name
    number = scene.house.publish(name)
    scene.back_up()
    scene.verify()
    held = last_verified(scene)["versions"]
    assert scene.change.removal is not None
    assert held.keys() == {one.number for one in scene.change.removal.versions}
    assert held[number]["why_not"] is None
    assert held[number]["code_sha256"]
    assert held[number]["revision_id"]
    assert held["7"] == {
        "code_sha256": "",
        "revision_id": "",
        "why_not": "the backup does not hold it",
    }
