"""Does `trimtab audit` list, verify without a hub, and hand over what can be checked by hand?"""

import csv
import hashlib
import io
import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import CALLER, Call, Said
from tests.fakes.people import FakePeople
from tests.fakes.signing import LocalSigner
from tests.flows.scene import CHANGE, CONTROL, FUNCTION, SIGNER, Scene, played
from trimtab import wiring
from trimtab.domain.ledger import mirror_key
from trimtab.wiring import Hub

ON = ("--from", "2026-11-02", "--to", "2026-11-02")


@pytest.fixture
def scene() -> Scene:
    return played()


@pytest.fixture
def audit(scene: Scene, monkeypatch: pytest.MonkeyPatch, call: Call) -> Call:
    """Call `trimtab audit` on the scene's hub."""
    unused: object = None
    hub = Hub(
        ledger=scene.ledger,
        desk=unused,
        people=FakePeople(),
        executions=unused,
        store=unused,
        clock=scene.clock,
        caller=lambda: CALLER,
        mirror=scene.mirror,
        checkpoint_key=lambda: SIGNER.pem,
    )
    monkeypatch.setattr(wiring, "hub_of", lambda _: hub)

    def called(*given: str) -> Said:
        scene.clock.advance(timedelta(minutes=2))
        return call("audit", *given)

    return called


def copied(scene: Scene, folder: Path) -> tuple[str, ...]:
    """Copy the bucket as `aws s3 sync` does: the newest version of each key."""
    for key, versions in scene.s3.versions.items():
        path = folder / "bucket" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(versions[-1][1] or b"")
    (folder / "key.pem").write_bytes(SIGNER.pem)
    return "--bucket-dir", str(folder / "bucket"), "--public-key", str(folder / "key.pem")


def events(said: Said) -> list[str]:
    return [json.loads(line)["event"] for line in said.out.splitlines()]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ((), 31),
        (("--function", FUNCTION), 16),
        (("--function", "orders"), 16),
        (("--function", "order"), 0),
        (("--account", "111111111111"), 16),
        (("--account", "222222222222"), 0),
        (("--actor", "person-7f3a"), 31),
        (("--actor", "person-7"), 0),
        (("--day", "2026-11-02"), 31),
        (("--day", "2026-11-01"), 0),
        (ON, 31),
        (("--from", "2026-11-03"), 0),
        (("--to", "2026-11-01"), 0),
        (("--event", "decided"), 4),
        (("--event", "decided", "--function", "orders"), 2),
        (("--policy", "memory-oversized"), 0),
    ],
)
def test_a_list_holds_what_fits_every_condition(
    audit: Call, given: tuple[str, ...], count: int
) -> None:
    said = audit("list", *given, "--json")
    assert (said.code, len(said.out.splitlines())) == (0, count)


def test_a_list_for_people_has_a_line_each_and_says_when_there_is_none(audit: Call) -> None:
    assert len(audit("list").out.splitlines()) == 32
    assert audit("list", "--event", "undone").out == "nothing on record fits\n"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--event", "approved"), "decided"),
        (("--account", "1"), "12 digits"),
        (("--from", "2026-11-20", "--to", "2026-11-10"), "--from is after --to"),
        (("--actor", "nobody@example.com"), "people show"),
        (("--actor", "arn:aws:iam::111111111111:user/nobody"), "people show"),
        (("--json", "--csv"), "not both"),
    ],
)
def test_a_question_that_nothing_can_answer_is_refused(
    audit: Call, given: tuple[str, ...], says: str
) -> None:
    said = audit("list", *given)
    assert (said.code, says in said.err) == (3, True)


def test_a_day_goes_without_a_span(audit: Call) -> None:
    assert audit("list", "--day", "2026-11-02", *ON).code == 3


def test_a_chain_of_any_name_is_shown(audit: Call) -> None:
    said = audit("show", CONTROL)
    assert (said.code, said.out.splitlines()[0]) == (0, "control freeze")


