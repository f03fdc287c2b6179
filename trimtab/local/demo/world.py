"""How does the whole demo world come up? Emulator, Organization, fleet, and the real stacks
deployed.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from trimtab.local.demo.fill import create_functions, write_past
from trimtab.local.demo.fleet import AWAY, SANDBOX, DemoFunction, Story, ordinary, story
from trimtab.local.demo.provisioned import Load
from trimtab.local.demo.removal import point_at
from trimtab.local.deploy import Deployment, deploy_stack
from trimtab.local.emulator import Emulator
from trimtab.local.github import GitHubStandIn
from trimtab.local.organization import Organization, create_organization
from trimtab.local.process import EmulatorError, EmulatorSettings, find_local_python
from trimtab.local.sign_in import Provider, start_provider

ROOT = Path(__file__).resolve().parents[3]
BUNDLE = ROOT / "trimtab" / "local" / "bundle"
REGION = "eu-west-1"
EXTERNAL_ID = "demo-external-id"
SENDER = "trimtab@example.com"
REPOSITORY = "example/fleet"
OIDC_SECRET = "trimtab/oidc-client"
PEOPLE = tuple(f"{who}@example.com" for who in ("payments", "checkout", "cloud", "web"))
"""Who may be asked in the demo, and can sign in."""
ORDINARY = 103

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the demo's people and watches may take."""

    expires: str
    watch: str


WRITTEN = Pace(expires="60s", watch="20s")
"""What the policies of the demo say; the pace of a world is put in its place."""
BRISK = Pace(expires="90s", watch="20s")
"""Nobody looks on; the answers of a slow machine still come in time."""
HUMAN = Pace(expires="30m", watch="60s")


class World:
    """One Organization with Trimtab deployed in it; leaves nothing behind when it is left."""

    def __init__(self, *, pace: Pace, tell: Tell) -> None:
        python = find_local_python(ROOT)
        if python is None:
            raise EmulatorError("the embedded AWS is not installed: run make setup")
        self._home = tempfile.TemporaryDirectory(prefix="trimtab-demo-", ignore_cleanup_errors=True)
        self._folder = Path(self._home.name)
        self._synth: subprocess.Popen[str] | None = None
        self._pace, self._tell = pace, tell
        self.emulator = Emulator(
            EmulatorSettings(local_python=python, region=REGION, wait_scale=0.2)
        )
        self.github = GitHubStandIn(log=tell)
        self._python = python
        self.provider: Provider | None = None
        until = datetime.now(UTC).date() + timedelta(days=30)
        self.story: Story = story(until.isoformat())
        self.fleet: tuple[DemoFunction, ...] = (
            *self.story.asked,
            *self.story.others,
            *ordinary(ORDINARY),
        )
        self.load = Load(self.emulator, self.fleet)
        self.outputs: Mapping[str, str] = {}
        self.organization: Organization | None = None

    def __enter__(self) -> "World":
        try:
            self._build()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        self.github.stop()
        if self.provider is not None:
            self.provider.stop()
        self.emulator.stop()
        if self._synth is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._synth.pid, signal.SIGKILL)
            self._synth.wait()
        self._home.cleanup()

    def _build(self) -> None:
        self._tell("starting the embedded AWS")
        self.emulator.start()
        organization = create_organization(self.emulator)
        self.organization = organization
        self.provider = start_provider(self._python, PEOPLE)
        synth = self._start_synth(organization, self.provider)
        self._tell(f"filling 4 accounts in 2 regions with {len(self.fleet)} functions")
        create_functions(self.emulator, self.fleet)
        write_past(self.emulator, self.fleet, asked=self.story.asked)
        point_at(self.emulator, self.story.removed)
        self.load.write(datetime.now(UTC))
        self._tell("synthesizing the real stacks")
        output, _ = synth.communicate()
        if synth.returncode != 0:
            raise EmulatorError(f"synthesizing failed:\n{output}")
        self._deploy(organization, self.provider)

    def _start_synth(
        self, organization: Organization, provider: Provider
    ) -> "subprocess.Popen[str]":
        """Write the bundle with this Organization's units in it, and start the synthesis."""
        bundle = self._folder / "bundle"
        shutil.copytree(BUNDLE, bundle)
        units = organization.units
        tokens = {f"ou-{name}": unit for name, unit in units.items()}
        _replace(bundle / "fleet.yaml", tokens)
        pace = {f"  expires: {WRITTEN.expires}": f"  expires: {self._pace.expires}"}
        pace |= {f"  watch: {WRITTEN.watch}": f"  watch: {self._pace.watch}"}
        for pack in ("cost", "reliability"):
            for file in (bundle / pack).glob("*.yaml"):
                _replace(file, pace)
        options = {
            "platform": "host",
            "bundle": str(bundle),
            "hub_id": "demo",
            "pace": "100",
            "organization_id": organization.id,
            "external_id": EXTERNAL_ID,
            "sender": SENDER,
            "ticket_repository": REPOSITORY,
            "ticket_api": self.github.url,
            "security_hub": "member",
            "sandbox_account": organization.drills.id,
            "vault_regions": AWAY,
            "oidc_issuer": provider.issuer,
            "oidc_client_id": provider.client_id,
            "oidc_secret": OIDC_SECRET,
        }
        given = [word for n, v in options.items() for word in ("-c", f"{n}={v}")]
        command = [sys.executable, "-m", "infra.app", *given, "-o", str(self._folder / "cdk.out")]
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        temporary = self._folder / "tmp"
        temporary.mkdir()
        self._synth = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment | {"TMPDIR": str(temporary)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self._synth

    def _deploy(self, organization: Organization, provider: Provider) -> None:
        assembly = self._folder / "cdk.out"
        trust = {
            "HubAccount": organization.hub.id,
            "OrganizationId": organization.id,
            "ExternalId": EXTERNAL_ID,
        }
        for account in organization.members:
            for role in ("read", "change", "restore", "import"):
                if account.id != SANDBOX:
                    self._deploy_one(assembly, f"trimtab-member-{role}", account.id, trust)
        self._deploy_one(assembly, "trimtab-sandbox", organization.drills.id, trust)
        self._tell("deploying the hub")
        hub = organization.hub.id
        self.outputs = self._deploy_one(assembly, "trimtab-hub", hub, {})
        self._deploy_one(assembly, f"trimtab-vault-{AWAY}", hub, {}, region=AWAY)
        self.emulator.client("sesv2").create_email_identity(EmailIdentity=SENDER)
        secrets = self.emulator.client("secretsmanager")
        secrets.put_secret_value(SecretId="trimtab/ticket-token", SecretString="demo-token")
        secrets.create_secret(Name=OIDC_SECRET, SecretString=provider.client_secret)

    def _deploy_one(
        self,
        assembly: Path,
        stack: str,
        account: str,
        parameters: Mapping[str, str],
        *,
        region: str = REGION,
    ) -> Mapping[str, str]:
        return deploy_stack(
            self.emulator,
            Deployment(
                assembly=assembly,
                stack=stack,
                account=account,
                region=region,
                parameters=parameters,
            ),
        )

    def hub(self, service: str) -> Any:
        """Return a client in the hub account."""
        return self.emulator.client(service)

    def fire(self, schedule: str) -> None:
        """Let one of the hub's schedules come due now."""
        hub = self.emulator.settings.hub_account
        name = {"Account": hub, "Region": REGION, "Name": f"trimtab-{schedule}"}
        self.emulator.control("fire-schedule", name)


def _replace(file: Path, words: Mapping[str, str]) -> None:
    text = file.read_text()
    for old, new in words.items():
        text = text.replace(old, new)
    file.write_text(text)
