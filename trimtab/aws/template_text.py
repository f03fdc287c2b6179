"""What does the template of a stack say? YAML with the short forms of CloudFormation, or JSON."""

from collections.abc import Mapping
from typing import Any

import yaml

from trimtab.domain.errors import InputError

SHORT = {"Ref": "Ref", "Condition": "Condition"}
"""Short forms without Fn:: in their long form.

Source: "Intrinsic function reference", AWS CloudFormation User Guide; written from memory.
"""


class _Loader(yaml.SafeLoader):
    """Plain data only, and every short form as its long one."""


def _long(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {SHORT.get(suffix, f"Fn::{suffix}"): value}


_Loader.add_multi_constructor("!", _long)


def template_in(body: Any) -> Mapping[str, Any]:
    """Read a template as GetTemplate answers it: JSON is read by botocore already.

    Raises: InputError when it is no template.
    """
    if isinstance(body, str):
        try:
            body = yaml.load(body, Loader=_Loader)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise InputError("the template is no YAML that can be read") from error
    if not isinstance(body, Mapping) or not isinstance(body.get("Resources", {}), Mapping):
        raise InputError("the template names no resources")
    return body
