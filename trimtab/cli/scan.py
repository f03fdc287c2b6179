"""`trimtab scan`: what would the policies say of a whole Organization, before anything is deployed?

Read-only: nothing is deployed, stored in AWS or changed.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import typer

from trimtab import wiring
from trimtab.cli import scan_options as options
from trimtab.cli.console import complain
from trimtab.cli.scan_calls import say_calls
from trimtab.cli.scan_output import Output, show
from trimtab.cli.scan_places import Given, Survey, prices_for, survey
from trimtab.domain.errors import InputError
from trimtab.domain.sighting import Sighting
from trimtab.domain.terms import Severity
from trimtab.flows.resume import kept, left, line_of
from trimtab.flows.sweep import Bench, Place, sweep
from trimtab.flows.tally import exit_code, tally
from trimtab.report import words

AT_ONCE = 20
"""Targets read at the same time; chosen: each mostly waits for its own pace of calls."""


def scan(  # noqa: PLR0913 - one option each
    *,
    accounts: options.Accounts = None,
    organization: options.Organization = False,
    role: options.Role = None,
    external_id: options.ExternalId = None,
    regions: options.Regions = None,
    policies: options.Policies = Path("policies"),
    output: options.Format = Output.TABLE,
    fail_on: options.FailOn = Severity.INFORMATIONAL,
    resume: options.Resume = None,
    answers: options.Answers = None,
    show_calls: options.ShowCalls = False,
    at_once: options.AtOnce = AT_ONCE,
) -> None:
    """Judge accounts against the policies now, with read-only credentials. Nothing is changed.

    Without --accounts and --organization: the account of your credentials. Progress goes to
    standard error.

    Exit code 0: everything was read and nothing found; 1: findings; 2: something is not known,
    whatever was found; 3: the command line or a file cannot be used.
    """
    bundle = wiring.load_policies(policies)
    given = Given(
        accounts=accounts,
        organization=organization,
        role=role,
        external_id=external_id,
        regions=tuple(regions or ()),
    )
    found = survey(given, bundle)
    bench = Bench(
        fleet=found.out.fleet(found.roles, found.external_ids),
        bundle=bundle,
        clock=found.out.clock,
        answers=None if answers is None else wiring.Folder(answers),
        prices=prices_for(bundle, found.out),
        explains_all=output is Output.JSON or resume is not None,
    )
    seen = sorted(_look(found, bench, resume, at_once), key=lambda sighting: sighting.target)
    sums = tally(seen, found.gaps)
    show(output, seen, found, sums, bundle)
    if show_calls:
        say_calls(seen)
    if not seen:
        complain("no target was looked at, so nothing is known of any")
    raise typer.Exit(exit_code(sums, fail_on=fail_on))


def _look(found: Survey, bench: Bench, resume: Path | None, threads: int) -> list[Sighting]:
    """Look at what is left to look at; say on standard error how far it got."""
    wanted = {place.target for place in found.places}
    seen = [s for s in _done(resume, bench) if s.target in wanted]
    if seen:
        complain(f"taken from {resume}, not read again: {words.count(len(seen), 'target')}")
    places = left(found.places, seen)
    progress = Progress(places)
    looking = sweep(places, bench, in_turn=lambda f, xs: wiring.at_once(f, xs, threads=threads))
    for sighting in looking:
        seen.append(sighting)
        if resume is not None:
            with resume.open("a", encoding="utf-8") as file:
                file.write(line_of(sighting, bundle=bench.bundle.digest) + "\n")
        progress.tell(sighting)
    return seen


def _done(resume: Path | None, bench: Bench) -> tuple[Sighting, ...]:
    """Read what an earlier scan has done, and write the file anew without what counts no more."""
    if resume is None:
        return ()
    digest = bench.bundle.digest
    try:
        lines = resume.read_text(encoding="utf-8").splitlines() if resume.exists() else []
        done = kept(lines, bundle=digest, now=bench.clock.now())
        aside = resume.with_name(f"{resume.name}.new")
        aside.write_text("".join(f"{line_of(s, bundle=digest)}\n" for s in done), encoding="utf-8")
        aside.replace(resume)
    except (InputError, OSError, UnicodeError) as error:
        raise InputError(f"--resume {resume}: {error}") from error
    return done


class Progress:
    """Says of each account when it is done."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._left = Counter(place.target.account for place in places)
        self._all = len(self._left)
        self._done = 0
        self._seen: dict[str, list[Sighting]] = {}

    def tell(self, sighting: Sighting) -> None:
        account = sighting.target.account
        self._seen.setdefault(account, []).append(sighting)
        self._left[account] -= 1
        if self._left[account]:
            return
        self._done += 1
        sums = tally(self._seen.pop(account))
        name = "" if sighting.account_name == account else f" {words.inert(sighting.account_name)}"
        complain(
            f"account {account}{name}, {self._done} of {self._all}: "
            f"{words.count(sums.functions, 'function')}, "
            f"{words.count(sums.findings, 'finding')}, {words.count(sums.gaps, 'gap')}"
        )
