"""What did AWS really answer? The raw body beside the parsed one: botocore drops unknown members.

A kind of function that this botocore has never heard of shows only in the raw answer (S11).
"""

import json
from collections.abc import Mapping
from typing import Any

RAW = "TrimtabRawAnswer"
"""Where the raw body stands in a parsed answer. A missing one is a bug: nothing is judged blind."""


def keep_raw_answers(client: Any) -> None:
    """Make a JSON-over-REST client (Lambda) answer its raw body too, under RAW."""
    client.meta.events.register("before-parse", _add_raw)


def raw_of(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body as it came over the wire."""
    raw: Mapping[str, Any] = answer[RAW]
    return raw


def _add_raw(
    response_dict: Mapping[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    if response_dict["status_code"] >= 300 or not response_dict["body"]:  # noqa: PLR2004 - HTTP
        return
    try:
        customized_response_dict[RAW] = json.loads(response_dict["body"])
    except ValueError:
        from botocore.parsers import ResponseParserError  # noqa: PLC0415 - loaded by now

        raise ResponseParserError("the body is no JSON") from None
