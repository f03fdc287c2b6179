"""Which tool do the tags of a function name as its owner? Read from names and values; no I/O."""

import re
from collections.abc import Mapping

STACK_TAG = "aws:cloudformation:stack-name"
"""Set by CloudFormation itself; tags that begin with aws: cannot be set by anyone else."""

TOOL_NAMES = ("terraform", "opentofu", "pulumi", "serverless", "cloudformation")
TOOL_WORDS = ("cdk", "sam")
"""Too short to be looked for inside other words, such as 'sample'."""

_WORD = re.compile(r"[a-z]+")


def tool_in_tags(tags: Mapping[str, str]) -> str | None:
    """Return the tool that the tags name as the owner; None: they name none."""
    if STACK_TAG in tags:
        return f"CloudFormation stack {tags[STACK_TAG]}"
    for key, value in sorted(tags.items()):
        text = f"{key} {value}".lower()
        named = [tool for tool in TOOL_NAMES if tool in text]
        named += [tool for tool in TOOL_WORDS if tool in _WORD.findall(text)]
        if named:
            return f"{named[0]} (tag {key})"
    return None
