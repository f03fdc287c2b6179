"""Where does `trimtab scan` keep answers that hold for days? Files in a folder of the caller's."""

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Any
from zlib import error as ZlibError

from trimtab.domain.errors import InputError, NotFoundError


class Folder:
    """Keys are paths under the folder. A file is whole or not there: it is written aside first,
    under a name of its own, so that several scans may share the folder.
    """

    def __init__(self, path: Path, *, warn: Callable[[str], None]) -> None:
        """`warn` is told, once, that something could not be kept.

        Raises: InputError when the folder cannot be written.
        """
        self._path = path
        self._warn = warn
        self._has_warned = False
        try:
            path.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=path):
                pass
        except OSError as error:
            raise InputError(f"{path}: {error}: name a folder you may write") from error

    def put(self, key: str, data: Any) -> None:
        """Keep it, or warn: what is not kept is only asked again."""
        file = self._path / key
        aside = file.with_name(f"{file.name}.{token_hex(8)}.new")
        try:
            text = json.dumps(data, separators=(",", ":"), allow_nan=False)
            file.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(gzip.compress(text.encode(), mtime=0))
            aside.replace(file)
        except (OSError, ValueError) as error:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            self._complain(f"{file}: not kept, and asked again next time: {error}")

    def get(self, key: str) -> Any:
        """Raises: NotFoundError when there is none; InputError when it is no such file."""
        try:
            return json.loads(gzip.decompress((self._path / key).read_bytes()))
        except FileNotFoundError as error:
            raise NotFoundError(f"{self._path / key} is not there") from error
        except (OSError, EOFError, ValueError, RecursionError, ZlibError) as error:
            raise InputError(f"{self._path / key}: {error}") from error

    def _complain(self, text: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            self._warn(text)
