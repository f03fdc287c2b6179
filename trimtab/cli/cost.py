"""`trimtab cost`: what does Trimtab itself cost a month, forecast or from the runs on record?"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab import wiring
from trimtab.cli.console import BAD_USAGE, UNREAD, complain, print_json, print_table, say
from trimtab.domain.fleet import Account
from trimtab.domain.ledger import change_chain, run_chain
from trimtab.domain.price import Prices
from trimtab.domain.price_table import SHIPPED
from trimtab.domain.wire import to_wire
from trimtab.flows.call_counts import policy_needs
from trimtab.flows.cost import Line, Use, forecast, hub_prices, total, use_of_runs
from trimtab.flows.prices import prices_of_run
from trimtab.pipeline.signals.needs import Needs
from trimtab.report import words

DAYS = 30
PRICES = (
    "list prices of us-east-1, read 2026-11-21 (Lambda: {}), without free tiers; "
    "the high end is 20 % dearer"
)
ANYBODY = Account(id="000000000000", name="any", organizational_units=())


def cost(  # noqa: PLR0913 - one option each
    *,
    accounts: Annotated[int | None, typer.Option(min=1, help="Accounts to scan.")] = None,
    regions: Annotated[int, typer.Option(min=1, help="Regions in each.")] = 1,
    functions: Annotated[int | None, typer.Option(min=0, help="Functions in all.")] = None,
    changes: Annotated[float, typer.Option(min=0, help="Changes applied in a month.")] = 0,
    log_gb: Annotated[
        float | None, typer.Option(min=0, help="GB that one function logs in a day, on average.")
    ] = None,
    policies: Annotated[
        Path, typer.Option(help="The bundle: what it asks for is what is read.")
    ] = Path("policies"),
    days: Annotated[int, typer.Option(min=1, help="From the runs of the last days.")] = DAYS,
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Estimate a month: a forecast with --accounts and --functions, else from the runs on record.

    The forecast needs no AWS account. Neither is a bill: both are calls counted and priced.
    """
    if (accounts is None) != (functions is None):
        complain("say both --accounts and --functions for a forecast, or neither")
        raise typer.Exit(BAD_USAGE)
    needs = policy_needs(Needs(policies=wiring.load_policies(policies).policies, account=ANYBODY))
    if accounts is not None and functions is not None:
        basis, prices = "forecast", SHIPPED
        use = Use(
            accounts=accounts,
            regions=regions,
            functions=functions,
            changes=changes,
            log_gb_day=log_gb,
        )
    else:
        use, days, prices = _from_record(stack, days)
        basis = f"runs on record of {words.count(days, 'day')}, taken for a month"
    lines = forecast(use, needs, prices)
    told = PRICES.format(hub_prices(prices)[1].source)
    if as_json:
        print_json(_as_json(use, lines, basis, told))
    else:
        _print(use, lines, basis, told)


def _from_record(stack: str, days: int) -> tuple[Use, int, Prices]:
    """Return the use, of how many days (a young hub has not run for all of them), and the prices
    of the last run.
    """
    hub = wiring.hub_of(stack)
    since = hub.clock.now() - timedelta(days=days)
    runs, applied, began, last = [], 0, hub.clock.now(), (since, "")
    for chain in hub.ledger.chains():
        entries = [entry for entry in hub.ledger.entries(chain) if entry.at >= since]
        if chain.startswith(run_chain("")):
            planned = [e for e in entries if e.event == "planned"]
            runs += [e.data["counts"] for e in planned]
            began = min([began, *(e.at for e in planned)])
            run_id = chain.removeprefix(run_chain(""))
            last = max([last, *((e.at, run_id) for e in planned)])
        elif chain.startswith(change_chain("")):
            applied += sum(e.event == "applied" for e in entries)
    if not runs:
        complain(f"no run ended in the last {days} days: say --accounts and --functions")
        raise typer.Exit(UNREAD)
    days = min(days, (hub.clock.now() - began).days + 1)
    prices = prices_of_run(last[1], hub.store)
    return use_of_runs(runs, changes=applied, days=days), days, prices


def _print(use: Use, lines: tuple[Line, ...], basis: str, prices: str) -> None:
    say(
        f"{basis}: {use.accounts} accounts, {use.regions} regions, {use.functions} functions, "
        f"{use.changes:.0f} changes and {use.scans:.0f} scans a month"
    )
    say()
    print_table(
        ("service", "what", "from", "to", "unit", "USD from", "USD to"),
        [
            (
                line.service,
                line.what,
                _amount(line.low),
                _amount(line.high),
                line.unit,
                f"{line.usd_low:.2f}",
                f"{line.usd_high:.2f}",
            )
            for line in lines
        ],
    )
    low, high = total(lines)
    say()
    say(f"USD {low:.2f} to {high:.2f} a month; {prices}")


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2f}"  # noqa: PLR2004


def _as_json(use: Use, lines: tuple[Line, ...], basis: str, prices: str) -> dict[str, Any]:
    low, high = total(lines)
    return {
        "basis": basis,
        "prices": prices,
        "use": to_wire(use),
        "lines": [to_wire(line) for line in lines],
        "usd_low": low,
        "usd_high": high,
    }
