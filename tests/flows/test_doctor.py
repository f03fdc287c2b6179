"""Does the doctor say exactly what is missing in an account, and never that unknown is fine?"""

from dataclasses import replace

import pytest

from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_account
from tests.fakes.clinic import THE_HUB, TO_CHANGE, TO_RESTORE, FakeMembers, a_trust
from tests.fakes.cloud import FakeCloud
from tests.fakes.failures import client_error
from tests.pipeline.house import OTHER_REGION, House, a_bundle, with_fleet
from trimtab.aws.errors import translate
from trimtab.aws.probes import AwsInside
from trimtab.domain.arn import Target
from trimtab.domain.checkup import Check, State
from trimtab.domain.errors import OutsideError, RetryableError
from trimtab.domain.terms import Mode
from trimtab.flows.doctor import (
    CHANGE_ROLE,
    CHANGERS,
    READ_ROLE,
    READERS,
    RESTORE_ROLE,
    RESTORERS,
    SIMULATED,
    Bench,
    examine,
    reaches_change,
    survey,
)
from trimtab.policy.model import Bundle, OwnerRule

WHERE = f"{ACCOUNT}/{REGION}"
BY_SCP = "is not authorized to perform: x with an explicit deny in a service control policy"


class Clinic:
    """One account in order, with a function somebody owns."""

    def __init__(
        self, bundle: Bundle | None = None, *, owner: str | None = "shop@example.com"
    ) -> None:
        given = bundle or a_bundle()
        tagged = replace(given.owners, tags=("owner",))
        self.bundle = replace(given, owners=tagged)
        self.house = House(self.bundle)
        self.house.plant("orders", tags=None if owner is None else {"owner": owner})
        self.members = FakeMembers(self.house.cloud)
        self.iam = self.members.iam(ACCOUNT)

    @property
    def bench(self) -> Bench:
        return Bench(
            accounts=self.house.accounts, members=self.members, bundle=self.bundle, hub=THE_HUB
        )

    def checks(self) -> tuple[Check, ...]:
        return examine(an_account(), self.bench)

    def bad(self) -> list[tuple[str, str, State]]:
        return [(c.where, c.what, c.state) for c in self.checks() if c.state is not State.OK]


class Shut(FakeMembers):
    """Members that nobody gets into."""

    def __init__(self, cloud: FakeCloud, error: OutsideError) -> None:
        super().__init__(cloud)
        self._error = error

    def enter(self, target: Target) -> AwsInside:
        raise self._error


def said(checks: tuple[Check, ...], what: str) -> Check:
    (check,) = (c for c in checks if c.what == what and c.state is not State.OK)
    return check


def test_an_account_in_order_has_nothing_to_do() -> None:
    clinic = Clinic()
    checks = clinic.checks()
    assert {c.state for c in checks} == {State.OK}
    assert [(c.where, c.what) for c in checks] == [
        (WHERE, "read role"),
        (ACCOUNT, "read role"),
        (ACCOUNT, "change role"),
        (ACCOUNT, "restore role"),
        (ACCOUNT, "removals"),
        (ACCOUNT, "owners"),
    ]
    assert not any(c.todo for c in checks)


def test_s21_an_account_is_looked_at_with_a_handful_of_calls() -> None:
    clinic = Clinic()
    clinic.checks()
    functions = clinic.house.functions.calls
    assert functions == {"ListFunctions": 2, "GetFunction": 1}


ACTIONS = [
    ("functions", "ListFunctions", "lambda:ListFunctions"),
    ("functions", "GetFunction", "lambda:GetFunction"),
    ("tagging", "GetResources", "tag:GetResources"),
    ("metrics", "GetMetricData", "cloudwatch:GetMetricData"),
    (
        "optimizer",
        "GetLambdaFunctionRecommendations",
        "compute-optimizer:GetLambdaFunctionRecommendations",
    ),
    ("stacks", "DescribeStackResources", "cloudformation:DescribeStackResources"),
    ("logs", "StartQuery", "logs:StartQuery"),
    ("logs", "GetQueryResults", "logs:GetQueryResults"),
    ("trail", "LookupEvents", "cloudtrail:LookupEvents"),
]


@pytest.mark.parametrize(("client", "operation", "action"), ACTIONS)
def test_a_denied_action_is_named(client: str, operation: str, action: str) -> None:
    clinic = Clinic()
    getattr(clinic.house.cloud[TARGET], client).fail_always(operation, "AccessDeniedException")
    check = said(clinic.checks(), action)
    assert (check.where, check.state) == (WHERE, State.MISSING)
    assert "AccessDeniedException" in check.said
    assert f"its template allows {action} to role trimtab-read" in check.todo


