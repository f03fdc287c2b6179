"""Where can a process die? Between any two calls to the outside: every one passes this gate.

A crash derives from BaseException, so nothing catches it, and the process that had it may make no
further call: whatever its `finally:` blocks want to say outside is not said. Several processes may
be alive at once, each in a thread of its own; only one runs at a time, and `interleave` says which.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.fakes.failures import READ_TIMEOUT, failure
from trimtab.domain.errors import (
    AccessDeniedError,
    OutsideError,
    RetryableError,
    TrimtabError,
)


class Crash(BaseException):
    """The process is gone: killed, timed out, out of memory."""


class Fault(StrEnum):
    """What may happen to one call."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    CRASH_HALF = "crash between table and mirror"
    THROTTLED = "throttled"
    DENIED = "denied"
    FAILED = "5xx before landing"
    LOST = "5xx after landing"
    TIMED_OUT = "timed out after landing"
    CONFLICT = "409"
    PRECONDITION = "412"


READING = (Fault.CRASH_BEFORE, Fault.THROTTLED, Fault.DENIED)
"""A read that was lost is a read that was not made."""
STORING = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.THROTTLED, Fault.DENIED, Fault.LOST)
APPENDING = (*STORING, Fault.CRASH_HALF)
MOVING = (*STORING, Fault.CONFLICT)
"""A conditional write whose first answer was lost is made again by the SDK: a conflict with itself
where its condition no longer holds."""
WRITING = (
    *STORING,
    Fault.FAILED,
    Fault.TIMED_OUT,
    Fault.CONFLICT,
    Fault.PRECONDITION,
)

CODES = {
    Fault.THROTTLED: "TooManyRequestsException",
    Fault.DENIED: "AccessDeniedException",
    Fault.FAILED: "ServiceException",
    Fault.LOST: "ServiceException",
    Fault.TIMED_OUT: READ_TIMEOUT,
    Fault.CONFLICT: "ResourceConflictException",
    Fault.PRECONDITION: "PreconditionFailedException",
}
LANDS = (Fault.CRASH_AFTER, Fault.LOST, Fault.TIMED_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to the outside, as the gate saw it."""

    index: int
    """Counted over the whole life of a world."""
    what: str
    faults: tuple[Fault, ...]
    """What may happen to it."""


@dataclass(slots=True)
class Process:
    """One invocation of one Lambda: dead or alive, and what it called so far."""

    number: int
    lambda_: str
    payload: Mapping[str, Any]
    calls: list[Call] = field(default_factory=list)
    is_dead: bool = False
    control: int = 0
    """Entries in the chain of freezes when it began."""
    roll: tuple[int, int] | None = None
    """Number of a call within this process, and which of its faults happens to it."""


class Gate:
    """Passes calls of living processes on, and lets the planned ones fail."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self.faults: dict[int, Fault] = {}
        """Call, counted over everything -> what happens to it."""
        self.roll: tuple[int, int] | None = None
        """What the next process will meet."""
        self.injected: list[str] = []
        self._calls = 0
        self._local = threading.local()

    @property
    def process(self) -> Process | None:
        """The process that runs right now; None: the test itself looks."""
        return getattr(self._local, "process", None)

    def enter(self, lambda_: str, payload: Mapping[str, Any]) -> Process:
        process = Process(len(self.processes), lambda_, payload, roll=self.roll)
        self.roll = None
        self.processes.append(process)
        self._local.process = process
        return process

    def leave(self) -> None:
        self._local.process = None

    def pass_on(
        self,
        what: str,
        work: Callable[[], Any],
        *,
        faults: Sequence[Fault],
        error: Callable[[Fault], Exception],
        half: Callable[[], None] = lambda: None,
    ) -> Any:
        """Make one call, or let what is planned happen to it. `half` lets it land halfway."""
        process = self.process
        if process is None:
            return work()
        if process.is_dead:
            raise Crash(what)
        task = Task.current()
        if task is not None:
            task.pause()
        fault = self._planned(process, Call(index=self._calls, what=what, faults=tuple(faults)))
        if fault is None:
            return work()
        if fault is Fault.CRASH_HALF:
            half()
        if fault is Fault.CONFLICT and faults is MOVING:
            _land(work)
            return work()
        if fault in (*LANDS, Fault.CRASH_HALF):
            _land(work)
        if fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.CRASH_HALF):
            process.is_dead = True
            raise Crash(what)
        raise error(fault)

    def _planned(self, process: Process, call: Call) -> Fault | None:
        """Count a call, and return what happens to it."""
        fault = self.faults.get(call.index)
        if process.roll is not None and process.roll[0] == len(process.calls):
            fault = call.faults[process.roll[1] % len(call.faults)]
        self._calls += 1
        process.calls.append(call)
        if fault is None:
            return None
        told = f"{fault}: {call.what} of {process.lambda_} (call {call.index})"
        self.injected.append(told)
        return fault


def _land(work: Callable[[], Any]) -> None:
    """Do the work; what it answers is lost, also a refusal."""
    try:
        work()
    except (TrimtabError, *_botocore()):
        return


def _botocore() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    return (BotoCoreError, ClientError)


def port_error(what: str) -> Callable[[Fault], Exception]:
    """Say how a port of ours fails."""

    def error(fault: Fault) -> Exception:
        if fault is Fault.DENIED:
            return AccessDeniedError(f"{what}: denied on purpose")
        return RetryableError(f"{what}: {fault} on purpose")

    return error


def client_failure(operation: str) -> Callable[[Fault], Exception]:
    """Say how a client of AWS fails."""
    return lambda fault: failure(CODES[fault], operation)


class Gated:
    """A port behind the gate. `kinds`: method -> what may happen to it; any other is a read."""

    def __init__(
        self, port: Any, name: str, gate: Gate, kinds: Mapping[str, Sequence[Fault]]
    ) -> None:
        self._port = port
        self._name = name
        self._gate = gate
        self._kinds = kinds

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._port, method)
        if not callable(found):
            return found
        what = f"{self._name}.{method}"

        def call(*args: Any, **given: Any) -> Any:
            return self._gate.pass_on(
                what,
                lambda: found(*args, **given),
                faults=self._kinds.get(method, READING),
                error=port_error(what),
                half=lambda: self._port.fail_next(OutsideError("between"), after_landing=True),
            )

        return call


class Task:
    """One of several processes that run in turns: a thread that waits for its turn."""

    _local = threading.local()

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._go = threading.Semaphore(0)
        self._back = threading.Semaphore(0)
        self._error: BaseException | None = None
        self.is_done = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @classmethod
    def current(cls) -> "Task | None":
        return getattr(cls._local, "task", None)

    def _run(self) -> None:
        self._go.acquire()
        Task._local.task = self
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - handed on to the test's own thread
            self._error = error
        self.is_done = True
        self._back.release()

    def resume(self) -> None:
        """Let it run to its next call to the outside."""
        self._go.release()
        self._back.acquire()
        if self._error is not None:
            raise self._error

    def pause(self) -> None:
        self._back.release()
        self._go.acquire()


def interleave(works: Sequence[Callable[[], None]], choose: Callable[[int], int]) -> None:
    """Run several processes at once: before every call to the outside, `choose` says who goes on.

    `choose` takes how many are alive and gives the number of one.
    """
    alive = [Task(work) for work in works]
    while alive:
        task = alive[choose(len(alive))]
        task.resume()
        if task.is_done:
            alive.remove(task)
