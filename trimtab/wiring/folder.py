"""Where does `trimtab scan` keep answers that hold for days? Files in a folder of the caller's."""

import gzip
import json
from pathlib import Path
from typing import Any

from trimtab.domain.errors import InputError, NotFoundError


class Folder:
    """Keys are paths under the folder. A file is whole or not there: it is written aside first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, key: str, data: Any) -> None:
        """Raises: InputError when the folder cannot be written."""
        file = self._path / key
        aside = file.with_name(f"{file.name}.new")
        text = json.dumps(data, separators=(",", ":"), allow_nan=False)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(gzip.compress(text.encode(), mtime=0))
            aside.replace(file)
        except OSError as error:
            raise InputError(f"{self._path}: {error}: name a folder you may write") from error

    def get(self, key: str) -> Any:
        """Raises: NotFoundError when there is none; InputError when it is no such file."""
        try:
            return json.loads(gzip.decompress((self._path / key).read_bytes()))
        except FileNotFoundError as error:
            raise NotFoundError(f"{self._path / key} is not there") from error
        except (OSError, EOFError, ValueError) as error:
            raise InputError(f"{self._path / key}: {error}") from error
