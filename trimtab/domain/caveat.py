"""What should a person know about a run that is neither a finding nor a gap?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Caveat:
    """One thing that somebody should mend before it matters."""

    about: str
    """The ARN of a function, or the file."""
    text: str
