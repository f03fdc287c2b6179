"""How is a week of provisioned concurrency told on the command line? Costs, levels, a chart."""

from trimtab.cli import change_explained
from trimtab.cli.console import print_table, say
from trimtab.domain.finding import Recommendation
from trimtab.flows.change_answer import ChangeAnswer, Found
from trimtab.report import provisioned_words as told
from trimtab.report import words
from trimtab.report.provisioned_chart import chart
from trimtab.report.provisioned_words import Shown

HEADINGS = ("way", "provisioned", "cost", "busy", "spills over")


def answer(asked: ChangeAnswer) -> None:
    change_explained.tell(
        asked,
        _found,
        nothing="no other level is asked for, so there is no week to show",
        unknown="not known whether another level would do",
    )


def _found(one: Found) -> None:
    advice = one.finding.advice
    week = told.shown(advice)
    if week is not None:
        say(told.verdict(week.advice))
    if isinstance(advice, Recommendation):
        saves = words.saving(advice.saving)
        say(f"proposed: {words.settings(advice.after)}, saves {saves}, estimated")
    else:
        say("no other level is proposed")
    for reason in change_explained.reasons(one):
        say(f"  {reason}")
    if week is None:
        say("this advice comes without a week to show")
        return
    _week(week)


def _week(week: Shown) -> None:
    say()
    print_table(
        HEADINGS, [(r.way, r.provisioned, r.cost, r.busy, r.spills) for r in told.outlooks(week)]
    )
    if week.schedule is not None:
        say()
        say(f"schedule, in {words.inert(week.schedule.timezone)}:")
        for row in told.weekly(week.schedule):
            say(f"  {words.capital(row.days):9} {row.changes}")
    say()
    for line in chart(week):
        say(line)
    say()
    for line in told.in_short(week):
        say(line)
