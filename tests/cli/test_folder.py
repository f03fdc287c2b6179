"""Is a folder of answers whole or not there, and what is said where it cannot be used?"""

from pathlib import Path

import pytest

from trimtab.domain.errors import InputError, NotFoundError
from trimtab.wiring import Folder

KEY = "runs/answers/111122223333/eu-west-1.json.gz"


def test_what_is_put_is_found_and_nothing_is_left_aside(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new")
    folder.put(KEY, [1])
    folder.put(KEY, [2])
    assert Folder(tmp_path / "new").get(KEY) == [2]
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["eu-west-1.json.gz"]


def test_what_is_not_there_or_garbled_is_told_apart(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(NotFoundError):
        folder.get(KEY)
    (tmp_path / KEY).parent.mkdir(parents=True)
    (tmp_path / KEY).write_text("no gzip")
    with pytest.raises(InputError, match=r"eu-west-1\.json\.gz"):
        folder.get(KEY)


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="name a folder you may write"):
        Folder(tmp_path / "file").put(KEY, [])
