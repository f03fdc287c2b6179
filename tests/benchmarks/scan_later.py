"""What would a scan ask some days from now? `python -m tests.benchmarks.scan_later DAYS scan ...`.

The command line as it is, by a clock that is ahead: the clock of this machine stays as it is.
"""

import sys
from datetime import datetime, timedelta

from trimtab.aws.clock import SystemClock
from trimtab.cli import main
from trimtab.wiring import parts


class Later(SystemClock):
    """The system's clock, some days ahead."""

    def __init__(self, days: int) -> None:
        super().__init__()
        self._ahead = timedelta(days=days)

    def now(self) -> datetime:
        return super().now() + self._ahead


if __name__ == "__main__":
    ahead = Later(int(sys.argv.pop(1)))
    parts.clock = lambda *_: ahead
    main()
