"""`trimtab scan`: what would the policies say of a whole Organization, before anything is deployed?

Read-only: nothing is deployed, stored in AWS or changed.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex

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
from trimtab.flows.resume import Done, judged_as, kept, left, line_of
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
    folder = None if answers is None else wiring.Folder(answers, warn=_warning("--answers"))
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
        answers=folder,
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
    record = None if resume is None else Record(resume, found, bench)
    seen = [] if record is None else record.begin()
    if seen:
        complain(f"taken from {resume}, not read again: {words.count(len(seen), 'target')}")
    places = left(found.places, seen)
    progress = Progress(places)
    looking = sweep(places, bench, in_turn=lambda f, xs: wiring.at_once(f, xs, threads=threads))
    for sighting in looking:
        seen.append(sighting)
        if record is not None:
            record.add(sighting)
        progress.tell(sighting)
    return seen


def _warning(option: str) -> Callable[[str], None]:
    return lambda text: complain(f"{option}: {words.inert(text)}")


class Record:
    """The file of `--resume`: a line for each target that is done."""

    def __init__(self, path: Path, found: Survey, bench: Bench) -> None:
        self._path = path
        self._bundle = bench.bundle.digest
        self._now = bench.clock.now()
        self._judged = {p.target: judged_as(p, found.roles) for p in found.places}
        self._is_whole = True

    def begin(self) -> list[Sighting]:
        """Read what an earlier scan has done, and write the file anew without what counts no more.

        Raises: InputError when it cannot be used.
        """
        path = self._path
        try:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            done = kept(lines, bundle=self._bundle, wanted=self._judged, now=self._now)
            aside = path.with_name(f"{path.name}.{token_hex(8)}.new")
            aside.write_text("".join(self._line(one) for one in done), encoding="utf-8")
            aside.replace(path)
        except (InputError, OSError, UnicodeError) as error:
            raise InputError(f"--resume {path}: {error}") from error
        return [one.sighting for one in done if one.sighting.target in self._judged]

    def add(self, sighting: Sighting) -> None:
        """Keep one more; a file that cannot be written any more is a warning, and said once."""
        line = self._line(Done(sighting=sighting, judged=self._judged[sighting.target]))
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            if self._is_whole:
                _warning("--resume")(f"{self._path}: not kept, and read again next time: {error}")
            self._is_whole = False

    def _line(self, done: Done) -> str:
        return f"{line_of(done, bundle=self._bundle)}\n"


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
