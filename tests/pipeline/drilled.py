"""Where are restore drills tried? A production account, its vault, and a sandbox of another one."""

import copy
import json
from collections.abc import Mapping
from typing import Any

from tests.fakes.member_account import MemberAccount, MemberDownloads
from tests.fakes.member_state import Raw
from tests.pipeline.vaulted import House
from trimtab.aws.archive import AwsArchive
from trimtab.aws.recreator import AwsRecreator
from trimtab.aws.sandbox import AwsSandbox
from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Manifest
from trimtab.domain.drill import MARK, Candidate, Drilled, copy_name
from trimtab.pipeline.drill import Bench, drill

SANDBOX = "777777777777"
ROLE = f"arn:aws:iam::{SANDBOX}:role/trimtab-sandbox-function"
DRILL = "drill-1"
KEY = b"of this drill alone"


class SandboxAccount(MemberAccount):
    """Remembers each request, and gets no document out of the vault."""

    def __init__(self, house: House) -> None:
        super().__init__(self._code, account=SANDBOX)
        self._house = house
        self.asked: list[tuple[str, Raw]] = []
        self.deleted: list[str] = []

    def _code(self, bucket: str, key: str) -> bytes:
        assert "/code/" in key, f"the sandbox may not read {key}"
        return self._house.fetch(bucket, key)

    def create_function(self, asked: Raw) -> Raw:
        self.asked.append(("create", copy.deepcopy(asked)))
        return super().create_function(asked)

    def update_function_configuration(self, asked: Raw) -> Raw:
        self.asked.append(("update", copy.deepcopy(asked)))
        return super().update_function_configuration(asked)

    def delete_function(self, asked: Raw) -> Raw:
        answer = super().delete_function(asked)
        self.deleted.append(asked["FunctionName"])
        return answer

    def text(self) -> str:
        return json.dumps(self.asked)

    def stranger(self, name: str, tags: Mapping[str, str]) -> FunctionArn:
        """Let somebody have a function here."""
        usual = {"Role": ROLE, "Runtime": "python3.13", "Handler": "index.handler"}
        code = {"ImageUri": f"{SANDBOX}.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{'b' * 64}"}
        MemberAccount.create_function(
            self, {"FunctionName": name, "Code": code, "Tags": dict(tags)} | usual
        )
        return self.own(name)


class Hall:
    """Everything that drills one backup."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.account = SandboxAccount(house)
        self.events: list[tuple[str, Any]] = []
        self.stopped: str | None = None
        self.held: str | None = None

    def room(self) -> AwsSandbox:
        return AwsSandbox(
            self.account,  # type: ignore[arg-type]
            account=SANDBOX,
            sleep=self.house.clock.sleep,
            deadline_s=3.0,
        )

    def open(self, function: FunctionArn, session: str) -> tuple[AwsArchive, AwsRecreator]:
        assert function.account == SANDBOX
        downloads: Any = MemberDownloads(self.account)
        clients: Any = self.account
        made = AwsRecreator(function, clients, sleep=self.house.clock.sleep, deadline_s=5.0)
        return AwsArchive(function, clients, downloads), made

    def bench(self, **more: Any) -> Bench:
        def record(event: str, data: Mapping[str, Any]) -> None:
            self.events.append((event, dict(data)))

        usual: dict[str, Any] = {
            "sandbox": SANDBOX,
            "role": ROLE,
            "room": self.room(),
            "open": self.open,
            "place": self.house.vault.place,
            "record": lambda order: record,
            "stopped": lambda: self.stopped,
            "held": lambda: self.held,
            "clock": self.house.clock,
            "drill_id": DRILL,
            "key": KEY,
        }
        return Bench(**usual | more)

    def drill(self, manifest: Manifest, **more: Any) -> Drilled:
        return drill(self.house.load(manifest), candidate_of(manifest), self.bench(**more))


def candidate_of(manifest: Manifest) -> Candidate:
    return Candidate(
        function=manifest.function, backup_id=manifest.backup_id, taken_at=manifest.taken_at
    )


def name_of(manifest: Manifest) -> str:
    return copy_name(DRILL, manifest.backup_id)


MARKED = {MARK: DRILL}
