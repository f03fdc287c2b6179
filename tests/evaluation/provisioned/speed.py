"""How long does one schedule take? Four weeks by five minutes, in milliseconds of one core."""

import time
from random import Random

from tests.evaluation.provisioned.scoring import RATES
from tests.evaluation.provisioned.series import MONDAY
from trimtab.advisors.provisioned_schedule import synthesise
from trimtab.advisors.provisioned_terms import ScheduleTerms
from trimtab.domain.provisioned import Demand

POINTS = 4 * 7 * 288
ROUNDS = 15


def a_month() -> Demand:
    """Return four weeks of office hours, with noise."""
    chance = Random(7)
    busy = [
        20.0 + 30.0 * (8 <= point // 12 % 24 < 18 and point // 288 % 7 < 5)
        for point in range(POINTS)
    ]
    means = tuple(max(level + chance.gauss(0.0, 4.0), 0.0) for level in busy)
    return Demand(starts_at=MONDAY, period_s=300, means=means)


def milliseconds_for(*, changes_per_day: int | None, may_track: bool) -> tuple[float, float]:
    """Return the quickest and the middle one, in processor time."""
    demand = a_month()
    terms = ScheduleTerms(
        rates=RATES,
        timezone="Europe/Berlin",
        highest=1000,
        max_spillover=0.02,
        changes_per_day=changes_per_day,
        may_track=may_track,
    )
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        synthesise(demand, terms)
        taken.append((time.process_time() - began) * 1000)
    return min(taken), sorted(taken)[ROUNDS // 2]
