"""Does every figure, size and moment read as a person would say it?"""

from datetime import time, timedelta

import pytest

from tests.report.things import NOW, a_remediation
from trimtab.domain.errors import InputError
from trimtab.domain.finding import Saving
from trimtab.domain.terms import Window
from trimtab.report import words


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (12.4, 31.2, "$12\N{EN DASH}31 a month"),
        (9.5, 31.2, "$9.50\N{EN DASH}$31 a month"),
        (0.4, 1.25, "$0.40\N{EN DASH}$1.25 a month"),
        (20.1, 20.4, "$20 a month"),
        (0.0, 0.0, "less than a cent a month"),
        (0.001, 0.004, "less than a cent a month"),
        (-3.0, 20.0, "between \N{MINUS SIGN}$3.00 and $20 a month"),
        (-30.0, -12.0, "between \N{MINUS SIGN}$30 and \N{MINUS SIGN}$12 a month"),
        (1200.0, 45000.0, "$1,200\N{EN DASH}45,000 a month"),
    ],
)
def test_a_saving_is_told_as_an_interval(low: float, high: float, said: str) -> None:
    assert words.saving(Saving(low_usd_month=low, high_usd_month=high)) == said


def test_savings_add_up_at_both_ends() -> None:
    parts = (
        Saving(low_usd_month=-1, high_usd_month=2),
        Saving(low_usd_month=10, high_usd_month=20),
    )
    assert words.total_saving(parts) == Saving(low_usd_month=9, high_usd_month=22)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(), "0 seconds"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=24), "1 day"),
        (timedelta(days=2, hours=23, minutes=15), "2 days 23 hours"),
        (timedelta(days=1, minutes=5), "1 day 5 minutes"),
    ],
)
def test_a_span_has_at_most_two_units(span: timedelta, said: str) -> None:
    assert words.duration(span) == said


def test_a_moment_is_in_utc_and_says_so() -> None:
    assert words.moment(NOW) == "Sat 21 Nov 2026, 07:45 UTC"


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(milliseconds=999), "now"),
        (timedelta(seconds=-1), "1 second ago"),
        (timedelta(seconds=45), "in 45 seconds"),
        (timedelta(hours=3), "in 3 hours"),
        (timedelta(minutes=-5), "5 minutes ago"),
    ],
)
def test_a_moment_has_a_distance(ahead: timedelta, said: str) -> None:
    assert words.relative(NOW + ahead, now=NOW) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((0, 1, 2, 3), "Mon\N{EN DASH}Thu, 09:00\N{EN DASH}16:00 (Europe/Berlin)"),
        ((0, 1), "Mon, Tue, 09:00\N{EN DASH}16:00 (Europe/Berlin)"),
        ((4, 0, 2), "Mon, Wed, Fri, 09:00\N{EN DASH}16:00 (Europe/Berlin)"),
        (tuple(range(7)), "every day, 09:00\N{EN DASH}16:00 (Europe/Berlin)"),
    ],
)
def test_a_window_names_its_days(days: tuple[int, ...], said: str) -> None:
    terms = Window(days=days, opens=time(9), closes=time(16), timezone="Europe/Berlin")
    assert words.window(terms) == said


def test_no_window_is_any_time() -> None:
    assert words.window(None) == "any time"


@pytest.mark.parametrize(("ms", "said"), [(431, "431 ms"), (999.4, "999 ms"), (1260, "1.3 s")])
def test_a_run_time_has_a_fitting_unit(ms: float, said: str) -> None:
    assert words.milliseconds(ms) == said


@pytest.mark.parametrize(("number", "said"), [(0, "0 gaps"), (1, "1 gap"), (1200, "1,200 gaps")])
def test_a_count_agrees_with_its_noun(number: int, said: str) -> None:
    assert words.count(number, "gap") == said


def test_a_setting_without_a_value_before_says_so() -> None:
    (change,) = words.setting_changes(a_remediation(undo={}))
    assert (change.label, change.before, change.after) == ("Memory", "not set", "1,792 MB")


def test_an_unnamed_setting_is_shown_by_its_name() -> None:
    (change,) = words.setting_changes(a_remediation(after={"new_one": 3}, undo={"new_one": 7}))
    assert (change.label, change.before, change.after) == ("new_one", "7", "3")


@pytest.mark.parametrize(
    "text",
    ["a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "<a@example.com>", "a"],
)
def test_s23_only_one_plain_address_is_an_address(text: str) -> None:
    with pytest.raises(InputError, match="not a plain email address"):
        words.address(text)


def test_s23_inert_text_is_one_line_without_invisible_characters() -> None:
    assert words.inert(" a\r\n\tb\u202ec\u2028d\x00 ") == "a b c d"


def test_s23_no_mail_program_makes_a_link_of_unlinked_text() -> None:
    text = "https://evil.example, www.evil.example, me@evil.example; 1.5 times, end."
    assert words.unlinked(text) == (
        "https[:]//evil[.]example, www[.]evil[.]example, me[at]evil[.]example; 1.5 times, end."
    )
