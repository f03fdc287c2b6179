"""`trimtab policy new`: the files of a new policy, with tests around each of its limits."""

import re
from pathlib import Path
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import say
from trimtab.domain.errors import InputError
from trimtab.domain.terms import Severity
from trimtab.policy.loader_tests import TESTS_SUFFIX
from trimtab.policy.policy_tests import run_policy_tests
from trimtab.policy.scaffold import scaffold
from trimtab.report import words

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*/[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new(
    name: Annotated[str, typer.Argument(help="<pack>/<policy id>, such as cost/memory-idle.")],
    *,
    signal: Annotated[
        list[str],
        typer.Option(
            help="A condition: 'function.memory_mb > 1024', 'function.has_tag team', or a signal "
            "alone. Once for each."
        ),
    ],
    title: Annotated[str | None, typer.Option(help="One line for people.")] = None,
    severity: Annotated[Severity, typer.Option(help="How much it matters.")] = Severity.LOW,
    folder: Annotated[Path, typer.Option(help="The bundle to write into.")] = Path("policies"),
) -> None:
    """Write a policy and its tests: they load, and the tests pass. Nothing is overwritten.

    The policy observes; what it finds is told, and nothing follows from it. Signals are listed by
    `trimtab policy docs`.

    Exit code 0: both files are written; 3: none is.
    """
    if NAME.fullmatch(name) is None:
        raise InputError(f"{name!r} is not <pack>/<policy id> in kebab-case: cost/memory-idle")
    policy_id = name.partition("/")[2]
    made = scaffold(policy_id, title or _titled(policy_id), severity, signal)
    texts = {f"{name}.yaml": made.policy, f"{name}{TESTS_SUFFIX}": made.tests}
    there = [file for file in texts if (folder / file).exists()]
    if there:
        raise InputError(f"{folder / there[0]} is there already: choose another id, or edit it")
    files = {**wiring.read_policy_files(folder), **{n: t.encode() for n, t in texts.items()}}
    bundle = wiring.policies_in(files)
    added = {n: raw for n, raw in files.items() if n in texts}
    tests = run_policy_tests(bundle, added)
    if not all(result.passed for result in tests):
        raise InputError(f"{name}: these conditions do not agree: write the policy by hand")
    (folder / name).parent.mkdir(exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
        say(f"wrote {folder / file}")
    say(
        f"{words.count(len(tests), 'test')} pass. Next: write why and remedy, and "
        "run trimtab policy validate."
    )


def _titled(policy_id: str) -> str:
    return policy_id.replace("-", " ").capitalize()
