"""What does a whole drill work with in a test? Accounts, vault, sandbox, record, and people."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tests.fakes.desk import FakeDesk
from tests.fakes.people import FakeMailer, FakePeople
from tests.fakes.stores import FakeLedger, FakeRunStore
from tests.pipeline.drilled import KEY, ROLE, SANDBOX, Hall
from tests.pipeline.vaulted import KEPT_FOR, SECRET, House
from trimtab.aws.sandbox import AwsSandbox
from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Manifest
from trimtab.domain.drill import DRILL_CHAIN, DrillReport
from trimtab.domain.notice import Email
from trimtab.domain.wire import from_wire
from trimtab.flows import keys, tell_drill
from trimtab.flows.drill import LEASE, drill
from trimtab.flows.drill_sample import Bench, Place, Request
from trimtab.flows.letters import Post
from trimtab.report.drill_email import drill_email

REGION = "eu-west-1"
HUB = "9" * 12
OPERATOR = "cloud@example.com"
BY_HAND = Request(by="person-1", why="a test")


class Scene:
    """One account with a few functions that are backed up, and a sandbox."""

    def __init__(self, functions: int = 2) -> None:
        self.house = House()
        self.hall = Hall(self.house)
        self.ledger = FakeLedger()
        self.desk = FakeDesk()
        self.store = FakeRunStore()
        self.people, self.mailer = FakePeople(), FakeMailer()
        self.manifests = [self.back_up(f"orders-{n}") for n in range(functions)]
        self.entered = 0
        self.regions: list[str] = []
        self.calls = 0

    def back_up(self, name: str) -> Manifest:
        house = self.house
        function = house.add(name, f"code of {name}", Environment={"Variables": {"TOKEN": SECRET}})
        house.publish(name)
        asked = {"FunctionName": name, "Name": "live", "FunctionVersion": "1"}
        house.account.create_alias(asked)
        return house.back_up(function)

    def place(self, account: str = SANDBOX) -> Place:
        return Place(account=account, role=ROLE, enter=self._enter, open=self.hall.open)

    def _enter(self, region: str) -> AwsSandbox:
        self.regions.append(region)
        self.entered += 1
        return self.hall.room()

    def bench(self, **more: Any) -> Bench:
        self.calls += 1
        usual: dict[str, Any] = {
            "place": self.place(),
            "hub": HUB,
            "vaults": {REGION: self.house.vault},
            "ledger": self.ledger,
            "desk": self.desk,
            "store": self.store,
            "clock": self.house.clock,
            "holder": f"call-{self.calls}",
            "create_blocks": {"python3.13": None},
            "kept_for": KEPT_FOR,
            "size": 3,
            "key": KEY,
        }
        return Bench(**usual | more)

    def drill(self, *functions: FunctionArn, **more: Any) -> DrillReport:
        return drill(replace(BY_HAND, functions=functions), self.bench(**more))

    def wait(self, by: timedelta = LEASE) -> None:
        self.house.clock.advance(by)

    def telling(self) -> tell_drill.Bench:
        def compose(address: str, report: DrillReport, now: Any) -> Email:
            return drill_email(to=address, report=report, now=now)

        return tell_drill.Bench(
            store=self.store, post=self.post(), operators=(OPERATOR,), compose=compose
        )

    def post(self) -> Post:
        return Post(
            people=self.people, mailer=self.mailer, ledger=self.ledger, clock=self.house.clock
        )

    def kept(self, report: DrillReport) -> DrillReport:
        """Read the report back out of the evidence."""
        return from_wire(DrillReport, self.store.get(keys.drill(report.drill_id)))

    def events(self) -> list[str]:
        return self.ledger.events(DRILL_CHAIN)


BLOCKED = {"python3.13": date(2020, 1, 1)}
