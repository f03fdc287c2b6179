"""`trimtab audit verify`: is the record whole? With a hub, or with the bucket and the key alone."""

from pathlib import Path
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.audit_options import AsJson, Stack
from trimtab.cli.console import FOUND, UNREAD, complain, print_json, say
from trimtab.domain.errors import InputError
from trimtab.domain.wire import to_wire
from trimtab.flows.audit import Verified, audit_hub, audit_record
from trimtab.report import words

FILLED_SHOWN = 20


def verify(
    *,
    bucket_dir: Annotated[
        Path | None, typer.Option("--bucket-dir", help="A copy of the mirror bucket.")
    ] = None,
    bucket: Annotated[
        str | None, typer.Option("--bucket", help="The mirror bucket itself, without any stack.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", help="The key of the checkpoints, as PEM.")
    ] = None,
    stack: Stack = wiring.HUB_STACK,
    as_json: AsJson = False,
) -> None:
    """Verify every chain, every checkpoint, and that the tables agree with the bucket.

    With --bucket-dir or --bucket, and --public-key, no table is read. Exit code 0: whole; 1: there
    are faults; 2: it could not be verified.
    """
    found = _verified(bucket_dir, bucket, public_key, stack)
    if as_json:
        print_json(to_wire(found))
    else:
        _print(found)
    if found.faults:
        raise typer.Exit(FOUND)
    if not found.tables and not found.checkpoints:
        complain("there is no checkpoint in it: nothing proves that these are all the entries")
        raise typer.Exit(UNREAD)


def _verified(
    bucket_dir: Path | None, bucket: str | None, public_key: Path | None, stack: str
) -> Verified:
    pem = None if public_key is None else _read(public_key)
    if bucket_dir is None and bucket is None:
        hub = wiring.hub_of(stack)
        verifier = wiring.verifier_of(pem or hub.checkpoint_key())
        return audit_hub(hub.ledger, hub.mirror, verifier, now=hub.clock.now())
    if pem is None or (bucket_dir is not None and bucket is not None):
        raise InputError("give --public-key, and one of --bucket-dir and --bucket")
    verifier = wiring.verifier_of(pem)
    if bucket_dir is not None:
        return audit_record(wiring.folder_mirror(bucket_dir), verifier)
    return audit_record(wiring.bucket_mirror(bucket or ""), verifier)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def _print(found: Verified) -> None:
    entries = words.count(found.entries, "entry", "entries")
    say(f"{entries} in {words.count(found.chains, 'chain')} of the bucket: content, order, hashes")
    newest = found.newest
    if newest.at is None:
        say("no checkpoint: nothing was compared with a signature")
    else:
        say(
            f"{words.count(found.checkpoints, 'checkpoint')}: signatures, numbers, heads; the "
            f"newest, {newest.number} of {newest.at.isoformat(timespec='seconds')}, covers "
            f"{found.covered:,} of {entries}"
        )
    if found.tables:
        waiting = words.count(found.waiting, "entry", "entries")
        say(f"the tables: every row and head; {waiting} on the way into the bucket")
    else:
        say("the tables were not looked at")
    if found.filled:
        many = words.count(len(found.filled), "entry was", "entries were")
        say(f"{many} put into the bucket later, by the filler and not by who made them:")
        for key in found.filled[:FILLED_SHOWN]:
            say(f"  {words.inert(key)}")
    for fault in found.faults:
        say(words.inert(f"FAULT {fault.chain}, entry {fault.seq}: {fault.what}"))
    if found.faults:
        say(words.count(len(found.faults), "fault"))
    else:
        say("whole" if found.checkpoints else "no fault, and no checkpoint that proves it")
