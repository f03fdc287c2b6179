"""Which accounts does the demo's Organization have, and in which units?

A management account, a hub that is a delegated administrator, four accounts to scan, one
that is suspended, and one for restore drills; made through the API an Organization's owner would
use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trimtab.local.emulator import Emulator

DELEGATION = "member.org.stacksets.cloudformation.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account and the unit it sits in."""

    id: str
    name: str
    unit: str

    @property
    def email(self) -> str:
        """The address of the account's root user."""
        return f"aws+{self.name}@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """What ``create_organization`` made."""

    id: str
    root: str
    units: Mapping[str, str]
    """Unit name → id."""

    hub: Account
    members: tuple[Account, ...]
    """The accounts to scan: active, without hub and management account."""

    drills: Account
    """Where restore drills restore into; it is not scanned."""

    suspended: Account


MEMBERS = (
    Account(id="222222222222", name="payments-prod", unit="prod"),
    Account(id="333333333333", name="orders-prod", unit="prod"),
    Account(id="444444444444", name="web-dev", unit="dev"),
    Account(id="555555555555", name="data-sandbox", unit="sandbox"),
)
DRILLS = Account(id="777777777777", name="restore-drills", unit="platform")
SUSPENDED = Account(id="666666666666", name="old-sandbox", unit="sandbox")


def create_organization(emulator: Emulator) -> Organization:
    """Create units and accounts, move each to its unit, close one, delegate to the hub."""
    client = emulator.client("organizations", emulator.settings.management_account)
    hub = Account(id=emulator.settings.hub_account, name="trimtab-hub", unit="platform")
    root: str = client.list_roots()["Roots"][0]["Id"]
    accounts = (hub, *MEMBERS, DRILLS, SUSPENDED)
    units: dict[str, str] = {}
    for unit in dict.fromkeys(account.unit for account in accounts):
        made = client.create_organizational_unit(ParentId=root, Name=unit)
        units[unit] = made["OrganizationalUnit"]["Id"]
    for account in accounts:
        entry = {"Id": account.id, "Name": account.name, "Email": account.email}
        emulator.control("account", entry)
        client.move_account(
            AccountId=account.id,
            SourceParentId=root,
            DestinationParentId=units[account.unit],
        )
    client.close_account(AccountId=SUSPENDED.id)
    client.register_delegated_administrator(AccountId=hub.id, ServicePrincipal=DELEGATION)
    return Organization(
        id=client.describe_organization()["Organization"]["Id"],
        root=root,
        units=units,
        hub=hub,
        members=MEMBERS,
        drills=DRILLS,
        suspended=SUSPENDED,
    )
