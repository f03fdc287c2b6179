"""Which function, in which account and region? Identity is the full ARN: names collide (S18)."""

import re
from dataclasses import dataclass

from trimtab.domain.errors import InputError

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":function:(?P<name>[A-Za-z0-9_-]{1,140})(:(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """One account and region."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account}/{self.region}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FunctionArn:
    """An unqualified function ARN."""

    partition: str
    region: str
    account: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "FunctionArn":
        """Read an ARN, dropping a qualifier.

        Raises: InputError when it is not the ARN of a function.
        """
        match = _ARN.fullmatch(text)
        if match is None:
            raise InputError(f"{text!r} is not the ARN of a Lambda function")
        return cls(
            partition=match["partition"],
            region=match["region"],
            account=match["account"],
            name=match["name"],
        )

    @property
    def target(self) -> Target:
        return Target(account=self.account, region=self.region)

    def __str__(self) -> str:
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.name}"


LATEST = "$LATEST"


def with_qualifier(text: str) -> tuple[FunctionArn, str | None] | None:
    """Read an ARN and the version or alias it names; None: it is something else.

    Without a qualifier, and with that of the unpublished code, the qualifier is None.
    """
    match = _ARN.fullmatch(text)
    if match is None:
        return None
    named = match["qualifier"]
    return FunctionArn.parse(text), None if named in (None, LATEST) else named
