"""Is the thing a patch is about to replace really there?

An upgrade of the emulator may rename or drop what a patch hooks into. A patch that silently
misses its target would let a scenario test pass for the wrong reason, so every access goes
through this file and fails loudly, naming what is missing and who needs it.
"""

from __future__ import annotations

import importlib
from typing import Any


class PatchError(RuntimeError):
    """A patch no longer fits the installed emulator: adapt it, or install the pinned version."""


def module(name: str) -> Any:
    """Import a module of the emulator by its dotted name."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise PatchError(_missing(f"module {name}", "a patch")) from error


def demand(owner: Any, name: str, *, needed_for: str) -> Any:
    """Return ``owner.name``, or stop with a message that says who needs it."""
    found = getattr(owner, name, None)
    if found is None:
        raise PatchError(_missing(f"{_name_of(owner)}.{name}", needed_for))
    return found


def replace(owner: Any, name: str, new: Any, *, needed_for: str) -> None:
    """Put ``new`` in the place of an attribute that must exist."""
    demand(owner, name, needed_for=needed_for)
    setattr(owner, name, new)


def rewrite(text: str, old: str, new: str, *, where: str, needed_for: str) -> str:
    """Replace a fragment that must occur exactly once in ``text``."""
    count = text.count(old)
    if count != 1:
        raise PatchError(
            _missing(f"{where}: the fragment {old!r} (found {count} times)", needed_for)
        )
    return text.replace(old, new)


def _name_of(owner: Any) -> str:
    name = getattr(owner, "__name__", None)
    return str(name) if name is not None else type(owner).__name__


def _missing(what: str, needed_for: str) -> str:
    return (
        f"The emulator has no {what}; the launcher needs it for {needed_for}. "
        "Install the version of requirements-local.lock, or adapt trimtab/local/patches "
        "and its contract test."
    )
