"""What must hold of every broken bundle? An answer, soon, that tells where and what is wrong."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.fuzz.claims import Claim
from tests.fuzz.growing import a_value
from tests.fuzz.mutations import Case
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.policy.catalog import SIGNALS, TAGS
from trimtab.policy.evaluate import in_scope, judge
from trimtab.policy.loader import load_bundle
from trimtab.policy.loader_yaml import read_document
from trimtab.policy.model import Bundle, Policy
from trimtab.policy.policy_tests import run_policy_tests
from trimtab.policy.problems import Document, PolicyErrors, Problem
from trimtab.policy.warnings_bundle import bundle_warnings
from trimtab.policy.warnings_conditions import pointless
from trimtab.remediations import change_specs

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KINDS = change_specs()
TRIES = 12
"""Random functions that each policy which loads is tried on."""
CLAIMS = 20
"""Warnings of one policy that are tried on them."""
LONGEST = 600
"""Characters of one message: a person reads it on one line."""

BUNDLE, ERRORS = "bundle", "errors"


class BrokenPromiseError(AssertionError):
    """What must hold does not."""


def held(case: Case) -> tuple[str, float, str | None]:
    """Return what came of a case, its CPU seconds, and what is wrong with that; None: nothing."""
    began = time.process_time()
    try:
        outcome = _outcome(case)
    except BrokenPromiseError as error:
        return "broken", time.process_time() - began, str(error)
    except Exception:  # noqa: BLE001 - whatever it is, no policy file may cause it
        return "broken", time.process_time() - began, traceback.format_exc(limit=-4)
    return outcome, time.process_time() - began, None


def _outcome(case: Case) -> str:
    try:
        bundle = load_bundle(case.files, kinds=KINDS)
    except PolicyErrors as error:
        _are_clear(error.problems, case)
        return ERRORS
    warnings = bundle_warnings(bundle, case.files, now=NOW)
    _are_clear(warnings, case)
    _judges(bundle, case)
    try:
        run_policy_tests(bundle, case.files)
    except PolicyErrors as error:
        _are_clear(error.problems, case)
        return ERRORS
    return BUNDLE


def _are_clear(problems: Sequence[Problem], case: Case) -> None:
    for problem in problems:
        place, said = problem.place, problem.message
        raw = case.files.get(problem.file, b"")
        is_clear = (
            said.isprintable()
            and 0 < len(said) <= LONGEST
            and place.column >= 1
            and 1 <= place.line <= raw.count(b"\n") + 2
        )
        if not is_clear:
            raise BrokenPromiseError(f"not clear: {problem!r}")


def _judges(bundle: Bundle, case: Case) -> None:
    """Judge random functions: no policy fails on one, and no warning is refuted by one."""
    rng = random.Random(case.seed)
    for policy in bundle.policies:
        document = read_document(case.name, case.files[f"{policy.pack}/{policy.id}.yaml"])
        assert isinstance(document, Document)
        claims = [Claim.of(policy.when, said) for said in pointless(policy.when, document)[:CLAIMS]]
        for _ in range(TRIES):
            signals = _signals(rng, policy)
            applies = in_scope(
                policy,
                account="111122223333",
                organizational_units=(),
                region="eu-west-1",
                tags=signals[TAGS],
            )
            judgement = judge(policy, signals, applies=applies)
            assert judgement.explanation.text
            for claim in claims:
                if claim is not None and claim.is_refuted(policy.when, signals):
                    raise BrokenPromiseError(f"{claim.said.message}, and not so for {signals}")


def _signals(rng: random.Random, policy: Policy) -> dict[str, Evidence]:
    named = {leaf.signal.name for leaf in policy.when.leaves()} | {TAGS}
    signals: dict[str, Evidence] = {}
    for name in sorted(named):
        roll = rng.random()
        if roll < 0.1:
            signals[name] = Unknown(reason="the fuzz knows nothing")
        elif roll < 0.15:
            signals[name] = Known(value=None, source="fuzz")
        else:
            signals[name] = Known(value=a_value(rng, SIGNALS[name]), source="fuzz")
    if not isinstance(signals[TAGS], Unknown) and signals[TAGS].value is None:
        signals[TAGS] = Known(value={}, source="fuzz")
    return signals
