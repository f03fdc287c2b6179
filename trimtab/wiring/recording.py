"""What stands behind the checkpoints, and what does an auditor verify with?"""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab import settings
from trimtab.domain.errors import InputError
from trimtab.ports import Mirror, Stored, Verifier
from trimtab.wiring import parts

if TYPE_CHECKING:
    from trimtab.flows import checkpoint


def checkpoint_once(context: Any) -> "checkpoint.Checkpointed":
    """Fill the mirror and make a checkpoint if one is due; faults are returned, not raised.

    A mirror with other content than the tables is among the faults, by its key.
    """
    from trimtab.aws.mirror import S3Mirror
    from trimtab.aws.signing import KmsSigner, KmsVerifier
    from trimtab.flows import checkpoint

    names = settings.CheckpointSettings.read(os.environ)
    kms = parts.hub().client("kms")
    bench = checkpoint.Bench(
        ledger=parts.ledger(),
        mirror=S3Mirror(parts.hub().client("s3"), bucket=names.ledger_bucket),
        signer=KmsSigner(kms, key_id=names.checkpoint_key),
        verifier=KmsVerifier(kms, key_id=names.checkpoint_key),
        clock=parts.clock(context),
        hub_id=names.hub_id,
    )
    done = checkpoint.checkpoint(bench)
    checkpoint.stop_on(done, bench)
    return done


def verifier_of(pem: bytes) -> Verifier:
    """Check signatures against a public key, without AWS.

    Raises: InputError when it is no public key of the curve P-256.
    """
    from trimtab.aws.public_key import PublicKeyVerifier

    return PublicKeyVerifier(pem)


def folder_mirror(folder: Path) -> Mirror:
    """Read a copy of the bucket in a folder, as `aws s3 sync` makes it.

    Raises: InputError when there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: copy the bucket into one with aws s3 sync")
    return _Folder(folder)


class _Folder:
    """A copy of the bucket. It holds one version of each key: the newest at the time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def listed(self, prefix: str, *, after: str = "") -> Iterator[Stored]:
        found = (p.relative_to(self._folder).as_posix() for p in self._folder.rglob("*"))
        for key in sorted(key for key in found if key.startswith(prefix) and key > after):
            if (self._folder / key).is_file():
                yield Stored(key=key, oldest=None, versions=1)

    def read(self, stored: Stored) -> bytes:
        return (self._folder / stored.key).read_bytes()

    def read_many(self, stored: Iterable[Stored]) -> Iterator[tuple[Stored, bytes]]:
        return ((one, self.read(one)) for one in stored)

    def put_new(self, key: str, body: bytes) -> bool:
        raise AssertionError("a copy is only read")
