"""Which rows of its own does an installation lay over the shipped table of runtimes?

`runtimes.yaml` may be missing. A row of it replaces the whole row of the same runtime.
"""

from trimtab.policy.loader_shapes import validated
from trimtab.policy.problems import Document, Mistakes
from trimtab.policy.runtimes import SHIPPED_TABLE, Lifecycle, RuntimeTable
from trimtab.policy.schema_rules import RuntimesShape

FILE = "runtimes.yaml"

_STAND_INS = {"read_on": "2026-01-01", "source": "https://docs.aws.amazon.com/", "runtimes": []}
"""For what is missing or broken while the rest of its file is still checked; none ever loads."""


def read_runtimes(document: Document, mistakes: Mistakes) -> RuntimeTable:
    shape = validated(RuntimesShape, document, mistakes, stand_ins=_STAND_INS)
    if shape is None:
        return SHIPPED_TABLE
    source = f"{shape.source}, as read on {shape.read_on.isoformat()} ({FILE})"
    rows: dict[str, Lifecycle] = {}
    for n, row in enumerate(shape.runtimes):
        if row.runtime in rows:
            text = f"{row.runtime} stands here twice: keep one"
            mistakes.at_value(document, ("runtimes", n, "runtime"), text)
        if row.block_create and row.block_update and row.block_update < row.block_create:
            text = "before block_create: look again, AWS ends updates last"
            mistakes.at_value(document, ("runtimes", n, "block_update"), text)
        rows[row.runtime] = Lifecycle(
            deprecated_on=row.deprecated,
            create_blocked_on=row.block_create,
            update_blocked_on=row.block_update,
            source=source,
        )
    return RuntimeTable(
        rows={**SHIPPED_TABLE.rows, **rows},
        read_on=shape.read_on,
        source=f"{SHIPPED_TABLE.source}; {source}",
        is_refreshed=True,
    )
