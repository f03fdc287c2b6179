"""What do people and their answers need from outside? Rounds, executions, emails, tickets, runs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from trimtab.domain.approval import Link, Round, RoundStatus, SignedDecision
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.finding import Finding
from trimtab.domain.memory_curve import MeasuredPoint, MemoryRecord
from trimtab.domain.notice import Email
from trimtab.domain.plan import FindingMemory, Limits
from trimtab.domain.remediation import Remediation
from trimtab.domain.sign_in import Proven


class ApprovalDesk(Protocol):
    """The stored rounds and links. Every change of status is conditional on the status before
    (S3).
    """

    def propose(self, remediation: Remediation) -> bool:
        """Store a new round and lock its function, in one transaction.

        False when the very same round is already there (a retried run).
        Raises: ConflictError when another change of this function is open (S19).
        """
        ...

    def round(self, change_id: str, number: int) -> Round:
        """Raises: NotFoundError."""
        ...

    def last_round(self, change_id: str) -> Round | None: ...

    def await_decision(self, change_id: str, number: int, *, task_token: str) -> Round:
        """Keep the task token of the waiting execution; return the round as it stands."""
        ...

    def issue_link(self, remediation: Remediation, *, approver: str, token_hash: str) -> None: ...

    def link(self, token_hash: str) -> Link:
        """Raises: NotFoundError."""
        ...

    def decide(self, signed: SignedDecision) -> Round:
        """Write a decision on a proposed round.

        Raises: ConflictError when it is decided already.
        """
        ...

    def signalled(self, change_id: str, number: int) -> None: ...

    def advance(
        self,
        change_id: str,
        number: int,
        *,
        from_: Sequence[RoundStatus],
        to: RoundStatus,
        note: str | None = None,
        applied_at: datetime | None = None,
    ) -> Round:
        """Move a round to another status; a terminal one releases the lock of the function.

        Raises: ConflictError when it is in none of the `from_` statuses.
        """
        ...

    def take_slot(self, remediation: Remediation, limits: Limits, *, now: datetime) -> str | None:
        """Count this change as out, once; or return the limit that is reached instead (S27)."""
        ...

    def hold(self, function: str, *, holder: str, now: datetime, until: datetime) -> bool:
        """Take or prolong the write lease of a function; False: another call has it (S19)."""
        ...

    def let_go(self, function: str, *, holder: str) -> None:
        """Give the lease back, if it is this holder's."""
        ...

    def locks(self) -> Mapping[str, str]:
        """Every locked function with the execution name that locks it."""
        ...

    def unlock(self, function: str, execution: str) -> None:
        """Free a function whose lock outlived its round."""
        ...

    def restore(self, record: Round) -> None:
        """Put a round back as the ledger has it, with its lock while it is open.

        Raises: ConflictError when another change of the function is open.
        """
        ...

    def open_rounds(self, statuses: Sequence[RoundStatus]) -> tuple[Round, ...]:
        """Read with strong consistency where it matters: the list is a hint, each round is read
        again.
        """
        ...

    def memory(self, findings: Sequence[Finding]) -> Mapping[str, FindingMemory]:
        """What earlier runs left for these findings, by finding id."""
        ...

    def remember(
        self,
        finding_id: str,
        *,
        cooling_until: datetime | None = None,
        refuse_change: str | None = None,
        applied_change: str | None = None,
        applied_from: str | None = None,
        reverted_change: str | None = None,
    ) -> None: ...

    def forgive(self, finding_id: str, change_id: str, *, applied_from: str) -> None:
        """Forget that a change was refused, or came back undone, where it began, and the rest of
        its function.
        """
        ...


