"""What does a round look like that takes no answer any more, and what is tried on it?"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from tests.fakes.people import person
from tests.hostile.stand import (
    FIRST_APPROVER,
    FORM,
    MARK,
    SECOND_APPROVER,
    TOKEN,
    Case,
    Event,
    Stand,
    form,
    post,
    visit,
)
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.flows.decide import token_hash


def approved(stand: Stand) -> None:
    _answer(stand, DecisionWord.APPROVED)


def rejected(stand: Stand) -> None:
    _answer(stand, DecisionWord.REJECTED)


def _answer(stand: Stand, word: DecisionWord) -> None:
    hashed = token_hash(TOKEN)
    stand.house.answer(stand.change, word, approver=person(FIRST_APPROVER), token_hash=hashed)


def over(stand: Stand) -> None:
    """The time to answer has ended to the second; nobody has written that down yet."""
    stand.house.clock.advance(stand.change.expires_at - stand.house.clock.now())


def long_over(stand: Stand) -> None:
    over(stand)
    stand.house.clock.advance(timedelta(days=29))


def expired(stand: Stand) -> None:
    """The clock's no is on record."""
    over(stand)
    stand.house.reconcile()


def stale(stand: Stand) -> None:
    _move(stand, RoundStatus.STALE)


def watching(stand: Stand) -> None:
    approved(stand)
    _move(stand, RoundStatus.WATCHING)


def verified(stand: Stand) -> None:
    approved(stand)
    _move(stand, RoundStatus.VERIFIED)


def undone(stand: Stand) -> None:
    approved(stand)
    _move(stand, RoundStatus.UNDONE)


def purged(stand: Stand) -> None:
    """The table has dropped the link, weeks after its time."""
    long_over(stand)
    stand.desk.purge(TOKEN)


def erased(stand: Stand) -> None:
    """Whom the link was sent to is in the name table no more."""
    stand.house.people.erase(person(FIRST_APPROVER))


def relabelled(stand: Stand) -> None:
    """The state table says of the link that it was sent to the other approver."""
    stand.desk.relabel(TOKEN, SECOND_APPROVER)


def _move(stand: Stand, to: RoundStatus) -> None:
    number = stand.change.round
    stand.desk.advance(stand.change.change_id, number, from_=tuple(RoundStatus), to=to)


STATES: Mapping[str, Callable[[Stand], None]] = {
    "approved": approved,
    "rejected": rejected,
    "over": over,
    "long over": long_over,
    "expired": expired,
    "stale": stale,
    "watching": watching,
    "verified": verified,
    "undone": undone,
    "purged": purged,
    "erased": erased,
    "relabelled": relabelled,
}
ANSWERED = {"over": 410, "long over": 410, "purged": 404, "erased": 404}
GLANCED = {"purged": 404, "erased": 404, "relabelled": 409}
READABLE: dict[str, Event] = {
    "an approval": post(),
    "an approval, replayed": post(headers={"x-retry": "1"}),
    "a rejection": post(form(decision="reject")),
    "an approval without a cookie": post(cookies=[]),
    "an approval with another nonce": post(form(nonce=MARK)),
    "an undo": post(form(decision="undo")),
    "an expiry": post(form(decision="expired")),
    "a status": post(form(status="proposed", round="2", approver=FIRST_APPROVER)),
    "a look": visit("GET"),
}
UNREADABLE: dict[str, Event] = {
    "json": post(headers={"content-type": "application/json"}),
    "a field twice": post(form() + "&decision=reject"),
    "a long one": post("x" * 20_000),
    "another charset": post(headers={"content-type": f"{FORM}; charset=utf-16"}),
}


def cases(state: str) -> list[Case]:
    """Return what is tried: the forms that decide an open round included."""
    answered = ANSWERED.get(state, 409)
    return [
        *(Case(name=name, event=event, status=answered) for name, event in READABLE.items()),
        *(Case(name=name, event=event, status=400) for name, event in UNREADABLE.items()),
        Case(name="a glance", event=visit("HEAD"), status=GLANCED.get(state, 200)),
        Case(name="a put", event=visit("PUT", body=form()), status=405),
    ]