def test_a_row_that_holds_no_entry_is_named_and_the_rest_is_listed(
    scene: Scene, audit: Call
) -> None:
    scene.dynamodb.rows["ledger"][CHANGE, "3"]["body"] = {"S": "garbage"}
    said = audit("list", *ON, "--json")
    assert (said.code, len(said.out.splitlines())) == (1, 30)
    assert f"{CHANGE}, entry 3" in said.err


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "\u200b=1", "\u22121"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_s23_no_cell_of_the_csv_is_a_formula(scene: Scene, audit: Call, formula: str) -> None:
    scene.enter(CHANGE, "undone", actor=formula, data={"why": formula}, once=formula)
    said = audit("list", "--event", "undone", "--csv")
    (row,) = csv.DictReader(io.StringIO(said.out))
    starts = {row[name][:1] for name in ("actor", "once")}
    assert starts == {"'"}
    assert "\n" not in row["data"]


def test_verify_says_what_it_checked(audit: Call) -> None:
    said = audit("verify")
    assert said.code == 0
    assert "31 entries in 4 chains of the bucket" in said.out
    assert "2 checkpoints" in said.out
    assert "covers 31 of 31 entries" in said.out
    assert "the tables: every row and head" in said.out
    assert said.out.endswith("whole\n")


def test_verify_names_each_fault(scene: Scene, audit: Call) -> None:
    scene.dynamodb.rows["ledger"][CHANGE, "3"]["actor"] = {"S": "somebody"}
    said = audit("verify")
    assert said.code == 1
    assert f"FAULT {CHANGE}" in said.out
    assert said.out.endswith("1 fault\n")


def test_verify_names_what_the_filler_wrote(scene: Scene, audit: Call) -> None:
    entry = scene.enter(CHANGE, "undone")
    del scene.s3.versions[mirror_key(CHANGE, entry.seq)]
    scene.checkpoint()
    said = audit("verify")
    assert (said.code, mirror_key(CHANGE, 9) in said.out) == (0, True)


def test_s17_the_bucket_and_the_public_key_are_enough(
    scene: Scene, call: Call, tmp_path: Path
) -> None:
    said = call("audit", "verify", *copied(scene, tmp_path), "--json")
    found = json.loads(said.out)
    assert (said.code, found["tables"], found["checkpoints"]) == (0, False, 2)
    assert "the tables were not" in call("audit", "verify", *copied(scene, tmp_path)).out


def test_s17_one_byte_of_the_copy_is_found(scene: Scene, call: Call, tmp_path: Path) -> None:
    given = copied(scene, tmp_path)
    path = tmp_path / "bucket" / mirror_key(CHANGE, 4)
    path.write_bytes(path.read_bytes().replace(b"1769", b"1768"))
    said = call("audit", "verify", *given)
    assert (said.code, f"FAULT {CHANGE}, entry 4" in said.out) == (1, True)


def test_a_file_that_is_missing_from_the_copy_is_found(
    scene: Scene, call: Call, tmp_path: Path
) -> None:
    given = copied(scene, tmp_path)
    (tmp_path / "bucket" / mirror_key(CONTROL, 7)).unlink()
    said = call("audit", "verify", *given)
    assert (said.code, f"FAULT {CONTROL}, entry 7" in said.out) == (1, True)


def test_another_key_verifies_nothing(scene: Scene, call: Call, tmp_path: Path) -> None:
    given = copied(scene, tmp_path)
    (tmp_path / "key.pem").write_bytes(LocalSigner().pem)
    assert call("audit", "verify", *given).code == 1


def test_a_copy_without_any_checkpoint_could_not_be_verified(
    scene: Scene, call: Call, tmp_path: Path
) -> None:
    given = copied(scene, tmp_path)
    shutil.rmtree(tmp_path / "bucket" / "checkpoints")
    said = call("audit", "verify", *given)
    assert (said.code, "no checkpoint" in said.err) == (2, True)


