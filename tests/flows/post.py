"""Where does a test look at what Security Hub was told? A house with a few of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.fakes.builders import ACCOUNT, TARGET, an_account
from tests.fakes.fake_security_hub import FakeSecurityHub
from tests.pipeline.house import OTHER_ACCOUNT, House, with_fleet
from trimtab.aws.security_hub import AwsSecurityHub
from trimtab.domain.arn import Target
from trimtab.domain.errors import AccessDeniedError
from trimtab.domain.ledger import run_chain
from trimtab.domain.terms import Severity
from trimtab.flows.deliver import Bench, Delivery, deliver
from trimtab.policy.model import SecurityHubTerms
from trimtab.report.asff import life_record

HOUR = timedelta(hours=1)
TERMS = SecurityHubTerms(into="member", from_severity=Severity.INFORMATIONAL, policies=())
OTHER = Target(account=OTHER_ACCOUNT, region=TARGET.region)


class Post:
    """A house whose Security Hubs, one for each target, are told after each run."""

    def __init__(self, **terms: Any) -> None:
        self.house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
        self.hubs = {t: FakeSecurityHub(t.account, t.region) for t in (TARGET, OTHER)}
        self.terms(**terms)
        self.entered: list[Target] = []
        self.closed: set[Target] = set()
        self._runs = 0

    def terms(self, **given: Any) -> None:
        terms = replace(TERMS, **given)
        self.house.bundle = with_fleet(self.house.bundle, security_hub=terms)

    @property
    def hub(self) -> FakeSecurityHub:
        return self.hubs[TARGET]

    def bench(self, **given: Any) -> Bench:
        usual: dict[str, Any] = {
            "store": self.house.store,
            "ledger": self.house.ledger,
            "terms": self.house.bundle.fleet.security_hub,
            "owner": lambda target: target.account,
            "enter": self.enter,
            "write": life_record,
            "clock": self.house.clock,
        }
        return Bench(**usual | given)

    def enter(self, target: Target) -> AwsSecurityHub:
        if target in self.closed:
            raise AccessDeniedError(f"sts:AssumeRole in {target}: no")
        self.entered.append(target)
        return AwsSecurityHub(self.hubs[target], where=f"account {target}")

    def run(self, after: timedelta = HOUR, **given: Any) -> Delivery:
        """Run, then deliver all that the run queued; return what came of the usual target."""
        self._runs += 1
        self.house.clock.advance(after)
        self.house.run(f"run-{self._runs}")
        done = {}
        for message in self.take():
            done[message["account"]] = deliver(message, self.bench(**given))
        return done.get(ACCOUNT, Delivery())

    def take(self) -> list[Mapping[str, Any]]:
        messages = list(self.house.deliveries.sent)
        self.house.deliveries.sent.clear()
        return messages

    def states(self) -> dict[str, str]:
        """Return the record state of each finding, by function."""
        return {
            f["Resources"][0]["Id"].rpartition(":")[2]: f["RecordState"]
            for f in self.hub.findings.values()
        }

    def record(self, run: int | None = None) -> list[Mapping[str, Any]]:
        chain = run_chain(f"run-{run or self._runs}")
        return [e.data for e in self.house.ledger.entries(chain) if e.event == "delivered"]


def a_post(**terms: Any) -> Post:
    post = Post(**terms)
    post.house.plant()
    post.run()
    return post
