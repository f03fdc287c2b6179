"""What do backup and restore need from outside? A function laid open, the vault, and the writes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Part
from trimtab.domain.restoring import Write


class FunctionArchive(Protocol):
    """One function, open for reading all that a backup holds. Each may raise OutsideError."""

    def read(self, part: Part) -> Any:
        """Read one part, as Lambda gives it; the link to the code is left out.

        None, or an empty list, where there is none. Of a function: `Configuration`, `Code`, `Tags`,
        and `UnknownKind`, which says why it is no plain function, or is None.
        """
        ...

    def code(self, qualifier: str) -> Iterator[bytes]:
        """Yield the zip of a version, or of $LATEST, in chunks."""
        ...


class Vault(Protocol):
    """Where backups are kept, encrypted. Each may raise OutsideError."""

    def put(self, key: str, chunks: Iterable[bytes], *, sha256: str) -> int:
        """Keep an object and return its size. Content of another digest is never kept.

        Raises: TamperedError when the content does not have this digest.
        """
        ...

    def get(self, key: str) -> Iterator[bytes]:
        """Yield an object in chunks.

        Raises: NotFoundError.
        """
        ...

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Name what is kept below a prefix, in order."""
        ...

    def place(self, key: str) -> Mapping[str, str]:
        """Say where Lambda takes an object from: S3Bucket and S3Key."""
        ...


class Recreator(Protocol):
    """One function, open for the writes of one restore."""

    def write(self, write: Write) -> None:
        """Make one call, once.

        Raises: WriteUnknownError when it may have landed; OutsideError when it surely did not. The
        error never quotes an environment (S16).
        """
        ...

    def settle(self, qualifier: str) -> None:
        """Wait until $LATEST, or a version, is Active and its last update is over.

        Raises: PermanentError when it failed; RetryableError when it is not over in time.
        """
        ...


class Sandbox(Protocol):
    """The account that drills restore into, in one region. Each may raise OutsideError."""

    def functions(self) -> tuple[FunctionArn, ...]:
        """Name what is there whose name begins like that of a drill's function."""
        ...

    def tags(self, function: FunctionArn) -> Mapping[str, str]:
        """Raises: NotFoundError when it is not there (any more)."""
        ...

    def delete(self, function: FunctionArn) -> None:
        """Delete what a drill made, once, and wait until it is gone.

        Raises: ConflictError for anything else, which is not touched; WriteUnknownError when it may
        have landed; OutsideError when it surely did not; RetryableError when it is not gone in
        time.
        """
        ...
