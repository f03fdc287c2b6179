"""What does the pipeline need from outside? Protocols only; adapters live in `aws` and `tickets`.

Every read may raise RetryableError or PermanentError (domain/errors.py); the stage that called
turns it into a gap or an unknown. Writes to a function raise WriteUnknownError when the answer was
lost or ambiguous, PermanentError when AWS surely refused before doing anything.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from trimtab.domain.approval import Link, Round, RoundStatus, SignedDecision
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.evidence import Evidence
from trimtab.domain.finding import Finding
from trimtab.domain.fleet import FunctionState, ListedFunction, Scope, Targets
from trimtab.domain.ledger import Entry, Fault, Head
from trimtab.domain.notice import Email
from trimtab.domain.plan import FindingMemory, Limits
from trimtab.domain.remediation import Remediation
from trimtab.domain.step import PublishVersion, Step
from trimtab.domain.terms import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """One series to read. `statistic` is Sum, Average, Maximum, SampleCount or a percentile like
    p95.
    """

    function: FunctionArn
    namespace: str
    metric: str
    statistic: str
    alias: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPage:
    functions: tuple[ListedFunction, ...]
    next_marker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigures:
    """What the REPORT lines of one function say over a span of time."""

    peak_memory_mb: float
    lines: int
    out_of_memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionWrite:
    """One call that wrote a function or tried to, as CloudTrail recorded it: text from outside."""

    event: str
    """The operation, without the version of the API."""
    at: datetime
    user_agent: str
    invoked_by: str
    """The AWS service that called for somebody; empty: none did."""
    session: str
    """The session name of the role, or the name of the user."""


class Clock(Protocol):
    def now(self) -> datetime: ...

    def remaining(self) -> timedelta:
        """Time left for this invocation; `timedelta.max` where nothing limits it."""
        ...


class AccountSource(Protocol):
    """AWS Organizations, read from the hub."""

    def targets(self, scope: Scope) -> Targets: ...


class FunctionSource(Protocol):
    """One target, read through its read role. Every method is bulk but the last three."""

    def list_functions(self, marker: str | None) -> FunctionPage: ...

    def tags(self) -> Mapping[FunctionArn, Mapping[str, str]]:
        """Tags of all functions that have any; one that is absent has none."""
        ...

    def series(
        self,
        queries: Sequence[MetricQuery],
        *,
        start: datetime,
        end: datetime,
        period_s: int,
    ) -> Mapping[MetricQuery, tuple[Point, ...] | None]:
        """Read series, 500 a call. None: the answer for that series was not complete."""
        ...

    def optimizer_peaks(self) -> Mapping[FunctionArn, float]:
        """Compute Optimizer's maximum memory used in MB; functions it is silent on are absent."""
        ...

    def report_figures(
        self, functions: Sequence[FunctionArn], *, start: datetime, end: datetime
    ) -> Mapping[FunctionArn, Evidence]:
        """Known values are ReportFigures. Two log queries per 50 functions, with their polls."""
        ...

    def state(self, function: FunctionArn) -> FunctionState:
        """Read one function afresh, in at most 4 calls."""
        ...

    def owning_stack(self, function: FunctionArn) -> str | None:
        """The CloudFormation stack that owns the function, asked of CloudFormation; None: none
        does.
        """
        ...

    def last_writers(self, listed: ListedFunction) -> tuple[FunctionWrite, ...]:
        """Who wrote the function of late, newest first, in at most 4 calls.

        What happened long ago, or between many reads, is missing: nothing found proves nothing.
        """
        ...

    def calls(self) -> Mapping[str, int]:
        """AWS calls made so far, by operation."""
        ...


class Fleet(Protocol):
    """Opens targets through the read role."""

    def open(self, target: Target) -> FunctionSource: ...


