"""Where do answers wait that hold for days? One object a target; what is lost is asked again."""

from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError, OutsideError
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.pipeline.signals.kept import KeptAnswer, KeptAnswers


class AnswerStore(Protocol):
    """The part of a RunStore that is needed; `trimtab scan` has a folder instead."""

    def put(self, key: str, data: Any) -> None:
        """Raises: OutsideError."""
        ...

    def get(self, key: str) -> Any:
        """Raises: OutsideError, NotFoundError among them; InputError when it is garbled."""
        ...


def load(target: Target, store: AnswerStore, *, at: datetime) -> KeptAnswers:
    """Return what is kept of a target; what cannot be read as such counts for nothing."""
    with suppress(OutsideError, InputError, RecursionError):
        kept = from_wire(tuple[KeptAnswer, ...], store.get(keys.answers(target)))
        return KeptAnswers(kept, at=at)
    return KeptAnswers(at=at)


def save(target: Target, kept: KeptAnswers, store: AnswerStore) -> None:
    """Keep the answers for the next scan; a store that fails costs calls, and no scan."""
    with suppress(OutsideError):
        store.put(keys.answers(target), to_wire(kept.all()))
