"""Does `trimtab savings` show what was saved beside what was predicted?"""

import csv
import io
import json
from dataclasses import replace

import pytest

from tests.cli.conftest import Call
from tests.flows.test_aftercare import a_day
from tests.pipeline.house import House
from tests.pipeline.test_reverted import redeploy, verified
from tests.pipeline.test_savings import a_watched, ended
from trimtab.domain.approval import RoundStatus
from trimtab.domain.ledger import change_chain
from trimtab.domain.realised import ProvisionedSaving, Row, Savings
from trimtab.domain.terms import ChangeKind
from trimtab.flows.savings import savings, totals
from trimtab.report import savings_words
from trimtab.report.words import saving


def test_nothing_on_record_is_said(call_on: Call) -> None:
    said = call_on(House(), "savings")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "0 changes applied: 0 in place, 0 undone, 0 taken back by somebody else",
        "saved so far: $0.00",
    ]


def test_a_change_has_a_row_with_predicted_and_measured(call_on: Call) -> None:
    house = House()
    change = a_watched(house, mean=205.0)
    ended(house)
    said = call_on(house, "savings", "--since", "30d")
    assert said.code == 0
    assert "1 change applied: 1 in place, 0 undone, 0 taken back by somebody else" in said.out
    assert "in place and measured: $0.03 a month; predicted was " in said.out
    row = next(line for line in said.out.splitlines() if change.change_id in line)
    for cell in (
        "orders",
        "3,008 MB -> 2,592 MB",
        saving(change.recommendation.saving).removesuffix(" a month"),
        "$0.03",
        "verified",
    ):
        assert cell in row
    assert "#......... 11.7 %" in row


def test_what_is_not_measured_is_said_and_never_zero(call_on: Call) -> None:
    house = House()
    a_watched(house)
    said = call_on(house, "savings")
    assert "not measured" in said.out
    assert "0 taken back by somebody else, 1 still watched\n" in said.out
    house.functions.change("orders", CodeSha256="other code")
    ended(house)
    said = call_on(house, "savings")
    assert "in place and not measured: 1 change" in said.out
    assert "not in that: 1 change of which nobody knows what it saved" in said.out
    assert "not known" in said.out


def test_a_change_that_was_let_go_is_counted_as_that(call_on: Call) -> None:
    house = House()
    change = a_watched(house)
    house.desk.forge(replace(house.round(change), status=RoundStatus.UNDO_STOPPED))
    reason = ("--why", "its owner took it over")
    assert call_on(house, "give-up", change.change_id, *reason).code == 0
    said = call_on(house, "savings")
    assert "0 taken back by somebody else, 1 open or given up\n" in said.out


def test_a_change_taken_back_later_ends_that_day(call_on: Call) -> None:
    house = House()
    verified(house)
    redeploy(house)
    a_day(house)
    said = call_on(house, "savings")
    assert "0 in place, 0 undone, 1 taken back by somebody else" in said.out
    assert "taken back later on 2026-11-0" in said.out


def test_as_json_it_is_one_object(call_on: Call) -> None:
    house = House()
    change = a_watched(house, mean=205.0)
    ended(house)
    said = json.loads(call_on(house, "savings", "--json", "--since", "1d").out)
    (row,) = said["changes"]
    assert row["change"] == change.change_id
    assert row["share_saved"] == pytest.approx(0.1168, abs=1e-3)
    assert row["basis"].startswith("mean Duration metric")
    assert row["stood_until"] is None
    assert said["totals"]["standing"] == 1
    assert said["totals"]["predicted_low_usd_month"] == change.recommendation.saving.low_usd_month
    assert said["since"] is not None
    bare = json.loads(call_on(House(), "savings", "--json").out)
    assert (bare["since"], bare["changes"]) == (None, [])
    house = House()
    a_watched(house)
    (row,) = json.loads(call_on(house, "savings", "--json").out)["changes"]
    assert (row["measured_usd_month"], row["saved_so_far_usd"]) == (None, 0.0)


