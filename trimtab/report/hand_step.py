"""What is one command that a person runs by hand? Words, quoted for a shell, and when to run it."""

import shlex
from dataclasses import dataclass

from trimtab.report.words import inert


@dataclass(frozen=True, slots=True, kw_only=True)
class HandStep:
    """One command and when it is needed."""

    when: str
    lines: tuple[str, ...]
    """The command, one option a line, each word quoted."""

    @property
    def command(self) -> str:
        """Return the command as one line."""
        return " ".join(self.lines)


def shell(*words: str) -> str:
    """Join words into one command line that a POSIX shell reads back as exactly these words."""
    return shlex.join(inert(word) for word in words)
