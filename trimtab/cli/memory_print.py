"""How is a memory curve told on the command line? A table by size, and why."""

from trimtab.cli import change_explained
from trimtab.cli.console import print_table, say
from trimtab.domain.finding import Recommendation
from trimtab.flows.change_answer import ChangeAnswer, Found
from trimtab.flows.memory_answer import bounds_of
from trimtab.flows.memory_import import Imported
from trimtab.report import memory_words, words
from trimtab.report.memory_picture import Limit
from trimtab.report.memory_words import SizeTerms

HEADINGS = ("size", "", "p95 predicted", "cost, of now", "measured", "why not")


def terms_of(one: Found) -> SizeTerms:
    bounds = bounds_of(one)
    return SizeTerms(
        max_slowdown=bounds.max_slowdown, max_step=bounds.max_step, least_mb=bounds.least_mb
    )


def limit_of(one: Found) -> Limit | None:
    """Return the slowdown that the policy allows, as a line in the picture; None: not known."""
    slower = bounds_of(one).max_slowdown
    return None if slower is None else Limit(ratio=1 + slower, label=f"{slower:.0%} slower")


def answer(told: ChangeAnswer) -> None:
    change_explained.tell(
        told,
        _found,
        nothing="no other size is asked for, so there is no curve",
        unknown="not known whether another size would do",
    )


def _found(one: Found) -> None:
    advice, curve = one.finding.advice, one.curve
    if isinstance(advice, Recommendation):
        size, saves = advice.after["memory_mb"], words.saving(advice.saving)
        say(f"proposed: {words.memory(size)}, saves {saves}, estimated")
    else:
        say("no size is proposed")
        at_stake = None if advice is None else advice.at_stake_usd_month
        if at_stake is not None:
            say(f"at stake: up to {words.money(at_stake)} a month; power tuning would tell:")
            say("  docs/memory.md says how, and trimtab memory import FILE brings it back")
    for reason in change_explained.reasons(one):
        say(f"  {reason}")
    if curve is None:
        say("this advice has no curve: it was made by an earlier release, or nothing is measured")
        return
    for line in memory_words.forecast(curve) or (memory_words.based_on(curve),):
        say(line)
    say()
    print_table(
        HEADINGS,
        [
            (row.size, row.mark, row.duration, row.cost, row.measured, row.why_not)
            for row in memory_words.rows(curve, terms_of(one))
        ],
    )
    say(f"in brackets: where it lies {memory_words.NINE_OF_TEN}, as forecast")


def imported(done: Imported) -> None:
    new = "kept" if done.is_new else "was on record already"
    say(f"{done.function}: {words.count(len(done.points), 'size')}, {new}")
    for point in done.points:
        mean = memory_words.milliseconds(point.duration_mean_ms)
        say(f"  {words.memory(point.memory_mb)}: mean {mean}")
    if not done.is_number_known:
        many = done.points[0].invocations
        say(f"how often each was invoked is not said: taken as {many}; --num tells better")
    say(f"on record: trimtab audit show {done.entry.chain!r}, entry {done.entry.seq}")
    say("the next scan decides with it")
