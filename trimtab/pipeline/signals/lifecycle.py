"""How long will AWS keep up the runtime of a function? Its name, looked up in a table of dates."""

from datetime import date, datetime

from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.policy.runtimes import RuntimeTable, days_until

LISTING = "ListFunctions"
FAMILIES = ("dotnet", "go", "java", "nodejs", "provided", "python", "ruby")
DATED = (
    "runtime.is_deprecated",
    "runtime.days_to_deprecation",
    "runtime.days_to_block_create",
    "runtime.days_to_block_update",
)


def lifecycle_signals(
    runtime: str | None, *, at: datetime, table: RuntimeTable
) -> dict[str, Evidence]:
    """Return the signals of a runtime. `runtime` None: a container image, which names none."""
    if runtime is None:
        return dict.fromkeys(("runtime.family", *DATED), Known(value=None, source=LISTING))
    family = next((family for family in FAMILIES if runtime.startswith(family)), None)
    of_family: Evidence = (
        Unknown(reason=f"{runtime} is of no family that Trimtab knows")
        if family is None
        else Known(value=family, source=LISTING)
    )
    return {"runtime.family": of_family} | _dated(runtime, at, table)


def _dated(runtime: str, at: datetime, table: RuntimeTable) -> dict[str, Evidence]:
    found = table.rows.get(runtime)
    if found is None:
        lost = Unknown(reason=f"{runtime} is not in the table of runtimes ({table.source})")
        return dict.fromkeys(DATED, lost)
    source = found.source
    return {
        "runtime.is_deprecated": Known(
            value=days_until(found.deprecated_on, at) <= 0, source=source
        ),
        "runtime.days_to_deprecation": _days(found.deprecated_on, at, source),
        "runtime.days_to_block_create": _days(found.create_blocked_on, at, source),
        "runtime.days_to_block_update": _days(found.update_blocked_on, at, source),
    }


def _days(day: date | None, at: datetime, source: str) -> Evidence:
    if day is None:
        return Unknown(reason=f"no such day is in the table of runtimes ({source})")
    return Known(value=days_until(day, at), source=source)
