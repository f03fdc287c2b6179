"""How does Step Functions run our two state machines? As their own ASL says: infra/*.asl.json.

An interpreter of what those files use and nothing more; a word it does not know is an error. One
`step` does one state of one execution, so that anything may happen between two states.
"""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

INFRA = Path(__file__).parents[2] / "infra"

RUNNING, SUCCEEDED, FAILED, ABORTED = "RUNNING", "SUCCEEDED", "FAILED", "ABORTED"
ALREADY_EXISTS = "StepFunctions.ExecutionAlreadyExistsException"


@cache
def definition(name: str) -> dict[str, Any]:
    """Read a machine with its placeholders as they stand: `${ApplyFunction}`."""
    return dict(json.loads((INFRA / f"{name}.asl.json").read_text(encoding="utf-8")))


class FailureError(Exception):
    """A task failed under this error name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Services(Protocol):
    """What the tasks of a machine reach. Every failure is a FailureError."""

    def invoke(self, lambda_: str, payload: Mapping[str, Any]) -> Any: ...

    def start_change(self, name: str, given: Mapping[str, Any]) -> None: ...

    def read_json(self, key: str) -> Any: ...

    def wait_factor(self) -> float:
        """How much of a retry's longest wait is waited: FULL jitter takes anything from 0 to 1."""
        ...


