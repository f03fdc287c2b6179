"""How is each of several people written to once? Send first, record then, and try all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.domain.errors import AccessDeniedError, OutsideError, PermanentError
from trimtab.domain.ledger import Entry
from trimtab.domain.notice import Email
from trimtab.domain.person import with_ids
from trimtab.ports import Clock, Ledger, Mailer, People

NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What writing to people needs from outside."""

    people: People
    mailer: Mailer
    ledger: Ledger
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One email to come, and what is entered about it."""

    address: str
    compose: Callable[[], Email]
    data: Mapping[str, Any]


def send(
    letters: tuple[Letter, ...], post: Post, *, chain: str, event: str, actor: str
) -> tuple[Entry, ...]:
    """Write to each; an address that is refused goes on record and is not tried again.

    A crash between sending and recording repeats an email and loses none.
    Raises: what kept one from going out, after the others were tried.
    """
    failed: OutsideError | None = None
    entered = []
    ids = post.people.ids([letter.address for letter in letters])
    for letter in letters:
        person = ids[letter.address]
        happened, data = event, {**letter.data, "to": person}
        try:
            post.mailer.send(letter.compose())
        except PermanentError as error:
            if isinstance(error, AccessDeniedError):
                failed = error
                continue
            reason = with_ids(f"the email was refused: {error}", {letter.address: person})
            happened, data = NOT_TOLD, data | {"reason": reason}
        except OutsideError as error:
            failed = error
            continue
        at = post.clock.now()
        entered.append(post.ledger.append(chain, event=happened, actor=actor, data=data, at=at))
    if failed is not None:
        raise failed
    return tuple(entered)
