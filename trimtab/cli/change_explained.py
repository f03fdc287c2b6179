"""How is one topic of a function explained on the command line? Asked, told and ended alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from trimtab import wiring
from trimtab.cli.console import FOUND, UNREAD, say
from trimtab.cli.scan_places import bench_of
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import InputError
from trimtab.domain.finding import Assessment, Recommendation
from trimtab.domain.wire import to_wire
from trimtab.flows.change_answer import ChangeAnswer, Found, Topic, answer_now, answer_of_run
from trimtab.policy.model import Policy
from trimtab.report import words
from trimtab.report.figures import all_figures, figures

SVG, HTML = ".svg", ".html"


def check_picture(picture: Path | None) -> None:
    """Raises: InputError for a picture of another kind, before anything is read."""
    if picture is not None and picture.suffix.lower() not in (SVG, HTML):
        raise InputError(f"--picture {picture}: name it FILE.svg, or FILE.html for a browser")


def ask(
    function: str,
    topic: Topic,
    *,
    stack: str | None,
    role: str | None,
    external_id: str | None,
    policies: Path,
) -> ChangeAnswer:
    """Ask the last run of a hub, or without a stack read the function now."""
    if stack is None:
        if not function.startswith("arn:"):
            raise InputError(
                f"{function!r} is a name: give the ARN to read it now, or --stack for the last run"
            )
        arn = FunctionArn.parse(function)
        bundle = wiring.load_policies(policies)
        bench = bench_of(arn.account, role, external_id, bundle, region=arn.region)
        return answer_now(arn, bench, topic)
    if role is not None or external_id is not None:
        raise InputError("--role and --external-id go without --stack: a run is read from the hub")
    text = str(FunctionArn.parse(function)) if function.startswith("arn:") else function
    return answer_of_run(text, wiring.hub_of(stack).store, _at_hand(policies), topic)


def _at_hand(policies: Path) -> tuple[Policy, ...]:
    """Return the policies at hand; without any the policies of a run stay unknown."""
    return wiring.load_policies(policies).policies if policies.is_dir() else ()


def write(picture: Path, text: str) -> None:
    """Raises: InputError where the file cannot be written."""
    try:
        picture.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--picture {picture}: {error.strerror}") from error


def reasons(one: Found) -> tuple[str, ...]:
    """Return the advisor's own words."""
    advice = one.finding.advice
    if isinstance(advice, Recommendation):
        return tuple(words.inert(figures(reason)) for reason in advice.reasons)
    return () if advice is None else (words.inert(figures(advice.reason)),)


def tell(told: ChangeAnswer, each: Callable[[Found], None], *, nothing: str, unknown: str) -> None:
    """Print an answer. `nothing` is said where no policy asks for a change, `unknown` where that
    is not known.
    """
    say(f"{told.function}")
    say(f"{told.origin}")
    for gap in told.gaps:
        say(f"gap: {gap.what}: {words.inert(gap.error)}")
    for one in told.found:
        say()
        say(f"policy {one.finding.policy_id}: {words.inert(one.finding.title)}")
        if one.became:
            say(words.inert(one.became))
        each(one)
    for unfound in told.unfound:
        say()
        word = unfound.assessment.value.replace("_", " ")
        say(f"policy {unfound.policy_id}: {word}: {words.inert(all_figures(unfound.because))}")
    if not told.found:
        say()
        say(_next(told, nothing=nothing, unknown=unknown))


def _next(told: ChangeAnswer, *, nothing: str, unknown: str) -> str:
    """Say what to do where there is no finding."""
    if _is_unknown(told):
        return f"{unknown}: mend what could not be read, then ask again"
    policy = told.unfound[0].policy_id if told.unfound else "POLICY"
    return f"{nothing}; condition by condition: trimtab explain {told.function} {policy}"


def _is_unknown(told: ChangeAnswer) -> bool:
    said = {u.assessment for u in told.unfound}
    return bool(told.gaps) or Assessment.INSUFFICIENT_DATA in said


def as_json(told: ChangeAnswer, more: Callable[[Found], dict[str, Any]]) -> dict[str, Any]:
    """Return an answer for programs; `more` is what a topic adds to each finding."""
    return {
        "function": str(told.function),
        "origin": told.origin,
        "findings": [
            {
                "policy": one.finding.policy_id,
                "became": one.became,
                "advice": to_wire(one.finding.advice),
                **more(one),
            }
            for one in told.found
        ],
        "policies_without_finding": [to_wire(one) for one in told.unfound],
        "gaps": [to_wire(gap) for gap in told.gaps],
    }


def end(told: ChangeAnswer) -> None:
    """End with the exit code of an answer."""
    if _is_unknown(told):
        raise typer.Exit(UNREAD)
    if told.found:
        raise typer.Exit(FOUND)
