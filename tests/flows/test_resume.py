"""Does an interrupted scan go on where it stopped, and read again what is not sure?"""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET, an_account
from tests.fakes.clock import NOW
from tests.flows.test_sweep import UNUSED, place, seen
from tests.pipeline.house import OTHER_ACCOUNT, House
from tests.pipeline.reads import watching
from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Sighting
from trimtab.flows import resume
from trimtab.flows.resume import FRESH, Done, Judged, judged_as, left

GAP = Gap(account="1", region="r", what="tags", error="denied")
JUDGED = judged_as(place(), {})
OTHER = place(Target(account=OTHER_ACCOUNT, region="eu-west-1"))
SECOND = timedelta(seconds=1)


def a_sighting() -> Sighting:
    house = House(watching(UNUSED))
    house.plant(memory_mb=2048, invocations=0)
    (sighting,) = seen(house)
    return sighting


def line_of(sighting: Sighting, judged: Judged = JUDGED) -> str:
    return resume.line_of(Done(sighting=sighting, judged=judged), bundle="b")


def kept(*lines: str, after: timedelta = timedelta(), wanted: Judged = JUDGED) -> list[Sighting]:
    found = resume.kept(lines, bundle="b", wanted={TARGET: wanted}, now=NOW + after)
    return [done.sighting for done in found]


def test_what_was_seen_comes_back_as_it_was_and_is_not_looked_at_again() -> None:
    sighting = a_sighting()
    assert kept(line_of(sighting)) == [sighting]
    assert left((place(), OTHER), [sighting]) == (OTHER,)


def test_s08_a_target_with_a_gap_is_looked_at_again() -> None:
    assert kept(line_of(replace(a_sighting(), gaps=(GAP,)))) == []


def test_the_last_line_of_a_target_counts() -> None:
    sighting = a_sighting()
    broken = line_of(replace(sighting, gaps=(GAP,)))
    whole = line_of(sighting)
    assert kept(broken, "", whole) == [sighting]
    assert kept(whole, broken) == []


def test_what_is_older_than_a_day_is_read_again() -> None:
    line = line_of(a_sighting())
    assert kept(line, after=FRESH - SECOND)
    assert kept(line, after=FRESH) == []


def test_what_a_clock_that_was_ahead_has_dated_is_read_again() -> None:
    assert kept(line_of(a_sighting()), after=-SECOND) == []


def test_s10_a_target_is_read_again_once_an_exemption_has_ended() -> None:
    sighting = a_sighting()
    (line,) = sighting.lines
    exempt = replace(line, suppressed_until=NOW + timedelta(hours=1))
    kept_line = line_of(replace(sighting, lines=(exempt,)))
    assert kept(kept_line, after=timedelta(hours=1) - SECOND)
    assert kept(kept_line, after=timedelta(hours=1)) == []


@pytest.mark.parametrize(
    "wanted",
    [
        replace(JUDGED, account=replace(JUDGED.account, name="shop")),
        replace(JUDGED, account=an_account(TARGET.account, "ou-prod-12345678")),
        replace(JUDGED, is_placed=False),
        replace(JUDGED, role="reader"),
    ],
)
def test_a_target_that_would_be_judged_as_something_else_is_read_again(wanted: Judged) -> None:
    line = line_of(a_sighting())
    assert kept(line, wanted=wanted) == []
    assert kept(line_of(a_sighting(), wanted), wanted=wanted)


def test_a_target_that_is_not_asked_for_stays_in_the_file() -> None:
    done = resume.kept([line_of(a_sighting())], bundle="b", wanted={}, now=NOW)
    assert [one.sighting.target for one in done] == [TARGET]


def test_the_role_of_an_account_is_what_it_is_read_with() -> None:
    assert judged_as(place(), {TARGET.account: "reader"}).role == "reader"
    assert judged_as(place(), {OTHER_ACCOUNT: "reader"}).role is None


def test_a_last_line_that_a_crash_cut_off_counts_for_nothing() -> None:
    line = line_of(a_sighting())
    assert len(kept(line, line[:40])) == 1


def without_a_zone() -> str:
    line = json.loads(line_of(a_sighting()))
    line["sighting"]["as_of"] = "2026-11-02T10:00:00"
    return json.dumps(line)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{", "{}"], "line 1 is no JSON"),
        (["[]"], "line 1 is no target"),
        (["[" * 100_000], "line 1 is no target"),
        (['{"bundle": "b"}'], "line 1 is no target"),
        (['{"bundle": "b", "sighting": {}}'], "line 1 is no target"),
        (['{"bundle": "other", "judged": {}, "sighting": {}}'], "other policies"),
        (['{"bundle": "b", "judged": {}, "sighting": {}}'], "missing or unknown"),
        ([without_a_zone()], "Sighting.as_of: .* is not a datetime"),
    ],
)
def test_another_file_is_refused(lines: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        kept(*lines)
