"""How does `trimtab scan` show what it saw? As a table, or as what another program reads."""

# ruff: noqa: PLC0415 - a scan pays for the one format it shows

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from trimtab.cli.caveats import complain_of, say_caveats
from trimtab.cli.console import complain, print_raw
from trimtab.cli.scan_places import Survey
from trimtab.cli.scan_table import print_checklists, print_scan
from trimtab.domain.checklist import (
    Checklist,
    PointState,
    Score,
    scores,
    titles,
)
from trimtab.domain.finding import Assessment
from trimtab.domain.sighting import Line, Sighting, Tally
from trimtab.domain.wire import to_wire
from trimtab.flows.caveats import all_caveats
from trimtab.policy.model import Bundle, Policy
from trimtab.report import words
from trimtab.report.scan_sums import PolicyCard, Savings, add_savings


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"
    ASFF = "asff"
    SARIF = "sarif"


def show(
    output: Output, seen: Sequence[Sighting], found: Survey, sums: Tally, bundle: Bundle
) -> None:
    """Write the results to standard output."""
    now = found.out.clock.now()
    caveats = all_caveats(seen, bundle, now=now)
    if output is Output.TABLE:
        cards = [_card(policy) for policy in bundle.policies]
        print_scan(seen, found, sums, cards)
        print_checklists(seen, bundle.checklists)
        say_caveats(caveats)
        return
    complain_of(caveats)
    names = {policy.id: policy.title for policy in bundle.policies}
    if output is Output.CSV:
        from trimtab.report.scan_sheet import scan_sheet

        print_raw(scan_sheet(seen, found.gaps))
    elif output is Output.HTML:
        from trimtab.report.scan_page import scan_page

        print_raw(
            scan_page(
                seen,
                gaps=found.gaps,
                left_out=found.left_out,
                sums=sums,
                policies=[_card(policy) for policy in bundle.policies],
                checklists=[(one, scores(one, seen)) for one in bundle.checklists],
                now=now,
            )
        )
    elif output is Output.SARIF:
        from importlib import metadata

        from trimtab.report.scan_sarif import sarif

        version = metadata.version("trimtab")
        _print_json(sarif(seen, gaps=found.gaps, titles=names, version=version))
    elif output is Output.ASFF:
        from trimtab.report.scan_asff import asff, left_out

        for gap in left_out(found.gaps):
            complain(
                f"not in ASFF, which knows no such place: {gap.what}: {words.inert(gap.error)}"
            )
        _print_json(asff(seen, titles=names, now=now))
    else:
        lists = {"checklists": [_checklist(one, scores(one, seen)) for one in bundle.checklists]}
        to_mend = {"caveats": [to_wire(one) for one in caveats]}
        _print_json(_as_json(seen, found, sums) | lists | to_mend)


def _card(policy: Policy) -> PolicyCard:
    return PolicyCard(
        id=policy.id,
        title=policy.title,
        why=policy.why,
        severity=policy.severity,
        pack=policy.pack,
        guidance=policy.guidance,
        has_change=policy.change is not None,
    )


def _print_json(value: dict[str, Any]) -> None:
    print_raw(f"{json.dumps(value, ensure_ascii=False)}\n")


def _as_json(seen: Sequence[Sighting], found: Survey, sums: Tally) -> dict[str, Any]:
    gaps = [*found.gaps, *(gap for sighting in seen for gap in sighting.gaps)]
    return {
        "gaps": [to_wire(gap) for gap in gaps],
        "counts": to_wire(sums) | {"verdicts": sums.verdicts},
        "saving": _saving(add_savings(line for s in seen for line in s.lines)),
        "left_out": [to_wire(one) for one in found.left_out],
        "targets": [
            {
                "account": s.target.account,
                "name": s.account_name,
                "region": s.target.region,
                "as_of": s.as_of.isoformat(),
                "functions": s.functions,
                "calls": dict(s.calls),
                "gaps": len(s.gaps),
                "usd_month": dict(s.usd_month),
            }
            for s in seen
        ],
        "verdicts": [_verdict(line) for s in seen for line in s.lines],
    }


def _saving(found: Savings) -> dict[str, Any]:
    return {
        "total": None if found.total is None else to_wire(found.total),
        "functions": len(found.rows),
        "allowed_now": None if found.allowed is None else to_wire(found.allowed),
        "functions_allowed_now": len(found.allowed_rows),
        "not_proposed": dict(found.not_proposed),
    }


def _verdict(line: Line) -> dict[str, Any]:
    until = line.suppressed_until
    return {
        "function": str(line.function),
        "policy": line.policy_id,
        "severity": line.severity.value,
        "assessment": line.assessment.value,
        "because": line.because,
        "missing": list(line.missing),
        "suppressed_until": None if until is None else until.isoformat(),
        "suppressed_why": line.suppressed_why or None,
        "suppressed_by": line.suppressed_by or None,
        "saving": None if line.saving is None else to_wire(line.saving),
        "not_proposed": line.not_proposed or None,
        "mode": line.mode.value if line.assessment is Assessment.NON_COMPLIANT else None,
    }


def _checklist(checklist: Checklist, found: Sequence[Score]) -> dict[str, Any]:
    return {
        "id": checklist.id,
        "title": checklist.title,
        "not_checked": {
            point.title: point.not_checked
            for point in checklist.points
            if point.not_checked is not None
        },
        "functions": [
            {
                "function": str(one.function),
                "met": one.met,
                "judged": one.judged,
                "missing": list(titles(checklist, one, PointState.MISSING)),
                "unknown": list(titles(checklist, one, PointState.UNKNOWN)),
                "not_applicable": list(titles(checklist, one, PointState.NOT_APPLICABLE)),
            }
            for one in found
        ],
    }
