"""Is provisioned concurrency told rightly wherever people read it?"""

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.report.hostile import TEXTS, structure
from tests.report.things import (
    ADVICE,
    APPROVER,
    NOW,
    a_remediation,
    a_round,
    a_run,
    a_verification,
)
from tests.report.weeks import (
    ON_DEMAND,
    WEEKS,
    a_change,
    a_provisioned_change,
    a_schedule,
    a_state,
    an_advice,
    an_outlook,
    constant,
    hostile,
    seen,
)
from trimtab.domain.approval import RoundStatus
from trimtab.domain.finding import Abstention
from trimtab.domain.ledger import Entry
from trimtab.domain.notice import Email
from trimtab.domain.provisioned import ProvisionedVerdict, ScalableTarget, ScheduledAction
from trimtab.domain.provisioned_step import (
    AwaitProvisioned,
    DeleteAction,
    DeregisterTarget,
    PutAction,
    RegisterTarget,
    SetProvisioned,
)
from trimtab.domain.realised import ProvisionedSaving
from trimtab.domain.remediation import Remediation
from trimtab.domain.wire import to_wire
from trimtab.report import emails, history, provisioned_figure, story, words
from trimtab.report import provisioned_words as told

TO, ARROW = "\N{EN DASH}", "\N{RIGHTWARDS ARROW}"


def weekly(*changes: Any) -> list[tuple[str, str]]:
    return [(row.days, row.changes) for row in told.weekly(a_schedule(*changes))]


def test_equal_days_are_one_row_of_a_schedule() -> None:
    assert weekly() == [
        (f"Mon{TO}Fri", f"07:50 {ARROW} 12, 18:10 {ARROW} 4"),
        (f"Sat{TO}Sun", "all day 2"),
    ]
    assert weekly(a_change(2, "12:00", 3)) == [
        (f"Mon{TO}Tue, Thu{TO}Sun", "all day 3"),
        ("Wed", f"12:00 {ARROW} 3"),
    ]
    assert weekly(*(a_change(d, "06:30", 1, 1_200) for d in range(7))) == [
        ("every day", f"06:30 {ARROW} 1 to 1,200")
    ]


def test_the_sentences_say_what_is_what_would_be_and_what_each_costs() -> None:
    now, then, when, demand, price, basis = told.sentences(WEEKS["usual"])
    assert now == (
        "Now, with 14 provisioned: $141 a month; 18 % of it is busy, 0.2 % of what is needed "
        "spills over to on demand."
    )
    assert then == (
        "Proposed, with 2 to 12 by schedule, 6.4 on average: $88 a month; 61.3 % of it is busy, "
        "1.1 % of what is needed spills over to on demand."
    )
    assert when == (
        f"Schedule: Mon{TO}Fri 07:50 {ARROW} 12, 18:10 {ARROW} 4; Sat{TO}Sun all day 2 "
        "(Europe/Berlin)."
    )
    assert demand == (
        "With nothing provisioned, all on demand: $49 a month; then every new environment begins "
        "with a cold start."
    )
    assert price == "Each cold start that the proposal avoids costs $0.0021 over on demand."
    assert basis.startswith("Based on: 20,160 minutes of 14 days")


def said(week: str) -> str:
    return " ".join(told.sentences(WEEKS[week]))


def test_a_constant_level_a_removal_and_nothing_are_told_as_such() -> None:
    assert "Proposed, with 5 provisioned: $88 a month" in said("reduce")
    assert "Schedule:" not in said("reduce")
    assert "Proposed: nothing provisioned, all on demand: $49 a month" in said("remove")
    assert "avoids" not in said("remove")
    assert "Proposed" not in said("nothing-proposed")
    assert "avoids" not in said("nothing-proposed")
    assert said("from-nothing").startswith("Now, with nothing provisioned: $49 a month. ")
    assert said("ours-now").startswith("Now, with 6.4 on average, by our schedule: $90 a month; ")
    assert "Now, with 3,000 provisioned: " in said("thousands")


def test_what_moves_a_level_between_two_numbers_is_told() -> None:
    tracked = "Between two numbers target tracking moves the level, to keep 70 % busy."
    assert tracked in told.in_short(WEEKS["target-tracking"])
    assert tracked in told.sentences(WEEKS["target-tracking"])
    assert "target tracking" not in said("usual")


