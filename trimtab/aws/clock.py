"""What time is it, and how much is left? The clock of a Lambda or of a laptop."""

from datetime import UTC, datetime, timedelta
from typing import Any


class SystemClock:
    """The machine's clock; with a Lambda context also the time left for the invocation."""

    def __init__(self, context: Any = None) -> None:
        self._context = context

    def now(self) -> datetime:
        return datetime.now(UTC)

    def remaining(self) -> timedelta:
        if self._context is None:
            return timedelta.max
        return timedelta(milliseconds=self._context.get_remaining_time_in_millis())
