"""What does somebody need to know who opens an export? One page of text."""

from collections.abc import Sequence

from trimtab.domain.ledger import Fault
from trimtab.report import words

FAULTS_SHOWN = 50

_TEXT = """\
Export of a Trimtab ledger
==========================

Time        {first} to {last}, days in UTC, both included
Entries     {entries}
Checkpoints {checkpoints}
Left out    {left_out}
Faults      {faults}

entries.jsonl       each entry as it is kept and was hashed, one per line, by moment
entries.csv         the same for a spreadsheet; cells that look like a formula begin with '
checkpoints/N.json  the statement that was signed: these very bytes
checkpoints/N.sig   its signature (ECDSA on P-256 over SHA-256, DER)
heads/DIGEST.jsonl  chain, number of entries and last hash of every chain, as the last statement
                    here names it
public-key.pem      the public half of the key that only the checkpoint Lambda may sign with

To check a signature by hand:

  {command}

It answers "Verified OK". The statement names `heads_digest`: the SHA-256 of the file in heads/. It
names `previous`: the SHA-256 of the statement file before it (zeros for the first). An entry's
`hash` is the SHA-256 of its line without `hash`: JSON with sorted keys, no spaces, UTF-8. Its
`previous_hash` is the hash of the entry before it in its chain.

The public key here is only as good as the way it came to you: compare it with the one that
AWS KMS gives for the key {key_note}
An export holds a time; to verify whole chains, copy the bucket and run
`trimtab audit verify --bucket-dir DIR --public-key public-key.pem`.
"""


def readme(
    *,
    first: str,
    last: str,
    entries: int,
    numbers: Sequence[int],
    left_out: int,
    faults: Sequence[Fault],
) -> str:
    """Return the text of README.txt."""
    name = f"checkpoints/{numbers[-1]:08d}" if numbers else "checkpoints/NUMBER"
    text = _TEXT.format(
        first=first,
        last=last,
        entries=entries,
        checkpoints=len(numbers),
        left_out=f"{left_out} objects that cannot be read as what their name says",
        faults=len(faults),
        command=f"openssl dgst -sha256 -verify public-key.pem -signature {name}.sig {name}.json",
        key_note="(output CheckpointKeyArn of the hub's stack).",
    )
    shown = [words.inert(f"  {f.chain}, entry {f.seq}: {f.what}") for f in faults[:FAULTS_SHOWN]]
    if shown:
        text += "\nFaults that `trimtab audit verify` found when this was made:\n\n"
        text += "".join(f"  {line}\n" for line in shown)
    return text