class MemoryRecords(Protocol):
    """What is on record of the sizes that functions ran at. A hint, like all of the state table:
    nothing is changed because of it without an approval, a canary and a watch.
    """

    def records(self, target: Target) -> Mapping[FunctionArn, MemoryRecord]:
        """Return all of one account and region; a function without any is absent."""
        ...

    def add(
        self, function: FunctionArn, point: MeasuredPoint, *, is_baseline: bool = False
    ) -> None:
        """Add a point; adding the very same one again changes nothing.

        The first baseline of a series stays until `forget`.
        """
        ...

    def forget(self, function: FunctionArn) -> None:
        """Drop the record of a function."""
        ...


class Executions(Protocol):
    """The waiting and the coming executions of the Change state machine."""

    def signal(self, task_token: str, output: Mapping[str, Any]) -> bool:
        """Tell a waiting execution; False when nobody waits on this token any more."""
        ...

    def start_forward(self, change_id: str, number: int) -> bool:
        """Start a round's execution again unless one is running; True: it was started now."""
        ...

    def start_undo(self, change_id: str, number: int) -> bool:
        """Start the undo of a round unless one is running; True: it was started now."""
        ...


class RunStore(Protocol):
    """The evidence bucket: what one run read, found and planned. Values are plain JSON data."""

    def put(self, key: str, data: Any) -> None: ...

    def put_new(self, key: str, data: Any) -> bool:
        """Put only where nothing is yet; False: something is there, and stays as it is."""
        ...

    def get(self, key: str) -> Any:
        """Raises: NotFoundError."""
        ...

    def get_tagged(self, key: str) -> tuple[Any, str]:
        """Return what is there with a tag that the next writing changes.

        Raises: NotFoundError.
        """
        ...

    def put_over(self, key: str, data: Any, *, tag: str) -> bool:
        """Put only over what bears this tag; False: something else is there by now."""
        ...

    def keys(self, prefix: str) -> tuple[str, ...]: ...


class People(Protocol):
    """The name table: whom an id stands for. Only there do addresses of people stay."""

    def ids(self, addresses: Iterable[str]) -> Mapping[str, str]:
        """Return the id of each address, as given; who has none gets one, at random."""
        ...

    def find(self, address: str) -> str | None:
        """Return the id of an address; None: it has none, and gets none."""
        ...

    def addresses(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the address of each id; one that was erased, or is no id, is absent."""
        ...

    def erase(self, id_: str) -> bool:
        """Forget whom an id stands for, for good; False: nobody knew."""
        ...


class IdentityProvider(Protocol):
    """The OpenID provider that says who somebody is."""

    def address(self, *, state: str, nonce: str, challenge: str) -> str:
        """Return where a browser signs in; the challenge is of PKCE, S256.

        Raises: OutsideError when the provider does not say where.
        """
        ...

    def prove(self, *, code: str, verifier: str, nonce: str, now: datetime) -> Proven:
        """Spend a code for a token, check the token, and return whom it names.

        Raises: InputError when the code or the token is not good; OutsideError when the provider
        does not answer.
        """
        ...


class SignIns(Protocol):
    """Which sign-ins were used: each counts once."""

    def spend(self, name: str, *, until: datetime) -> bool:
        """Mark as used; False: it was. It may be forgotten after `until`."""
        ...


class Queue(Protocol):
    """What waits for a Lambda that tries again: tickets, and deliveries to Security Hub."""

    def send(self, message: Mapping[str, Any]) -> None: ...


class TicketDesk(Protocol):
    """A ticket sink. One ticket per finding id, opened, updated and closed."""

    def open(self, *, finding_id: str, title: str, body: str, labels: Sequence[str]) -> str:
        """Open or update the ticket of this finding; return its address for people."""
        ...

    def close(self, *, finding_id: str, comment: str) -> None:
        """Close the ticket of this finding, if there is one."""
        ...


class SecurityHub(Protocol):
    """Security Hub in one account and region: the only thing that is told there are findings."""

    def bring_in(self, records: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
        """Import findings; return why it would not take one, by the id of the record.

        Raises: AccessDeniedError when Security Hub is not enabled there, or not for us.
        """
        ...


class Mailer(Protocol):
    def send(self, email: Email) -> None: ...
