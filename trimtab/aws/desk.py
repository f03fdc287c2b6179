"""Where are proposals, decisions and links kept? In the state table, never trusted alone.

Rounds (`rounds`), links (`links`) and the memories of findings (`memories`) share that table.
"""

from trimtab.aws.links import Links
from trimtab.aws.memories import Memories
from trimtab.aws.rounds import Rounds


class AwsApprovalDesk(Rounds, Links, Memories):
    """All three, as the one port that the pipeline knows."""
