"""What does an entry about the restore drills say, as a sentence?"""

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.domain.terms import VerifyTerms
from trimtab.report import words

Data = Mapping[str, Any]


def _begun(data: Data, _: VerifyTerms | None) -> str:
    sample = words.count(len(data["sample"]), "backup")
    where = data["not_restored"] or f"in sandbox {data['sandbox']}"
    return f"a drill of {sample} begins, {where}: {data['why']}"


def _drilled(data: Data, _: VerifyTerms | None) -> str:
    reason = f": {data['reason']}" if data["reason"] else ""
    return f"backup {data['backup_id']}: {str(data['word']).replace('_', ' ')}{reason}"


def _ended(data: Data, _: VerifyTerms | None) -> str:
    counts = ", ".join(f"{n} {str(w).replace('_', ' ')}" for w, n in data["words"].items())
    problems = "".join(f"; {problem}" for problem in data["problems"])
    return f"{'all is well' if data['is_well'] else 'FAILED'}: {counts or 'nothing'}{problems}"


SENTENCES: Mapping[str, Callable[[Data, VerifyTerms | None], str]] = {
    "drill_begun": _begun,
    "drilled": _drilled,
    "drill_ended": _ended,
    "drill_told": lambda data, _: f"{data['to']} was told by email that the drill failed",
    "copy_removing": lambda data, _: f"about to delete {data['copy']}",
    "copy_removed": lambda data, _: f"{data['copy']} is deleted",
    "expiry_told": lambda data, _: (
        f"{data['to']} was told by email of {words.count(len(data['backups']), 'backup')} that end"
    ),
}