@pytest.mark.parametrize(("client", "operation", "action"), ACTIONS)
def test_s08_an_action_that_gave_no_clear_answer_is_unknown(
    client: str, operation: str, action: str
) -> None:
    clinic = Clinic()
    getattr(clinic.house.cloud[TARGET], client).fail_always(operation, "ThrottlingException")
    assert said(clinic.checks(), action).state is State.UNKNOWN


@pytest.mark.parametrize("action", SIMULATED)
def test_an_action_that_only_iam_is_asked_about_is_named(action: str) -> None:
    clinic = Clinic()
    clinic.iam.add_role(READ_ROLE, a_trust(READERS), set(SIMULATED) - {action})
    assert clinic.bad() == [(ACCOUNT, action, State.MISSING)]


@pytest.mark.parametrize(
    ("above", "who"),
    [
        ("denied_by_organization", "service control policies"),
        ("denied_by_boundary", "permissions boundary"),
        ("denied_explicitly", "bring the stack trimtab-member-change"),
    ],
)
def test_what_stands_above_the_change_role_is_told_apart(above: str, who: str) -> None:
    clinic = Clinic()
    getattr(clinic.iam, above).add("lambda:PublishVersion")
    check = said(clinic.checks(), "lambda:PublishVersion")
    assert who in check.todo


def test_a_service_control_policy_is_read_from_the_message() -> None:
    clinic = Clinic()
    target = clinic.house.cloud[TARGET]
    target.functions.before_next("ListFunctions", lambda: _raise(BY_SCP))
    check = said(clinic.checks(), "lambda:ListFunctions")
    assert check.todo.startswith("ask whoever keeps the Organization's service control policies")


def _raise(message: str) -> None:
    raise client_error("AccessDeniedException", message, "ListFunctions")


def test_an_account_that_is_not_enrolled_in_compute_optimizer_says_so_and_is_fine() -> None:
    clinic = Clinic()
    clinic.house.cloud[TARGET].optimizer.is_enrolled = False
    checks = clinic.checks()
    assert {c.state for c in checks} == {State.OK}
    assert "not enrolled in Compute Optimizer" in checks[0].said


def test_a_region_that_is_off_is_one_row_and_the_other_region_is_looked_at() -> None:
    clinic = Clinic(a_bundle(regions=(OTHER_REGION, REGION)))
    off = clinic.house.cloud[Target(account=ACCOUNT, region=OTHER_REGION)]
    for client, operation, _ in ACTIONS:
        getattr(off, client).before_next(operation, _not_enabled)
    checks = clinic.checks()
    bad = [(c.where, c.what, c.state) for c in checks if c.state is not State.OK]
    assert bad == [(f"{ACCOUNT}/{OTHER_REGION}", "region", State.MISSING)]
    assert f"enable {OTHER_REGION} in the account" in said(checks, "region").todo


def _not_enabled() -> None:
    message = "The security token included in the request is invalid"
    raise client_error("UnrecognizedClientException", message, "any", status=400)


def test_a_role_that_cannot_be_assumed_is_one_row_for_the_account() -> None:
    clinic = Clinic(a_bundle(regions=(REGION, OTHER_REGION)))
    clinic.house.cloud.deny(TARGET)
    assert clinic.bad() == [(ACCOUNT, "read role", State.MISSING)]
    assert "deploy trimtab-member-read of this release there" in clinic.checks()[0].todo


def test_a_resource_control_policy_before_the_door_is_told_apart() -> None:
    clinic = Clinic()
    message = "not authorized with an explicit deny in a resource control policy"
    refused = translate(client_error("AccessDenied", message, "AssumeRole"), "sts:AssumeRole")
    clinic.members = Shut(clinic.house.cloud, refused)
    (check,) = clinic.checks()
    assert "resource control policies to let role trimtab-read call sts:AssumeRole" in check.todo


def test_s08_a_door_that_did_not_answer_is_unknown() -> None:
    clinic = Clinic()
    clinic.members = Shut(clinic.house.cloud, RetryableError("sts:AssumeRole: throttled"))
    assert clinic.bad() == [(ACCOUNT, "read role", State.UNKNOWN)]


