"""What do the tests of removing versions share? A function with twelve versions, of which one is
served, and the days that pass.
"""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.fakes.builders import TARGET
from tests.pipeline.house import FILES, House
from tests.pipeline.removal_house import NAME, OLD, approved, tell, watch
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import BACKUP_VERIFIED
from trimtab.domain.terms import Direction
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.record import record_change
from trimtab.pipeline.removal_record import versions_kept
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle
from trimtab.remediations import change_specs

__all__ = ["NAME", "TARGET", "approved", "watch"]

POLICY = """
id: old
title: Old versions that nothing names
why: They fill the code storage.
severity: low
mode: approve
when:
  version.unnamed_count: "> 1"
change:
  remove_versions: {}
approval:
  approvers: [owner]
  expires: 72h
verify:
  settle: 10m
  watch: 4h
  samples: 200
"""

VERSIONS = 12
SERVED = "10"
GOING = ("1", "2", "3", "4", "5", "6", "7")
"""All but the newest five; 9, before the served one, is among them."""

DAY = timedelta(days=1)


def removing_versions(policy: str = POLICY) -> Bundle:
    """Load the policy where removals may go as far as approval, and people can sign in."""
    rules = FILES["guardrails.yaml"] + "  remove_versions: approve\n"
    files = {n: t for n, t in FILES.items() if "/" not in n} | {"guardrails.yaml": rules}
    bundle = load_bundle(files | {"cost/old.yaml": policy}, kinds=change_specs())
    return replace(bundle, guardrails=replace(bundle.guardrails, can_sign_in=True))


def a_versioned_house(
    policy: str = POLICY, *, versions: int = VERSIONS, served: str = SERVED, **raw: Any
) -> House:
    """Return a house whose function was published so many times, each time with code of its own."""
    house = House(removing_versions(policy))
    functions = house.functions
    functions.add(NAME, **{"LastModified": OLD} | raw)
    function = functions._functions[NAME]
    for n in range(1, versions + 1):
        function.latest["CodeSha256"] = code_of(n)
        number = functions.publish(NAME)
        function.versions[number]["LastModified"] = OLD
    functions.alias(NAME, "live", served)
    return house


def code_of(n: int) -> str:
    return f"Y29kZS{n:02d}="


def there(house: House) -> list[str]:
    """Return the numbers of the versions that are there, in order."""
    function = house.functions._functions.get(NAME)
    return [] if function is None else sorted(function.versions, key=int)


def left_without(*numbers: str, versions: int = VERSIONS) -> list[str]:
    return [str(n) for n in range(1, versions + 1) if str(n) not in numbers]


def back_up_versions(house: House, change: Remediation, **given: Any) -> None:
    """Enter what the role that reads backups back enters of versions. `given`: `lost`, by number
    why one could not be brought back; `unheld`, the numbers it does not hold.
    """
    function = house.functions._functions.get(NAME)
    versions = {} if function is None else function.versions
    removal = change.removal
    assert removal is not None
    held = {
        one.number: {
            "code_sha256": versions[one.number]["CodeSha256"],
            "revision_id": versions[one.number]["RevisionId"],
            "why_not": given.get("lost", {}).get(one.number),
        }
        for one in removal.versions
        if one.number in versions and one.number not in given.get("unheld", ())
    }
    now = house.clock.now()
    data = {
        "proof": {"backup_id": "b" * 26, "code_sha256": "unlike"},
        "backup_id": "b" * 26,
        "differs": [],
        "not_restorable": ["the address of its function URL"],
        "versions": held | given.get("versions", {}),
    }
    key = now.isoformat()
    record_change(
        house.ledger, change, BACKUP_VERIFIED, data, actor="trimtab-restore", at=now, key=key
    )


def step(
    house: House, change: Remediation, direction: Direction = Direction.FORWARD, **given: Any
) -> Outcome:
    """Do once what the state machine does: apply, and whatever its word asks for."""
    outcome = house.carry(change, direction)
    if outcome.word is OutcomeWord.BACKUP:
        back_up_versions(house, change, **given)
    elif outcome.word is OutcomeWord.NOTICE:
        tell(house, change, "notice")
    return outcome


def on_notice(house: House, **given: Any) -> Remediation:
    change = approved(house)
    assert step(house, change, **given).word is OutcomeWord.BACKUP
    assert step(house, change).word is OutcomeWord.NOTICE
    return change


def after_notice(house: House, **given: Any) -> Remediation:
    """Let the week of a notice pass."""
    change = on_notice(house, **given)
    house.clock.advance(7 * DAY + timedelta(minutes=1))
    return change


def to_the_end(house: House, change: Remediation, *, calls: int = 60) -> list[str]:
    """Call again as the state machine would until it has ended; return the words on the way."""
    said: list[str] = []
    for _ in range(calls):
        outcome = step(house, change)
        said.append(outcome.word.value)
        if outcome.word is OutcomeWord.NOTICE:
            house.clock.advance(timedelta(hours=6))
        elif outcome.word is OutcomeWord.WAITING:
            house.clock.advance(timedelta(minutes=10))
        elif outcome.word is not OutcomeWord.BACKUP:
            return said
    raise AssertionError("it never ended")


def call_version(house: House, number: str, metric: str = "Invocations", **more: str) -> None:
    """Let CloudWatch have a call of just now, made by the number of a version."""
    at = house.clock.now() - timedelta(seconds=30)
    where = {"FunctionName": NAME, "Resource": f"{NAME}:{number}"} | more
    house.cloud[TARGET].metrics.put(metric, "Sum", {at: 1.0}, **where)


def deletions(house: House) -> list[str]:
    """Return which versions were deleted, in order; `everything`: the function."""
    said = [json.loads(e["CloudTrailEvent"]) for e in house.cloud[TARGET].trail._events]
    asked = [e["requestParameters"] for e in said if e["eventName"].startswith("DeleteFunction2")]
    return [request.get("qualifier", "everything") for request in asked]


def kept(house: House, change: Remediation) -> dict[str, str]:
    return dict(versions_kept(read_round(house.ledger, change.change_id, change.round)))
