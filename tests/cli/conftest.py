"""How is the command line called in a test? As a shell does, on a hub of working fakes."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.builders import ACCOUNT, REGION
from tests.fakes.s3 import FakeS3
from tests.fakes.signing import LocalSigner
from tests.fakes.stores import FakeLedger
from tests.pipeline.house import House
from trimtab import cli, wiring
from trimtab.aws.mirror import S3Mirror
from trimtab.domain.ledger import entry_text, mirror_key
from trimtab.wiring import Hub, Lookout

CALLER = "arn:aws:sts::111111111111:assumed-role/operator/dana"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


class OneUndo:
    """Starts one undo of each round; a second one finds it running."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []

    def signal(self, task_token: str, output: object) -> bool:
        raise AssertionError("the command line signals nobody")

    def start_undo(self, change_id: str, number: int) -> bool:
        if (change_id, number) in self.started:
            return False
        self.started.append((change_id, number))
        return True


Call = Callable[..., Said]
SIGNER = LocalSigner()


def mirror_of(ledger: FakeLedger) -> S3Mirror:
    """Return the bucket as the ledger's appends left it."""
    s3 = FakeS3()
    for (chain, seq), entry in ledger.mirror.items():
        s3.put_object(Key=mirror_key(chain, seq), Body=entry_text(entry).encode())
    return S3Mirror(s3, bucket="mirror")


@pytest.fixture
def executions() -> OneUndo:
    return OneUndo()


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line; nothing of the hub is replaced."""

    def called(*given: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["trimtab", *given])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        code = ended.value.code
        return Said(code=code if isinstance(code, int) else 0, out=printed.out, err=printed.err)

    return called


@pytest.fixture
def call_on(monkeypatch: pytest.MonkeyPatch, call: Call, executions: OneUndo) -> Call:
    """Call the command line on a house: its hub is the one that the stack's outputs would name."""

    def called(house: House, *given: str) -> Said:
        hub = Hub(
            ledger=house.ledger,
            desk=house.desk,
            people=house.people,
            executions=executions,
            store=house.store,
            clock=house.clock,
            caller=lambda: CALLER,
            mirror=mirror_of(house.ledger),
            checkpoint_key=lambda: SIGNER.pem,
        )
        monkeypatch.setattr(wiring, "hub_of", lambda _: hub)
        return call(*given)

    return called


HERE = ("--regions", REGION)
Scan = Callable[..., Said]

POLICY = """id: unused
title: t
why: w
severity: low
mode: observe
lookback: 14d
when:
  usage.invocations: "= 0"
"""


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A bundle with one policy."""
    folder = tmp_path / "policies"
    (folder / "cost").mkdir(parents=True)
    (folder / "fleet.yaml").write_text(
        f"scope: {{regions: [{REGION}]}}\nceilings: {{default: observe}}\n"
        "limits: {per_run: 0, share_of_read: 0%, per_account: 0}\n"
    )
    (folder / "guardrails.yaml").write_text("approval: {domains: [example.com]}\n")
    (folder / "owners.yaml").write_text("fallback: [cloud@example.com]\n")
    (folder / "cost" / "unused.yaml").write_text(POLICY)
    return folder


@pytest.fixture
def doors() -> dict[str, Mapping[str, str]]:
    """What the fleet was opened with."""
    return {}


@pytest.fixture
def scan(
    monkeypatch: pytest.MonkeyPatch,
    call: Call,
    policies: Path,
    doors: dict[str, Mapping[str, str]],
) -> Scan:
    """Call `trimtab scan` on a house; the credentials are of the usual account."""

    def called(house: House, *given: str) -> Said:
        def fleet(roles: Mapping[str, str], external_ids: Mapping[str, str]) -> object:
            doors.update(roles=roles, external_ids=external_ids)
            return house.fleet

        out = Lookout(
            home=lambda: ACCOUNT,
            accounts=house.accounts,
            fleet=fleet,
            prices=house.prices,
            clock=house.clock,
        )
        monkeypatch.setattr(wiring, "lookout", lambda _: out)
        return call("scan", "--policies", str(policies), *given)

    return called
