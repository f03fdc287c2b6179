"""Does every entry of the ledger read as a sentence, also one that somebody damaged?"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.report.things import NOW, a_decision, a_remediation, a_verification
from trimtab.domain.approval import DecisionWord
from trimtab.domain.ledger import Entry, change_chain, empty_head, next_entry
from trimtab.domain.step import (
    MoveAlias,
    PublishVersion,
    SetMemory,
    SplitAlias,
    Step,
    UnsplitAlias,
)
from trimtab.domain.verification import Health, Verification
from trimtab.domain.wire import to_wire
from trimtab.report.history import EVENTS, UNREADABLE, header, proposal, sentence, step

AUDITING = Path(__file__).resolve().parents[2] / "docs" / "auditing.md"
CHANGE = a_remediation()


def an_entry(event: str, data: Mapping[str, Any]) -> Entry:
    return next_entry(
        empty_head(change_chain("x")), at=NOW, actor="test", event=event, data=data, function=None
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (SetMemory(memory_mb=1504), "set memory to 1,504 MB"),
        (PublishVersion(code_sha256="a", memory_mb=1504, description="d"), "publish a version"),
        (
            MoveAlias(alias="live", from_version="3", to_version="4"),
            "move alias live from 3 to 4",
        ),
        (
            SplitAlias(alias="live", stable_version="3", canary_version="4", weight=0.1),
            "let version 4 answer 10 % of alias live, version 3 the rest",
        ),
        (UnsplitAlias(alias="live", canary_version="4"), "take version 4 out of alias live"),
    ],
)
def test_a_step_is_a_sentence(made: Step, said: str) -> None:
    assert step(to_wire(made)) == said


REJECTED = a_decision(DecisionWord.REJECTED, reason="not in December")
COUNTS = dict.fromkeys(
    (
        "functions",
        "findings",
        "planned",
        "held_back",
        "suppressed",
        "observed",
        "ticketed",
        "already_open",
        "cooling_down",
    ),
    1,
)
GAP = {"account": "2", "region": "eu-west-1", "what": "target", "error": "denied"}


@pytest.mark.parametrize(
    ("event", "data", "said"),
    [
        (
            "canary_started",
            {"version": "4", "aliases": {"live": "3", "beta": "3"}},
            "version 4 is tried on a share of beta, live, and watched",
        ),
        (
            "canary_regressed",
            {"reason": "too slow"},
            "the trial did worse than the rest, to be taken back: too slow",
        ),
        (
            "canary_regressed",
            {"reason": "0.031", "verification": to_wire(a_verification(Health.REGRESSED))},
            "to be taken back: error rate: 0.2 % beside it, 3.1 % with the new size; allowed 1.5 x",
        ),
        (
            "canary_healthy",
            {"reason": "0.0021", "verification": to_wire(a_verification())},
            "all may follow: error rate: 0.2 % beside it, 0.21 % with the new size; allowed 1.5 x",
        ),
        (
            "canary_unproven",
            {
                "reason": "it could not be watched",
                "verification": to_wire(
                    Verification(health=Health.INSUFFICIENT_DATA, comparisons=(), at=NOW)
                ),
            },
            "the trial proved nothing, to be taken back: it could not be watched",
        ),
        ("promotion_intended", {}, "all of the traffic is about to follow"),
        (
            "proposed",
            {"remediation": to_wire(CHANGE)},
            "owner, finops@example.com may answer until Tue 24 Nov 2026, 07:00 UTC",
        ),
        ("withdrawn", {"reason": "taken"}, "withdrawn before anybody was asked: taken"),
        ("asked", {"approver": "a@b.c"}, "a@b.c was asked by email"),
        ("asked", {"approver": "a@b.c", "changes": ["1", "2"]}, "about 2 changes"),
        ("decided", {"signed": to_wire(REJECTED)}, "rejected (auth: link) by"),
        ("decided", {"signed": to_wire(REJECTED)}, ": not in December"),
        (
            "intended",
            {"after": {"memory_mb": 1792}, "undo": {"memory_mb": 3008}, "revision_id": "r-1"},
            "about to write memory 1,792 MB; it was memory 3,008 MB at revision r-1",
        ),
        (
            "undo_step_intended",
            {"step": to_wire(SetMemory(memory_mb=3008))},
            "about to set memory to 3,008 MB",
        ),
        (
            "applied",
            {
                "memory_mb": 1792,
                "aliases": {"live": "4"},
                "baseline": {"watch_until": NOW.isoformat()},
            },
            "memory is 1,792 MB; alias live serves 4; watched until Sat 21 Nov 2026, 07:45 UTC",
        ),
        (
            "watch_regressed",
            {"verification": to_wire(a_verification(Health.REGRESSED))},
            "error rate: 0.2 % before, 3.1 % after; allowed 1.5 x once there are 5 errors",
        ),
        ("undo_asked", {"why": "slower"}, "the undo was asked for: slower"),
        ("undo_intended", {"undo": {"memory_mb": 3008}}, "about to put back memory 3,008 MB"),
        ("undo_refused", {"reason": "late"}, "the undo was refused: late"),
        ("undone", {"reason": "back"}, "taken back: back"),
        (
            "not_told",
            {"approver": "person-a", "ending": "undo_stopped", "reason": "erased"},
            "person-a was not told (undo stopped): erased",
        ),
        (
            "not_asked",
            {"approver": "person-a", "changes": ["1"], "reason": "erased"},
            "person-a was not asked about 1 change: erased",
        ),
        ("erased", {"person": "person-a", "why": "left"}, "person-a was erased: left"),
        ("told", {"approver": "a@b.c", "ending": "undo_stopped"}, "by email: undo stopped"),
        (
            "discovered",
            {
                "accounts": ["1"],
                "targets": 2,
                "gaps": [],
                "left_out": [{"account": "6", "reason": "SUSPENDED"}],
            },
            "1 account, 2 targets; 6 left out: SUSPENDED; no gaps",
        ),
        (
            "planned",
            {"counts": COUNTS, "gaps": [GAP], "faults": ["1 is not 2"]},
            "1 gap: 2/eu-west-1 target: denied; DOES NOT ADD UP: 1 is not 2",
        ),
        ("ticketed", {"finding_id": "f", "address": "closed"}, "ticket of finding f closed"),
        ("ticketed", {"finding_id": "f", "address": "https://t/1"}, "finding f: https://t/1"),
        ("something_new", {"reason": "so"}, "so"),
        ("something_new", {}, "see --json"),
    ],
)
def test_an_entry_is_a_sentence(event: str, data: Mapping[str, Any], said: str) -> None:
    assert said in sentence(an_entry(event, data), CHANGE)


@pytest.mark.parametrize("event", ["proposed", "decided", "applied", "planned", "undo_asked"])
@pytest.mark.parametrize("data", [{}, {"signed": 7, "counts": [], "remediation": "no"}])
def test_a_damaged_entry_is_said_to_be_unreadable(event: str, data: Mapping[str, Any]) -> None:
    assert sentence(an_entry(event, data), None) == UNREADABLE


def test_a_sentence_is_one_line_whatever_was_written() -> None:
    said = sentence(an_entry("undo_asked", {"why": "a\nb\x1b[31m"}), None)
    assert said == "the undo was asked for: a b [31m"


def test_the_header_says_what_where_and_by_which_policy() -> None:
    found = proposal((an_entry("proposed", {"remediation": to_wire(CHANGE)}),))
    assert found == CHANGE
    assert dict(header(CHANGE))["changes"] == "memory 3,008 MB -> 1,792 MB"
    assert dict(header(CHANGE))["policy"] == "memory-oversized"


def test_a_run_or_a_damaged_proposal_has_no_header() -> None:
    assert proposal((an_entry("planned", {}),)) is None
    assert proposal((an_entry("proposed", {"remediation": {}}),)) is None


def test_a_trial_without_its_change_is_told_by_its_reason() -> None:
    data = {"reason": "slow", "verification": to_wire(a_verification(Health.REGRESSED))}
    assert sentence(an_entry("canary_regressed", data), None).endswith("taken back: slow")


def test_the_guide_for_auditors_names_every_event_in_a_table() -> None:
    rows = [
        line.split("|")[1]
        for line in AUDITING.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    told = {word for row in rows for word in re.findall(r"[a-z_]+", row)}
    assert EVENTS - told == set()
