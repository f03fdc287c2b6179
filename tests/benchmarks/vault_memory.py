"""How much memory does it take to back up and to read back 250 MB of code?

`python -m tests.benchmarks.vault_memory` puts a package of that size through the real vault adapter
and the real download of chunks, against a server and a client that hold nothing, and prints the
highest resident memory of the process.
"""

import hashlib
import resource
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import urllib3

from trimtab.aws.download import CHUNK_BYTES, Downloads
from trimtab.aws.vault import S3Vault

SIZE_BYTES = 250 * 1024 * 1024


class Package:
    """The answer to a link, made up as it is read."""

    status = 200

    def stream(self, amount: int, *, decode_content: bool) -> Iterator[bytes]:
        for n in range(SIZE_BYTES // CHUNK_BYTES):
            yield n.to_bytes(4, "big") * (CHUNK_BYTES // 4)

    def release_conn(self) -> None:
        return None


class Pool(urllib3.PoolManager):
    def request(self, *_: Any, **__: Any) -> Any:
        return Package()


class Body:
    def __init__(self, file: Any) -> None:
        self._file = file

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while chunk := self._file.read(size):
            yield chunk

    def close(self) -> None:
        self._file.close()


class Client:
    """S3 on a disk, read and written in chunks as botocore does it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def put_object(self, *, Key: str, Body: Any, **_: Any) -> None:
        with open(f"{self._folder}/{Key}", "wb") as file:
            while chunk := Body.read(CHUNK_BYTES):
                file.write(chunk)

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        return {"Body": Body(open(f"{self._folder}/{Key}", "rb"))}


def main() -> int:
    digest = hashlib.sha256()
    for chunk in Package().stream(CHUNK_BYTES, decode_content=False):
        digest.update(chunk)
    with tempfile.TemporaryDirectory() as folder:
        vault = S3Vault(Client(folder), bucket="vault")
        chunks = Downloads(Pool()).chunks("https://code.test/x", what="code")
        vault.put("code", chunks, sha256=digest.hexdigest())
        again = hashlib.sha256()
        for chunk in vault.get("code"):
            again.update(chunk)
        assert again.digest() == digest.digest()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{SIZE_BYTES // 1024 // 1024} MB of code: {peak_mb:.0f} MB resident at most")
    return 0 if peak_mb < 256 else 1


if __name__ == "__main__":
    sys.exit(main())
