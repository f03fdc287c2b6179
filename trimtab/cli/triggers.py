"""`trimtab triggers`: what may call a function, and what of that could not be read?"""

from pathlib import Path
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import UNREAD, print_json, say
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import InputError
from trimtab.domain.wire import to_wire
from trimtab.flows.triggers import Traced, trace
from trimtab.flows.where import check_role
from trimtab.report import trigger_words
from trimtab.report.render import render

PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""By how the name of a region begins. Source: "Amazon Resource Names (ARNs)", AWS Account
Management Reference Guide; written from memory."""


def triggers(
    function: Annotated[
        str, typer.Argument(help="The ARN of a function; with --region its name does.")
    ],
    *,
    region: Annotated[str | None, typer.Option(help="The region, where a name is given.")] = None,
    account: Annotated[
        str | None, typer.Option(help="Its account; without it that of the credentials.")
    ] = None,
    role: Annotated[str | None, typer.Option(help="The role to assume: a name, or an ARN.")] = None,
    external_id: Annotated[str | None, typer.Option(help="What that role asks for.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the graph as a page: FILE.html.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read what points to a function now, and draw it: live, dormant or unknown, with the next
    time a schedule calls.

    Exit code 0: everything was read; 2: something could not be read, which is named with its call;
    3: the command line cannot be used. docs/triggers.md says what is read and what stays unseen.
    """
    check_role(role, "--role")
    arn, out = _meant(function, region, account)
    roles = {} if role is None else {arn.account: role}
    fleet = out.fleet(roles, {} if external_id is None else {arn.account: external_id})
    found = trace(arn, fleet)
    if html is not None:
        _write(html, _page(found))
    if as_json:
        print_json(to_wire(found) | {"is_whole": found.is_whole})
    else:
        _print(found)
        if html is not None:
            say(f"page: {html}")
    if not found.is_whole:
        raise typer.Exit(UNREAD)


def _meant(
    text: str, region: str | None, account: str | None
) -> tuple[FunctionArn, wiring.Lookout]:
    """Return the function that is meant, and the way in.

    Raises: InputError for what cannot be a function, and for a name without a region.
    """
    if text.startswith("arn:"):
        if region is not None or account is not None:
            raise InputError("--region and --account: the ARN says both, give one or the other")
        arn = FunctionArn.parse(text)
        return arn, wiring.lookout(arn.region)
    if region is None:
        raise InputError(f"{text!r} is no ARN: give --region with the name of a function")
    out = wiring.lookout(region)
    partition = next((p for begin, p in PARTITIONS.items() if region.startswith(begin)), "aws")
    owner = account or out.home()
    return FunctionArn.parse(f"arn:{partition}:lambda:{region}:{owner}:function:{text}"), out


def _print(found: Traced) -> None:
    say(str(found.function))
    say(f"{trigger_words.verdict(found.has_live)}, read {_when(found)}")
    if found.is_edge is not False:
        is_known = "it may run at the edge (Lambda@Edge)"
        say(is_known if found.is_edge else "whether it runs at the edge is unknown")
    say()
    for line in trigger_words.tree(found.triggers, found.blinds):
        say(line)


def _when(found: Traced) -> str:
    return f"{found.as_of:%Y-%m-%d %H:%M:%S} UTC"


def _page(found: Traced) -> str:
    return render(
        "triggers.html.j2",
        function=found.function,
        as_of=_when(found),
        verdict=trigger_words.verdict(found.has_live),
        drawing=trigger_words.drawing(found.function.name, found.triggers, found.blinds),
        lines=[trigger_words.line(one) for one in found.triggers],
        blinds=found.blinds,
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--html {path}: {error.strerror}") from error
