"""What does an approver see behind a personal link? Whole pages as text, without script (S2).

A GET renders one of these and decides nothing; the two forms post to the address they came from.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from trimtab.domain.approval import DecisionWord, Link, Round
from trimtab.domain.freeze import Freeze
from trimtab.domain.ledger import Entry
from trimtab.domain.remediation import Remediation
from trimtab.domain.sign_in import Session
from trimtab.domain.terms import Identity
from trimtab.report import memory_figure, provisioned_figure, story, version_words
from trimtab.report.asked_before import asked_before
from trimtab.report.by_hand import by_hand, undo_command
from trimtab.report.proofs import proofs
from trimtab.report.render import page_style, render

REASON_MAX_CHARACTERS = 500
NAME_MAX_CHARACTERS = 140
"""Of the field for a function's name. Source: Lambda API, CreateFunction, FunctionName."""
OPEN = Freeze()
"""Nothing is stopped."""
UNDO_DAYS = 90
"""How long `trimtab undo` works after a change is closed."""


@cache
def content_security_policy() -> str:
    """Return the policy of every page: nothing but our own style sheet and our own form."""
    digest = base64.b64encode(hashlib.sha256(page_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def security_headers() -> Mapping[str, str]:
    """Return the headers every page is answered with.

    No referrer is sent, so a browser posts the form with `Origin: null`: tell our own form by its
    nonce and cookie, not by its origin.
    """
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": content_security_policy(),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Strict-Transport-Security": "max-age=31536000",
    }


def approval_page(
    *,
    round: Round,
    link: Link,
    nonce: str,
    now: datetime,
    freeze: Freeze = OPEN,
    earlier: Sequence[Entry] = (),
    can_sign_in: bool = False,
    session: Session | None = None,
) -> str:
    """Render the question: what changes, why, what follows, how it is undone, and two answers.

    A freeze stands above the answers: whoever approves meanwhile approves in vain. `earlier` is the
    chain of a change that is asked again. Where a sign-in is asked for, `session` is the approver's
    own, and `can_sign_in` tells whether there is a provider.
    """
    remediation = round.remediation
    stop = story.stopped(freeze)
    return render(
        "approval.html.j2",
        r=remediation,
        link=link,
        nonce=nonce,
        before=asked_before(remediation, earlier),
        now=now,
        proofs=proofs(remediation.explanation),
        sums=story.sums(remediation.recommendation),
        curve=memory_figure.of_change(remediation),
        provisioned=provisioned_figure.of_change(remediation),
        steps=story.next_steps(remediation, now=now, stop=stop),
        stop=stop,
        by_hand=by_hand(remediation),
        undo_command=undo_command(remediation),
        no_way_back=_no_way_back(remediation),
        reason_max=REASON_MAX_CHARACTERS,
        undo_days=UNDO_DAYS,
        asks_sign_in=remediation.approval.identity is Identity.SIGN_IN,
        can_sign_in=can_sign_in,
        signed_in_until=None if session is None else session.ends_at,
        name_max=NAME_MAX_CHARACTERS,
    )


def decided_page(
    *,
    round: Round,
    link: Link,
    just_now: bool,
    now: datetime,
    freeze: Freeze = OPEN,
    keep_nonce: str | None = None,
    is_kept: bool = False,
) -> str:
    """Render the answer that counts. `just_now`: it was this visitor's form that decided.

    Without `just_now` it says who decided and when, so that the second of two clicks is told (S3).
    `keep_nonce`: of the form that keeps a function on its way out; None: there is nothing to keep.
    """
    return render(
        "decided.html.j2",
        r=round.remediation,
        round=round,
        decision=None if round.decision is None else round.decision.decision,
        link=link,
        just_now=just_now,
        now=now,
        words_of_decision=DecisionWord,
        standing=story.standing(round, now=now, stop=story.stopped(freeze)),
        after_label=story.AFTER_LABELS.get(round.status, "not applied"),
        ways_back_said=story.ways_back(round, undo_days=UNDO_DAYS),
        is_held=round.status in story.HELD,
        by_hand=by_hand(round.remediation),
        undo_command=undo_command(round.remediation),
        no_way_back=_no_way_back(round.remediation),
        undo_days=UNDO_DAYS,
        keep_nonce=keep_nonce,
        is_kept=is_kept,
    )


def _no_way_back(remediation: Remediation) -> str | None:
    return None if version_words.plan_of(remediation) is None else version_words.NO_WAY_BACK


def expired_page(*, round: Round, link: Link, now: datetime) -> str:
    """Render that the time to answer is over, and that silence meant no (S4)."""
    return render("expired.html.j2", r=round.remediation, link=link, now=now)


def not_found_page() -> str:
    """Render what a wrong, cut off or long gone link leads to. Says nothing about any change."""
    return error_page(
        what="This link does not lead to a change",
        next_step="It may be cut off, or its change may be long closed. Open the newest email "
        "from Trimtab and use the button there. Nothing was decided by opening this page.",
    )


def error_page(*, what: str, next_step: str) -> str:
    """Render what went wrong and what to do. Neither text may hold a token."""
    return render("error.html.j2", what=what, next_step=next_step)
