"""Is what cannot be taken back held shorter than the rest, whatever the files say? (S28, S29)"""

from dataclasses import replace

import pytest

from tests.pipeline.house import FILES
from tests.pipeline.removal_house import POLICY, removing
from tests.pipeline.version_house import POLICY as OF_VERSIONS
from tests.pipeline.version_house import removing_versions
from trimtab.domain.terms import ChangeKind, Identity, Mode
from trimtab.policy.fleet_rules import effective_mode
from trimtab.policy.loader import load_bundle
from trimtab.policy.problems import PolicyErrors
from trimtab.remediations import change_specs

REMOVAL = ChangeKind.REMOVE_FUNCTION
VERSIONS = ChangeKind.REMOVE_VERSIONS


def test_s28_a_removal_asks_for_a_sign_in_whatever_is_said() -> None:
    guardrails = removing(POLICY).guardrails
    assert guardrails.identity == {}
    assert guardrails.identity_for(REMOVAL) is Identity.SIGN_IN


def test_s28_guardrails_that_ask_less_of_a_removal_do_not_load() -> None:
    files = {n: t for n, t in FILES.items() if "/" not in n}
    less = files["guardrails.yaml"].replace(
        "domains:", "identity: {remove_function: link}\n  domains:"
    )
    with pytest.raises(PolicyErrors, match="always asks for a sign-in"):
        load_bundle(files | {"guardrails.yaml": less}, kinds=change_specs())


def test_s29_a_removal_goes_no_further_than_a_ticket_where_nothing_is_said() -> None:
    files = {n: t for n, t in FILES.items() if "/" not in n}
    with pytest.raises(PolicyErrors, match="mode approve is above ticket"):
        load_bundle(files | {"cost/unused.yaml": POLICY}, kinds=change_specs())


def test_s28_a_removal_stays_a_ticket_where_nobody_can_sign_in() -> None:
    bundle = removing(POLICY)
    (policy,) = bundle.policies
    asked = {
        can: effective_mode(
            policy,
            bundle.fleet,
            replace(bundle.guardrails, can_sign_in=can),
            organizational_units=(),
        )
        for can in (True, False)
    }
    assert asked[True][0] is Mode.APPROVE
    assert asked[False] == (
        Mode.TICKET,
        "no sign-in is configured, and remove_function asks for one",
    )


def test_s29_a_removal_is_never_automatic() -> None:
    with pytest.raises(PolicyErrors, match="auto"):
        removing(POLICY.replace("mode: approve", "mode: auto"))


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("notice: 13d", "below 14d"),
        ("quarantine: 73h", "at most 3d"),
        ("quarantine: 48h, last_call: 47h", "below 49h"),
        ("quarantine: 48h", "last_call must be less than quarantine, 2d"),
        ("last_call: 47h", "below 2d"),
        ("last_call: 72h", "last_call must be less than quarantine, 3d"),
        ("quarantine: 50h, last_call: 50h", "last_call must be less than quarantine, 50h"),
    ],
)
def test_s29_no_policy_hurries_a_removal(field: str, said: str) -> None:
    hurried = POLICY.replace("remove_function: {}", f"remove_function: {{{field}}}")
    with pytest.raises(PolicyErrors, match=said):
        removing(hurried)


def test_s29_no_removal_looks_back_over_less_than_a_year_and_a_month() -> None:
    with pytest.raises(PolicyErrors, match="lookback is 399d, below 400d"):
        removing(POLICY.replace("lookback: 400d", "lookback: 399d"))


def test_s28_a_removal_of_versions_is_held_as_short_as_one_of_a_function() -> None:
    guardrails = removing_versions().guardrails
    assert guardrails.identity == {}
    assert guardrails.identity_for(VERSIONS) is Identity.SIGN_IN
    files = {n: t for n, t in FILES.items() if "/" not in n}
    assert load_bundle(files, kinds=change_specs()).guardrails.highest_for(VERSIONS) is Mode.TICKET
    with pytest.raises(PolicyErrors, match="mode approve is above ticket"):
        load_bundle(files | {"cost/old.yaml": OF_VERSIONS}, kinds=change_specs())
    with pytest.raises(PolicyErrors, match="auto"):
        removing_versions(OF_VERSIONS.replace("mode: approve", "mode: auto"))


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("notice: 6d", "below 7d"),
        ("keep_newest: 1", "below 2"),
        ("keep_newest: 0", "at least 1"),
        ("keep_newest: 2.5", "a whole number"),
        ("min_age: 13d", "below 14d"),
        ("snapshots_only: 1", "true or false"),
        ('snapshots_only: "yes"', "true or false"),
    ],
)
def test_s29_no_policy_hurries_a_removal_of_versions(field: str, said: str) -> None:
    hurried = OF_VERSIONS.replace("remove_versions: {}", f"remove_versions: {{{field}}}")
    with pytest.raises(PolicyErrors, match=said):
        removing_versions(hurried)


def test_a_policy_may_ask_for_snapshots_alone() -> None:
    told = OF_VERSIONS.replace("remove_versions: {}", "remove_versions: {snapshots_only: true}")
    (policy,) = removing_versions(told).policies
    assert policy.change is not None
    assert policy.change.fields["snapshots_only"] is True
