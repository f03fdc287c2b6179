"""Is a folder of answers whole or not there, and what is said where it cannot be used?"""

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trimtab.domain.errors import InputError, NotFoundError
from trimtab.wiring import Folder

KEY = "runs/answers/111122223333/eu-west-1.json.gz"


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def folder(tmp_path: Path, warnings: list[str]) -> Folder:
    return Folder(tmp_path / "new", warn=warnings.append)


def test_what_is_put_is_found_and_nothing_is_left_aside(tmp_path: Path, folder: Folder) -> None:
    folder.put(KEY, [1])
    folder.put(KEY, [2])
    assert Folder(tmp_path / "new", warn=pytest.fail).get(KEY) == [2]
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["eu-west-1.json.gz"]


def test_scans_that_share_a_folder_do_not_disturb_each_other(
    tmp_path: Path, folder: Folder
) -> None:
    folder.put(KEY, [0])

    def write(number: int) -> None:
        own = Folder(tmp_path / "new", warn=pytest.fail)
        for _ in range(100):
            own.put(KEY, [number] * (1000 + number))
            assert len(set(own.get(KEY))) == 1

    with ThreadPoolExecutor(max_workers=3) as pool:
        list(pool.map(write, range(1, 4)))
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["eu-west-1.json.gz"]


def test_what_is_not_there_is_not_found(folder: Folder) -> None:
    with pytest.raises(NotFoundError):
        folder.get(KEY)


def broken(good: bytes) -> bytes:
    return good[:12] + b"\xff" * 8 + good[20:]


@pytest.mark.parametrize(
    "garbled",
    [
        b"no gzip",
        b"",
        broken(gzip.compress(b"[1, 2, 3, 4, 5, 6, 7, 8, 9]", mtime=0)),
        gzip.compress(b"[" * 200_000, mtime=0),
        gzip.compress(b"\xff\xfe[]", mtime=0),
        gzip.compress(b"[1", mtime=0)[:-4],
    ],
)
def test_what_is_garbled_is_an_error_that_names_it(
    tmp_path: Path, folder: Folder, garbled: bytes
) -> None:
    folder.put(KEY, [])
    (tmp_path / "new" / KEY).write_bytes(garbled)
    with pytest.raises(InputError, match=r"eu-west-1\.json\.gz"):
        folder.get(KEY)


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="name a folder you may write"):
        Folder(tmp_path / "file", warn=pytest.fail)


def test_what_cannot_be_kept_is_a_warning_and_said_once(
    tmp_path: Path, folder: Folder, warnings: list[str]
) -> None:
    (tmp_path / "new" / KEY).mkdir(parents=True)
    folder.put(KEY, [1])
    folder.put(KEY, [2])
    (warning,) = warnings
    assert warning.startswith(f"{tmp_path / 'new' / KEY}: not kept, and asked again next time: ")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