def test_a_proposal_that_costs_no_more_than_on_demand_says_so() -> None:
    cheap = an_outlook(40.0)
    (short, _) = told.in_short(constant(5, cold_start_usd=None, proposed=cheap))
    assert "no more than on demand" in short
    (short, _) = told.in_short(constant(5, cold_start_usd=None))
    assert "is not known" in short, "it costs more, for no cold start that could be counted"
    assert len(told.in_short(WEEKS["remove"])) == len(told.in_short(WEEKS["nothing-proposed"])) == 1


def test_s08_what_is_no_number_is_not_known_and_what_rests_on_nothing_says_so() -> None:
    assert told.cost(an_outlook(math.nan)) == told.share(math.inf) == "not known"
    assert said("nothing-known").endswith("It is not said what that is based on.")


@pytest.mark.parametrize("verdict", ProvisionedVerdict)
def test_every_verdict_has_its_meaning(verdict: ProvisionedVerdict) -> None:
    text = told.verdict(an_advice(verdict=verdict, qualifier="12"))
    assert text.startswith(f"Provisioned concurrency of version 12: {verdict.value}; ")


def test_an_advice_of_something_else_shows_no_week() -> None:
    assert told.shown(None) is told.shown(ADVICE) is told.shown(Abstention(reason="x")) is None
    week = told.shown(Abstention(reason="x", provisioned=an_advice()))
    assert week is not None
    assert (week.after, week.schedule, week.level) == (None, None, None)
    assert told.proposed_level(week) == "no change"
    assert provisioned_figure.sentences(ADVICE) == ()


@pytest.mark.parametrize(
    ("what", "headline", "was", "becomes", "after"),
    [
        ("usual", "Schedule the", "14 provisioned", "2 to 12 provisioned by schedule",
         "2 to 12 by schedule"),
        ("one-change", "Schedule the", "14 provisioned", "3 provisioned by schedule",
         "3 by schedule"),
        ("reduce", "Lower the", "14 provisioned", "5 provisioned", "5"),
        ("remove", "Remove the", "14 provisioned", "nothing provisioned", "none"),
        ("from-nothing", "Schedule the", "nothing provisioned", "2 to 12 provisioned by schedule",
         "2 to 12 by schedule"),
    ],
)  # fmt: skip
def test_a_change_is_told_by_what_it_was_and_what_it_becomes(
    what: str, headline: str, was: str, becomes: str, after: str
) -> None:
    change = a_provisioned_change(what)
    assert words.headline(change) == f"{headline} provisioned concurrency of alias live of"
    assert (words.was(change), words.becomes(change)) == (was, becomes)
    (row,) = words.setting_changes(change)
    assert (row.label, row.after) == ("Provisioned concurrency", after)


def test_a_change_of_memory_is_told_as_before() -> None:
    change = a_remediation()
    assert words.headline(change) == "Lower the memory of"
    assert (words.was(change), words.becomes(change)) == ("3,008 MB", "1,792 MB")


def test_more_than_before_is_raised() -> None:
    change = a_provisioned_change("reduce", undo={"provisioned": 3})
    assert words.headline(change).startswith("Raise the")


def test_the_page_says_what_is_written_and_touches_no_version() -> None:
    written = story.next_steps(a_provisioned_change(), now=NOW)[2].text
    assert written == (
        "Provisioned concurrency from 14 to 2 to 12 by schedule, for alias live. "
        f"Mon{TO}Fri 07:50 {ARROW} 12, 18:10 {ARROW} 4; Sat{TO}Sun all day 2 (Europe/Berlin). "
        "Nothing else is touched, and no code is changed."
    )
    removed = story.next_steps(a_provisioned_change("remove"), now=NOW)
    assert "from 14 to none, for alias live. Nothing else" in removed[2].text
    assert "Trimtab restores 14 provisioned without asking" in removed[-1].text
    least = story.next_steps(a_provisioned_change(min_saving=0.1), now=NOW)[3].text
    assert "saves less than 10 % of what it costs" in least
    most = story.next_steps(a_provisioned_change(max_spillover=0.01), now=NOW)[3].text
    assert "if more than 1 % of its invocations run on demand" in most
    idle = story.next_steps(a_provisioned_change("remove", max_spillover=0.0), now=NOW)[3].text
    assert "It also goes back if anything invokes it." in idle
    gone = story.next_steps(a_provisioned_change("remove", max_spillover=1.0), now=NOW)[3].text
    assert "It also goes back if" not in gone, "all of it runs on demand, and shall"


