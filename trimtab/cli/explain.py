"""`trimtab explain`: why does a policy say what it says of one function?"""

from pathlib import Path
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import FOUND, UNREAD, print_json, say
from trimtab.cli.scan_places import bench_of
from trimtab.domain.arn import FunctionArn
from trimtab.domain.checklist import Checklist, PointState
from trimtab.domain.finding import Assessment
from trimtab.domain.wire import to_wire
from trimtab.flows.explain import Explained, Node, Scored, explain_score
from trimtab.flows.explain import explain as stage
from trimtab.report import figures, words

ANSWERS = {True: "holds", False: "does not hold", None: "unknown"}


def explain(
    function: Annotated[str, typer.Argument(help="The ARN of a function.")],
    policy: Annotated[str, typer.Argument(help="The id of a policy, or of a checklist.")],
    *,
    role: Annotated[str | None, typer.Option(help="The role to assume: a name, or an ARN.")] = None,
    external_id: Annotated[str | None, typer.Option(help="What that role asks for.")] = None,
    policies: Annotated[Path, typer.Option(help="The bundle to judge by.")] = Path("policies"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read one function now and show every condition with its value, its source and its time; of
    a checklist every point.

    Exit code 0: no finding; 1: a finding, or a point that is missing; 2: the verdict hangs on
    something unknown, or the function could not be read; 3: the command line or the bundle cannot
    be used.
    """
    arn = FunctionArn.parse(function)
    bundle = wiring.load_policies(policies)
    bench = bench_of(arn.account, role, external_id, bundle, region=arn.region)
    checklist = next((one for one in bundle.checklists if one.id == policy), None)
    if checklist is not None:
        _explain_score(checklist, explain_score(arn, checklist, bench), as_json=as_json)
        return
    found = stage(arn, policy, bench)
    if as_json:
        print_json(to_wire(found))
    else:
        _print(found)
    if found.assessment is Assessment.INSUFFICIENT_DATA or found.gaps:
        raise typer.Exit(UNREAD)
    if found.assessment is Assessment.NON_COMPLIANT and found.suppressed_by is None:
        raise typer.Exit(FOUND)


def _explain_score(checklist: Checklist, found: Scored, *, as_json: bool) -> None:
    told = found.score
    if as_json:
        print_json(to_wire(found) | {"met": told.met, "judged": told.judged})
    else:
        say(str(told.function))
        say(f"checklist {checklist.id}: {words.inert(checklist.title)}")
        say(f"{told.met} of {words.count(told.judged, 'judged point')} met")
        for gap in found.gaps:
            say(f"gap: {gap.what}: {words.inert(gap.error)}")
        say()
        for point, state in zip(checklist.points, told.states, strict=True):
            why = point.not_checked or ", ".join(point.policies)
            say(f"{state.value.replace('_', ' ')}: {words.inert(f'{point.title} ({why})')}")
    if PointState.UNKNOWN in told.states or found.gaps:
        raise typer.Exit(UNREAD)
    if PointState.MISSING in told.states:
        raise typer.Exit(FOUND)


def _print(found: Explained) -> None:
    say(str(found.function))
    say(f"policy {found.policy_id}: {words.inert(found.title)}")
    why = words.inert(figures.all_figures(found.because))
    say(f"{found.assessment.value.replace('_', ' ')}: {why}")
    if found.suppressed_by is not None:
        exemption = found.suppressed_by
        say(
            f"suppressed: exempt before {exemption.ends_at:%Y-%m-%d %H:%M} UTC by "
            f"{words.inert(exemption.who)}: {words.inert(exemption.why)}"
        )
    for gap in found.gaps:
        say(f"gap: {gap.what}: {words.inert(gap.error)}")
    say()
    _tell(found.tree, depth=0)


def _tell(node: Node, *, depth: int) -> None:
    """Print a condition, and what stands below it further in."""
    before = "  " * depth
    say(f"{before}{figures.figures(node.text)}: {ANSWERS[node.answer]}")
    if node.value is not None:
        say(f"{before}  {words.inert(figures.figures(node.value))}{_origin(node)}")
    for child in node.children:
        _tell(child, depth=depth + 1)


def _origin(node: Node) -> str:
    if node.source is None:
        return ""
    read = f"{node.as_of:%Y-%m-%d %H:%M:%S} UTC"
    span = "read" if node.since is None else f"from {node.since:%Y-%m-%d %H:%M:%S} to"
    return f" ({words.inert(node.source)}, {span} {read})"
