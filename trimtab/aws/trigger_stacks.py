"""Which stacks need a function for a custom resource, a macro or a hook? Every template.

CloudFormation calls such a function only when a stack changes or goes, which may be years apart;
without it the stack can then be neither changed nor deleted.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, message_of, reading
from trimtab.aws.sessions import Clients
from trimtab.aws.template_text import template_in
from trimtab.aws.trigger_pages import Hurry, function_named, pages
from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError, OutsideError, PermanentError
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports import Hidden, Pointer, Seen

MOST_STACKS = 2_000
"""A call each; chosen, as many as an account may have by default in a region.

Source: "Understand CloudFormation quotas", AWS CloudFormation User Guide; written from memory.
"""

WITHOUT_RESOURCES = frozenset({"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"})
TOKENS = {
    "AWS::CloudFormation::Macro": "FunctionName",
    "AWS::CloudFormation::LambdaHook": "LambdaFunction",
}
"""Which property names a function, besides the ServiceToken of custom resources.

Source: the schemas of these types in cfn-lint 1.58.
"""
HOLE = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack, with what its template may refer to."""

    id: str
    name: str
    parameters: Mapping[str, str]


class StackReader:
    """Reads the templates of one target."""

    def __init__(self, clients: Clients, target: Target, hurry: Hurry) -> None:
        self._hurry = hurry
        self._client = clients.client("cloudformation")
        self._target = target
        self._exports: Mapping[str, str] | None = None
        self._resources: dict[tuple[str, str], str | None] = {}

    def read(self) -> Seen:
        """Read every stack; one that fails hides what it needs."""
        pointers: dict[Pointer, None] = {}
        hidden: list[Hidden] = []
        for number, stack in enumerate(self._stacks(), start=1):
            self._hurry()
            if number > MOST_STACKS:
                raise PermanentError(
                    f"cloudformation:GetTemplate in {self._target}: more than {MOST_STACKS} "
                    "stacks, and the template of each is a call; they are not read"
                )
            try:
                found = list(self._needed(stack))
            except OutsideError as error:
                source = f"{TriggerKind.STACK} {stack.name}"
                hidden.append(Hidden(source=source, error=str(error)))
                continue
            pointers |= dict.fromkeys(one for one in found if isinstance(one, Pointer))
            hidden += [one for one in found if isinstance(one, Hidden)]
        return Seen(pointers=tuple(pointers), hidden=tuple(dict.fromkeys(hidden)))

    def _stacks(self) -> Iterator[Stack]:
        what = f"cloudformation:DescribeStacks in {self._target}"
        for page in pages(self._client.describe_stacks, what):
            for raw in page["Stacks"]:
                if raw.get("StackStatus") not in WITHOUT_RESOURCES:
                    yield Stack(
                        id=raw.get("StackId") or raw["StackName"],
                        name=raw["StackName"],
                        parameters={
                            one["ParameterKey"]: one.get("ResolvedValue")
                            or one.get("ParameterValue", "")
                            for one in raw.get("Parameters") or ()
                        },
                    )

    def _needed(self, stack: Stack) -> Iterator[Pointer | Hidden]:
        what = f"cloudformation:GetTemplate {stack.name} in {self._target}"
        with reading(what):
            answer = self._client.get_template(StackName=stack.id, TemplateStage="Processed")
        try:
            tokens = list(_tokens(template_in(answer["TemplateBody"])))
        except InputError as error:
            raise PermanentError(f"{what}: {error}") from error
        for logical, token, may_be_absent in tokens:
            text = self._resolved(token, stack)
            if text is None and may_be_absent and self._physical(logical, stack) is None:
                continue
            if text is None:
                said = f"{what}: {logical} does not tell which function it needs"
                yield Hidden(source=f"{TriggerKind.STACK} {stack.name}", error=said)
                continue
            partition = _parts(stack)[0] or "aws"
            named = None if ":sns:" in text else function_named(text, self._target, partition)
            if named is not None:
                yield Pointer(
                    kind=TriggerKind.STACK,
                    name=stack.name,
                    function=named[0],
                    qualifier=named[1],
                    why=f"{logical} needs it when the stack changes or goes",
                )

    def _physical(self, logical: str, stack: Stack) -> str | None:
        """Return what a resource of the stack is; None: there is none of this name."""
        key = (stack.id, logical)
        if key not in self._resources:
            self._resources[key] = self._asked(logical, stack)
        return self._resources[key]

    def _asked(self, logical: str, stack: Stack) -> str | None:
        with reading(f"cloudformation:DescribeStackResources {stack.name} in {self._target}"):
            try:
                answer = self._client.describe_stack_resources(
                    StackName=stack.id, LogicalResourceId=logical
                )
            except ClientError as error:
                if code_of(error) == "ValidationError" and "does not exist" in message_of(error):
                    return None
                raise
        found = (raw.get("PhysicalResourceId") for raw in answer["StackResources"])
        return next((str(one) for one in found if one), None)

    def _resolved(self, token: Any, stack: Stack) -> str | None:
        """Return the text that a token stands for; None: it cannot be told."""
        if isinstance(token, str):
            return token or None
        if not isinstance(token, Mapping) or len(token) != 1:
            return None
        ((how, what),) = token.items()
        match how:
            case "Ref":
                return self._named(str(what), stack)
            case "Fn::GetAtt":
                return self._named(
                    what if isinstance(what, str) else ".".join(map(str, what)), stack
                )
            case "Fn::ImportValue":
                name = self._resolved(what, stack)
                return None if name is None else self._all_exports().get(name)
            case "Fn::Sub" if isinstance(what, str):
                return self._filled(what, stack)
            case "Fn::Join":
                parts = [self._resolved(one, stack) for one in what[1]]
                return None if None in parts else str(what[0]).join(p for p in parts if p)
        return None

    def _filled(self, text: str, stack: Stack) -> str | None:
        values = {name: self._named(name, stack) for name in HOLE.findall(text)}
        if None in values.values():
            return None
        return HOLE.sub(lambda match: values[match[1]] or "", text)

    def _named(self, name: str, stack: Stack) -> str | None:
        """Return the value of a parameter, a pseudo parameter, or a resource of the stack."""
        partition, region, account = _parts(stack)
        found = {
            "AWS::Partition": partition or "aws",
            "AWS::Region": region or self._target.region,
            "AWS::AccountId": account or self._target.account,
            "AWS::StackName": stack.name,
            "AWS::StackId": stack.id,
            **stack.parameters,
        }
        if name in found:
            return found[name] or None
        return self._physical(name.removesuffix(".Arn"), stack)

    def _all_exports(self) -> Mapping[str, str]:
        if self._exports is None:
            what = f"cloudformation:ListExports in {self._target}"
            listed = pages(self._client.list_exports, what)
            self._exports = {raw["Name"]: raw["Value"] for p in listed for raw in p["Exports"]}
        return self._exports


def _parts(stack: Stack) -> tuple[str, str, str]:
    """Return partition, region and account of a stack, as its id has them."""
    partition, _, region, account = [*stack.id.split(":"), "", "", "", ""][1:5]
    return partition, region, account


def _tokens(template: Mapping[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    """Yield what names a function: the resource, the token, and whether it may be left out."""
    for logical, raw in (template.get("Resources") or {}).items():
        properties = raw.get("Properties") if isinstance(raw, Mapping) else None
        if not isinstance(properties, Mapping):
            continue
        named = (TOKENS.get(str(raw.get("Type"))), "ServiceToken")
        for key in (one for one in named if one in properties):
            yield str(logical), properties[key], "Condition" in raw
