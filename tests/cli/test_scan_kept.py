"""What does `trimtab scan` take from its earlier runs, and what where that cannot be used?"""

from pathlib import Path

import pytest

from tests.cli.conftest import HERE, Scan
from tests.cli.test_scan import OTHER, a_file
from tests.fakes.builders import ACCOUNT, TARGET
from tests.pipeline.house import OTHER_ACCOUNT, House
from trimtab.aws.functions import AwsFunctionSource
from trimtab.domain.arn import Target
from trimtab.flows import keys


def test_an_interrupted_scan_goes_on_where_it_stopped(scan: Scan, tmp_path: Path) -> None:
    house = House()
    house.plant("idle", invocations=0)
    house.plant("other", target=OTHER, invocations=5)
    house.cloud.deny(OTHER)
    accounts = a_file(tmp_path, {"account_id": ACCOUNT}, {"account_id": OTHER_ACCOUNT})
    keep = tmp_path / "done.jsonl"
    given = ("--accounts", accounts, *HERE, "--resume", str(keep))
    assert scan(house, *given).code == 2
    house.cloud.allow(OTHER)
    house.fleet.opened.clear()
    said = scan(house, *given)
    assert (said.code, house.fleet.opened) == (1, [OTHER])
    assert f"taken from {keep}, not read again: 1 target" in said.err
    assert "2 accounts, 2 targets, 2 functions" in said.out
    assert len(keep.read_text().splitlines()) == 2


def test_a_resume_file_that_is_something_else_ends_with_3(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("milk\nbread\n")
    said = scan(House(), *HERE, "--resume", str(path))
    assert (said.code, f"--resume {path}: line 1 is no JSON" in said.err) == (3, True)
    assert path.read_text() == "milk\nbread\n"


@pytest.mark.parametrize("line", ["[" * 100_000, "{"])
def test_a_damaged_resume_file_never_ends_in_a_traceback(
    scan: Scan, tmp_path: Path, line: str
) -> None:
    path = tmp_path / "done.jsonl"
    path.write_text(f"{line}\n{{}}\n")
    said = scan(House(), *HERE, "--resume", str(path))
    assert (said.code, f"--resume {path}: line 1 is no " in said.err) == (3, True)


def test_a_corrected_accounts_file_is_judged_anew(scan: Scan, tmp_path: Path) -> None:
    house = House()
    house.plant(invocations=5)
    given = (*HERE, "--resume", str(tmp_path / "done.jsonl"))
    for units, is_read in ((["ou-1"], True), (["ou-1"], False), (["ou-2"], True)):
        house.fleet.opened.clear()
        accounts = a_file(tmp_path, {"account_id": ACCOUNT, "organizational_units": units})
        assert scan(house, "--accounts", accounts, *given).code == 0
        assert bool(house.fleet.opened) is is_read


def test_a_folder_for_answers_that_cannot_be_used_is_refused_before_anything_is_read(
    scan: Scan, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    house = House()
    said = scan(house, *HERE, "--answers", str(tmp_path / "file"))
    assert (said.code, "name a folder you may write" in said.err) == (3, True)
    assert house.fleet.opened == []


def test_what_cannot_be_kept_is_a_warning_and_the_scan_goes_on(scan: Scan, tmp_path: Path) -> None:
    house = House()
    house.plant(invocations=5)
    folder = tmp_path / "answers"
    (folder / keys.answers(TARGET)).mkdir(parents=True)
    said = scan(house, *HERE, "--answers", str(folder))
    assert (said.code, said.err.count("--answers: ")) == (0, 1)
    assert "not kept, and asked again next time" in said.err


def test_a_resume_file_that_cannot_be_written_any_more_is_a_warning(
    scan: Scan, tmp_path: Path
) -> None:
    house = House()
    house.plant(invocations=5)
    house.plant(target=OTHER, invocations=5)
    path = tmp_path / "done.jsonl"
    entered = house.fleet.open

    def spoil(target: Target) -> AwsFunctionSource:
        if not path.is_dir():
            path.unlink()
            path.mkdir()
        return entered(target)

    house.fleet.open = spoil  # type: ignore[method-assign]
    accounts = a_file(tmp_path, {"account_id": ACCOUNT}, {"account_id": OTHER_ACCOUNT})
    given = ("--accounts", accounts, *HERE, "--resume", str(path), "--at-once", "1")
    said = scan(house, *given)
    assert (said.code, said.err.count(f"--resume: {path}: not kept")) == (0, 1)
