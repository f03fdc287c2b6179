"""What do we tell a person about a change: the evidence, what happens next, where it stands now?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.finding import Recommendation
from trimtab.domain.freeze import Freeze, Level
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import VerifyTerms
from trimtab.report import removal_words, version_words, words
from trimtab.report.by_hand import LATEST
from trimtab.report.figures import amount, figures, percent, sent_back_if
from trimtab.report.provisioned_words import in_one_line

HELD = (RoundStatus.QUARANTINE, RoundStatus.UNDO_STOPPED)
"""Where a function that is to be removed takes no calls, and can be let go by hand."""
CAN_BE_TAKEN_BACK = (
    RoundStatus.APPROVED,
    RoundStatus.APPLYING,
    RoundStatus.CANARY,
    RoundStatus.NOTICE,
    RoundStatus.QUARANTINE,
    RoundStatus.WATCHING,
    RoundStatus.VERIFIED,
    RoundStatus.UNPROVEN,
    RoundStatus.UNDO_STOPPED,
)
"""Where there is, or soon will be, something to undo."""

AFTER_LABELS: Mapping[RoundStatus, str] = {
    RoundStatus.APPROVED: "as approved",
    RoundStatus.APPLYING: "as approved",
    RoundStatus.CANARY: "as tried",
    RoundStatus.NOTICE: "as approved",
    RoundStatus.QUARANTINE: "as approved",
    RoundStatus.REMOVED: "as approved",
    RoundStatus.WATCHING: "as applied",
    RoundStatus.VERIFIED: "as applied",
    RoundStatus.UNPROVEN: "as applied",
    RoundStatus.UNDO_STOPPED: "as applied",
    RoundStatus.GIVEN_UP: "as applied",
    RoundStatus.UNDOING: "as tried",
    RoundStatus.UNDONE: "as tried",
    RoundStatus.REVERTED: "as tried",
}
"""What the after-values are called; anywhere else they were not applied."""


class Tone(StrEnum):
    """How a piece of news looks; the words carry the meaning, never the colour alone."""

    GOOD = "good"
    BAD = "no"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a round stands, as a headline and a sentence or two."""

    headline: str
    text: str
    tone: Tone


def sums(advice: Recommendation) -> tuple[str, ...]:
    """Return the advisor's reasons and what it predicts for the run time."""
    return (*(figures(reason) for reason in advice.reasons), *_predicted(advice))


def _predicted(advice: Recommendation) -> Iterator[str]:
    """Say what becomes of the run time; nothing where the change leaves it alone."""
    now_ms, then_ms = advice.duration_p95_ms, advice.predicted_p95_ms
    if now_ms is not None and then_ms is not None:
        now, then = words.milliseconds(now_ms), words.milliseconds(then_ms)
        yield f"p95 run time: {now} measured, {then} predicted."
    if advice.predicted_p99_ms is not None:
        worst = words.milliseconds(advice.predicted_p99_ms)
        yield f"p99 at the far end of the forecast: {worst}."


def stopped(freeze: Freeze) -> str | None:
    """Return what an approver has to know of a freeze, without whoever froze; None: it is open."""
    if freeze.level is Level.OPEN:
        return None
    if freeze.level is Level.UNREADABLE:
        return (
            "Whether Trimtab is stopped cannot be read at the moment: what you approve may not be "
            "written, and you may be asked again."
        )
    since = "" if freeze.since is None else f", since {words.moment(freeze.since)}"
    return (
        f"Trimtab is stopped at the moment{since}: while that lasts, what you approve is not "
        "written, and you may be asked again."
    )


def next_steps(
    remediation: Remediation, *, now: datetime, stop: str | None = None
) -> tuple[NextStep, ...]:
    """Return what follows an approval, in order. `stop` is what `stopped` says of a freeze."""
    if remediation.removal is not None:
        stages = removal_words.stages(remediation)
        return tuple(NextStep(title=title, text=text) for title, text in stages)
    terms = remediation.verify
    settle, watch = words.duration(terms.settle), words.duration(terms.watch)
    before = words.was(remediation)
    return (
        _waiting(remediation, now=now, stop=stop),
        NextStep(
            title="It is checked once more",
            text="Trimtab reads the function again. If anything differs from what you see here, "
            "if Trimtab was stopped, or if the change is no longer wanted, nothing is written and "
            "your approval lapses.",
        ),
        NextStep(title="The change is made", text=_writing(remediation)),
        *_trial(remediation),
        NextStep(
            title=f"It settles for {settle}, then is watched for {watch}",
            text=f"Compared with the same hours of the weeks before. {_sent_back_if(terms)}"
            f"{_slowest(remediation)}{_spillover(remediation)}{_least_saving(remediation)}",
        ),
        NextStep(
            title="It stays, or it goes back",
            text=f"If it got worse, Trimtab restores {before} without asking. With too little "
            "traffic to tell, the change stays and is reported as unproven. Either way you get "
            "an email.",
        ),
    )


