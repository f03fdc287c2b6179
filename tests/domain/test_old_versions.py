"""Can nothing but one published version be named, and which stay by their place? (S1)"""

import pytest

from trimtab.domain.errors import InputError
from trimtab.domain.old_versions import why_kept
from trimtab.domain.removal import OldVersion, check_number
from trimtab.domain.step import DeleteVersion, read_step
from trimtab.domain.wire import to_wire

NO_NUMBERS = ("$LATEST", "", "0", "01", "-1", "1.0", "live", "1:2", " 1", "1\n", "\uff11", None, 1)
"""An alias, all of the function, and what a careless reader takes for a number."""


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_s01_a_step_that_deletes_a_version_carries_a_number_or_is_none(number: str) -> None:
    with pytest.raises(InputError):
        check_number(number)
    with pytest.raises(InputError):
        DeleteVersion(version=number, code_sha256="x")
    with pytest.raises(InputError):
        OldVersion(number=number, code_sha256="x", revision_id="y")


def test_s01_a_step_without_a_number_is_not_read_from_the_ledger_either() -> None:
    wire = to_wire(DeleteVersion(version="7", code_sha256="x"))
    assert read_step(wire) == DeleteVersion(version="7", code_sha256="x")
    with pytest.raises(InputError):
        read_step(wire | {"version": "$LATEST"})
    with pytest.raises(InputError):
        read_step({key: value for key, value in wire.items() if key != "version"})


NUMBERS = ("1", "2", "4", "9", "10", "$LATEST")


@pytest.mark.parametrize(
    ("number", "served", "newest", "said"),
    [
        ("1", (), 2, None),
        ("9", (), 2, "among the newest 2"),
        ("4", (), 2, None),
        ("4", (), 3, "among the newest 3"),
        ("1", (), 9, "among the newest 9"),
        ("10", (), 0, None),
        ("2", ("2",), 1, "an alias serves it"),
        ("2", ("4",), 1, "the one before version 4"),
        ("1", ("4",), 1, None),
        ("1", ("1",), 1, "an alias serves it"),
        ("4", ("$LATEST",), 1, None),
        ("2", ("9", "4"), 1, "the one before version 4"),
        ("4", ("9", "4"), 1, "an alias serves it"),
        ("1", ("0",), 1, None),
    ],
)
def test_the_newest_and_the_one_before_each_served_stay(
    number: str, served: tuple[str, ...], newest: int, said: str | None
) -> None:
    why = why_kept(number, numbers=NUMBERS, served=served, keep_newest=newest)
    assert (why is None) is (said is None)
    assert (said or "") in (why or "")
