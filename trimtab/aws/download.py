"""How is the code of a function fetched? Chunk by chunk, from a link that nobody gets to see.

The link carries a signature: whoever has it can read the code for ten minutes. An error of the HTTP
library quotes it, so no such error is passed on (S16).
"""

from collections.abc import Iterator

import urllib3

from trimtab.aws.sessions import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from trimtab.domain.errors import PermanentError, RetryableError

CHUNK_BYTES = 1024 * 1024
FROM_HERE_TRY_AGAIN = 500


class Downloads:
    """Follows links of Lambda."""

    def __init__(self, pool: urllib3.PoolManager | None = None) -> None:
        self._pool = pool

    def chunks(self, link: str, *, what: str) -> Iterator[bytes]:
        """Yield what lies behind a link. `what` names it in errors, in the place of the link.

        Raises: RetryableError, PermanentError.
        """
        try:
            answer = self._opened().request(
                "GET", link, preload_content=False, retries=False, redirect=False
            )
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise _failed(what, type(error).__name__) from None
        try:
            if answer.status != 200:  # noqa: PLR2004 - HTTP
                if answer.status >= FROM_HERE_TRY_AGAIN:
                    raise _failed(what, f"status {answer.status}")
                raise PermanentError(f"{what}: status {answer.status} from the link; read again")
            yield from answer.stream(CHUNK_BYTES, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise _failed(what, type(error).__name__) from None
        finally:
            answer.release_conn()

    def _opened(self) -> urllib3.PoolManager:
        if self._pool is None:
            timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)
            self._pool = urllib3.PoolManager(timeout=timeout)
        return self._pool


def _failed(what: str, why: str) -> RetryableError:
    return RetryableError(f"{what}: {why}; try again later")
