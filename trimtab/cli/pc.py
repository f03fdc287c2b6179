"""`trimtab pc`: what is provisioned concurrency worth to a function, when, and what is proposed?"""

from pathlib import Path
from typing import Annotated

import typer

from trimtab.cli import change_explained, pc_print
from trimtab.cli.console import print_json, say
from trimtab.cli.pc_peak import peak
from trimtab.domain.errors import InputError
from trimtab.flows.change_answer import PROVISIONED, ChangeAnswer
from trimtab.report import provisioned_figure, provisioned_words
from trimtab.report.render import picture_style, render

app = typer.Typer(
    help="Provisioned concurrency: explain one function, raise a peak day.", no_args_is_help=True
)


app.command()(peak)


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
        Path | None, typer.Option(help="Write the week as a picture: FILE.svg or FILE.html.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show what provisioned concurrency is worth to a function, and which levels are proposed.

    What it is worth, a typical week of demand beside today's level and the proposed ones, what each
    way costs a month, and what that is based on.

    Examples:

    trimtab pc explain arn:aws:lambda:eu-west-1:111122223333:function:orders

    trimtab pc explain orders --stack trimtab-hub --picture orders.html

    Exit code 0: no policy asks for another level; 1: one does, whether one is proposed or not;
    2: it could not be read or judged; 3: the command line or the bundle cannot be used.
    """
    change_explained.check_picture(picture)
    answer = change_explained.ask(
        function, PROVISIONED, stack=stack, role=role, external_id=external_id, policies=policies
    )
    if picture is not None:
        change_explained.write(picture, _drawn(picture, answer))
    if as_json:
        print_json(change_explained.as_json(answer, lambda one: {}))
    else:
        pc_print.answer(answer)
        if picture is not None:
            say(f"picture: {picture}")
    change_explained.end(answer)


def _drawn(picture: Path, answer: ChangeAnswer) -> str:
    """Draw the first week there is.

    Raises: InputError where there is none.
    """
    weeks = [(one, provisioned_words.shown(one.finding.advice)) for one in answer.found]
    drawn = [(one, week) for one, week in weeks if week is not None]
    if not drawn:
        raise InputError(f"there is no week of {answer.function} to draw: ask without --picture")
    one, week = drawn[0]
    if picture.suffix.lower() == change_explained.SVG:
        return provisioned_figure.alone(week, name=str(answer.function), style=picture_style())
    return render(
        "provisioned.html.j2",
        function=answer.function,
        origin=answer.origin,
        title=one.finding.title,
        week_of=provisioned_figure.figure(week),
        reasons=change_explained.reasons(one),
    )