def test_as_csv_it_has_a_header_and_no_formula(call_on: Call) -> None:
    house = House()
    a_watched(house, mean=231.0)
    ended(house)
    rows = list(csv.DictReader(io.StringIO(call_on(house, "savings", "--csv").out)))
    assert rows[0]["memory_after_mb"] == "2592"
    assert float(rows[0]["share_saved"]) == pytest.approx(0.0047, abs=1e-3)
    assert call_on(House(), "savings", "--csv").out == ""


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("--json", "--csv"), "give --json or --csv, not both"),
        (("--since", "soon"), "--since 'soon'"),
    ],
)
def test_what_cannot_be_used_is_refused(call_on: Call, given: tuple[str, ...], why: str) -> None:
    said = call_on(House(), "savings", *given)
    assert (said.code, why in said.err) == (3, True)


def test_s17_a_damaged_chain_is_named(call_on: Call) -> None:
    house = House()
    change = verified(house)
    chain = change_chain(change.change_id)
    house.ledger.replace(chain, house.ledger.entries(chain)[:-1])
    said = call_on(house, "savings")
    assert (said.code, chain in said.err) == (1, True)


def test_the_story_of_a_change_tells_what_it_saved_and_who_took_it_back(call_on: Call) -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    house.cloud[change.function.target].trail.put(
        "UpdateFunctionConfiguration", at=house.clock.now(), username="ci", function="orders"
    )
    a_day(house)
    said = call_on(house, "audit", "show", change.change_id).out
    assert "13.8 % less billed GB-seconds per invocation: 0.5875 before, 0.5062 after" in said
    assert f"predicted {saving(change.recommendation.saving)}, measured $0.04 a month" in said
    assert "somebody else took it back: its memory is 3008 MB" in said
    assert "last written by ci (UpdateFunctionConfiguration)" in said
    assert "see --json" not in said


def test_a_bar_is_never_longer_than_all_nor_shorter_than_nothing() -> None:
    assert savings_words.bar(1.7).startswith("########## ")
    assert savings_words.bar(-0.25) == ".......... -25 %"


@pytest.mark.parametrize("status", RoundStatus)
def test_every_status_has_a_word(status: RoundStatus) -> None:
    house = House()
    verified(house)
    (row,) = savings(house.ledger, since=None, now=house.clock.now()).rows
    assert savings_words.state(replace(row, status=status))


def a_scheduled_row() -> Row:
    house = House()
    verified(house)
    (row,) = savings(house.ledger, since=None, now=house.clock.now()).rows
    measured = ProvisionedSaving(
        cost_before_usd_month=141.0,
        cost_after_usd_month=91.0,
        predicted_cost_usd_month=88.0,
        predicted_low_usd_month=41.0,
        predicted_high_usd_month=53.0,
        spillover=None,
        utilisation=0.6,
    )
    return replace(
        row,
        kind=ChangeKind.SCHEDULE_PROVISIONED,
        before={"provisioned": 14},
        after={"minimum": 2, "maximum": 12},
        measured=measured,
    )


def test_what_is_provisioned_is_told_in_its_own_units_and_memory_is_null() -> None:
    row = a_scheduled_row()
    now = row.applied_at
    cells = savings_words.cells(row, now=now)
    assert "14 provisioned -> 2 to 12 provisioned by schedule" in cells
    assert "$50" in cells
    assert "####...... 35.5 %" in cells
    found = Savings(rows=(row,), totals=totals((row,), now=now), faults=())
    (plain,) = savings_words.as_plain(found, since=None, now=now)["changes"]
    assert (plain["kind"], plain["before"], plain["after"]) == (
        "schedule_provisioned_concurrency",
        "14 provisioned",
        "2 to 12 provisioned by schedule",
    )
    for unknown in ("memory_before_mb", "gb_s_per_invocation_after", "basis", "spillover"):
        assert plain[unknown] is None
    assert (plain["cost_before_usd_month"], plain["cost_after_usd_month"]) == (141.0, 91.0)
    (line,) = csv.DictReader(io.StringIO(savings_words.sheet(found, now=now)))
    assert (line["memory_before_mb"], line["cost_after_usd_month"]) == ("", "91.0")