def test_without_a_forecast_of_the_run_time_none_is_told() -> None:
    assert story.sums(a_provisioned_change().recommendation) == (
        "14 provisioned all the time are 18 % busy; below 60 % on demand costs less",
        "Monday to Friday 8:00 to 18:00 needs up to 11.2, other hours up to 1.2",
    )


ACTION = ScheduledAction(
    name="trimtab-abc-000",
    schedule="cron(0 7 ? * MON *)",
    timezone="Europe/Berlin",
    minimum=2,
    maximum=2,
)


def test_who_scales_it_today_is_told() -> None:
    target = ScalableTarget(minimum=2, maximum=12, is_suspended=False, actions=(ACTION,))
    change = a_provisioned_change(state=a_state(12, target=target))
    today, how, back = provisioned_figure.facts(change)
    assert today == "Alias live has a scalable target today, 2 to 12, with 1 scheduled action."
    assert "none of it counts before all of it does" in how
    assert back == "Taken back, it is scaled by the scheduled actions of before again."
    assert provisioned_figure.facts(a_remediation()) == ()


def test_a_schedule_that_was_there_is_not_told_as_a_level() -> None:
    target = ScalableTarget(minimum=2, maximum=12, is_suspended=False, actions=(ACTION,))
    change = a_provisioned_change(state=a_state(12, target=target))
    (row,) = words.setting_changes(change)
    assert row.before == words.was(change) == "an earlier schedule"


def asked(change: Remediation) -> Email:
    return emails.approval_email(
        approver=APPROVER,
        run_id="run-1",
        items=[(change, "https://hub.test/a/1")],
        now=NOW,
        not_listed=a_run(),
    )


def test_the_email_says_what_each_way_costs_and_draws_nothing() -> None:
    mail = asked(a_provisioned_change())
    for body in (mail.html, mail.text):
        assert "Now, with 14 provisioned: $141 a month" in body
        assert "Proposed, with 2 to 12 by schedule" in body
        assert "<svg" not in body
    assert "provisioned concurrency 14 -> 2 to 12 by schedule" in mail.text
    assert "Schedule the provisioned concurrency of alias live of" in mail.text


@pytest.mark.parametrize(
    ("status", "what", "subject"),
    [
        (RoundStatus.VERIFIED, "usual", "provisioned concurrency kept at 2 to 12 by schedule"),
        (RoundStatus.VERIFIED, "remove", "provisioned concurrency kept at 0"),
        (RoundStatus.UNDONE, "usual", "provisioned concurrency put back to 14"),
        (RoundStatus.UNDONE, "from-nothing", "provisioned concurrency put back to 0"),
        (RoundStatus.STALE, "reduce",
         "provisioned concurrency not changed, stopped at the last check"),
    ],
)  # fmt: skip
def test_how_a_change_ended_is_in_the_subject(status: RoundStatus, what: str, subject: str) -> None:
    stored = a_round(status, remediation=a_provisioned_change(what))
    mail = emails.closing_email(approver=APPROVER, round=stored, verification=None, now=NOW)
    assert mail.subject == f"checkout-thumbnailer: {subject}"


def test_an_undo_says_what_comes_back() -> None:
    stored = a_round(RoundStatus.UNDOING, remediation=a_provisioned_change("remove"))
    mail = emails.undone_email(
        approver=APPROVER, round=stored, verification=a_verification(), now=NOW
    )
    assert "Trimtab is restoring 14 provisioned now." in mail.text


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_words_leave_the_email_as_it_is(text: str) -> None:
    mail, usual = asked(hostile(text)), asked(hostile("x"))
    assert structure(mail.html) == structure(usual.html)
    assert len(mail.text.splitlines()) == len(usual.text.splitlines())


