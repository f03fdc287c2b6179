"""What do all the wirings share? The session, the bundle, the ledger, the desk, the clock.

Everything is built, and imported, when it is first asked for, and then kept for the next warm call.
"""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab import settings
from trimtab.domain.errors import InputError
from trimtab.ports import ApprovalDesk, Clock, Ledger, MemoryRecords, People, RunStore, Verifier

if TYPE_CHECKING:
    from trimtab.aws.sessions import HubSession
    from trimtab.domain.change_spec import ChangeSpec
    from trimtab.policy.model import Bundle
    from trimtab.policy.problems import Problem

TOKEN_BYTES = 32
"""256 bits: nobody guesses a link."""

CODE = Path(__file__).resolve().parents[2]
"""Where the code lies: the policy bundle is a folder beside it."""


def forget() -> None:
    """Drop everything built so far: for tests that change the environment."""
    for builder in (hub, bundle, ledger, desk):
        builder.cache_clear()


@cache
def hub(calls_per_s: str | None = None) -> "HubSession":
    """Build the session; `calls_per_s` paces the Lambda calls it makes in member accounts (S21)."""
    from trimtab.aws.sessions import HubSession

    if calls_per_s is None:
        return HubSession()
    return HubSession(lambda_calls_per_s=float(calls_per_s))


@cache
def bundle(folder: str) -> "Bundle":
    return load_policies(CODE / folder)


def bundle_for(folder: str, *, oidc_issuer: str) -> "Bundle":
    """Return the deployed bundle, which knows whether anybody can sign in."""
    found = bundle(folder)
    can_sign_in = oidc_issuer != settings.NONE
    return replace(found, guardrails=replace(found.guardrails, can_sign_in=can_sign_in))


def load_policies(folder: Path) -> "Bundle":
    """Load every policy file below a folder.

    Raises: InputError with all that is wrong in any of them, with file, line and column.
    """
    return policies_in(read_policy_files(folder))


def policies_in(files: Mapping[str, bytes]) -> "Bundle":
    """Load policy files that were read already."""
    from trimtab.policy.loader import load_bundle

    return load_bundle(files, kinds=change_kinds())


def policy_warnings(folder: Path, loaded: "Bundle") -> "tuple[Problem, ...]":
    """Say what in a loaded bundle is allowed and probably not meant, its tests included."""
    from trimtab.policy.warnings_bundle import bundle_warnings

    return bundle_warnings(loaded, read_policy_files(folder), now=clock().now())


def deployed_warnings(folder: str) -> tuple[str, ...]:
    """Say it of the deployed bundle, without the tests: nobody runs them there."""
    from trimtab.policy.warnings_bundle import bundle_warnings

    files = read_policy_files(CODE / folder)
    found = bundle_warnings(bundle(folder), files, now=clock().now(), with_tests=False)
    return tuple(map(str, found))


def change_kinds() -> "Mapping[str, ChangeSpec]":
    """Return what policy files may say under `change:`."""
    from trimtab.remediations import change_specs

    return change_specs()


def read_policy_files(folder: Path) -> Mapping[str, bytes]:
    """Read every policy file below a folder, by its path inside it.

    One that ends in .yml is read too, so that loading refuses it: passed over, it would be missed.
    Raises: InputError when there is none, or one cannot be read.
    """
    try:
        found = sorted(
            p for p in folder.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file()
        )
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from error
    if not files:
        raise InputError(f"{folder} holds no policy files: name the folder that has fleet.yaml")
    return files


@cache
def ledger() -> Ledger:
    from trimtab.aws.ledger import AwsLedger

    names = settings.LedgerSettings.read(os.environ)
    return AwsLedger(
        hub().lazy("dynamodb"),
        hub().lazy("s3"),
        ledger_table=names.ledger_table,
        heads_table=names.heads_table,
        bucket=names.ledger_bucket,
    )


@cache
def desk(table: str) -> ApprovalDesk:
    from trimtab.aws.desk import AwsApprovalDesk

    return AwsApprovalDesk(hub().client("dynamodb"), table=table)


def memories(table: str) -> MemoryRecords:
    from trimtab.aws.memory_records import AwsMemoryRecords

    return AwsMemoryRecords(hub().client("dynamodb"), table=table)


def people(table: str) -> People:
    from trimtab.aws.people import AwsPeople

    return AwsPeople(hub().client("dynamodb"), table=table)


def verifier(signing_key: str) -> Callable[[], Verifier]:
    """Return what makes a verifier when one is needed: most calls verify nothing."""

    def make() -> Verifier:
        from trimtab.aws.signing import KmsVerifier

        return KmsVerifier(hub().client("kms"), key_id=signing_key)

    return make


def clock(context: Any = None) -> Clock:
    from trimtab.aws.clock import SystemClock

    return SystemClock(context)


def store(bucket: str) -> RunStore:
    from trimtab.aws.evidence import S3RunStore

    return S3RunStore(hub().client("s3"), bucket=bucket)
