"""Does an exemption cover this finding now? Files name a person and an end; a tag, 90 days at most.

An exemption covers its policy, its functions and its time, and nothing else (S10).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase

from trimtab.domain.arn import FunctionArn
from trimtab.domain.caveat import Caveat
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.finding import Exemption
from trimtab.policy.model import Policy
from trimtab.policy.problems import unknown_word

EXEMPT_TAG = "trimtab:exempt"
"""Holds `<policy-id>:<YYYY-MM-DD>`, several divided by spaces."""
MAX_TAG_EXEMPTION = timedelta(days=90)
SECURITY_PACK = "security"
WARN_AHEAD = timedelta(days=7)
"""How long before its end an exemption is named; chosen: time to extend it or mend the cause."""
EXEMPTIONS_FILE = "exemptions.yaml"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""`date.fromisoformat` also takes 20261130 and 2026-W48-1."""


def exemption_for(
    exemptions: Iterable[Exemption],
    policy: Policy,
    function: FunctionArn,
    tags: Evidence,
    *,
    now: datetime,
) -> Exemption | None:
    """Return the exemption that covers this policy and function at this moment; files come first.

    One that has ended covers nothing, from its very end on. Unknown tags exempt nothing: what is
    not proven exempt stays a finding, and a change needs known tags anyway.
    """
    arn = str(function)
    for exemption in exemptions:
        if (
            exemption.policy_id == policy.id
            and now < exemption.ends_at
            and any(fnmatchcase(arn, pattern) for pattern in exemption.functions)
        ):
            return exemption
    if policy.pack == SECURITY_PACK or not isinstance(tags, Known):
        return None
    return _from_tag(tags.value.get(EXEMPT_TAG, ""), policy, arn, now)


def when_it_ends(exemption: Exemption, now: datetime) -> str | None:
    """Say that an exemption has ended or ends soon; None while that is far."""
    if now < exemption.ends_at - WARN_AHEAD:
        return None
    last = exemption.last_day.isoformat()
    return f"{'ends' if now < exemption.ends_at else 'ended'} with {last}"


def caveats_of_file(exemptions: Iterable[Exemption], *, now: datetime) -> tuple[Caveat, ...]:
    """Name the exemptions of the file that have ended or end soon."""
    ends = ((one, when_it_ends(one, now)) for one in exemptions)
    return tuple(
        Caveat(
            about=EXEMPTIONS_FILE,
            text=f"the exemption from {one.policy_id} for {', '.join(one.functions)} {when}: "
            f"ask {one.who}",
        )
        for one, when in ends
        if when is not None
    )


def caveats_of_tag(
    function: FunctionArn, tags: Evidence, policies: Iterable[Policy], *, now: datetime
) -> tuple[Caveat, ...]:
    """Name what a function's tag says and does not do, and what it will soon not do any more."""
    text = tags.value.get(EXEMPT_TAG, "") if isinstance(tags, Known) and tags.value else ""
    if not text:
        return ()
    known = {policy.id: policy for policy in policies}
    said = ((entry, _doubt_of_entry(entry, known, now)) for entry in text.split() or [text])
    return tuple(
        Caveat(about=str(function), text=f"tag {EXEMPT_TAG}: {entry[:60]!r} {doubt}")
        for entry, doubt in said
        if doubt is not None
    )


def _doubt_of_entry(entry: str, known: Mapping[str, Policy], now: datetime) -> str | None:
    policy_id, _, day = entry.partition(":")
    policy, ends_at = known.get(policy_id), _end(day)
    if ends_at is None:
        return "exempts from nothing: write <policy id>:<year>-<month>-<day>"
    if policy is None:
        return f"exempts from nothing: {unknown_word('policy', policy_id, known)}"
    if policy.pack == SECURITY_PACK:
        return f"exempts from nothing: a tag does not exempt from the pack {SECURITY_PACK}"
    if ends_at > now + MAX_TAG_EXEMPTION:
        return f"exempts from nothing yet: it ends more than {MAX_TAG_EXEMPTION.days} days ahead"
    if now < ends_at - WARN_AHEAD:
        return None
    return "ends with that day" if now < ends_at else "has ended"


def end_of_day(day: date) -> datetime:
    """Return the moment a day is over, UTC: what 'until' this day means."""
    return datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=1)


def _from_tag(text: str, policy: Policy, arn: str, now: datetime) -> Exemption | None:
    for entry in text.split():
        policy_id, _, day = entry.partition(":")
        ends_at = _end(day) if policy_id == policy.id else None
        if ends_at is not None and now < ends_at <= now + MAX_TAG_EXEMPTION:
            return Exemption(
                policy_id=policy.id,
                functions=(arn,),
                why=f"tag {EXEMPT_TAG}",
                who="whoever may tag the function",
                ends_at=ends_at,
            )
    return None


def _end(text: str) -> datetime | None:
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return end_of_day(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return None
