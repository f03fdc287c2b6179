"""Does the picture of a week say what the advice says, and is it only a picture?"""

import re
import xml.etree.ElementTree as ET

import pytest

from tests.report.hostile import TEXTS, structure
from tests.report.test_memory_picture import ALLOWED, FORBIDDEN, of_class, words
from tests.report.things import NOW, a_link, a_remediation, a_round
from tests.report.weeks import (
    AFTER,
    WEEKS,
    a_change,
    a_provisioned_change,
    a_schedule,
    an_advice,
    hostile,
    seen,
)
from trimtab.domain.remediation import Remediation
from trimtab.report import pages, provisioned_figure
from trimtab.report.drawing import LEFT, NARROW_PX, RIGHT, WIDE_PX
from trimtab.report.provisioned_chart import chart
from trimtab.report.provisioned_picture import MOST_SLOTS, NOTHING, provisioned_picture
from trimtab.report.provisioned_words import Shown
from trimtab.report.render import picture_style


def drawn(week: Shown, *, width_px: int = WIDE_PX) -> ET.Element:
    return ET.fromstring(provisioned_picture(week, width_px=width_px, id_="w"))


def path(picture: ET.Element, kind: str) -> str:
    """Return what is drawn of a kind in the week; the key stands before it."""
    return of_class(picture, kind)[-1].get("d", "")


def heights(d: str) -> list[float]:
    """Return the values of y in a path of stairs, from left to right."""
    return [float(y) for y in re.findall(r"(?:M[\d.]+ |V)([\d.]+)", d)]


@pytest.mark.parametrize("width_px", [NARROW_PX, WIDE_PX])
@pytest.mark.parametrize("what", WEEKS)
def test_every_week_is_a_drawing_within_its_frame(what: str, width_px: int) -> None:
    picture = drawn(WEEKS[what], width_px=width_px)
    height = float(picture.get("height", "0"))
    assert {e.tag for e in picture.iter()} <= ALLOWED
    for element in picture.iter():
        for name in ("x", "y"):
            assert 0 <= float(element.get(name, "0")) <= max(width_px, height)
        if element.tag == "path":
            for x in re.findall(r"[MH]([\d.]+)", element.get("d", "")):
                assert 0 <= float(x) <= width_px
    text = ET.tostring(picture, encoding="unicode")
    assert not re.search(r"(?<![\w-])(nan|inf)\b", text)
    assert not [mark for mark in FORBIDDEN if mark in text]


def test_demand_today_and_the_proposal_differ_in_shape_and_words() -> None:
    picture = drawn(WEEKS["usual"])
    for kind in ("needed", "high", "now-level", "line"):
        assert len(of_class(picture, kind)) == 2, f"{kind} stands in the key and in the week"
    assert {
        "needed, typically",
        "not often exceeded",
        "now: 14",
        "proposed: 2 to 12 by schedule",
    } <= set(words(picture))


def test_the_proposed_levels_are_stairs_that_change_when_the_schedule_does() -> None:
    picture = drawn(WEEKS["usual"])
    found = heights(path(picture, "line"))
    assert len(found) == 12, "two changes on five days, one for the weekend, and the beginning"
    night, day, evening = found[:3]
    assert day < evening < night, "further up is more"
    assert found[-1] == night
    now = float(path(picture, "now-level").split()[1].split("H")[0])
    assert now < day


def test_a_change_stands_at_its_minute() -> None:
    week = seen(an_advice(schedule=a_schedule(a_change(3, "12:00", 3), a_change(6, "00:00", 1))))
    corners = [float(x) for x in re.findall(r"H([\d.]+)", path(drawn(week), "line"))]
    room = WIDE_PX - LEFT - RIGHT
    assert corners == pytest.approx([LEFT + room / 2, LEFT + room * 6 / 7, LEFT + room], abs=0.1)


def test_what_target_tracking_may_add_is_a_line_of_its_own() -> None:
    assert len(of_class(drawn(WEEKS["target-tracking"]), "at-most")) == 2
    assert "at most, by target tracking" in words(drawn(WEEKS["target-tracking"]))
    assert of_class(drawn(WEEKS["usual"]), "at-most") == []


def test_a_constant_level_is_one_line_and_nothing_proposed_is_none() -> None:
    assert len(of_class(drawn(WEEKS["reduce"]), "line")) == 2
    assert of_class(drawn(WEEKS["nothing-proposed"]), "line") == []
    assert not [w for w in words(drawn(WEEKS["nothing-proposed"])) if "proposed" in w]


def test_the_weekdays_and_the_time_zone_stand_below() -> None:
    said = words(drawn(WEEKS["usual"]))
    assert [w for w in said if w in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")] == [
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
    ]  # fmt: skip
    assert "local time, Europe/Berlin" in said
    assert "UTC" in words(drawn(WEEKS["reduce"]))
    assert "local time" in words(drawn(WEEKS["long-zone"], width_px=NARROW_PX))


def test_the_costs_are_bars_with_their_figures() -> None:
    picture = drawn(WEEKS["usual"])
    bars = {e.get("class", "").split()[1]: e.get("d", "") for e in of_class(picture, "cost")}
    wide = {way: float(re.findall(r"h([\d.]+)", d)[0]) for way, d in bars.items()}
    assert wide["now"] / wide["on-demand"] == pytest.approx(141.2 / 49.3, rel=0.01)
    assert wide["now"] / wide["proposed"] == pytest.approx(141.2 / 88.4, rel=0.01)
    assert {"$141", "$88", "$49"} <= set(words(picture))


