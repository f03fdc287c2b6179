"""`trimtab plan`: what would a run propose today? Read-only, with plain credentials."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab import wiring
from trimtab.cli import scan_options as options
from trimtab.cli.console import FOUND, UNREAD, print_json, print_table, say
from trimtab.cli.scan import AT_ONCE
from trimtab.cli.scan_places import Given, prices_for, survey
from trimtab.cli.scan_table import say_gaps
from trimtab.domain.finding import Assessment
from trimtab.domain.plan import Disposition, PlannedFinding
from trimtab.domain.wire import to_wire
from trimtab.flows.preview import Preview, preview
from trimtab.flows.sweep import Bench
from trimtab.report import words

ORDER = (
    Disposition.PLANNED,
    Disposition.TICKETED,
    Disposition.HELD_BACK,
    Disposition.ALREADY_OPEN,
    Disposition.COOLING_DOWN,
    Disposition.SUPPRESSED,
    Disposition.OBSERVED,
)
"""What somebody has to do something about comes first."""
UNJUDGED = ("function not judged by every policy", "functions not judged by every policy")


def plan(  # noqa: PLR0913 - one option each
    *,
    accounts: options.Accounts = None,
    organization: options.Organization = False,
    role: options.Role = None,
    external_id: options.ExternalId = None,
    regions: options.Regions = None,
    policies: options.Policies = Path("policies"),
    at_once: options.AtOnce = AT_ONCE,
    show_all: Annotated[
        bool, typer.Option("--all", help="A row for each observed finding too, not their sums.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what a run would propose now: which changes, which tickets, and what it holds back.

    Takes the ceilings, limits and guardrails of the bundle. Nothing is stored, sent or changed, and
    nothing is known of earlier runs. Where a change could follow more is read than by scan: who
    owns a function, and its state.

    Exit code 0: nothing would be proposed or ticketed; 1: something would; 2: something could not
    be read or judged, whatever was found; 3: the command line or a file cannot be used.
    """
    bundle = wiring.load_policies(policies)
    given = Given(
        accounts=accounts,
        organization=organization,
        role=role,
        external_id=external_id,
        regions=tuple(regions or ()),
    )
    found = survey(given, bundle)
    bench = Bench(
        fleet=found.out.fleet(found.roles, found.external_ids),
        bundle=bundle,
        clock=found.out.clock,
        prices=prices_for(bundle, found.out),
    )
    made = preview(
        found.places,
        found.gaps,
        bench,
        in_turn=lambda work, places: wiring.at_once(work, places, threads=at_once),
    )
    if as_json:
        print_json(_as_json(made))
    else:
        _print(made, show_all=show_all)
    if made.plan.gaps or made.unjudged or not found.places:
        raise typer.Exit(UNREAD)
    if made.plan.remediations or made.plan.of(Disposition.TICKETED):
        raise typer.Exit(FOUND)


def _print(made: Preview, *, show_all: bool) -> None:
    items = made.plan.items
    say_gaps(made.plan.gaps, note="no change where there is one")
    if made.unjudged:
        say_gaps(made.unjudged, called=UNJUDGED, note="no change hangs on it")
    say()
    counts = Counter(item.disposition for item in items)
    by_word = " + ".join(f"{counts[d]:,} {d.value.replace('_', ' ')}" for d in ORDER)
    told = made.verdicts
    say(
        f"{words.count(made.functions, 'function')}, "
        f"{words.count(sum(told.values()), 'verdict')} = "
        f"{told[Assessment.COMPLIANT]:,} compliant + "
        f"{told[Assessment.NOT_APPLICABLE]:,} not applicable + "
        f"{told[Assessment.INSUFFICIENT_DATA]:,} insufficient data + "
        f"{words.count(told[Assessment.NON_COMPLIANT], 'finding')}"
    )
    say(f"{words.count(len(items), 'finding')} = {by_word}")
    changes = made.plan.remediations
    if changes:
        saving = words.total_saving(tuple(c.recommendation.saving for c in changes))
        say(f"{words.count(len(changes), 'change')} would save {words.saving(saving)}")
    if made.below_ceiling:
        many = words.count(len(made.below_ceiling), "finding has", "findings have")
        possible = words.saving(words.total_saving(made.below_ceiling))
        say(f"{many} a change that only the ceiling holds back: {possible}, an estimate;")
        say("  owner, state and aliases are read once fleet.yaml allows approve there")
    rows = [one for one in items if show_all or one.disposition is not Disposition.OBSERVED]
    if rows:
        say()
        headings = ("disposition", "policy", "account", "region", "function", "change", "reason")
        print_table(headings, [_row(item) for item in _in_order(rows)])
    if not show_all:
        _print_observed(made.plan.of(Disposition.OBSERVED))


def _print_observed(items: Sequence[PlannedFinding]) -> None:
    """Print the findings from which nothing follows as sums: a row for each policy and reason."""
    found = Counter((i.finding.severity, i.finding.policy_id, i.reason) for i in items)
    if not found:
        return
    say()
    say(f"observed: {words.count(len(items), 'finding')}; --all has a row for each")
    rows = sorted(found.items(), key=lambda row: (-row[0][0].rank, row[0][1], -row[1]))
    print_table(
        ("severity", "policy", "findings", "reason"),
        [(grave.value, name, f"{n:,}", words.inert(why)) for (grave, name, why), n in rows],
    )


def _in_order(items: Sequence[PlannedFinding]) -> list[PlannedFinding]:
    return sorted(items, key=lambda item: ORDER.index(item.disposition))


def _row(item: PlannedFinding) -> tuple[str, ...]:
    function = item.finding.function
    return (
        item.disposition.value.replace("_", " "),
        item.finding.policy_id,
        function.account,
        function.region,
        function.name,
        _change(item),
        words.inert(item.reason),
    )


def _change(item: PlannedFinding) -> str:
    if item.remediation is None:
        return ""
    change = item.remediation
    saving = words.saving(change.recommendation.saving)
    if change.provisioned is not None:
        whose = words.qualified(change.provisioned.qualifier)
        return f"{whose}: {words.was(change)} to {words.level(change.after)}, saves {saving}"
    before, after = change.before.configuration.memory_mb, change.after["memory_mb"]
    return f"{before} to {after} MB, saves {saving}"


def _as_json(made: Preview) -> dict[str, Any]:
    return {
        "gaps": [to_wire(gap) for gap in made.plan.gaps],
        "functions": made.functions,
        "verdicts": {one.value: made.verdicts[one] for one in Assessment},
        "unjudged": [to_wire(gap) for gap in made.unjudged],
        "held_by_ceiling": {
            "findings": len(made.below_ceiling),
            "saving": to_wire(words.total_saving(made.below_ceiling)),
        },
        "findings": [
            {
                "function": str(item.finding.function),
                "policy": item.finding.policy_id,
                "severity": item.finding.severity.value,
                "disposition": item.disposition.value,
                "reason": item.reason,
                "approvers": list(item.finding.approvers),
                "change": None
                if item.remediation is None
                else {
                    "kind": item.remediation.kind.value,
                    "after": dict(item.remediation.after),
                    "undo": dict(item.remediation.undo),
                    "saving": to_wire(item.remediation.recommendation.saving),
                    "risks": list(item.remediation.risks),
                },
            }
            for item in _in_order(made.plan.items)
        ],
    }
