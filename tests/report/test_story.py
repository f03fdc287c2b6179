"""Does the story of a change say what was read, what follows, and where it stands?"""

from datetime import timedelta

import pytest

from tests.report.things import ADVICE, NOW, a_configuration, a_remediation, a_round
from trimtab.domain.approval import RoundStatus
from trimtab.domain.finding import Explanation
from trimtab.domain.remediation import BeforeImage
from trimtab.domain.terms import CanaryTerms, VerifyTerms, WorseThan
from trimtab.report.proofs import proofs
from trimtab.report.story import next_steps, standing, sums, ways_back

NEVER = WorseThan(ratio=None, floor=None)


def terms(**limits: WorseThan) -> VerifyTerms:
    names = ("error_rate", "duration_p95", "out_of_memory", "throttles")
    return VerifyTerms(
        settle=timedelta(minutes=30),
        watch=timedelta(hours=24),
        samples=200,
        **{name: limits.get(name, NEVER) for name in names},
    )


def test_s8_an_unknown_condition_is_called_unknown() -> None:
    leaf = Explanation(text="memory.peak_ratio < 60%", answer=None)
    (proof,) = proofs(leaf)
    assert (proof.answer, proof.value, proof.source) == ("unknown", "not read", "no source")


def a_not(*children: Explanation) -> Explanation:
    answer = all(child.answer for child in children)
    inside = children[0]
    if len(children) > 1:
        inside = Explanation(text="all of", answer=answer, children=children)
    return Explanation(text="not", answer=not answer, children=(inside,))


@pytest.mark.parametrize(
    ("said", "opposite"),
    [
        ("tag keep-memory is present", "tag keep-memory is absent"),
        ("tag keep-memory is absent", "tag keep-memory is present"),
        ("usage.invocations < 1000", "usage.invocations >= 1,000"),
        ("function.runtime = java21", "function.runtime != java21"),
        ("function.runtime in [java21, java17]", "not: function.runtime in [java21, java17]"),
    ],
)
def test_a_condition_under_not_is_said_as_its_opposite(said: str, opposite: str) -> None:
    (proof,) = proofs(a_not(Explanation(text=said, answer=False, value="none")))
    assert (proof.condition, proof.answer) == (opposite, "holds")


def test_an_unknown_condition_under_not_stays_unknown() -> None:
    leaf = Explanation(text="tag keep is present", answer=None)
    (proof,) = proofs(Explanation(text="not", answer=None, children=(leaf,)))
    assert proof.answer == "unknown"


def test_not_of_not_is_the_condition_itself() -> None:
    leaf = Explanation(text="tag keep is present", answer=True)
    (proof,) = proofs(a_not(a_not(leaf)))
    assert (proof.condition, proof.answer) == ("tag keep is present", "holds")


def test_not_all_of_several_is_one_line_that_holds() -> None:
    one = Explanation(text="tag a is present", answer=True, value="x", source="tags")
    two = Explanation(text="tag b is present", answer=False, value="none", source="tags")
    (proof,) = proofs(a_not(one, two))
    assert proof.condition == "not all at once: tag a is present; tag b is present"
    assert (proof.answer, proof.value, proof.source) == ("holds", "x; none", "tags")


def test_too_little_traffic_keeps_the_change_and_says_so() -> None:
    said = next_steps(a_remediation(), now=NOW)[-1].text
    assert "the change stays and is reported as unproven" in said


def test_the_sums_end_with_the_predicted_run_times() -> None:
    assert sums(ADVICE)[-2:] == (
        "p95 run time: 420 ms measured, 431 ms predicted.",
        "p99 at the far end of the forecast: 1.3 s.",
    )


def test_outside_the_window_it_says_when_the_window_opens() -> None:
    first = next_steps(a_remediation(), now=NOW)[0]
    assert first.title == "It waits for the change window"
    assert "opens next on Mon 23 Nov 2026, 08:00 UTC" in first.text


@pytest.mark.parametrize("has_window", [True, False])
def test_inside_the_window_or_without_one_it_starts_within_minutes(has_window: bool) -> None:
    monday = NOW + timedelta(days=2, hours=1)
    remediation = a_remediation() if has_window else a_remediation(window=None)
    assert next_steps(remediation, now=monday)[0].title == "It starts within minutes"


def test_aliases_that_move_are_named() -> None:
    assert "live is moved to it" in next_steps(a_remediation(), now=NOW)[2].text
    alone = BeforeImage(configuration=a_configuration(), aliases={})
    assert "no code is changed" in next_steps(a_remediation(before=alone), now=NOW)[2].text


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (
            WorseThan(ratio=1.5, floor=5),
            "error rate above 1.5 times what it was, once there are 5 errors",
        ),
        (WorseThan(ratio=1.25, floor=None), "error rate above 1.25 times what it was"),
        (WorseThan(ratio=None, floor=0), "any error"),
        (WorseThan(ratio=None, floor=3), "more than 3 errors"),
    ],
)
def test_what_sends_it_back_is_said(limit: WorseThan, said: str) -> None:
    remediation = a_remediation(verify=terms(error_rate=limit))
    assert f"It goes back at: {said}." in next_steps(remediation, now=NOW)[3].text


def test_a_watch_that_can_send_nothing_back_admits_it() -> None:
    steps = next_steps(a_remediation(verify=terms()), now=NOW)
    assert "Nothing is set to send it back." in steps[3].text


@pytest.mark.parametrize("status", list(RoundStatus))
def test_every_status_has_a_headline_and_a_sentence(status: RoundStatus) -> None:
    told = standing(a_round(status), now=NOW)
    assert told.headline
    assert told.text.endswith(".")


TRIED = CanaryTerms(weight=0.1, watch=timedelta(hours=1))


def test_a_canary_says_how_much_tries_it_and_for_how_long() -> None:
    stored = a_round(RoundStatus.CANARY, remediation=a_remediation(canary=TRIED))
    assert standing(stored, now=NOW).text.startswith("10 % of its traffic for 1 hour or longer")
    assert ways_back(stored, undo_days=30) == "It can be taken back now."
    without = a_round(RoundStatus.CANARY)
    assert standing(without, now=NOW).text == (
        "All of it follows if that went well, or it is taken back."
    )


def test_who_is_asked_is_told_that_a_share_tries_it_first() -> None:
    steps = next_steps(a_remediation(canary=TRIED), now=NOW)
    assert steps[3].title == "10 % of its traffic tries it for 1 hour"
    assert "if somebody deploys meanwhile" in steps[3].text
    assert not any("tries it" in s.title for s in next_steps(a_remediation(), now=NOW))


def test_a_watch_says_until_when() -> None:
    watched = a_round(RoundStatus.WATCHING, applied_at=NOW)
    assert "watched until Sun 22 Nov 2026, 08:15 UTC" in standing(watched, now=NOW).text


@pytest.mark.parametrize(
    ("least", "said"), [(None, False), (0.05, "saves less than 5 %"), (0.0, "saves less than 0 %")]
)
def test_an_approver_is_told_what_it_must_save(least: float | None, said: str | bool) -> None:
    text = next_steps(a_remediation(min_saving=least), now=NOW)[3].text
    assert said in text if isinstance(said, str) else "saves less" not in text