@dataclass(slots=True, kw_only=True)
class Execution:
    """One running execution; also one iteration of a map."""

    name: str
    machine: Mapping[str, Any]
    data: Any
    services: Services
    state: str = ""
    status: str = RUNNING
    wakes_at: datetime | None = None
    """None: it can go on now, unless it waits for a token or for its iterations."""
    token: str | None = None
    error: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    children: "list[Execution]" = field(default_factory=list)
    tokens: int = 0
    _tries: dict[tuple[str, int], int] = field(default_factory=dict)
    _is_invoking: bool = False
    _early: tuple[Any] | None = None

    def __post_init__(self) -> None:
        self.state = self.state or self.machine["StartAt"]

    def can_go_on(self, now: datetime) -> bool:
        if self.status != RUNNING:
            return False
        if self.children:
            running = [c for c in self.children if c.status == RUNNING]
            return not running or any(c.can_go_on(now) for c in running)
        if self.wakes_at is None:
            return self.token is None
        return self.wakes_at <= now

    def due_at(self) -> datetime | None:
        """Return when it goes on by itself; None when it waits for somebody, or is over."""
        if self.status != RUNNING:
            return None
        found = [c.due_at() for c in self.children] if self.children else [self.wakes_at]
        return min((d for d in found if d is not None), default=None)

    def step(self, now: datetime) -> None:
        """Do one state."""
        state = self.machine["States"][self.state]
        if self.token is not None:
            self._fail(state, "States.Timeout", now)
            return
        self.wakes_at = None
        try:
            getattr(self, f"_do_{state['Type'].lower()}")(state, now)
        except FailureError as failure:
            self._fail(state, failure.name, now)

    def signal(self, output: Any, now: datetime) -> None:
        """Let the task that waits for its token end."""
        if self._is_invoking:
            self._early = (output,)
            return
        self.token, self.wakes_at = None, None
        self._succeed(self.machine["States"][self.state], output)

    def stop(self) -> None:
        """Kill it, as StopExecution would."""
        if self.status == RUNNING:
            self.status, self.token, self.wakes_at = ABORTED, None, None

    def _do_task(self, state: Mapping[str, Any], now: datetime) -> None:
        resource = state["Resource"].split(":::")[1]
        if resource == "lambda:invoke.waitForTaskToken":
            self.tokens += 1
            token = f"{self.name}/token-{self.tokens}"
            self.context["Task"] = {"Token": token}
            self.token = token
            self.wakes_at = now + timedelta(seconds=state["TimeoutSeconds"])
            self._wait_for_token(state, now)
        elif resource == "lambda:invoke":
            self._succeed(state, {"Payload": self._invoke(state)})
        elif resource == "states:startExecution":
            asked = self._filled(state["Parameters"])
            self.services.start_change(asked["Name"], asked["Input"])
            self._succeed(state, {})
        else:
            raise ValueError(f"unknown resource {resource}")

    def _wait_for_token(self, state: Mapping[str, Any], now: datetime) -> None:
        """Invoke; a signal that comes meanwhile ends the task, whatever becomes of the call."""
        self._is_invoking = True
        try:
            self._invoke(state)
        except FailureError:
            if self._early is None:
                raise
        finally:
            self._is_invoking = False
        if self._early is not None:
            (output,) = self._early
            self._early = None
            self.signal(output, now)

    def _invoke(self, state: Mapping[str, Any]) -> Any:
        asked = self._filled(state["Parameters"])
        return self.services.invoke(lambda_of(asked["FunctionName"]), asked["Payload"])

    def _do_choice(self, state: Mapping[str, Any], now: datetime) -> None:
        for choice in state["Choices"]:
            if self._holds(choice):
                self.state = choice["Next"]
                return
        self.state = state["Default"]

    def _holds(self, choice: Mapping[str, Any]) -> bool:
        value = self._at(choice["Variable"])
        if "StringEquals" in choice:
            return bool(value == choice["StringEquals"])
        if "IsNull" in choice:
            return (value is None) is choice["IsNull"]
        raise ValueError(f"unknown choice {choice}")

    def _do_wait(self, state: Mapping[str, Any], now: datetime) -> None:
        seconds = state["Seconds"] if "Seconds" in state else self._at(state["SecondsPath"])
        self._next(state)
        self.wakes_at = now + timedelta(seconds=seconds)

    def _do_pass(self, state: Mapping[str, Any], now: datetime) -> None:
        self._succeed(state, state.get("Result", self.data))

    def _do_succeed(self, state: Mapping[str, Any], now: datetime) -> None:
        self.status = SUCCEEDED

    def _do_fail(self, state: Mapping[str, Any], now: datetime) -> None:
        self.status, self.error = FAILED, str(state.get("Error", "Fail"))

    def _do_map(self, state: Mapping[str, Any], now: datetime) -> None:
        if not self.children:
            self.children = [self._child(state, item, n) for n, item in self._items(state)]
        for child in self.children:
            if child.can_go_on(now):
                child.step(now)
        if any(c.status == RUNNING for c in self.children):
            return
        failed = [c for c in self.children if c.status != SUCCEEDED]
        self.children = []
        if failed and state.get("ToleratedFailurePercentage", 0) < 100:
            raise FailureError(failed[0].error or "States.TaskFailed")
        self._succeed(state, [])

    def _items(self, state: Mapping[str, Any]) -> list[tuple[int, Any]]:
        if "ItemReader" in state:
            asked = self._filled(state["ItemReader"]["Parameters"])
            return list(enumerate(self.services.read_json(asked["Key"])))
        return list(enumerate(self._at(state["ItemsPath"])))

    def _child(self, state: Mapping[str, Any], item: Any, number: int) -> "Execution":
        self.context["Map"] = {"Item": {"Value": item}}
        given = self._filled(state["ItemSelector"]) if "ItemSelector" in state else item
        return Execution(
            name=f"{self.name}/{number}",
            machine=state["ItemProcessor"],
            data=given,
            services=self.services,
            context=dict(self.context),
        )

    def _succeed(self, state: Mapping[str, Any], answer: Any) -> None:
        if "ResultSelector" in state:
            answer = self._filled(state["ResultSelector"], within=answer)
        path = state.get("ResultPath", "$")
        if path == "$":
            self.data = answer
        elif path is not None:
            self.data = {**self.data, path.removeprefix("$."): answer}
        if "OutputPath" in state:
            self.data = self._at(state["OutputPath"])
        self._tries.clear()
        self._next(state)

    def _next(self, state: Mapping[str, Any]) -> None:
        if state.get("End"):
            self.status = SUCCEEDED
        else:
            self.state = state["Next"]

    def _fail(self, state: Mapping[str, Any], name: str, now: datetime) -> None:
        """Retry, catch, or fail as a whole."""
        self.token, self.wakes_at = None, None
        for number, retrier in enumerate(state.get("Retry", ())):
            if _matches(retrier["ErrorEquals"], name):
                tried = self._tries.get((self.state, number), 0)
                if tried < retrier.get("MaxAttempts", 3):
                    self._tries[self.state, number] = tried + 1
                    longest = retrier["IntervalSeconds"] * retrier.get("BackoffRate", 2.0) ** tried
                    longest = min(longest, retrier.get("MaxDelaySeconds", longest))
                    wait_s = longest * self.services.wait_factor()
                    self.wakes_at = now + timedelta(seconds=wait_s)
                    return
                break
        for catcher in state.get("Catch", ()):
            if _matches(catcher["ErrorEquals"], name):
                self._tries.clear()
                self.state = catcher["Next"]
                return
        self.status, self.error = FAILED, name

    def _filled(self, template: Any, within: Any = None) -> Any:
        """Fill in what a template names by path."""
        if isinstance(template, Mapping):
            return {
                key.removesuffix(".$"): (
                    self._at(value, within) if key.endswith(".$") else self._filled(value, within)
                )
                for key, value in template.items()
            }
        return copy.deepcopy(template)

    def _at(self, path: str, within: Any = None) -> Any:
        if path.startswith("$$."):
            root: Any = {"Execution": {"Name": self.name}} | self.context
            path = path[1:]
        else:
            root = self.data if within is None else within
        for name in re.findall(r"[^.$]+", path):
            if not isinstance(root, Mapping) or name not in root:
                raise FailureError("States.Runtime")
            root = root[name]
        return root


def lambda_of(placeholder: str) -> str:
    """Return 'apply' for '${ApplyFunction}'."""
    found = re.fullmatch(r"\$\{(\w+)Function\}", placeholder)
    if found is None:
        raise ValueError(placeholder)
    return found[1].lower()


def _matches(wanted: list[str], name: str) -> bool:
    if name in wanted or "States.ALL" in wanted:
        return True
    return "States.TaskFailed" in wanted and name not in ("States.Timeout", "States.Runtime")
