"""What do we write to people? One email per approver and run, and one when a change is closed.

Each has the same content twice, as HTML and as plain text. Subjects carry counts, moments and the
function's name, which holds letters, digits, `-` and `_` only; never other text from outside (S23).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.ledger import Entry
from trimtab.domain.notice import Email
from trimtab.domain.references import References
from trimtab.domain.remediation import Remediation
from trimtab.domain.run import RunCounts
from trimtab.domain.verification import Health, Verification
from trimtab.report import (
    figures,
    reference_words,
    removal_words,
    story,
    version_words,
    words,
)
from trimtab.report.asked_before import asked_before
from trimtab.report.by_hand import by_hand, undo_command
from trimtab.report.hand_step import HandStep
from trimtab.report.pages import UNDO_DAYS
from trimtab.report.render import render

NAME_MAX_CHARACTERS = 64
"""Of a function's name in a subject: as many as a list of mails shows; chosen."""

NEVER_ASKED: Mapping[str, Sequence[Entry]] = MappingProxyType({})

SAVING = "saving"
"""The figure of what was saved, beside those of harm."""

_STILL_APPLIED = (
    RoundStatus.VERIFIED,
    RoundStatus.UNPROVEN,
    RoundStatus.UNDO_STOPPED,
    RoundStatus.GIVEN_UP,
)


def approval_email(
    *,
    approver: str,
    run_id: str,
    items: Sequence[tuple[Remediation, str]],
    now: datetime,
    not_listed: RunCounts,
    earlier: Mapping[str, Sequence[Entry]] = NEVER_ASKED,
) -> Email:
    """Write the one email of a run to an approver. Each item is a change and its personal link.

    `not_listed` is the whole run in figures: it says what this email leaves out. `earlier` are the
    chains of changes that are asked again, by change.
    """
    first_deadline = min(remediation.expires_at for remediation, _ in items)
    changes = words.count(len(items), "change waits", "changes wait")
    total = words.total_saving(tuple(r.recommendation.saving for r, _ in items))
    values = {
        "run_id": run_id,
        "items": [
            (r, link, by_hand(r), asked_before(r, earlier.get(r.change_id, ())))
            for r, link in items
        ],
        "now": now,
        "counts": not_listed,
        "first_deadline": first_deadline,
        "total": total,
        "why_you": _why_you([r for r, _ in items]),
    }
    return Email(
        to=words.address(approver),
        subject=f"{changes} for your answer: {words.saved(total)}, "
        f"first by {words.moment(first_deadline)}",
        html=render("approval_email.html.j2", **values),
        text=render("approval_email.txt.j2", **values),
        reference=run_id,
    )


def closing_email(
    *,
    approver: str,
    round: Round,
    verification: Verification | None,
    now: datetime,
    left: References | None = None,
) -> Email:
    """Write how a change ended: kept, taken back or never applied, and how to undo it by hand.

    `verification` is None where nothing was compared. `left` is what still points to a function
    that was removed whole; None: it was not, or that was not read.
    """
    standing = story.standing(round, now=now)
    remediation = round.remediation
    is_of_versions = version_words.plan_of(remediation) is not None
    is_removed = round.status is RoundStatus.REMOVED and not is_of_versions
    is_applied = round.status in _STILL_APPLIED
    return _about_one_change(
        approver=approver,
        remediation=remediation,
        subject=_subject(remediation, _ending(round)),
        headline=standing.headline,
        text=standing.text,
        tone=standing.tone,
        note=None if verification is not None and is_applied else round.note,
        verification=verification,
        undo_offered=is_applied,
        steps=by_hand(remediation) if is_applied else (),
        now=now,
        after_label=_after_label(round.status),
        left=reference_words.told(left) if is_removed else (),
    )


def undone_email(
    *, approver: str, round: Round, verification: Verification, now: datetime
) -> Email:
    """Write that a watch found a change for the worse and that it is being taken back now."""
    remediation = round.remediation
    before = words.was(remediation)
    what = _what_was_wrong(verification)
    return _about_one_change(
        approver=approver,
        remediation=remediation,
        subject=_subject(remediation, f"{what}, going back to {before}"),
        headline=f"{what.capitalize()}: taking it back",
        text=f"Trimtab is restoring {before} now. You need not do anything; "
        "another email says when it is done.",
        tone=story.Tone.BAD,
        note=round.note,
        verification=verification,
        undo_offered=False,
        steps=by_hand(remediation),
        now=now,
    )


