"""Which state machines call a function? Every definition as it stands, read whole.

A machine calls with a role of its own, so no resource policy shows it. Published versions of a
machine are not read.
"""

import json
from collections.abc import Iterator
from typing import Any

from trimtab.aws.errors import reading
from trimtab.aws.sessions import Clients
from trimtab.aws.trigger_pages import Hurry, function_named, pages, pointers_in
from trimtab.domain.arn import Target
from trimtab.domain.errors import NotFoundError, OutsideError
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports import Hidden, Pointer, Seen

PER_PAGE = 1000
"""Source: Step Functions API, ListStateMachines, maxResults at most 1000 (botocore 1.44.5)."""

INVOKES = (":::lambda:invoke", ":::aws-sdk:lambda:invoke")
"""In the resource of a task that calls the API of Lambda.

Source: "Invoke an AWS Lambda function with Step Functions", AWS Step Functions Developer Guide;
written from memory.
"""
COMPUTED = "{%"
"""How a value of JSONata begins."""


def read_machines(clients: Clients, target: Target, hurry: Hurry) -> Seen:
    """Read every machine: a call each. One that fails hides what it calls."""
    client = clients.client("stepfunctions")
    what = f"states:ListStateMachines in {target}"
    pointers: list[Pointer] = []
    hidden: list[Hidden] = []
    for page in pages(client.list_state_machines, what, more="nextToken", maxResults=PER_PAGE):
        for raw in page["stateMachines"]:
            hurry()
            seen = _machine(client, raw["stateMachineArn"], target)
            pointers += seen.pointers
            hidden += seen.hidden
    return Seen(pointers=tuple(pointers), hidden=tuple(hidden))


def _machine(client: Any, arn: str, target: Target) -> Seen:
    name = arn.rpartition(":")[2]
    source = f"{TriggerKind.STATE_MACHINE} {name}"
    try:
        with reading(f"states:DescribeStateMachine {arn}"):
            raw = client.describe_state_machine(stateMachineArn=arn)
    except NotFoundError:
        return Seen()
    except OutsideError as error:
        return Seen(hidden=(Hidden(source=source, error=str(error)),))
    is_on = raw.get("status") != "DELETING"
    why = "its definition names it" if is_on else "the machine is being deleted"
    definition, role = str(raw["definition"]), raw.get("roleArn")
    kind = TriggerKind.STATE_MACHINE
    found = dict.fromkeys(pointers_in(definition, kind, name, why, is_on=is_on))
    unclear = False
    for text in _named(definition):
        named = None if text is None else function_named(text, target, arn.split(":")[1])
        if named is None:
            unclear = True
        else:
            function, qualifier = named
            pointer = Pointer(
                kind=kind, name=name, function=function, qualifier=qualifier, is_on=is_on, why=why
            )
            found[pointer] = None
    said = f"states:DescribeStateMachine {arn}: its input decides which function it calls"
    hidden = (Hidden(source=source, error=said, role=role),) if unclear and is_on else ()
    return Seen(pointers=tuple(found), hidden=hidden)


def _named(definition: str) -> Iterator[str | None]:
    """Yield the function of each task that calls one; None: it is decided when it runs."""
    try:
        read = json.loads(definition)
    except ValueError:
        yield None
        return
    for task in _tasks(read):
        asked = task.get("Parameters") or task.get("Arguments") or {}
        name = asked.get("FunctionName") if isinstance(asked, dict) else None
        is_plain = isinstance(name, str) and not name.lstrip().startswith(COMPUTED)
        yield name if is_plain else None


def _tasks(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every task of Lambda's API, however deep in branches and maps."""
    if isinstance(part, dict):
        resource = part.get("Resource")
        if isinstance(resource, str) and any(text in resource for text in INVOKES):
            yield part
        for inner in part.values():
            yield from _tasks(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _tasks(inner)