@pytest.mark.parametrize(
    ("role", "roles", "what"),
    [
        (READ_ROLE, READERS, "read role"),
        (CHANGE_ROLE, CHANGERS, "change role"),
        (RESTORE_ROLE, RESTORERS, "restore role"),
    ],
)
def test_a_trust_that_differs_names_what_differs(
    role: str, roles: tuple[str, ...], what: str
) -> None:
    clinic = Clinic()
    allowed = SIMULATED if role == READ_ROLE else TO_CHANGE | TO_RESTORE
    trust = a_trust(roles, external_id="other", organization="o-0000000000")
    clinic.iam.add_role(role, trust, allowed)
    faults = [c.said for c in clinic.checks() if c.what == what and c.state is State.MISSING]
    assert faults == [
        "its sts:ExternalId is not the hub's",
        "its aws:PrincipalOrgID is not o-a1b2c3d4e5",
    ]


def test_an_older_read_role_that_does_not_know_the_doctor_is_named() -> None:
    clinic = Clinic()
    clinic.iam.add_role(READ_ROLE, a_trust(READERS[:2]), SIMULATED)
    assert "trimtab-doctor" in said(clinic.checks(), "read role").said


@pytest.mark.parametrize(
    ("role", "what"), [(CHANGE_ROLE, "change role"), (RESTORE_ROLE, "restore role")]
)
def test_a_writing_role_that_is_not_there_is_missing_only_where_changes_may_go(
    role: str, what: str
) -> None:
    clinic = Clinic()
    clinic.iam._trust.pop(role)
    assert clinic.bad() == [(ACCOUNT, what, State.MISSING)]
    observing = with_fleet(a_bundle(), default_mode=Mode.TICKET)
    clinic = Clinic(observing)
    clinic.iam._trust.pop(role)
    assert clinic.bad() == []
    assert not reaches_change(an_account(), observing)


@pytest.mark.parametrize("operation", ["GetRole", "SimulatePrincipalPolicy"])
def test_s08_a_role_that_cannot_be_looked_at_is_unknown(operation: str) -> None:
    clinic = Clinic()
    clinic.iam.fail_always(operation, "AccessDenied")
    assert clinic.bad() == [
        (ACCOUNT, "read role", State.UNKNOWN),
        (ACCOUNT, "change role", State.UNKNOWN),
        (ACCOUNT, "restore role", State.UNKNOWN),
    ]


def test_a_simulation_is_read_to_its_last_page() -> None:
    clinic = Clinic()
    clinic.iam._page = 2
    clinic.iam.add_role(READ_ROLE, a_trust(READERS), set(SIMULATED) - {SIMULATED[-1]})
    assert clinic.bad() == [(ACCOUNT, SIMULATED[-1], State.MISSING)]


def test_without_owners_the_fallback_alone_would_be_asked() -> None:
    clinic = Clinic(owner="somebody@elsewhere.example")
    check = said(clinic.checks(), "owners")
    assert check.state is State.MISSING
    assert "(owner)" in check.todo


@pytest.mark.parametrize("account", [None, ACCOUNT])
def test_a_rule_of_the_map_is_somebody(account: str | None) -> None:
    clinic = Clinic(owner=None)
    rule = OwnerRule(account=account, region=None, name=None, approvers=("a@example.com",))
    clinic.bundle = replace(clinic.bundle, owners=replace(clinic.bundle.owners, map=(rule,)))
    assert clinic.bad() == []
    assert "the map has a rule" in clinic.checks()[-1].said


def test_an_account_without_functions_needs_no_owner() -> None:
    clinic = Clinic(a_bundle(regions=(OTHER_REGION,)))
    assert clinic.checks()[-1].said == "there are no functions"


def test_s08_owners_are_unknown_when_the_tags_cannot_be_read_any_more() -> None:
    clinic = Clinic()
    tagging = clinic.house.cloud[TARGET].tagging
    tagging.before_next("GetResources", lambda: None)
    tagging.before_next(
        "GetResources", lambda: tagging.fail_next("GetResources", "ThrottlingException")
    )
    assert clinic.bad() == [(ACCOUNT, "owners", State.UNKNOWN)]


def test_a_survey_says_who_is_looked_at_and_how_far_policies_may_go() -> None:
    found = survey(Clinic().bench)
    assert [a.id for a in found.targets.accounts] == [ACCOUNT]
    assert (found.policies, found.opens_tickets, found.changed) == (1, True, (ACCOUNT,))
    shy = survey(Clinic(with_fleet(a_bundle(), default_mode=Mode.OBSERVE)).bench)
    assert (shy.opens_tickets, shy.changed) == (False, ())
    no_change = a_bundle(change=None)
    assert survey(Clinic(no_change).bench).changed == ()
