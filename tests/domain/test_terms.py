"""Do modes, severities and change windows say what a person means by them?"""

from datetime import UTC, datetime, time, timedelta

import pytest

from trimtab.domain.terms import Severity, Window


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_window(days: tuple[int, ...] = (0, 1, 2, 3), **given: str) -> Window:
    usual = {"opens": "09:00", "closes": "16:00", "timezone": "Europe/Berlin"} | given
    return Window(
        days=days,
        opens=time.fromisoformat(usual["opens"]),
        closes=time.fromisoformat(usual["closes"]),
        timezone=usual["timezone"],
    )


def test_severities_are_ordered() -> None:
    assert [s.rank for s in Severity] == [0, 1, 2, 3, 4]
    assert Severity.CRITICAL.rank > Severity.HIGH.rank > Severity.INFORMATIONAL.rank


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-02T07:59:59", False),
        ("2026-11-02T08:00:00", True),
        ("2026-11-02T14:59:59", True),
        ("2026-11-02T15:00:00", False),
        ("2026-11-06T10:00:00", False),
        ("2026-07-06T07:00:00", True),
        ("2026-07-06T06:59:59", False),
    ],
    ids=["before", "at opening", "last second", "at closing", "Friday", "summer", "summer before"],
)
def test_a_window_opens_inclusive_and_closes_exclusive_in_its_own_time(
    moment: str, is_open: bool
) -> None:
    assert a_window().is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-02T10:00:00", "2026-11-02T10:00:00"),
        ("2026-11-02T05:00:00", "2026-11-02T08:00:00"),
        ("2026-11-02T15:00:00", "2026-11-03T08:00:00"),
        ("2026-11-05T15:00:00", "2026-11-09T08:00:00"),
        ("2026-03-26T20:00:00", "2026-03-30T07:00:00"),
    ],
    ids=["open now", "same day", "next day", "over the weekend", "over the clock change"],
)
def test_a_closed_window_names_its_next_opening(moment: str, opens: str) -> None:
    assert a_window().opens_at(at(moment)) == at(opens)


def test_the_opening_is_given_in_the_time_zone_of_the_question() -> None:
    assert a_window().opens_at(at("2026-11-02T05:00:00")).tzinfo is UTC


def test_an_opening_that_happens_twice_is_never_before_the_question() -> None:
    window = a_window((6,), opens="02:45", closes="04:00")
    second_half_past_two = at("2026-10-25T01:30:00")
    assert window.opens_at(second_half_past_two) == at("2026-10-25T01:45:00")


def test_an_opening_that_the_clocks_skip_is_the_next_one_that_is_open() -> None:
    window = a_window((6,), opens="02:00", closes="03:00")
    assert window.opens_at(at("2026-03-28T12:00:00")) == at("2026-04-05T00:00:00")


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
)
@pytest.mark.parametrize(
    "around", ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-25", "2026-11-01"]
)
def test_whatever_the_clocks_do_the_opening_is_open_and_not_before_the_question(
    zone: str, around: str
) -> None:
    for opens, closes in [("01:15", "02:30"), ("02:00", "03:00"), ("02:30", "04:00")]:
        window = a_window((6, 0), opens=opens, closes=closes, timezone=zone)
        for quarters in range(-96, 96):
            moment = at(f"{around}T00:00:00") + timedelta(minutes=15 * quarters)
            opening = window.opens_at(moment)
            assert opening >= moment
            assert window.is_open(opening)
            assert (opening == moment) is window.is_open(moment)


def test_a_window_without_days_never_opens_and_says_so() -> None:
    with pytest.raises(ValueError, match="never opens"):
        a_window(()).opens_at(at("2026-11-02T10:00:00"))
