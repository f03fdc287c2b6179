"""How is a figure written for people? With thousands apart, its unit, and what was allowed.

One formatter for everything that is read: conditions, sums, comparisons.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trimtab.domain.terms import VerifyTerms, WorseThan
from trimtab.domain.verification import Comparison

ROUND_FROM = 10
"""From here on a fraction of a day or of a percent helps nobody; chosen."""
SMALL = 0.01
"""Below it two decimals would say 0 where there is something."""

PART = "; "
"""Between the parts of a reason."""

_AMOUNT = re.compile(
    r"(?<![\w.,:/#-])(?P<number>-?\d+(?:\.\d+)?) ?"
    r"(?P<unit>%|MB|GB|KB|ms|s|days|invocations)(?![\w-])"
)
_DOLLARS = re.compile(r"\$(?P<number>\d{4,}(?:\.\d+)?|\d+\.\d{3,})(?![\d,])")
_COMPARED = re.compile(
    r"(?P<condition>(?!function\.tags )[a-z_]+\.[a-z0-9_]+ [!<>=]{1,2} [\d.]+): "
    r"(?P<number>\d{1,11}(?:\.\d+)?)"
)
"""A condition with numbers on both sides. What a tag must be is text."""
_ALONE = re.compile(r"(?P<before>(?:^|.*[<>=] ))(?P<number>\d{1,11}(?:\.\d+)?)")
"""A number that is the whole text, or what a condition compares with. Twelve digits are an
account."""


def amount(value: float) -> str:
    """Return a number with at most two decimals and thousands apart: '2,303,560', '9.97'."""
    if 0 < abs(value) < SMALL:
        return f"{value:.2g}"
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def percent(share: float) -> str:
    return f"{amount(share * 100)} %"


def figures(text: str) -> str:
    """Return text with every figure in it written the one way."""
    compared = _COMPARED.fullmatch(text)
    if compared is not None:
        return f"{figures(compared['condition'])}: {amount(float(compared['number']))}"
    alone = _ALONE.fullmatch(text)
    if alone is not None:
        return f"{alone['before']}{amount(float(alone['number']))}"
    plain = _DOLLARS.sub(lambda m: f"${amount(float(m['number']))}", text)
    return _AMOUNT.sub(lambda m: _with_unit(float(m["number"]), m["unit"]), plain)


def _with_unit(value: float, unit: str) -> str:
    """Return days from ten up as whole days, and shares from ten up with one decimal."""
    decimals = {"days": 0, "%": 1}.get(unit)
    if decimals is not None and abs(value) >= ROUND_FROM:
        value = round(value, decimals)
    return f"{amount(value)} {unit}"


def all_figures(text: str) -> str:
    """Return a reason of several parts with every figure written the one way."""
    return PART.join(figures(part) for part in text.split(PART))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    """How one compared figure is said."""

    say: Callable[[float], str]
    limit: Callable[[VerifyTerms], WorseThan]
    floor: Callable[[float], str]
    """The floor, as the end of 'once ...'."""
    most: Callable[[float], str]
    """What is allowed where nothing is compared, as the end of 'allowed ...'."""
    above: Callable[[float], str]
    """What sends it back where nothing is compared."""


def _milliseconds(value: float) -> str:
    return f"{amount(value)} ms"


def _many(what: str) -> Callable[[float], str]:
    return lambda n: f"{amount(n)} {what if n == 1 else what + 's'}"


def _counted(what: str, limit: Callable[[VerifyTerms], WorseThan]) -> _Figure:
    many = _many(what)
    return _Figure(
        say=percent,
        limit=limit,
        floor=lambda n: f"there {'is' if n == 1 else 'are'} {many(n)}",
        most=lambda n: f"up to {many(n)}" if n else f"no {what}",
        above=lambda n: f"more than {many(n)}" if n else f"any {what}",
    )


_FIGURES: Mapping[str, _Figure] = {
    "error rate": _counted("error", lambda t: t.error_rate),
    "throttle rate": _counted("throttle", lambda t: t.throttles),
    "p95 duration": _Figure(
        say=_milliseconds,
        limit=lambda t: t.duration_p95,
        floor=lambda n: f"it reaches {_milliseconds(n)}",
        most=lambda n: f"up to {_milliseconds(n)}",
        above=lambda n: f"p95 run time above {_milliseconds(n)}",
    ),
}
_NO_MEMORY = "out of memory"
_MEAN = "mean duration"
"""What is allowed of it stands in its words: each change has its own bound."""


def compared(comparison: Comparison, terms: VerifyTerms) -> str:
    """Return one comparison in words: '0 % before, 2.9 % after; allowed 1.5 x once ...'."""
    after = comparison.after
    if comparison.figure == _NO_MEMORY and after is not None:
        worse = terms.out_of_memory.floor or 0.0
        allowed = f"up to {amount(worse)}" if worse else "none"
        return f"{_many('invocation')(after)} ran out of memory; allowed {allowed}"
    figure = _FIGURES.get(comparison.figure)
    if comparison.figure == _MEAN and comparison.before is not None and after is not None:
        _, found, allowed = comparison.why.rpartition(", allowed ")
        said = f"{_milliseconds(comparison.before)} before, {_milliseconds(after)} after"
        return f"{said}; allowed {figures(allowed)}" if found else said
    if figure is None or comparison.before is None or after is None:
        return figures(comparison.why.removeprefix(f"{comparison.figure}: "))
    said = f"{figure.say(comparison.before)} before, {figure.say(after)} after"
    return f"{said}; allowed {_allowed(figure, figure.limit(terms))}"


def _allowed(figure: _Figure, worse: WorseThan) -> str:
    if worse.ratio is None:
        return figure.most(worse.floor or 0.0)
    times = f"{worse.ratio:g} x"
    return f"{times} once {figure.floor(worse.floor)}" if worse.floor else times


LIMITS: Mapping[str, str] = {
    "error rate": "error rate",
    "p95 duration": "p95 run time",
    "throttle rate": "throttle rate",
}


def sent_back_if(terms: VerifyTerms) -> tuple[str, ...]:
    """Return what sends a change back, each as a phrase; empty when nothing is set to."""
    said = []
    for name, label in LIMITS.items():
        figure = _FIGURES[name]
        worse = figure.limit(terms)
        if worse.ratio is not None:
            floor = f", once {figure.floor(worse.floor)}" if worse.floor else ""
            said.append(f"{label} above {worse.ratio:g} times what it was{floor}")
        elif worse.floor is not None:
            said.append(figure.above(worse.floor))
    memory = terms.out_of_memory.floor
    if memory is not None:
        runs = f"more than {_many('invocation')(memory)}" if memory else "any invocation"
        said.append(f"{runs} out of memory")
    return tuple(said)