def test_a_removal_compares_today_with_on_demand_alone() -> None:
    picture = drawn(WEEKS["remove"])
    assert len(of_class(picture, "cost")) == 2
    assert "proposed: none" in words(picture)


def test_s08_what_is_not_known_is_said_and_not_drawn() -> None:
    for what in ("nothing-known", "not-numbers"):
        picture = drawn(WEEKS[what])
        assert NOTHING in words(picture)
        assert of_class(picture, "grid") == []
    assert words(drawn(WEEKS["not-numbers"])).count("not known") == 3
    assert of_class(drawn(WEEKS["not-numbers"]), "cost") == []


def test_s08_a_gap_in_the_demand_is_a_gap_in_the_drawing() -> None:
    picture = drawn(WEEKS["gaps"])
    assert len(of_class(picture, "needed")) == 3, "the key, and a stretch on either side"
    assert len(of_class(picture, "high")) == 2


def test_slots_that_nobody_could_see_are_drawn_together() -> None:
    many = path(drawn(WEEKS["five-minutes"]), "needed").count("H")
    assert many <= MOST_SLOTS
    assert len(provisioned_picture(WEEKS["five-minutes"], width_px=WIDE_PX, id_="w")) < 20_000


def test_the_drawing_is_told_in_words_for_those_who_do_not_see_it() -> None:
    picture = drawn(WEEKS["usual"])
    (told,) = picture.iter("desc")
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "w-t w-d"
    text = told.text or ""
    assert "Mon\N{EN DASH}Fri 07:50 \N{RIGHTWARDS ARROW} 12, 18:10 \N{RIGHTWARDS ARROW} 4" in text
    assert "Now, with 14 provisioned: $141 a month; 18 % of it is busy" in text


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_words_stay_words(text: str) -> None:
    change = hostile(text)
    week = Shown(advice=change.recommendation.provisioned or an_advice(), after=AFTER)
    picture = ET.fromstring(provisioned_picture(week, width_px=WIDE_PX, id_=text))
    assert [e.tag for e in picture.iter()] == [e.tag for e in drawn(WEEKS["usual"]).iter()]
    alone = provisioned_figure.alone(week, name=text, style=picture_style())
    assert len(re.findall("<!--|-->", alone)) == 2
    ET.fromstring(alone)


def a_page(change: Remediation) -> str:
    stored = a_round(remediation=change)
    return pages.approval_page(round=stored, link=a_link(), nonce="n", now=NOW)


def test_the_approval_page_shows_the_week_the_schedule_and_the_costs() -> None:
    page = a_page(a_provisioned_change())
    assert page.count('<svg class="curve"') == 2
    assert page.count('id="week-n-t"') == page.count('id="week-w-t"') == 1
    assert "The proposed schedule, in Europe/Berlin." in page
    assert "Nobody else scales alias live: it has no scalable target." in page
    assert "carried out by Application Auto Scaling" in page
    assert "the schedule and its scalable target are deleted" in page
    assert "What each size would mean" not in page
    assert "p95 run time:" not in page, "the change leaves the duration alone"


def test_a_removal_has_no_schedule_and_a_change_of_memory_no_week() -> None:
    page = a_page(a_provisioned_change("remove"))
    assert "The proposed schedule" not in page
    assert "carried out by" not in page
    assert "Taken back, it has 14 provisioned again, all the time." in page
    assert "What is provisioned, when" not in a_page(a_remediation())


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_words_leave_the_page_as_it_is(text: str) -> None:
    assert structure(a_page(hostile(text))) == structure(a_page(hostile("x")))


def test_a_terminal_shows_a_row_of_blocks_for_each_day() -> None:
    head, clock, *rows = chart(WEEKS["usual"])
    assert head == "a full block is 12 environments; local time"
    assert clock.split() == ["00:00", "06:00", "12:00", "18:00"]
    assert len(rows) == 14
    assert [row[:3] for row in rows[::2]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    monday = rows[1].split()[1]
    assert len(monday) == 48
    full, third = "\N{FULL BLOCK}", "\N{LOWER THREE EIGHTHS BLOCK}"
    assert (monday[14], monday[15], monday[35], monday[36]) == (
        "\N{LOWER ONE EIGHTH BLOCK}",
        full,
        full,
        third,
    )


def test_the_chart_of_other_weeks() -> None:
    assert len(chart(WEEKS["nothing-proposed"])) == 9
    assert chart(WEEKS["remove"])[2] == "Mon needed"
    assert chart(WEEKS["reduce"])[3].split()[1] == 48 * "\N{LOWER HALF BLOCK}"


def test_s08_what_is_not_known_is_a_question_mark_in_the_chart() -> None:
    assert chart(WEEKS["nothing-known"])[2].split()[2] == "?" * 48
    thursday = chart(WEEKS["gaps"])[8]
    assert thursday.split() == ["Thu", "needed", "?" * 48]


@pytest.mark.parametrize("what", WEEKS)
def test_every_week_is_a_chart_of_48_characters_a_day(what: str) -> None:
    for row in chart(WEEKS[what])[2:]:
        assert len(row) <= 13 + 48
