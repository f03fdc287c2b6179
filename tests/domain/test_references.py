"""What named a function, if its deletion was tried more than once? (S8)"""

from trimtab.domain.references import Reference, References, joined, unread
from trimtab.domain.trigger_graph import TriggerKind


def named(name: str) -> Reference:
    return Reference(kind=TriggerKind.RULE, name=name, qualifiers=(), why="it is off")


def test_the_last_read_counts_where_all_was_read() -> None:
    first = References(found=(named("nightly"),), unread=())
    last = References(found=(named("weekly"),), unread=())
    assert joined([first, last]) == last


def test_s08_what_an_earlier_read_found_is_not_lost_by_one_that_was_cut_short() -> None:
    first = References(found=(named("nightly"), named("weekly")), unread=(), more=3)
    assert joined([first, unread("rules: denied")]) == References(
        found=(named("nightly"), named("weekly")), unread=("rules: denied",), more=3
    )
