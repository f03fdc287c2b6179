"""`trimtab run`: what did a run read, and what became of each finding? Gaps come first."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer

from trimtab import wiring
from trimtab.cli import run_life
from trimtab.cli.audit_options import Names, Stack, namer
from trimtab.cli.caveats import say_caveats
from trimtab.cli.console import FOUND, UNREAD, complain, print_json, print_table, say
from trimtab.domain.caveat import Caveat
from trimtab.domain.errors import NotFoundError
from trimtab.domain.finding import Guidance
from trimtab.domain.ledger import Entry, run_chain
from trimtab.domain.plan import Disposition, Plan, PlannedFinding
from trimtab.domain.run import RunCounts
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.report import words
from trimtab.wiring import Hub

app = typer.Typer(help="Read what runs found.", no_args_is_help=True)

LATEST = "latest"
SHOWN = 20


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="A run id, or the word latest.")] = LATEST,
    *,
    stack: Stack = wiring.HUB_STACK,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    names: Names = False,
) -> None:
    """Show a run: its gaps, its counts, and each finding with what became of it.

    Exit code 0: nothing found; 1: findings; 2: something could not be read, or Security Hub did
    not take it, whatever was found.
    """
    hub = wiring.hub_of(stack)
    run_id, plan, counts = _read(run, hub)
    guidance, caveats = _guidance(run_id, hub), _caveats(run_id, hub)
    life, delivered = run_life.read_life(run_id, hub), run_life.read_deliveries(run_id, hub)
    if as_json:
        told = {
            "life": run_life.life_as_plain(life),
            "security_hub": delivered,
            "caveats": [to_wire(one) for one in caveats],
        }
        print_json(_as_json(run_id, plan, counts, guidance) | told)
    else:
        named = namer(hub, *(gap.error for gap in plan.gaps), are_wanted=names)
        _print_head(run_id, plan, counts, named)
        say_caveats(caveats)
        if life is not None:
            run_life.print_life(life)
        run_life.print_deliveries(delivered)
        _print_findings(plan)
        _print_guidance(guidance)
    if counts.gaps or not run_life.is_whole(delivered):
        raise typer.Exit(UNREAD)
    if counts.findings or counts.faults():
        raise typer.Exit(FOUND)


def _read(run: str, hub: Hub) -> tuple[str, Plan, RunCounts]:
    """Read a finished run, or say why there is none to show."""
    try:
        run_id = str(hub.store.get(keys.LATEST)["run_id"]) if run == LATEST else run
    except NotFoundError as error:
        complain("no run has finished yet: start the state machine trimtab-scan with {}")
        raise typer.Exit(UNREAD) from error
    try:
        counts = from_wire(RunCounts, hub.store.get(keys.counts(run_id)))
        plan = from_wire(Plan, hub.store.get(keys.plan(run_id)))
    except NotFoundError as error:
        begun = hub.ledger.entries(run_chain(run_id))
        why = "has not finished, or failed" if begun else "is not known"
        complain(f"run {run_id!r} {why}: see trimtab run list")
        raise typer.Exit(UNREAD) from error
    return run_id, plan, counts


def _guidance(run_id: str, hub: Hub) -> dict[str, Guidance]:
    """Read what the policies of a run tell people to do; runs of earlier builds kept none."""
    with suppress(NotFoundError):
        stored = hub.store.get(keys.guidance(run_id))
        return {name: from_wire(Guidance, said) for name, said in sorted(stored.items())}
    return {}


def _caveats(run_id: str, hub: Hub) -> tuple[Caveat, ...]:
    """Read what somebody should mend; runs of earlier builds kept none."""
    with suppress(NotFoundError):
        return tuple(from_wire(Caveat, said) for said in hub.store.get(keys.caveats(run_id)))
    return ()


def _print_guidance(guidance: Mapping[str, Guidance]) -> None:
    for name, said in guidance.items():
        say()
        say(f"{name}: {words.inert(said.remedy or 'read more')}")
        for link in said.links:
            say(f"  {words.inert(link)}")


def _print_head(run_id: str, plan: Plan, counts: RunCounts, named: Callable[[str], str]) -> None:
    say(f"run {run_id}")
    say()
    say(f"{words.count(counts.gaps, 'gap')}" + (": what could not be read" * bool(plan.gaps)))
    for gap in plan.gaps:
        about = f" {gap.function}" if gap.function else ""
        error = words.inert(named(gap.error))
        say(f"  account {gap.account}, {gap.region}, {gap.what}{about}: {error}")
    say()
    for line in _sums(counts):
        say(line)
    for fault in counts.faults():
        say(f"DOES NOT ADD UP: {fault}")


def _print_findings(plan: Plan) -> None:
    if plan.items:
        say()
        headings = ("function", "account", "region", "policy", "disposition", "reason")
        print_table(headings, [_row(item) for item in _sorted(plan.items)])


def _sums(counts: RunCounts) -> tuple[str, ...]:
    """Return the counts as sums that a person can redo."""
    c = counts
    return (
        f"{words.count(c.accounts, 'account')} ({c.left_out:,} left out), "
        f"{words.count(c.targets, 'target')}",
        f"{words.count(c.functions, 'function')} read = {c.judged:,} judged",
        f"{words.count(c.verdicts, 'verdict')} = {c.compliant:,} compliant + "
        f"{c.not_applicable:,} not applicable + {c.insufficient_data:,} insufficient data + "
        f"{words.count(c.findings, 'finding')}",
        f"{words.count(c.findings, 'finding')} = {c.planned:,} planned + "
        f"{c.held_back:,} held back + {c.suppressed:,} suppressed + {c.observed:,} observed + "
        f"{c.ticketed:,} ticketed + "
        f"{c.already_open:,} already open + {c.cooling_down:,} cooling down",
    )


def _sorted(items: Sequence[PlannedFinding]) -> list[PlannedFinding]:
    order = list(Disposition)
    return sorted(items, key=lambda i: (order.index(i.disposition), str(i.finding.function)))


def _row(item: PlannedFinding) -> tuple[str, ...]:
    function = item.finding.function
    change = "" if item.remediation is None else f"; change {item.remediation.change_id}"
    return (
        function.name,
        function.account,
        function.region,
        item.finding.policy_id,
        item.disposition.value.replace("_", " "),
        f"{words.inert(item.reason)}{change}",
    )


def _as_json(
    run_id: str, plan: Plan, counts: RunCounts, guidance: Mapping[str, Guidance]
) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "gaps": [to_wire(gap) for gap in plan.gaps],
        "counts": to_wire(counts),
        "faults": list(counts.faults()),
        "guidance": {
            name: {"remedy": said.remedy, "links": list(said.links)}
            for name, said in guidance.items()
        },
        "findings": [
            {
                "function": str(item.finding.function),
                "account": item.finding.function.account,
                "region": item.finding.function.region,
                "policy": item.finding.policy_id,
                "disposition": item.disposition.value,
                "reason": item.reason,
                "change": None if item.remediation is None else item.remediation.change_id,
            }
            for item in _sorted(plan.items)
        ],
    }


@app.command("list")
def list_runs(
    *,
    last: Annotated[int, typer.Option("--last", min=1, help="How many, newest first.")] = SHOWN,
    stack: Stack = wiring.HUB_STACK,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List the runs on record, newest first; one that has not finished says so."""
    ledger = wiring.hub_of(stack).ledger
    start = run_chain("")
    chains = [chain for chain in ledger.chains() if chain.startswith(start)]
    found = [entries for chain in chains if (entries := ledger.entries(chain))]
    newest = sorted(found, key=lambda entries: entries[0].at, reverse=True)[:last]
    rows = [_run(entries) for entries in newest]
    if as_json:
        for row in rows:
            print_json(row)
        return
    headings = ("run", "began", "functions", "findings", "planned", "gaps")
    print_table(headings, [[_cell(row[heading]) for heading in headings] for row in rows])


def _cell(value: object) -> str:
    return "not finished" if value is None else str(value)


def _run(entries: Sequence[Entry]) -> dict[str, Any]:
    planned = next((entry for entry in entries if entry.event == "planned"), None)
    counts = {} if planned is None else planned.data["counts"]
    return {
        "run": entries[0].chain.removeprefix(run_chain("")),
        "began": entries[0].at.isoformat(timespec="seconds"),
        **{name: counts.get(name) for name in ("functions", "findings", "planned", "gaps")},
    }
