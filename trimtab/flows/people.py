"""How do people get into the record, and out of reach? Ids in the place of addresses; an erasure.

The record is never altered: to erase somebody is to forget whom their id stands for.
"""

from collections.abc import Mapping
from dataclasses import replace

from trimtab.domain.errors import NotFoundError
from trimtab.domain.person import ERASED, PEOPLE_CHAIN, addresses_in, is_person, with_ids
from trimtab.domain.plan import Plan, PlannedFinding
from trimtab.ports import Clock, Ledger, People


def pseudonymous(made: Plan, people: People) -> Plan:
    """Return a plan whose changes and gaps name people by their ids; its findings stay."""
    changes = made.remediations
    asked = [address for change in changes for address in change.approval.approvers]
    named = [address for gap in made.gaps for address in addresses_in(gap.error)]
    ids = people.ids(dict.fromkeys((*asked, *named)))
    return replace(
        made,
        items=tuple(_item(item, ids) for item in made.items),
        gaps=tuple(replace(gap, error=with_ids(gap.error, ids)) for gap in made.gaps),
    )


def _item(item: PlannedFinding, ids: Mapping[str, str]) -> PlannedFinding:
    change = item.remediation
    if change is None:
        return item
    asked = tuple(dict.fromkeys(ids[address] for address in change.approval.approvers))
    approval = replace(change.approval, approvers=asked)
    return replace(item, remediation=replace(change, approval=approval))


def person_of(who: str, people: People) -> tuple[str, str]:
    """Find a person by id or by address; return both.

    Raises: NotFoundError when the name table knows nobody of that id or address.
    """
    id_ = who if is_person(who) else people.find(who)
    address = None if id_ is None else people.addresses((id_,)).get(id_)
    if id_ is None or address is None:
        raise NotFoundError(f"{who!r} is not in the name table: it never was, or was {ERASED}")
    return id_, address


def erase(id_: str, *, by: str, why: str, people: People, ledger: Ledger, clock: Clock) -> None:
    """Forget whom an id stands for. On record first, with the id only.

    Raises: NotFoundError when nobody knows it any more.
    """
    person_of(id_, people)
    ledger.append(
        PEOPLE_CHAIN,
        event="erased",
        actor=by,
        data={"person": id_, "why": why},
        at=clock.now(),
        once=f"erased-{id_}",
    )
    people.erase(id_)
