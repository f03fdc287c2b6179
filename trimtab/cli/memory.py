"""`trimtab memory`: what would each size mean, why this one, and what was measured elsewhere?"""

from pathlib import Path
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli import change_explained, memory_print
from trimtab.cli.console import print_json, say
from trimtab.domain.errors import InputError
from trimtab.domain.tuning_result import LONGEST_TEXT
from trimtab.domain.wire import to_wire
from trimtab.flows.change_answer import MEMORY, ChangeAnswer
from trimtab.flows.memory_answer import bounds_of
from trimtab.flows.memory_import import check_tuning, import_tuning
from trimtab.report import memory_figure
from trimtab.report.render import picture_style, render

app = typer.Typer(help="Memory sizes: explain one, take in measurements.", no_args_is_help=True)

ADDRESS = "https://"


@app.command()
def explain(
    function: Annotated[
        str, typer.Argument(help="The ARN of a function; with --stack its name does.")
    ],
    *,
    stack: Annotated[
        str | None,
        typer.Option("--stack", help="Take the last run of this hub, instead of reading it now."),
    ] = None,
    role: Annotated[str | None, typer.Option(help="The role to assume: a name, or an ARN.")] = None,
    external_id: Annotated[str | None, typer.Option(help="What that role asks for.")] = None,
    policies: Annotated[Path, typer.Option(help="The bundle to judge by.")] = Path("policies"),
    picture: Annotated[
        Path | None, typer.Option(help="Write the curve as a picture: FILE.svg or FILE.html.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show what every memory size of a function would mean, and why one is proposed, or none.

    Predicted p95 run time and cost with their intervals, what was measured, what it is based on.

    Examples:

    trimtab memory explain arn:aws:lambda:eu-west-1:111122223333:function:orders

    trimtab memory explain orders --stack trimtab-hub --picture orders.html

    Exit code 0: no policy asks for another size; 1: one does, whether a size is proposed or not;
    2: it could not be read or judged; 3: the command line or the bundle cannot be used.
    """
    change_explained.check_picture(picture)
    answer = change_explained.ask(
        function, MEMORY, stack=stack, role=role, external_id=external_id, policies=policies
    )
    if picture is not None:
        change_explained.write(picture, _drawn(picture, answer))
    if as_json:
        print_json(
            change_explained.as_json(answer, lambda one: {"bounds": to_wire(bounds_of(one))})
        )
    else:
        memory_print.answer(answer)
        if picture is not None:
            say(f"picture: {picture}")
    change_explained.end(answer)


def _drawn(picture: Path, answer: ChangeAnswer) -> str:
    """Draw the first curve there is.

    Raises: InputError where there is none.
    """
    drawn = [(one, curve) for one in answer.found if (curve := one.curve) is not None]
    if not drawn:
        raise InputError(f"there is no curve of {answer.function} to draw: ask without --picture")
    one, curve = drawn[0]
    limit = memory_print.limit_of(one)
    if picture.suffix.lower() == change_explained.SVG:
        style = picture_style()
        return memory_figure.alone(curve, name=str(answer.function), style=style, limit=limit)
    return render(
        "memory.html.j2",
        function=answer.function,
        origin=answer.origin,
        title=one.finding.title,
        curve=memory_figure.figure(curve, limit=limit),
        reasons=change_explained.reasons(one),
    )


@app.command("import")
def import_(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="What AWS Lambda Power Tuning found; or the address, in quotes.",
        ),
    ],
    *,
    function: Annotated[
        str | None,
        typer.Option("--function", help="The ARN of the function, where FILE does not say it."),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--num", help="Invocations of each size, where FILE does not say it."),
    ] = None,
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Take the output of AWS Lambda Power Tuning as evidence of a function's memory sizes.

    FILE is what `aws stepfunctions describe-execution` returned, or its output, or the address of
    the visualization, which may also be given itself: 'https://...'. Who brought which file is on
    record. The next scan decides with it.

    Example:

    trimtab memory import power-tuning.json --function
    arn:aws:lambda:eu-west-1:111122223333:function:orders

    Exit code 0: it is kept; 2: the hub could not be read; 3: FILE or the command line cannot be
    used, and nothing was kept.
    """
    text = file if file.startswith(ADDRESS) else _text(Path(file))
    check_tuning(text, function=function, number=number)
    hub = wiring.hub_of(stack)
    done = import_tuning(
        text,
        function=function,
        number=number,
        by=hub.actor,
        records=wiring.memory_records(stack),
        ledger=hub.ledger,
        now=hub.clock.now(),
    )
    if as_json:
        print_json(to_wire(done))
    else:
        memory_print.imported(done)


def _text(file: Path) -> str:
    """Return a file's text; of one that is too long no more than shows that.

    Raises: InputError when it cannot be read.
    """
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(LONGEST_TEXT + 1)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is no text: give the output of power tuning") from error
