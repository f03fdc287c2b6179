"""Does the doctor say whether a removal could work, and fault nothing that nobody may do? (S8)"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.fakes.builders import ACCOUNT, an_account
from tests.fakes.clinic import THE_HUB, TO_CHANGE, TO_RESTORE, FakeHubFacts, FakeMembers, a_trust
from tests.flows.test_doctor import Clinic
from tests.flows.test_doctor_hub import WANTED
from tests.pipeline.house import House, a_bundle, with_fleet
from tests.pipeline.removal_house import POLICY, removing
from trimtab.domain.arn import FunctionArn
from trimtab.domain.checkup import HUB, Answer, Check, Probe, State
from trimtab.domain.errors import InputError, NotFoundError, PermanentError, RetryableError
from trimtab.domain.removal_rights import DELETION, QUARANTINE, change_rights, restore_rights
from trimtab.domain.terms import IRREVERSIBLE, ChangeKind, Mode
from trimtab.flows.doctor import (
    CHANGE_ROLE,
    CHANGERS,
    RESTORE_ROLE,
    RESTORERS,
    Bench,
    survey,
    usual,
)
from trimtab.flows.doctor_hub import examine_hub
from trimtab.flows.doctor_removal import (
    Role,
    SignInFacts,
    reaches_removal,
    removals,
    wants_sign_in,
)
from trimtab.policy.model import Bundle
from trimtab.remediations import BACKUP_ACTIONS, KINDS, RESTORE_ACTIONS, all_iam_actions

REMOVING = removing(POLICY)
FOR_CHANGE = sorted({a for right in change_rights() for a in right.actions})
FOR_RESTORE = sorted({a for right in restore_rights("9" * 12) for a in right.actions})


def bad(checks: tuple[Check, ...]) -> list[tuple[str, str, State]]:
    return [(c.where, c.what, c.state) for c in checks if c.state is not State.OK]


def removal_row(clinic: Clinic) -> str:
    (row,) = (c for c in clinic.checks() if c.what == "removals")
    assert row.state is State.OK
    return row.said


def without(clinic: Clinic, action: str) -> Clinic:
    clinic.iam.add_role(CHANGE_ROLE, a_trust(CHANGERS), TO_CHANGE - {action})
    clinic.iam.add_role(RESTORE_ROLE, a_trust(RESTORERS), TO_RESTORE - {action})
    return clinic


def test_all_that_a_removal_needs_is_asked_for_and_nothing_else() -> None:
    own = {*DELETION, *QUARANTINE}
    assert own <= set(KINDS[ChangeKind.REMOVE_FUNCTION].iam_actions)
    assert set(FOR_CHANGE) == {*BACKUP_ACTIONS, *own}
    assert set(FOR_RESTORE) == {*RESTORE_ACTIONS, *QUARANTINE}
    others = {a for k in KINDS if k not in IRREVERSIBLE for a in KINDS[k].iam_actions}
    assert others <= set(usual(all_iam_actions()))
    assert not own & set(usual(all_iam_actions()))


def test_where_removals_are_allowed_and_all_is_there_that_is_said() -> None:
    said = removal_row(Clinic(REMOVING))
    assert "of a backup, a deletion and a restore by simulation" in said


@pytest.mark.parametrize("action", sorted({*FOR_CHANGE, *FOR_RESTORE}))
def test_a_right_that_a_removal_lacks_is_a_fault_where_removals_are_allowed(action: str) -> None:
    found = bad(without(Clinic(REMOVING), action).checks())
    assert (ACCOUNT, action, State.MISSING) in found
    assert {what for _, what, _ in found} == {action}


@pytest.mark.parametrize(
    "action", [*DELETION, *QUARANTINE, "iam:PassRole", "lambda:CreateFunction"]
)
def test_the_same_right_is_a_hint_where_they_are_not(action: str) -> None:
    clinic = without(Clinic(), action)
    assert bad(clinic.checks()) == []
    said = removal_row(clinic)
    assert said.startswith(
        "no removal may go beyond a ticket here; before one may, this is missing"
    )
    assert action in said
    assert removal_row(Clinic()) == "no removal may go beyond a ticket here"


def test_a_fault_names_the_role_and_the_stack_or_what_stands_above() -> None:
    (check,) = (
        c for c in without(Clinic(REMOVING), "iam:PassRole").checks() if c.what == "iam:PassRole"
    )
    assert check.said.startswith("trimtab-restore: implicitDeny")
    assert "bring the stack trimtab-member-restore" in check.todo
    clinic = Clinic(REMOVING)
    clinic.iam.denied_by_organization.add("lambda:DeleteFunction")
    (check,) = (c for c in clinic.checks() if c.what == "lambda:DeleteFunction")
    assert "service control policies" in check.todo


def test_s08_a_simulation_that_fails_is_unknown_where_it_matters() -> None:
    clinic = Clinic(REMOVING)
    clinic.iam.fail_always("SimulatePrincipalPolicy", "AccessDenied")
    assert (ACCOUNT, "removals", State.UNKNOWN) in bad(clinic.checks())
    clinic = Clinic()
    clinic.iam.fail_always("SimulatePrincipalPolicy", "AccessDenied")
    assert "beyond a ticket here; not known: removals" in removal_row(clinic)


def test_s08_an_answer_that_is_no_answer_is_unknown() -> None:
    def simulate(role: str, rights: object) -> tuple[Probe, ...]:
        return (Probe(action="lambda:DeleteFunction", answer=Answer.FAILED, said="no answer"),)

    role = Role(name=CHANGE_ROLE, stack="s", rights=change_rights())
    (check,) = removals(ACCOUNT, [role], simulate, is_wanted=True)
    assert (check.what, check.state) == ("lambda:DeleteFunction", State.UNKNOWN)
    assert check.todo == "run trimtab doctor again"


def test_a_role_that_is_not_there_is_told_once() -> None:
    def simulate(role: str, rights: object) -> tuple[Probe, ...]:
        raise NotFoundError(f"no role {role}")

    role = Role(name=CHANGE_ROLE, stack="s", rights=change_rights())
    (check,) = removals(ACCOUNT, [role], simulate, is_wanted=False)
    assert check.state is State.OK
    assert removals(ACCOUNT, [role], simulate, is_wanted=True) == [], "nothing is said to be fine"
    clinic = Clinic(REMOVING)
    clinic.iam._trust.pop(RESTORE_ROLE)
    assert bad(clinic.checks()) == [(ACCOUNT, "restore role", State.MISSING)]


def test_each_action_is_asked_with_the_condition_it_is_granted_under() -> None:
    clinic = Clinic(REMOVING)
    asked: list[tuple[str, str, tuple[str, ...]]] = []
    real = clinic.iam.simulate_principal_policy

    def listening(**given: object) -> object:
        keys = tuple(e["ContextKeyValues"][0] for e in given.get("ContextEntries", ()))  # type: ignore[attr-defined]
        for action in given["ActionNames"]:  # type: ignore[attr-defined]
            asked.append((action, given["ResourceArns"][0], keys))  # type: ignore[index]
        return real(**given)  # type: ignore[arg-type]

    clinic.iam.simulate_principal_policy = listening  # type: ignore[assignment,method-assign]
    clinic.checks()
    keys = {action: given for action, _, given in asked}
    assert keys["iam:PassRole"] == ("lambda.amazonaws.com",)
    assert keys["lambda:CreateEventSourceMapping"][0].startswith("arn:aws:lambda:eu-west-1:")
    assert {given for a, _, given in asked if a == "kms:Decrypt"} == {
        ("lambda.eu-west-1.amazonaws.com",),
        ("s3.eu-west-1.amazonaws.com",),
    }
    (vault,) = (r for a, r, _ in asked if a == "s3:GetObject")
    assert vault == f"arn:aws:s3:::trimtab-vault-{THE_HUB.account}-eu-west-1/{ACCOUNT}/any"
    (function,) = {r for a, r, _ in asked if a == "lambda:DeleteFunction"}
    assert FunctionArn.parse(function).account == ACCOUNT


def observing(bundle: Bundle) -> Bundle:
    return with_fleet(bundle, default_mode=Mode.TICKET)


@pytest.mark.parametrize(
    ("bundle", "removes"),
    [(REMOVING, True), (observing(REMOVING), False), (a_bundle(), False)],
    ids=["allowed", "ceiling", "no policy"],
)
def test_a_removal_is_wanted_where_guardrails_ceiling_and_policy_allow_it(
    bundle: Bundle, removes: bool
) -> None:
    assert reaches_removal(an_account(), bundle) is removes
    assert wants_sign_in(an_account(), bundle) is removes


def test_a_removal_is_wanted_even_where_nobody_can_sign_in_yet() -> None:
    nobody = replace(REMOVING, guardrails=replace(REMOVING.guardrails, can_sign_in=False))
    assert reaches_removal(an_account(), nobody)


def surveyed(bundle: Bundle, provider: Callable[[], int] | None = None) -> SignInFacts:
    house = House(bundle)
    members = FakeMembers(house.cloud)
    bench = Bench(
        accounts=house.accounts, members=members, bundle=bundle, hub=THE_HUB, provider=provider
    )
    found = survey(bench)
    assert found.regions == bundle.fleet.scope.regions
    assert found.removes == found.sign_in.is_wanted
    return found.sign_in


def failing(error: Exception) -> Callable[[], int]:
    def look() -> int:
        raise error

    return look


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        (None, "none is configured"),
        (failing(RetryableError("it did not answer")), "it did not answer"),
        (failing(PermanentError("no keys")), "no keys"),
        (failing(InputError("not an https address")), "not an https address"),
    ],
    ids=["none", "silent", "no keys", "no address"],
)
def test_a_sign_in_that_cannot_work_is_a_fault_where_it_is_asked_for_alone(
    provider: Callable[[], int] | None, said: str
) -> None:
    for bundle, state in ((REMOVING, State.MISSING), (a_bundle(), State.OK)):
        facts = surveyed(bundle, provider)
        (check,) = hub_checks("sign-in", sign_in=facts)
        assert (check.where, check.state) == (HUB, state)
        assert said in check.said
        assert bool(check.todo) == (state is State.MISSING)


def test_a_provider_whose_keys_can_be_fetched_is_fine() -> None:
    facts = surveyed(REMOVING, lambda: 2)
    assert facts == SignInFacts(is_wanted=True, is_configured=True)
    (check,) = hub_checks("sign-in", sign_in=facts)
    assert check.state is State.OK


def hub_checks(what: str, facts: FakeHubFacts | None = None, **wanted: object) -> list[Check]:
    checks = examine_hub(facts or FakeHubFacts(), replace(WANTED, **wanted))  # type: ignore[arg-type]
    return [c for c in checks if c.what.startswith(what)]


def test_a_scanned_region_without_a_vault_is_named_with_what_to_deploy() -> None:
    facts = FakeHubFacts()
    facts.vault_faults["us-east-1"] = "deploy one with ..."
    regions = ("eu-west-1", "us-east-1")
    (check,) = hub_checks("vault", facts, regions=regions, removes=True)
    assert (check.what, check.state) == ("vault in us-east-1", State.MISSING)
    assert check.todo == "deploy one with ..."
    (check,) = hub_checks("vault", facts, regions=regions, removes=False)
    assert (check.what, check.state) == ("vaults", State.OK)
    assert "none in us-east-1" in check.said
    (check,) = hub_checks("vault", regions=regions, removes=True)
    assert check.said == "one in each of 2 scanned regions"


@pytest.mark.parametrize("removes", [True, False])
def test_s08_a_vault_that_cannot_be_looked_at_is_unknown(removes: bool) -> None:
    facts = FakeHubFacts()
    facts.refuse("vault")
    (check,) = hub_checks("vault", facts, regions=("eu-west-1",), removes=removes)
    assert (check.what, check.state) == ("vault in eu-west-1", State.UNKNOWN)
