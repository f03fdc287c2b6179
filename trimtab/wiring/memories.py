"""Where does the command line keep what was measured of memory sizes? In the hub's state table."""

# ruff: noqa: PLC0415 - imports stand where they are paid for

from trimtab.ports import MemoryRecords
from trimtab.wiring.command import hub_outputs, shell_session


def memory_records(stack: str) -> MemoryRecords:
    """Find the memory records of a hub by the outputs of its stack.

    Raises: InputError when the stack is no hub; OutsideError when it cannot be read.
    """
    from trimtab.aws.memory_records import AwsMemoryRecords

    session = shell_session()
    table = hub_outputs(session, stack)["StateTable"]
    return AwsMemoryRecords(session.client("dynamodb"), table=table)
