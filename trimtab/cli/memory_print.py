"""How is a memory curve told on the command line? A table by size, and why."""

from trimtab.cli.console import print_table, say
from trimtab.domain.finding import Assessment, Recommendation
from trimtab.flows.memory_answer import Found, MemoryAnswer
from trimtab.flows.memory_import import Imported
from trimtab.report import memory_words, words
from trimtab.report.figures import all_figures, figures
from trimtab.report.memory_picture import Limit
from trimtab.report.memory_words import SizeTerms

HEADINGS = ("size", "", "p95 predicted", "cost, of now", "measured", "why not")


def terms_of(one: Found) -> SizeTerms:
    bounds = one.bounds
    return SizeTerms(
        max_slowdown=bounds.max_slowdown, max_step=bounds.max_step, least_mb=bounds.least_mb
    )


def limit_of(one: Found) -> Limit | None:
    """Return the slowdown that the policy allows, as a line in the picture; None: not known."""
    slower = one.bounds.max_slowdown
    return None if slower is None else Limit(ratio=1 + slower, label=f"{slower:.0%} slower")


def reasons(one: Found) -> tuple[str, ...]:
    """Return the advisor's own words."""
    advice = one.finding.advice
    if isinstance(advice, Recommendation):
        return tuple(words.inert(figures(reason)) for reason in advice.reasons)
    return () if advice is None else (words.inert(figures(advice.reason)),)


def answer(told: MemoryAnswer) -> None:
    say(f"{told.function}")
    say(f"{told.origin}")
    for gap in told.gaps:
        say(f"gap: {gap.what}: {words.inert(gap.error)}")
    for one in told.found:
        say()
        _found(one)
    for unfound in told.unfound:
        say()
        word = unfound.assessment.value.replace("_", " ")
        say(f"policy {unfound.policy_id}: {word}: {words.inert(all_figures(unfound.because))}")
    if not told.found:
        say()
        say(_next(told))


def _next(told: MemoryAnswer) -> str:
    """Say what to do where there is no finding about the memory."""
    if any(u.assessment is Assessment.INSUFFICIENT_DATA for u in told.unfound) or told.gaps:
        return (
            "not known whether another size would do: mend what could not be read, then ask again"
        )
    policy = told.unfound[0].policy_id if told.unfound else "POLICY"
    return (
        "no other size is asked for, so there is no curve; condition by condition: "
        f"trimtab explain {told.function} {policy}"
    )


def _found(one: Found) -> None:
    finding, advice, curve = one.finding, one.finding.advice, one.curve
    say(f"policy {finding.policy_id}: {words.inert(finding.title)}")
    if one.became:
        say(words.inert(one.became))
    if isinstance(advice, Recommendation):
        size, saves = advice.after["memory_mb"], words.saving(advice.saving)
        say(f"proposed: {words.memory(size)}, saves {saves}, estimated")
    else:
        say("no size is proposed")
        at_stake = None if advice is None else advice.at_stake_usd_month
        if at_stake is not None:
            say(f"at stake: up to {words.money(at_stake)} a month; power tuning would tell:")
            say("  docs/memory.md says how, and trimtab memory import FILE brings it back")
    for reason in reasons(one):
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
