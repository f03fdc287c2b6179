"""Can an installation renew the table of runtimes, and is it told when that is due?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.policy.bundles import WATCHED, load, mistakes
from tests.policy.test_warnings_bundle import warned
from trimtab.policy.runtimes import OLD_AFTER, READ_ON, SHIPPED_TABLE, Lifecycle

FILE = "runtimes.yaml"
ROWS = """\
read_on: 2027-01-10
source: https://docs.example.com/runtimes
runtimes:
  - runtime: nodejs26.x
    deprecated: 2029-04-30
  - runtime: python3.13
    deprecated: 2030-06-30
    block_create: 2030-07-31
    block_update: 2030-08-31
"""
SOURCE = "https://docs.example.com/runtimes, as read on 2027-01-10 (runtimes.yaml)"


def test_without_the_file_the_shipped_table_is_used() -> None:
    assert load().runtimes == SHIPPED_TABLE


def test_rows_are_laid_over_the_shipped_table_each_with_its_source() -> None:
    table = load({FILE: ROWS}).runtimes
    assert table.read_on == date(2027, 1, 10)
    assert table.rows["python3.13"] == Lifecycle(
        deprecated_on=date(2030, 6, 30),
        create_blocked_on=date(2030, 7, 31),
        update_blocked_on=date(2030, 8, 31),
        source=SOURCE,
    )
    assert table.rows["nodejs26.x"].update_blocked_on is None
    left = SHIPPED_TABLE.rows.keys() - {"python3.13"}
    assert {name: table.rows[name] for name in left} == {n: SHIPPED_TABLE.rows[n] for n in left}


def test_the_rows_are_part_of_what_the_bundle_says() -> None:
    plain, renewed = load(), load({FILE: ROWS})
    assert plain.digest != renewed.digest
    assert load({FILE: f"# said otherwise\n{ROWS}"}).digest == renewed.digest
    assert load({FILE: ROWS.replace("2030-06-30", "2030-06-29")}).digest != renewed.digest


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("2029-04-30", "2029-02-30", "5:17: '2029-02-30' is no day of the calendar"),
        ("2029-04-30", "soon", "5:17: 'soon' is not a day like 2027-01-31"),
        ("runtime: nodejs26.x", "runtime: Node 26", "4:14: 'Node 26' is not the identifier of a"),
        ("runtime: nodejs26.x", "runtime: python3.13", "6:14: python3.13 stands here twice"),
        ("    deprecated: 2029-04-30\n", "", "4:5: key 'deprecated' is missing"),
        ("block_update: 2030-08-31", "block_update: 2030-07-30", "9:19: before block_create"),
        ("block_update: 2030-08-31", "blocked: 2030-08-31", "9:5: unknown key 'blocked'"),
        ("read_on: 2027-01-10\n", "", "key 'read_on' is missing"),
        ("https://docs.example.com/runtimes", "the guide", "2:9: this does not have the form"),
    ],
)
def test_a_mistake_is_told_where_it_stands(was: str, now: str, said: str) -> None:
    assert was in ROWS
    found = mistakes({FILE: ROWS.replace(was, now)})
    assert [one for one in found if one.startswith(FILE) and said in one], found


def test_a_file_that_is_no_mapping_is_told_too() -> None:
    assert mistakes({FILE: "- nodejs26.x\n"}) == [
        "runtimes.yaml:1:1: this must be a mapping of names to values"
    ]


def test_a_runtime_of_the_installation_is_no_unknown_word() -> None:
    policy = WATCHED.partition("when:")[0] + "when: {function.runtime: nodejs26.x}\n"
    (warning,) = warned({"cost/too-big.yaml": policy})
    assert "unknown runtime 'nodejs26.x'" in warning
    assert warned({"cost/too-big.yaml": policy, FILE: ROWS}) == []


LAST = datetime(READ_ON.year, READ_ON.month, READ_ON.day, tzinfo=UTC) + OLD_AFTER
RENEWED_LAST = datetime(2027, 1, 10, tzinfo=UTC) + OLD_AFTER
DAY = timedelta(days=1)


def test_a_table_is_old_a_day_after_half_a_year() -> None:
    assert warned({}, now=LAST) == []
    assert warned({}, now=LAST + DAY) == [
        "runtimes.yaml:1:1: the table of runtimes was read on 2026-11-21, 181 days ago: hold it"
        " against what AWS says now, and write the day here as read_on"
    ]


def test_a_renewed_table_is_as_old_as_it_says() -> None:
    assert warned({FILE: ROWS}, now=RENEWED_LAST) == []
    (warning,) = warned({FILE: ROWS}, now=RENEWED_LAST + DAY)
    assert warning.startswith("runtimes.yaml:1:10: the table of runtimes was read on 2027-01-10")


def test_a_day_that_is_still_to_come_puts_no_warning_off() -> None:
    read_on = datetime(2027, 1, 10, tzinfo=UTC)
    assert warned({FILE: ROWS}, now=read_on - DAY) == []
    assert warned({FILE: ROWS}, now=read_on - 2 * DAY) == [
        "runtimes.yaml:1:10: 2027-01-10 is still to come: write the day on which the table was read"
    ]
