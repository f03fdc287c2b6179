"""Where are proposals, decisions and links kept? In the state table, never trusted alone.

Rounds (`rounds`), links (`links`), the memories of findings (`memories`), locks, leases and slots
(`holds`) share that table.
"""

from trimtab.aws.holds import Holds
from trimtab.aws.links import Links
from trimtab.aws.memories import Memories
from trimtab.aws.rounds import Rounds


class AwsApprovalDesk(Rounds, Links, Memories, Holds):
    """All four, as the one port that the pipeline knows."""
