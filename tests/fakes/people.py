"""Who signs, waits, sends and opens tickets in a test? Small working stand-ins that remember."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.domain.errors import OutsideError
from trimtab.domain.notice import Email
from trimtab.domain.person import is_person, one_address

KEY_ID = "arn:aws:kms:eu-west-1:999999999999:key/signing"


def _signature(message: bytes, key_id: str) -> str:
    return base64.b64encode(hashlib.sha256(key_id.encode() + b"/" + message).digest()).decode()


class FakeSigner:
    """Signs with a digest that only FakeVerifier of the same key accepts."""

    def __init__(self, key_id: str = KEY_ID) -> None:
        self._key_id = key_id

    def sign(self, message: bytes) -> tuple[str, str]:
        return _signature(message, self._key_id), self._key_id


class FakeVerifier:
    def __init__(self, key_id: str = KEY_ID) -> None:
        self._key_id = key_id

    def holds(self, message: bytes, *, signature: str, key_id: str) -> bool:
        return key_id == self._key_id and signature == _signature(message, key_id)


class FakeExecutions:
    """The Change state machine, as far as it is told things."""

    def __init__(self) -> None:
        self.signals: list[tuple[str, Mapping[str, Any]]] = []
        self.undos: list[tuple[str, int]] = []
        self.forwards: list[tuple[str, int]] = []
        """Executions that were started again."""
        self.running: set[str] = set()
        """Execution names that are running: those are not started again."""
        self._gone: set[str] = set()
        self._failures: list[OutsideError] = []

    def signal(self, task_token: str, output: Mapping[str, Any]) -> bool:
        if self._failures:
            raise self._failures.pop(0)
        if task_token in self._gone:
            return False
        self.signals.append((task_token, output))
        self._gone.add(task_token)
        return True

    def start_undo(self, change_id: str, number: int) -> bool:
        if self._failures:
            raise self._failures.pop(0)
        if (change_id, number) in self.undos:
            return False
        self.undos.append((change_id, number))
        return True

    def start_forward(self, change_id: str, number: int) -> bool:
        if self._failures:
            raise self._failures.pop(0)
        if f"{change_id}-r{number}" in self.running:
            return False
        self.forwards.append((change_id, number))
        return True

    def stop_waiting(self, task_token: str) -> None:
        """Let the execution behind a token be gone: stopped, or timed out."""
        self._gone.add(task_token)

    def fail_next(self, error: OutsideError) -> None:
        self._failures.append(error)


class FakeMailer:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[Email] = []
        self._failures: list[OutsideError] = []

    def send(self, email: Email) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.sent.append(email)

    def fail_next(self, error: OutsideError) -> None:
        self._failures.append(error)


def person(address: str, times_erased: int = 0) -> str:
    """Return the id that FakePeople gives an address, so that tests can name it."""
    digest = hashlib.sha256(f"{one_address(address)}/{times_erased}".encode()).digest()
    return f"person-{base64.b32encode(digest[:10]).decode().lower()}"


class FakePeople:
    """The name table in memory. Its ids come from the address, for tests only."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._erased: list[str] = []
        self._failures: list[OutsideError] = []

    def ids(self, addresses: Iterable[str]) -> Mapping[str, str]:
        self._fail()
        return {address: self._id(one_address(address)) for address in addresses}

    def find(self, address: str) -> str | None:
        self._fail()
        return self._ids.get(one_address(address))

    def addresses(self, ids: Iterable[str]) -> Mapping[str, str]:
        self._fail()
        wanted = {id_ for id_ in ids if is_person(id_)}
        return {id_: address for address, id_ in self._ids.items() if id_ in wanted}

    def erase(self, id_: str) -> bool:
        self._fail()
        address = next((a for a, known in self._ids.items() if known == id_), None)
        if address is None:
            return False
        del self._ids[address]
        self._erased.append(address)
        return True

    def fail_next(self, error: OutsideError) -> None:
        self._failures.append(error)

    def _id(self, address: str) -> str:
        return self._ids.setdefault(address, person(address, self._erased.count(address)))

    def _fail(self) -> None:
        if self._failures:
            raise self._failures.pop(0)


class FakeQueue:
    """Keeps what was queued."""

    def __init__(self) -> None:
        self.sent: list[Mapping[str, Any]] = []

    def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(dict(message))


@dataclass(slots=True, kw_only=True)
class FakeTicket:
    """One ticket as the sink holds it."""

    title: str
    body: str
    labels: tuple[str, ...]
    is_open: bool = True
    comments: tuple[str, ...] = ()


class FakeTicketDesk:
    """A ticket sink: one ticket per finding id."""

    def __init__(self) -> None:
        self.tickets: dict[str, FakeTicket] = {}
        self._failures: list[OutsideError] = []

    def open(self, *, finding_id: str, title: str, body: str, labels: Sequence[str]) -> str:
        if self._failures:
            raise self._failures.pop(0)
        known = self.tickets.get(finding_id)
        comments = () if known is None else known.comments
        self.tickets[finding_id] = FakeTicket(
            title=title, body=body, labels=tuple(labels), comments=comments
        )
        return f"https://tickets.test/{finding_id}"

    def close(self, *, finding_id: str, comment: str) -> None:
        if self._failures:
            raise self._failures.pop(0)
        ticket = self.tickets.get(finding_id)
        if ticket is not None and ticket.is_open:
            ticket.is_open = False
            ticket.comments += (comment,)

    def fail_next(self, error: OutsideError) -> None:
        self._failures.append(error)