@pytest.mark.parametrize(
    ("step", "words_of_it"),
    [
        (SetProvisioned(qualifier="live", level=12), "have 12 provisioned for alias live"),
        (SetProvisioned(qualifier="7", level=0), "have nothing provisioned for version 7"),
        (AwaitProvisioned(qualifier="live", level=3), "wait until 3 provisioned for alias live"),
        (
            RegisterTarget(qualifier="live", minimum=2, maximum=2, is_suspended=True),
            "let Application Auto Scaling keep alias live at 2, with its schedule stopped",
        ),
        (
            RegisterTarget(qualifier="live", minimum=2, maximum=12, is_suspended=False),
            "let Application Auto Scaling keep alias live at 2 to 12",
        ),
        (
            PutAction(qualifier="live", name="trimtab-x-000", schedule="cron(50 7 ? * MON *)",
                      timezone="Europe/Berlin", minimum=12, maximum=12),
            "schedule 12 for alias live: action trimtab-x-000, cron(50 7 ? * MON *) in "
            "Europe/Berlin",
        ),
        (
            DeleteAction(qualifier="live", name="trimtab-x-000"),
            "delete the scheduled action trimtab-x-000 of alias live",
        ),
        (DeregisterTarget(qualifier="live"), "take alias live out of Application Auto Scaling"),
    ],
)  # fmt: skip
def test_each_write_is_told_in_the_history(step: object, words_of_it: str) -> None:
    assert history.step(to_wire(step)) == words_of_it


def an_entry(event: str, **data: Any) -> Entry:
    return Entry(
        chain="change/x",
        seq=1,
        at=datetime(2026, 11, 21, tzinfo=UTC),
        event=event,
        actor="trimtab",
        function=None,
        once=None,
        data=data,
        previous_hash="0" * 64,
        hash="1" * 64,
    )


def sentence(event: str, **data: Any) -> str:
    return history.sentence(an_entry(event, **data), a_provisioned_change())


def test_the_history_tells_the_values_before_and_after() -> None:
    change = a_provisioned_change()
    assert dict(history.header(change))["changes"] == (
        "provisioned concurrency of alias live 14 -> 2 to 12 by schedule"
    )
    assert sentence("intended", undo=change.undo, after=change.after) == (
        "about to write 2 to 12 provisioned by schedule; it was 14 provisioned"
    )
    assert sentence("undo_intended", undo={"provisioned": 0}) == (
        "about to put back nothing provisioned"
    )


def test_the_history_tells_what_was_applied() -> None:
    baseline = {"watch_until": "2026-11-22T00:00:00+00:00"}
    target = ScalableTarget(minimum=4, maximum=4, is_suspended=False, actions=(ACTION,))
    text = sentence(
        "applied",
        aliases={},
        baseline=baseline,
        memory_mb=512,
        provisioned=to_wire((a_state(4, target=target), a_state(0, qualifier="7"))),
    )
    assert text.startswith(
        "applied: alias live has 4 provisioned, moved by 1 scheduled action; version 7 has nothing "
        "provisioned; watched until "
    )
    text = sentence("applied", aliases={}, baseline=baseline, memory_mb=512, provisioned=[])
    assert text.startswith("applied: nothing is provisioned; watched until ")


def test_the_history_tells_what_it_cost() -> None:
    saving = ProvisionedSaving(
        cost_before_usd_month=141.2,
        cost_after_usd_month=91.0,
        predicted_cost_usd_month=88.4,
        predicted_low_usd_month=41.0,
        predicted_high_usd_month=53.0,
        spillover=0.0123,
        utilisation=0.6,
    )
    told_of = sentence("saving_measured", saving=to_wire(saving), share=saving.share)
    assert told_of == (
        "it costs $91 a month, measured; before, the very same demand cost $141; a cost of $88 was "
        "predicted; 1.2 % spilled"
    )
    quiet = sentence("saving_measured", saving=to_wire(replace(saving, spillover=None)))
    assert quiet.endswith("a cost of $88 was predicted")


def test_what_a_seen_week_is_not_about_stays_what_it_is() -> None:
    assert seen(an_advice(now=ON_DEMAND)).level is None
    change = replace(a_provisioned_change(), provisioned=None)
    assert words.headline(change).startswith("Schedule the provisioned concurrency of ")