def _trial(remediation: Remediation) -> tuple[NextStep, ...]:
    canary = remediation.canary
    if canary is None:
        return ()
    share, watch = percent(canary.weight), words.duration(canary.watch)
    names = _moved(remediation)
    return (
        NextStep(
            title=f"{share} of its traffic tries it for {watch}",
            text="Compared with the rest of the traffic over the same minutes, for up to four "
            "times as long where too little comes through to tell. If it does worse, if somebody "
            "deploys meanwhile, or if nobody can tell, it is taken back. Else "
            f"{names} moved to it.",
        ),
    )


def _waiting(remediation: Remediation, *, now: datetime, stop: str | None) -> NextStep:
    if stop is not None:
        return NextStep(title="It does not start while Trimtab is stopped", text=stop)
    until = f"If that has not happened by {words.moment(remediation.apply_by)}, it lapses."
    terms = remediation.window
    if terms is None or terms.is_open(now):
        when = "any time" if terms is None else words.window(terms)
        return NextStep(title="It starts within minutes", text=f"Allowed: {when}. {until}")
    opens = words.moment(terms.opens_at(now))
    return NextStep(
        title="It waits for the change window",
        text=f"{words.window(terms)}. It opens next on {opens}. {until}",
    )


def _until_applied(remediation: Remediation, *, now: datetime, stop: str | None) -> str:
    if stop is not None:
        return stop
    step = _waiting(remediation, now=now, stop=None)
    return f"{step.title}. {step.text}"


def _writing(remediation: Remediation) -> str:
    settings = "; ".join(
        f"{c.label} from {c.before} to {c.after}" for c in words.setting_changes(remediation)
    )
    plan = remediation.provisioned
    if plan is not None:
        whose = words.qualified(plan.qualifier)
        how = "" if plan.schedule is None else f"{in_one_line(plan.schedule)}. "
        return f"{settings}, for {whose}. {how}Nothing else is touched, and no code is changed."
    moved = _moved(remediation)
    if not moved:
        return f"{settings}. Nothing else is touched, and no code is changed."
    then = "" if remediation.canary is not None else f" and {moved} moved to it"
    return (
        f"{settings}. A version with the very same code is published{then}. Nothing else is "
        "touched."
    )


def _moved(remediation: Remediation) -> str:
    """Return who moves to the new version: 'live is', 'beta, live are'; nothing for nobody."""
    aliases = sorted(a for a, v in remediation.before.aliases.items() if v != LATEST)
    return f"{', '.join(aliases)} {'is' if len(aliases) == 1 else 'are'}" if aliases else ""


def _sent_back_if(terms: VerifyTerms) -> str:
    said = sent_back_if(terms)
    return f"It goes back at: {'; '.join(said)}." if said else "Nothing is set to send it back."


def _slowest(remediation: Remediation) -> str:
    ratio = remediation.recommendation.max_duration_ratio
    if ratio is None:
        return ""
    return (
        " It also goes back if its mean run time is above "
        f"{amount(round(ratio, 2))} times what it was; where that is not clear it is watched for "
        "up to four times as long."
    )


def _spillover(remediation: Remediation) -> str:
    most, plan = remediation.max_spillover, remediation.provisioned
    if most is None or plan is None or most >= 1:
        return ""
    if plan.level == 0:
        return " It also goes back if anything invokes it."
    return f" It also goes back if more than {percent(most)} of its invocations run on demand."


def _least_saving(remediation: Remediation) -> str:
    least = remediation.min_saving
    if least is None:
        return ""
    of = "the billed GB-seconds" if remediation.provisioned is None else "what it costs"
    return f" It also goes back if it saves less than {percent(least)} of {of}."


