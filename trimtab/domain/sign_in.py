"""Who signed in, where, and for how long does that hold? The provider's word, without an address.

A session is signed with the key of the decisions. Its bytes begin with words that no decision
begins with, so that neither ever passes for the other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trimtab.domain.digest import canonical_json, content_id
from trimtab.domain.wire import to_wire

HOLDS_FOR = timedelta(minutes=30)
"""How long a sign-in is good for; chosen: time to read a page twice, not to leave it open."""

_BEGINS = b"trimtab session "


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What a provider's token proved: never stored, never logged."""

    issuer: str
    subject: str
    """As the provider names the person."""
    address: str
    """Verified by the provider; as it was written there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A sign-in as it goes on record."""

    issuer: str
    subject: str
    """A digest of the provider's name for the person: the same again for the same person."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a browser holds after a sign-in."""

    person: str
    """The id of the approver who signed in."""
    signed_in: SignedIn

    @property
    def ends_at(self) -> datetime:
        return self.signed_in.at + HOLDS_FOR

    def holds(self, person: str, *, now: datetime) -> bool:
        """Tell whether this person is signed in now; not before it began, either."""
        return self.person == person and self.signed_in.at <= now < self.ends_at

    def message(self) -> bytes:
        """Return the bytes that are signed."""
        return _BEGINS + canonical_json(to_wire(self)).encode()


def subject_id(proven: Proven, person: str) -> str:
    """Name who signed in without saying who: it cannot be read back without person and provider."""
    return content_id({"issuer": proven.issuer, "subject": proven.subject, "person": person})


def is_same_address(one: str, other: str) -> bool:
    """Compare two addresses without regard to capitals.

    Anything but ASCII is nobody's: capitals of other scripts turn into plain letters.
    """
    return one.isascii() and other.isascii() and one.lower() == other.lower()
