"""Is Security Hub told everything once, whatever breaks on the way? (S6, S8)"""

import contextlib
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, TARGET
from tests.fakes.fake_security_hub import FakeSecurityHub
from tests.flows.post import HOUR, Post
from trimtab.domain.errors import RetryableError
from trimtab.flows.conclude import conclude
from trimtab.flows.deliver import Delivery, deliver


def test_s06_throttled_in_the_middle_it_goes_on_where_it_was() -> None:
    post = Post()
    for n in range(150):
        post.house.plant(f"f{n}")
    post.house.run("run-1")
    (message,) = post.take()
    throttle_second(post.hub)
    with pytest.raises(RetryableError):
        deliver(message, post.bench())
    assert (len(post.hub.findings), post.record(1)) == (100, [])
    assert deliver(message, post.bench()) == Delivery(imported=150)
    assert post.hub.sizes == [100, 50]
    assert [entry["imported"] for entry in post.record(1)] == [150]


def throttle_second(hub: FakeSecurityHub) -> None:
    original = hub.batch_import_findings

    def once(*, Findings: Any) -> Any:
        answer = original(Findings=Findings)
        hub.batch_import_findings = original  # type: ignore[method-assign]
        hub.fail_next("BatchImportFindings", "ThrottlingException")
        return answer

    hub.batch_import_findings = once  # type: ignore[method-assign]


def test_s08_a_gap_in_the_middle_counts_what_was_taken_before() -> None:
    post = Post()
    for n in range(101):
        post.house.plant(f"f{n}")
    post.house.run("run-1")
    (message,) = post.take()
    throttle_second(post.hub)
    post.hub.fail_next = lambda *_: post.hub.fail_always(  # type: ignore[method-assign]
        "BatchImportFindings", "AccessDeniedException"
    )
    done = deliver(message, post.bench())
    assert (done.imported, done.gap is not None) == (100, True)


@pytest.mark.parametrize("after_landing", [False, True])
def test_s06_a_lost_answer_is_mended_by_calling_again(after_landing: bool) -> None:
    post = Post()
    post.house.plant()
    post.house.run("run-1")
    (message,) = post.take()
    post.hub.fail_next("BatchImportFindings", "ServiceException", after_landing=after_landing)
    with pytest.raises(RetryableError):
        deliver(message, post.bench())
    assert deliver(message, post.bench()) == Delivery(imported=1)
    assert len(post.hub.findings) == 1


@pytest.mark.parametrize("nth", range(1, 7))
def test_s06_a_crash_between_any_two_calls_leaves_one_finding_and_one_entry(nth: int) -> None:
    post = Post()
    post.house.plant()
    post.house.run("run-1")
    (message,) = post.take()
    left = crash(post, nth)
    with contextlib.suppress(RetryableError):
        deliver(message, post.bench())
    left[0] = 0
    assert deliver(message, post.bench()) == Delivery(imported=1)
    assert deliver(message, post.bench()) == Delivery(imported=1)
    assert (len(post.hub.findings), len(post.record(1))) == (1, 1)


def crash(post: Post, nth: int) -> list[int]:
    """Let the nth call fail; return how many are left until then."""
    left = [nth]
    for owner, name in (
        (post.house.store, "get"),
        (post.house.store, "put"),
        (post.house.ledger, "append"),
    ):
        original = getattr(owner, name)

        def counting(*args: Any, _original: Any = original, **given: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise RetryableError("on purpose")
            return _original(*args, **given)

        setattr(owner, name, counting)
    return left


def test_a_message_of_a_run_that_was_overtaken_is_passed_over() -> None:
    post = Post()
    post.house.plant()
    post.house.run("run-1")
    (late,) = post.take()
    post.run(HOUR)
    post.house.clock.advance(HOUR)
    post.house.run("run-2")
    assert deliver(late, post.bench()) == Delivery()


def test_concluding_again_queues_nothing_twice() -> None:
    post = Post()
    post.house.plant()
    post.house.run("run-1")
    conclude("run-1", post.house.conclude_bench())
    assert post.take() == [{"run_id": "run-1", "account": ACCOUNT, "region": TARGET.region}]
