"""Does an exemption cover this finding now? Files name a person and an end; a tag, 90 days at most.

An exemption covers its policy, its functions and its time, and nothing else (S10).
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.finding import Exemption
from trimtab.policy.model import Policy

EXEMPT_TAG = "trimtab:exempt"
"""Holds `<policy-id>:<YYYY-MM-DD>`, several divided by spaces."""
MAX_TAG_EXEMPTION = timedelta(days=90)
SECURITY_PACK = "security"

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