@pytest.mark.parametrize("wrong", ["no key", "both", "no folder", "no file", "garbage", "P-384"])
def test_what_cannot_be_meant_is_refused(
    scene: Scene, call: Call, tmp_path: Path, wrong: str
) -> None:
    given = copied(scene, tmp_path)
    key = tmp_path / "key.pem"
    if wrong == "garbage":
        key.write_bytes(b"garbage")
    if wrong == "P-384":
        key.write_bytes(P384)
    given = {
        "no key": given[:2],
        "both": (*given, "--bucket", "b"),
        "no folder": ("--bucket-dir", str(tmp_path / "none"), *given[2:]),
        "no file": (*given[:3], str(tmp_path / "none")),
    }.get(wrong, given)
    assert call("audit", "verify", *given).code == 3


P384 = b"""-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEArpzPO51GVYc9mxUq5fKwp2vxdgHeOYy
6MHJRQi8s032mIY5WBLNxrPd7KArEwUVtDviOtjm5Z1+4+7vTfHu5KCTwLzREyjU
+pdmXekWm1MncdlgzTLJC/3aN9Btji+6
-----END PUBLIC KEY-----
"""


def test_an_export_holds_the_entries_as_they_were_hashed(
    scene: Scene, audit: Call, tmp_path: Path
) -> None:
    said = audit("export", *ON, "-o", str(tmp_path / "out"))
    assert (said.code, "31 entries and 2 checkpoints" in said.out) == (0, True)
    out = tmp_path / "out"
    kept = {v[0][1] for key, v in scene.s3.versions.items() if key.startswith("log/")}
    assert set((out / "entries.jsonl").read_bytes().splitlines()) == kept
    assert len((out / "entries.csv").read_text().splitlines()) == 32
    assert (out / "public-key.pem").read_bytes() == SIGNER.pem
    statement = json.loads((out / "checkpoints" / "00000002.json").read_text())
    (heads,) = (out / "heads").iterdir()
    assert hashlib.sha256(heads.read_bytes()).hexdigest() == statement["heads_digest"]
    before = (out / "checkpoints" / "00000001.json").read_bytes()
    assert hashlib.sha256(before).hexdigest() == statement["previous"]
    assert "Entries     31" in (out / "README.txt").read_text()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl here")
def test_s17_the_command_in_the_readme_verifies_the_signature(audit: Call, tmp_path: Path) -> None:
    audit("export", *ON, "-o", str(tmp_path))
    (command,) = (
        line.strip()
        for line in (tmp_path / "README.txt").read_text().splitlines()
        if line.strip().startswith("openssl ")
    )
    done = subprocess.run(
        command.split(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "Verified OK\n")
    path = tmp_path / "checkpoints" / "00000002.json"
    path.write_bytes(path.read_bytes().replace(b'"entries":31', b'"entries":30'))
    done = subprocess.run(
        command.split(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Verified OK" in done.stdout) == (1, False)


def test_an_export_holds_the_days_asked_for_and_what_covers_their_end(
    scene: Scene, audit: Call, tmp_path: Path
) -> None:
    scene.clock.advance(timedelta(days=1))
    scene.enter(CHANGE, "undone")
    scene.checkpoint()
    scene.clock.advance(timedelta(days=1))
    scene.checkpoint()
    audit("export", *ON, "-o", str(tmp_path / "one"))
    assert len((tmp_path / "one" / "entries.jsonl").read_text().splitlines()) == 31
    names = {p.name for p in (tmp_path / "one" / "checkpoints").iterdir()}
    assert names == {f"0000000{n}.{kind}" for n in (1, 2, 3) for kind in ("json", "sig")}
    said = audit("export", "--from", "2026-11-03", "--to", "2026-11-03", "-o", str(tmp_path / "2"))
    assert "1 entry and 2 checkpoints" in said.out


def test_an_export_of_a_ledger_with_faults_names_them(
    scene: Scene, audit: Call, tmp_path: Path
) -> None:
    scene.dynamodb.rows["ledger"][CHANGE, "3"]["actor"] = {"S": "somebody"}
    said = audit("export", *ON, "-o", str(tmp_path / "out"))
    assert said.code == 1
    assert "its actor is not that" in (tmp_path / "out" / "README.txt").read_text()


def test_an_export_writes_over_nothing(audit: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert audit("export", *ON, "-o", str(tmp_path)).code == 3
    assert audit("export", "--from", "2026-11-03", "--to", "2026-11-02", "-o", "x").code == 3
