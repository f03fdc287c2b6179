"""What should somebody mend before it matters? The caveats of a run or a scan, each once."""

from collections.abc import Iterable
from datetime import datetime

from trimtab.domain.caveat import Caveat
from trimtab.domain.run import Part
from trimtab.domain.sighting import Sighting
from trimtab.policy.exemption_rules import caveats_of_file
from trimtab.policy.model import Bundle


def all_caveats(
    seen: Iterable[Part | Sighting], bundle: Bundle, *, now: datetime
) -> tuple[Caveat, ...]:
    """Return those of the files first, then those of the functions, in order."""
    of_functions = sorted({caveat for one in seen for caveat in one.caveats})
    return (*caveats_of_file(bundle.exemptions, now=now), *of_functions)
