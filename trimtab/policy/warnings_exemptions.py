"""Which exemptions have ended, end soon, or can cover nothing? Warnings, by file and by tag."""

from collections.abc import Iterator
from datetime import datetime

from trimtab.policy.exemption_rules import end_of_day, when_it_ends
from trimtab.policy.model import Bundle, FleetFile
from trimtab.policy.warnings_conditions import Said

_FIELDS = ("arn", "partition", "service", "region", "account", "kind", "name")


def about_exemptions(bundle: Bundle, now: datetime) -> Iterator[Said]:
    """Warn of exemptions that cover nothing, or soon will not."""
    for n, exemption in enumerate(bundle.exemptions):
        ends = when_it_ends(exemption, now)
        if ends is not None:
            text = f"the exemption from {exemption.policy_id} {ends}"
            yield Said(path=("exemptions", n, "until"), message=text)
        for m, pattern in enumerate(exemption.functions):
            doubt = _doubt_of_pattern(pattern, bundle.fleet)
            if doubt is not None:
                path = ("exemptions", n, "functions", m)
                yield Said(path=path, message=f"covers no function: {doubt}")


def about_known_gaps(fleet: FleetFile, now: datetime) -> Iterator[Said]:
    for n, gap in enumerate(fleet.known_gaps):
        if end_of_day(gap.until) <= now:
            text = f"the known gap of account {gap.account} has ended: it is a gap like any other"
            yield Said(path=("known_gaps", n, "until"), message=text)


def _doubt_of_pattern(pattern: str, fleet: FleetFile) -> str | None:
    """Say why a pattern cannot name a function of this fleet; None where it may."""
    literal = pattern.split("*", maxsplit=1)[0].split("?", maxsplit=1)[0]
    fields = literal.split(":")
    whole = len(fields) if literal == pattern else len(fields) - 1
    said = dict(zip(_FIELDS, fields[:whole], strict=False))
    if (
        not said.get("partition", "aws").startswith("aws")
        or said.get("service", "lambda") != "lambda"
    ):
        return "it is no ARN of Lambda"
    if said.get("kind", "function") != "function":
        return "it is no ARN of a function"
    region, account = said.get("region"), said.get("account")
    if region is not None and region not in fleet.scope.regions:
        return f"fleet.yaml has no region {region!r}"
    if account is not None and account in fleet.scope.exclude_accounts:
        return f"fleet.yaml excludes account {account}"
    if literal == pattern and whole != len(_FIELDS):
        return "write arn:aws:lambda:<region>:<account>:function:<name>, without version or alias"
    return None
