"""Does an interrupted scan go on where it stopped, and read again what is not sure?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import NOW
from tests.flows.test_sweep import UNUSED, place, seen
from tests.pipeline.house import OTHER_ACCOUNT, House
from tests.pipeline.reads import watching
from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Sighting
from trimtab.flows.resume import FRESH, kept, left, line_of

GAP = Gap(account="1", region="r", what="tags", error="denied")


def a_sighting() -> Sighting:
    house = House(watching(UNUSED))
    house.plant(memory_mb=2048, invocations=0)
    (sighting,) = seen(house)
    return sighting


def test_what_was_seen_comes_back_as_it_was_and_is_not_looked_at_again() -> None:
    sighting = a_sighting()
    (again,) = kept([line_of(sighting, bundle="b")], bundle="b", now=NOW)
    assert again == sighting
    other = place(Target(account=OTHER_ACCOUNT, region="eu-west-1"))
    assert left((place(), other), [again]) == (other,)


def test_s08_a_target_with_a_gap_is_looked_at_again() -> None:
    broken = replace(a_sighting(), gaps=(GAP,))
    assert kept([line_of(broken, bundle="b")], bundle="b", now=NOW) == ()


def test_the_last_line_of_a_target_counts() -> None:
    sighting = a_sighting()
    broken = line_of(replace(sighting, gaps=(GAP,)), bundle="b")
    whole = line_of(sighting, bundle="b")
    assert kept([broken, "", whole], bundle="b", now=NOW) == (sighting,)
    assert kept([whole, broken], bundle="b", now=NOW) == ()


def test_what_is_older_than_a_day_is_read_again() -> None:
    line = line_of(a_sighting(), bundle="b")
    assert kept([line], bundle="b", now=NOW + FRESH - timedelta(seconds=1))
    assert kept([line], bundle="b", now=NOW + FRESH) == ()


def test_a_last_line_that_a_crash_cut_off_counts_for_nothing() -> None:
    line = line_of(a_sighting(), bundle="b")
    assert len(kept([line, line[:40]], bundle="b", now=NOW)) == 1


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{", "{}"], "line 1 is no JSON"),
        (["[]"], "line 1 is no target"),
        (['{"bundle": "b"}'], "line 1 is no target"),
        (['{"bundle": "other", "sighting": {}}'], "other policies"),
        (['{"bundle": "b", "sighting": {}}'], "missing or unknown"),
    ],
)
def test_another_file_is_refused(lines: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        kept(lines, bundle="b", now=NOW)
