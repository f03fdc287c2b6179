"""`trimtab audit export`: what is handed over, with everything that proves it?"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.audit_options import DAY, Stack
from trimtab.cli.console import FOUND, say
from trimtab.domain.errors import InputError
from trimtab.flows.audit import Verified, audit_hub
from trimtab.flows.export import Gathered, gather
from trimtab.report import words
from trimtab.report.handover import readme
from trimtab.report.sheet import sheet


def export(
    *,
    first: Annotated[datetime, typer.Option("--from", formats=[DAY], help="First day, UTC.")],
    last: Annotated[datetime, typer.Option("--to", formats=[DAY], help="Last day, UTC.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="A new or an empty folder.")],
    stack: Stack = wiring.HUB_STACK,
) -> None:
    """Write the entries of a time, the checkpoints, and the public key into a folder.

    The ledger is verified on the way. Exit code 1: it has faults, which the README names.
    """
    if first > last:
        raise InputError("--from is after --to")
    _require_empty(out)
    hub = wiring.hub_of(stack)
    pem = hub.checkpoint_key()
    verifier = wiring.verifier_of(pem)
    verified = audit_hub(hub.ledger, hub.mirror, verifier, now=hub.clock.now())
    found = gather(hub.mirror, verifier, first=first.date(), last=last.date())
    for name, content in _files(found, verified, pem, first.date(), last.date()).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    say(
        f"{words.count(len(found.entries), 'entry', 'entries')} and "
        f"{words.count(len(found.statements), 'checkpoint')} in {out}; "
        f"{words.count(len(verified.faults), 'fault')}; read README.txt first"
    )
    if verified.faults or found.left_out:
        raise typer.Exit(FOUND)


def _require_empty(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is there and not an empty folder: name a new one")


def _files(
    found: Gathered, verified: Verified, pem: bytes, first: date, last: date
) -> Mapping[str, bytes]:
    files = {
        "README.txt": readme(
            first=first.isoformat(),
            last=last.isoformat(),
            entries=len(found.entries),
            numbers=[statement.number for statement in found.statements],
            left_out=found.left_out,
            faults=verified.faults,
        ).encode(),
        "entries.jsonl": "".join(f"{line}\n" for line in found.lines).encode(),
        "entries.csv": sheet(found.entries).encode(),
        "public-key.pem": pem,
    }
    for statement in found.statements:
        files[f"checkpoints/{statement.number:08d}.json"] = statement.text.encode()
        files[f"checkpoints/{statement.number:08d}.sig"] = statement.signature
    if found.statements:
        files[f"heads/{found.heads_digest}.jsonl"] = found.heads.encode()
    return files
