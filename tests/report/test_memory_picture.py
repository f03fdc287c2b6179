"""Does the picture of a memory curve say what the curve says, and is it only a picture?"""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from tests.report.curves import CURVES, a_curve, a_point, an_interval
from tests.report.hostile import TEXTS
from tests.report.things import ADVICE, NOW, a_link, a_remediation, a_round, a_run
from trimtab.domain.memory_curve import MemoryCurve
from trimtab.domain.terms import WorseThan
from trimtab.report import emails, memory_figure, memory_words, pages
from trimtab.report.drawing import NARROW_PX, WIDE_PX
from trimtab.report.memory_picture import CUT, NOTHING, Limit, memory_picture
from trimtab.report.memory_words import SizeTerms
from trimtab.report.render import page_style, picture_style

SVG = ""
ALLOWED = {"svg", "title", "desc", "path", "circle", "text"}
FORBIDDEN = ("<script", "href", "style=", "url(", "javascript")


def drawn(curve: MemoryCurve, *, limit: Limit | None = None, width_px: int = WIDE_PX) -> ET.Element:
    return ET.fromstring(memory_picture(curve, width_px=width_px, id_="c", limit=limit))


def words(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def of_class(picture: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in picture.iter() if name in e.get("class", "").split()]


@pytest.mark.parametrize("width_px", [NARROW_PX, WIDE_PX])
@pytest.mark.parametrize("what", CURVES)
def test_every_curve_is_a_drawing_within_its_frame(what: str, width_px: int) -> None:
    limit = Limit(ratio=1.25, label="limit")
    picture = drawn(CURVES[what], limit=limit, width_px=width_px)
    height = float(picture.get("height", "0"))
    assert {e.tag.removeprefix(SVG) for e in picture.iter()} <= ALLOWED
    for element in picture.iter():
        for name in ("x", "y", "cx", "cy", "r"):
            value = float(element.get(name, "0"))
            assert 0 <= value <= max(width_px, height), (name, value)
    text = ET.tostring(picture, encoding="unicode")
    assert not re.search(r"\b(nan|inf)\b", text)
    assert not [mark for mark in FORBIDDEN if mark in text]


def test_s23_no_style_attribute_and_no_script_so_the_policy_of_the_pages_holds() -> None:
    html = memory_picture(CURVES["usual"], width_px=NARROW_PX, id_="c")
    assert not re.search(r'\s(style|on\w+|href|src)="', html)


def test_now_and_chosen_are_marked_by_words_and_shape() -> None:
    picture = drawn(CURVES["usual"])
    assert {"now 3,008 MB", "chosen 1,769 MB"} <= set(words(picture))
    assert len(of_class(picture, "diamond")) == 2
    alone = drawn(CURVES["no-size-chosen"])
    assert not [w for w in words(alone) if "chosen" in w]
    assert of_class(alone, "diamond") == []


def test_the_chosen_size_stands_right_of_a_smaller_one_and_further_up_is_slower() -> None:
    points = (a_point(512, 800.0), a_point(3008, 400.0, invocations=1))
    small, large = of_class(drawn(a_curve(points=points)), "point")
    assert float(small.get("cx", "0")) < float(large.get("cx", "0"))
    assert float(small.get("cy", "0")) < float(large.get("cy", "0"))
    assert float(small.get("r", "0")) > float(large.get("r", "0")), "more invocations, larger"


def test_each_doubling_is_as_wide_as_the_next() -> None:
    points = tuple(a_point(size, 400.0) for size in (512, 1024, 2048))
    one, two, three = (
        float(p.get("cx", "0")) for p in of_class(drawn(a_curve(points=points)), "point")
    )
    assert two - one == pytest.approx(three - two, abs=0.2)


def test_a_mean_is_drawn_unlike_a_p95() -> None:
    picture = drawn(CURVES["usual"])
    assert (len(of_class(picture, "point")), len(of_class(picture, "mean"))) == (3, 1)


def test_the_limit_is_a_line_with_its_words_where_now_is_known() -> None:
    limit = Limit(ratio=1.1, label="10% <slower>")
    picture = drawn(CURVES["usual"], limit=limit)
    assert len(of_class(picture, "limit")) == 1
    assert limit.label in words(picture)
    for unknown in (CURVES["nothing"], CURVES["not-numbers"], CURVES["zero"]):
        assert of_class(drawn(unknown, limit=limit), "limit") == []
    assert (
        of_class(drawn(CURVES["usual"], limit=Limit(ratio=float("inf"), label="x")), "limit") == []
    )


def test_now_is_taken_from_what_was_measured_where_nothing_is_forecast() -> None:
    picture = drawn(CURVES["one-point-only"], limit=Limit(ratio=1.1, label="x"))
    assert len(of_class(picture, "limit")) == 1


def test_an_interval_that_goes_beyond_the_frame_is_said_to() -> None:
    assert words(drawn(CURVES["huge-interval"])).count(CUT) == 2
    assert CUT not in words(drawn(CURVES["usual"]))


def test_where_nothing_is_known_it_says_so_and_draws_no_scale() -> None:
    for what in ("nothing", "not-numbers"):
        picture = drawn(CURVES[what])
        assert NOTHING in words(picture)
        assert of_class(picture, "grid") == []


def test_a_single_size_is_a_bar() -> None:
    assert len(of_class(drawn(CURVES["one-size"]), "bar")) == 2


def test_sizes_without_a_size_of_ours_are_drawn_too() -> None:
    picture = drawn(a_curve(now_mb=0, chosen_mb=-5, sizes=(), points=()))
    assert not [w for w in words(picture) if w.startswith(("now", "chosen"))]


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_words_stay_words(text: str) -> None:
    curve = a_curve(basis=(text,), points=(a_point(source=text),))
    limit = Limit(ratio=1.1, label=text)
    picture = ET.fromstring(memory_picture(curve, width_px=WIDE_PX, id_=text, limit=limit))
    usual = drawn(a_curve(), limit=Limit(ratio=1.1, label="x"))
    assert [e.tag for e in picture.iter()] == [e.tag for e in usual.iter()]
    alone = memory_figure.alone(curve, name=text, style=picture_style())
    assert len(re.findall("<!--|-->", alone)) == 2
    ET.fromstring(alone)


def test_the_drawing_is_told_in_words_for_those_who_do_not_see_it() -> None:
    picture = drawn(CURVES["usual"])
    (told,) = picture.iter(f"{SVG}desc")
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "c-t c-d"
    assert told.text is not None
    assert told.text.startswith("It has 3,008 MB. Chosen is 1,769 MB. p95 run time at 1,769 MB: ")
    assert "3 sizes were measured, 9 sizes forecast." in told.text
    (told,) = drawn(CURVES["no-size-chosen"]).iter(f"{SVG}desc")
    assert "No size is chosen." in (told.text or "")


def test_two_sentences_say_what_is_predicted_and_on_what() -> None:
    first, second = memory_words.forecast(CURVES["usual"])
    assert first == (
        "p95 run time at 1,769 MB: 420 ms predicted, nine times in ten 361 ms to 479 ms; "
        "420 ms now."
    )
    assert second.startswith(
        "Cost of an invocation at 1,769 MB: 59 % predicted, nine times in ten 51 % to 67 %; "
        "100 % is now. Based on: 412,880 invocations at 3,008 MB over 14 days; "
    )


@pytest.mark.parametrize("curve", [None, CURVES["no-size-chosen"], a_curve(chosen_mb=999)])
def test_without_a_forecast_of_the_chosen_size_nothing_is_said(curve: MemoryCurve | None) -> None:
    assert memory_words.forecast(curve) == ()


def test_what_is_based_on_nothing_says_so() -> None:
    assert memory_words.based_on(CURVES["nothing"]) == "It is not said what that is based on."


@pytest.mark.parametrize(
    ("duration_ms", "said"),
    [(0.0, "0 ms"), (0.84, "0.8 ms"), (1.0, "1 ms"), (9.94, "9.9 ms"), (431.4, "431 ms"),
     (12_500.0, "12.5 s"), (99_999.0, "100.0 s"), (100_000.0, "100 s"), (900_000.0, "900 s")],
)  # fmt: skip
def test_a_run_time_has_as_many_digits_as_mean_something(duration_ms: float, said: str) -> None:
    assert memory_words.milliseconds(duration_ms) == said


def why_not(curve: MemoryCurve, terms: SizeTerms) -> dict[str, str]:
    return {row.size: row.why_not for row in memory_words.rows(curve, terms)}


def test_each_other_size_has_its_reason() -> None:
    terms = SizeTerms(max_slowdown=0.25, max_step=0.3, least_mb=700.2)
    told = why_not(a_curve(chosen_mb=2560), terms)
    assert told["512 MB"] == "below 701 MB, the peak with its headroom"
    assert told["1,024 MB"] == "may be 58 % slower; allowed are 25 %"
    assert told["2,048 MB"] == "more than one step away: at most 30 % at a time"
    assert (told["3,008 MB"], told["2,560 MB"]) == ("", ""), "now and chosen need none"
    assert told["4,096 MB"] == "costs more than the chosen size"
    cheaper = why_not(a_curve(chosen_mb=2560), SizeTerms())
    assert cheaper["2,048 MB"] == "see the reasons"
    unchosen = why_not(a_curve(chosen_mb=None), SizeTerms())
    assert (unchosen["4,096 MB"], unchosen["2,048 MB"]) == (
        "costs no less than now",
        "see the reasons",
    )


def test_a_row_says_what_is_forecast_and_measured() -> None:
    curve = CURVES["usual"]
    by_size = {row.size: row for row in memory_words.rows(curve)}
    assert by_size["1,024 MB"].measured == (
        "mean 390 ms of 50 invocations (power tuning, 2026-11-01)"
    )
    assert by_size["3,008 MB"].mark == "now"
    assert by_size["1,769 MB"].duration == "420 ms (361 ms to 479 ms)"
    undated = a_curve(points=(a_point(900, 5.0, measured_at=None),))
    row = next(row for row in memory_words.rows(undated) if row.size == "900 MB")
    assert (row.measured, row.duration, row.why_not) == (
        "p95 5 ms, mean 3 ms of 412,880 invocations (metrics)", "", ""
    )  # fmt: skip


def test_s08_what_is_no_number_is_not_known() -> None:
    (row,) = [r for r in memory_words.rows(CURVES["not-numbers"]) if r.size == "1,024 MB"]
    assert (row.duration, row.cost) == ("not known", "not known")
    assert memory_words.between(an_interval(1.0), in_="%") == "100 % (90 % to 110 %)"


CHANGE = a_remediation(recommendation=replace(ADVICE, curve=CURVES["usual"]))


def a_page(change: object = CHANGE) -> str:
    stored = a_round(remediation=change)
    return pages.approval_page(round=stored, link=a_link(), nonce="n", now=NOW)


def test_the_approval_page_shows_the_curve_in_two_widths_and_as_a_table() -> None:
    page = a_page()
    assert page.count('<svg class="curve"') == 2
    assert page.count('id="curve-n-t"') == page.count('id="curve-w-t"') == 1
    assert "p95: goes back above this" in page
    assert "The same as a table" in page
    assert "nine times in ten" in page
    assert ".curve .band" in page_style()


def test_a_change_without_a_curve_has_no_picture() -> None:
    assert "What each size would mean" not in a_page(a_remediation())


def test_without_a_limit_of_the_watch_there_is_no_line() -> None:
    terms = replace(CHANGE.verify, duration_p95=WorseThan(ratio=None, floor=None))
    assert "it goes back above this" not in a_page(replace(CHANGE, verify=terms))


def test_s23_hostile_words_of_a_curve_leave_the_page_as_it_is() -> None:
    curve = a_curve(basis=TEXTS, points=(a_point(source=" ".join(TEXTS)),))
    page = a_page(a_remediation(recommendation=replace(ADVICE, curve=curve)))
    for mark in ("<script", "<img", "javascript:alert(1)<"):
        assert mark not in page


def test_the_email_says_it_in_two_sentences_and_draws_nothing() -> None:
    def email(change: object) -> emails.Email:
        return emails.approval_email(
            approver="dana@example.com",
            run_id="run-1",
            items=[(change, "https://hub.test/a/1")],  # type: ignore[list-item]
            now=NOW,
            not_listed=a_run(),
        )

    told, untold = email(CHANGE), email(a_remediation())
    for body in (told.html, told.text):
        assert "420 ms predicted, nine times in ten 361 ms to 479 ms; 420 ms now." in body
        assert "59 % predicted" in body
        assert "Based on: 412,880 invocations" in body
        assert "<svg" not in body
    assert "predicted" not in untold.text
    assert "Predicted" not in untold.html
