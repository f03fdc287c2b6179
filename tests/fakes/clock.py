"""What time is it? Whatever the test says. Sleeping moves the clock, and nobody waits."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
"""A Monday morning."""


class FakeClock:
    """A Clock that only moves when told to."""

    def __init__(self, now: datetime = NOW, *, remaining: timedelta = timedelta.max) -> None:
        self._now = now
        self._remaining = remaining
        self.slept_s: list[float] = []

    def now(self) -> datetime:
        return self._now

    def remaining(self) -> timedelta:
        return self._remaining

    def advance(self, by: timedelta) -> datetime:
        """Move on; the time left for this invocation shrinks with it."""
        self._now += by
        if self._remaining != timedelta.max:
            self._remaining -= by
        return self._now

    def leave(self, remaining: timedelta) -> None:
        """Say how much time is left for this invocation."""
        self._remaining = remaining

    def sleep(self, seconds: float) -> None:
        """Stand in for time.sleep."""
        self.slept_s.append(seconds)
        self.advance(timedelta(seconds=seconds))