class Actuator(Protocol):
    """One function in its member account, through the change role. No SDK retries on writes."""

    def state(self) -> FunctionState: ...

    def write(self, step: Step, *, state: FunctionState) -> None:
        """Make the one call of this step, guarded by the revision ids in `state`."""
        ...

    def settle(self) -> FunctionState:
        """Wait until no update is in progress, then read.

        Raises: RetryableError when it does not settle in time.
        """
        ...

    def probe(self, step: Step) -> None:
        """Ask, with a wrong RevisionId, whether this step would be allowed. Nothing is written.

        Raises: PermanentError when it would not be.
        """
        ...

    def made(self, step: Step, *, since: datetime) -> bool:
        """Tell whether CloudTrail has this step as made in our session. False: not (yet)."""
        ...

    def published(self, step: PublishVersion) -> str | None:
        """Find the version this step made: by its description, its code and its memory."""
        ...

    def series(
        self, queries: Sequence[MetricQuery], *, start: datetime, end: datetime, period_s: int
    ) -> Mapping[MetricQuery, tuple[Point, ...] | None]: ...


class Workshop(Protocol):
    """Opens functions for a change, or for its undo, each through a role of its own. The session is
    named after the change and narrowed to the function.
    """

    def open(
        self, function: FunctionArn, *, session: str, actions: Sequence[str], direction: Direction
    ) -> Actuator: ...


class Ledger(Protocol):
    """The hash chains. An append is in the table and in the mirror when the call returns (S7)."""

    def append(
        self,
        chain: str,
        *,
        event: str,
        actor: str,
        data: Mapping[str, Any],
        at: datetime,
        function: str | None = None,
        once: str | None = None,
        leaves_open: bool | None = None,
    ) -> Entry:
        """Append one entry. With `once`, an entry already there with that key is returned
        instead.

        `leaves_open` says whether something still has to come in this chain; None: as before.
        """
        ...

    def entries(self, chain: str, *, after: int = 0) -> tuple[Entry, ...]:
        """Return a chain in order, from the entry behind number `after` on."""
        ...

    def head(self, chain: str) -> Head | None: ...

    def chains(self) -> Iterable[str]:
        """Every chain that has an entry or a head."""
        ...

    def open_chains(self) -> Iterable[str]:
        """The chains that were left open: a hint that may lag, for whoever closes them (S6)."""
        ...

    def heads(self) -> Iterable[Head | Fault]:
        """Every head; a fault in the place of one that cannot be read as a head."""
        ...

    def found(self, by: str, value: str) -> Iterable[Entry | Fault]:
        """Entries by `function`, `actor` or `day`, from an index that may lag, in no order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One key of the mirror."""

    key: str
    oldest: str | None
    """The version that counts; None where there are no versions, or nothing is left."""
    versions: int
    """More than one: somebody wrote over the key. 0: everything under it was deleted."""
    is_hidden: bool = False
    """A delete marker lies on it."""


class Mirror(Protocol):
    """The locked bucket that is the record. A key is written once; its oldest version counts."""

    def listed(self, prefix: str, *, after: str = "") -> Iterator[Stored]:
        """Yield the keys that start so, in order, those behind `after` only."""
        ...

    def read(self, stored: Stored) -> bytes: ...

    def read_many(self, stored: Iterable[Stored]) -> Iterator[tuple[Stored, bytes]]:
        """Read many, several at a time, in the order given."""
        ...

    def put_new(self, key: str, body: bytes) -> bool:
        """Put only where nothing is yet; False: something is there, and stays as it is."""
        ...


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
        """Put a round back as the ledger has it, with its lock.

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
    ) -> None: ...

    def forgive(self, finding_id: str, change_id: str) -> None:
        """Forget that a change was refused, or came back undone, and the rest of its function."""
        ...


class Signer(Protocol):
    def sign(self, message: bytes) -> tuple[str, str]:
        """Return (signature as base64, key id)."""
        ...


class Verifier(Protocol):
    def holds(self, message: bytes, *, signature: str, key_id: str) -> bool: ...


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


class TicketQueue(Protocol):
    def send(self, ticket: Mapping[str, Any]) -> None: ...


class TicketDesk(Protocol):
    """A ticket sink. One ticket per finding id, opened, updated and closed."""

    def open(self, *, finding_id: str, title: str, body: str, labels: Sequence[str]) -> str:
        """Open or update the ticket of this finding; return its address for people."""
        ...

    def close(self, *, finding_id: str, comment: str) -> None:
        """Close the ticket of this finding, if there is one."""
        ...


class Mailer(Protocol):
    def send(self, email: Email) -> None: ...