def standing(stored: Round, *, now: datetime, stop: str | None = None) -> Standing:
    """Return where a round stands, for people; `note` is added by whoever shows it.

    `stop` is what `stopped` says of a freeze.
    """
    remediation = stored.remediation
    if (of_removal := removal_words.standing(stored)) is not None:
        return Standing(headline=of_removal[0], text=of_removal[1], tone=_tone(stored.status))
    before, after = words.was(remediation), words.becomes(remediation)
    headline, text, tone = {
        RoundStatus.PROPOSED: ("Waiting for an answer", "Nothing has been changed.", Tone.WAIT),
        RoundStatus.APPROVED: (
            "Approved, not yet applied",
            _until_applied(remediation, now=now, stop=stop),
            Tone.WAIT,
        ),
        **_under_way(stored),
        RoundStatus.REJECTED: ("Rejected", "Nothing was changed.", Tone.BAD),
        RoundStatus.EXPIRED: (
            "Nobody answered in time",
            "Silence means no: nothing was changed.",
            Tone.BAD,
        ),
        RoundStatus.STALE: (
            "Not written",
            "It was checked once more just before the write, and stopped. Nothing was changed.",
            Tone.BAD,
        ),
        RoundStatus.NOT_WRITTEN: ("Not applied", "Nothing was written.", Tone.BAD),
        RoundStatus.VERIFIED: (
            "Applied and closed",
            f"It runs with {after}, and what could be compared did not get worse.",
            Tone.GOOD,
        ),
        RoundStatus.UNPROVEN: (
            "Applied, but too little traffic to tell",
            f"It stays with {after}, unproven: the watch is over, and there was not enough to "
            "compare.",
            Tone.WAIT,
        ),
        RoundStatus.UNDOING: ("Being taken back now", f"It goes back to {before}.", Tone.WAIT),
        RoundStatus.UNDONE: ("Taken back", f"It runs with {before} again.", Tone.BAD),
        RoundStatus.REVERTED: (
            "Undone by somebody else",
            "The change was applied, and somebody else took it back since. Trimtab does not fight "
            "that: if it is code that sets the old value, change it there.",
            Tone.BAD,
        ),
        RoundStatus.GIVEN_UP: (
            "Given up",
            "It was written, and Trimtab neither watches it nor takes it back any more.",
            Tone.BAD,
        ),
        RoundStatus.UNDO_STOPPED: (
            "The undo stopped: it needs a person",
            "Someone else has changed the function since. Trimtab does not overwrite that.",
            Tone.BAD,
        ),
    }[stored.status]
    return Standing(headline=headline, text=text, tone=tone)


def _tone(status: RoundStatus) -> Tone:
    if status is RoundStatus.REMOVED:
        return Tone.GOOD
    return Tone.WAIT if status.is_open and status is not RoundStatus.UNDO_STOPPED else Tone.BAD


def _under_way(stored: Round) -> Mapping[RoundStatus, tuple[str, str, Tone]]:
    tried = _tried(stored.remediation)
    return {
        RoundStatus.APPLYING: ("Being applied now", "This takes a few minutes.", Tone.WAIT),
        RoundStatus.CANARY: ("Tried on a share of its traffic", tried, Tone.WAIT),
        RoundStatus.WATCHING: ("Applied, being watched", _watched(stored), Tone.WAIT),
    }


def ways_back(stored: Round, *, undo_days: int) -> str | None:
    """Return whether a change can be taken back, and how long; None: there is nothing to undo."""
    if version_words.plan_of(stored.remediation) is not None:
        return version_words.ways_back(stored.status)
    if stored.status not in CAN_BE_TAKEN_BACK:
        return None
    if stored.status in (RoundStatus.APPROVED, RoundStatus.APPLYING):
        if stored.remediation.removal is not None:
            return "It can be kept until it is deleted."
        return "As soon as it is applied, it can be taken back."
    if stored.status in (RoundStatus.CANARY, RoundStatus.NOTICE, RoundStatus.QUARANTINE):
        return "It can be taken back now."
    if stored.applied_at is None:
        return "It can be taken back."
    terms = stored.remediation.verify
    until = stored.applied_at + terms.settle + terms.watch + timedelta(days=undo_days)
    return f"It can be taken back until {words.moment(until)} at least."


def _tried(remediation: Remediation) -> str:
    canary = remediation.canary
    if canary is None:
        return "All of it follows if that went well, or it is taken back."
    return (
        f"{percent(canary.weight)} of its traffic for {words.duration(canary.watch)} or "
        "longer: all of it follows if that went well, else it is taken back."
    )


def _watched(stored: Round) -> str:
    terms = stored.remediation.verify
    if stored.applied_at is None:
        return f"For {words.duration(terms.settle + terms.watch)} after the write."
    until = stored.applied_at + terms.settle + terms.watch
    return f"Applied on {words.moment(stored.applied_at)}; watched until {words.moment(until)}."