def removal_email(
    *,
    approver: str,
    remediation: Remediation,
    link: str,
    deletes_at: datetime | None,
    now: datetime,
) -> Email:
    """Write that a function is on notice, or a last time before it is deleted. `link` keeps it."""
    plan = removal_words.plan_of(remediation)
    if plan.versions:
        what, headline, text = version_words.told(plan, now=now)
    elif deletes_at is None:
        until = words.moment(now + plan.notice)
        what, headline = f"to be removed, not before {until}", "On notice: to be removed"
        text = (
            f"Its backup is made and read back. Until {until} nothing is written, and a call or a "
            "change of it ends the removal. After that it takes no calls for "
            f"{words.duration(plan.quarantine)}, and is deleted."
        )
    else:
        until = words.moment(deletes_at)
        what, headline = f"is deleted on {until}", "Last call: it takes no calls now"
        text = (
            f"It is in quarantine, and is deleted on {until} if nobody calls it until then. "
            "Whoever calls it lets it go at once; that call itself fails, and an asynchronous "
            "event is not retried: it is lost where there is no dead-letter queue."
        )
    return _about_one_change(
        approver=approver,
        remediation=remediation,
        subject=_subject(remediation, what),
        headline=headline,
        text=text,
        tone=story.Tone.WAIT,
        note=None,
        verification=None,
        undo_offered=False,
        steps=by_hand(remediation) if deletes_at is not None else (),
        now=now,
        after_label="after that",
        keep_link=link,
    )


def _what_was_wrong(verification: Verification) -> str:
    worse = {c.figure for c in verification.comparisons if c.answer is Health.REGRESSED}
    return "it saved too little" if worse == {SAVING} else "it got worse"


def _about_one_change(  # noqa: PLR0913 - the fields of one template
    *,
    approver: str,
    remediation: Remediation,
    subject: str,
    headline: str,
    text: str,
    tone: story.Tone,
    note: str | None,
    verification: Verification | None,
    undo_offered: bool,
    steps: tuple[HandStep, ...],
    now: datetime,
    after_label: str = "as applied",
    keep_link: str | None = None,
    left: tuple[str, ...] = (),
) -> Email:
    values = {
        "r": remediation,
        "headline": headline,
        "text": text,
        "tone": tone.value,
        "note": None if note is None else figures.figures(words.nameless(note)),
        "comparisons": _compared(remediation, verification),
        "undo_command": undo_command(remediation) if undo_offered else None,
        "undo_days": UNDO_DAYS,
        "after_label": after_label,
        "keep_link": keep_link,
        "left": left,
        "steps": steps,
        "now": now,
        "why_you": _why_you([remediation]),
    }
    return Email(
        to=words.address(approver),
        subject=subject,
        html=render("change_email.html.j2", **values),
        text=render("change_email.txt.j2", **values),
        reference=remediation.execution_name,
    )


def _compared(
    remediation: Remediation, verification: Verification | None
) -> tuple[tuple[str, str, str], ...]:
    """Return (figure, answer, in words) of everything that was compared."""
    if verification is None:
        return ()
    return tuple(
        (c.figure, c.answer.value.replace("_", " "), figures.compared(c, remediation.verify))
        for c in verification.comparisons
    )


def _after_label(status: RoundStatus) -> str:
    """Return what the after-values are called, once it is known how the change ended."""
    if status is RoundStatus.UNDONE:
        return "as tried"
    if status is RoundStatus.REMOVED:
        return "as approved"
    return "as applied" if status in _STILL_APPLIED else "as proposed"


def _subject(remediation: Remediation, what: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "", remediation.function.name)[:NAME_MAX_CHARACTERS]
    return f"{name}: {what}"


def _ending(round: Round) -> str:
    """Return how a change ended, as the end of a subject."""
    changes = words.setting_changes(round.remediation)
    what = " and ".join(c.label.lower() for c in changes)
    before, after = _values([c.before for c in changes]), _values([c.after for c in changes])
    is_of_versions = version_words.plan_of(round.remediation) is not None
    is_of_removal = round.remediation.removal is not None
    if is_of_versions or (is_of_removal and round.status is not RoundStatus.REMOVED):
        said = removal_words.standings(round.remediation).get(round.status)
        return round.status.value if said is None else said[0].lower()
    ends = {
        RoundStatus.REMOVED: "removed",
        RoundStatus.VERIFIED: f"{what} kept at {after}",
        RoundStatus.UNPROVEN: f"{what} stays at {after}, too little traffic to tell",
        RoundStatus.UNDONE: f"{what} put back to {before}",
        RoundStatus.REVERTED: f"{what} taken back by somebody else",
        RoundStatus.UNDO_STOPPED: "the undo stopped, a person is needed",
        RoundStatus.GIVEN_UP: "given up, neither watched nor taken back any more",
        RoundStatus.STALE: f"{what} not changed, stopped at the last check",
        RoundStatus.NOT_WRITTEN: f"{what} not changed",
        RoundStatus.REJECTED: f"{what} not changed, rejected",
        RoundStatus.EXPIRED: f"{what} not changed, nobody answered",
    }
    return ends.get(round.status, round.status.value)


def _values(said: Sequence[str]) -> str:
    """Return values for a subject, in which nothing provisioned is 0."""
    return ", ".join("0" if value == words.NONE else value for value in said)


def _why_you(remediations: Sequence[Remediation]) -> str:
    policies = ", ".join(sorted({r.policy_id for r in remediations}))
    what = "this function" if len(remediations) == 1 else "these functions"
    return f"You get this because you approve changes of {what} under policy {policies}."
