"""How are caveats shown? After the gaps, one line each; many are counted."""

from collections.abc import Sequence

from trimtab.cli.console import complain, say
from trimtab.domain.caveat import Caveat
from trimtab.report import words

SHOWN = 50
"""Lines before the rest is only counted; chosen: `--json` has all of them."""


def say_caveats(caveats: Sequence[Caveat]) -> None:
    """Print them below a run or a scan; nothing where there are none."""
    if caveats:
        say()
        say(f"{words.count(len(caveats), 'caveat')}: what to mend before it matters")
        for line in lines(caveats):
            say(f"  {line}")


def complain_of(caveats: Sequence[Caveat]) -> None:
    """Say them on standard error, where standard output is for another program."""
    for line in lines(caveats):
        complain(f"caveat: {line}")


def lines(caveats: Sequence[Caveat]) -> list[str]:
    found = [f"{words.inert(one.about)}: {words.inert(one.text)}" for one in caveats[:SHOWN]]
    left = len(caveats) - len(found)
    return found + ([f"and {left} more"] if left else [])
