"""Which ways does a change take, from scan to the last email? One story each, with its end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from tests.fakes.builders import TARGET
from tests.pipeline.house import a_bundle
from tests.storm.gate import Call, Fault, Process
from tests.storm.production import Person, Production
from tests.storm.traffic import HEALTHY, REGRESSED, SILENT, WORSE_WHEN_NEW
from tests.storm.world import World
from trimtab.policy.model import Bundle, Policy

WATCH = timedelta(hours=2)
"""Short, so that a story is read in few points; everything else is as shipped."""
CANARY_WATCH = timedelta(minutes=10)
TRIES = 3
"""How often a person posts a form again that was answered with an error."""

Meddle = Callable[[Production], None]


@cache
def the_bundle() -> Bundle:
    bundle = a_bundle()
    return replace(bundle, policies=tuple(_brisk(policy) for policy in bundle.policies))


def _brisk(policy: Policy) -> Policy:
    if policy.verify is None or policy.change is None:
        return policy
    fields = {**policy.change.fields, "canary_weight": 0.5, "canary_watch": CANARY_WATCH}
    return replace(
        policy,
        verify=replace(policy.verify, watch=WATCH),
        change=replace(policy.change, fields=fields),
    )


def post(production: Production, token: str, button: str) -> str | None:
    """Post a form as a person does: a page that failed is posted again."""
    payload = {"token": token, "button": button, "reason": "not now"}
    for _ in range(TRIES):
        answer = production.world.call("approval", payload)
        if answer.error is None:
            return str(answer.value["status"])
    return None


def presses(button: str, then: Meddle = lambda production: None) -> Person:
    """A person who answers each email with this button."""

    def person(production: Production, to: str, name: str, token: str) -> None:
        production.world.call("look", {"token": token})
        status = post(production, token, button)
        if status is None:
            production.again_later(to, name, token)
        else:
            then(production)

    return person


def says_nothing(production: Production, to: str, name: str, token: str) -> None:
    """A person on holiday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One way through everything."""

    person: Person
    ends: str
    """The status in which the round ends when nothing goes wrong."""
    aliases: tuple[str, ...] = ()
    mood: str = HEALTHY
    """How the function fares from now on."""
    scans: int = 1
    focus: frozenset[str] = frozenset()
    """The paths whose boundaries this story is for, as `path_of` names them; empty: all. What went
    before is the same in every story.
    """
    on_canary: Meddle | None = None
    """What somebody does once a canary began."""
    later: Meddle | None = None
    """What somebody does when everything is quiet, before it goes on."""

    def begin(self) -> Production:
        world = World(the_bundle())
        metrics = world.metrics(TARGET)
        metrics.fare("orders", self.mood, since=world.clock.now())
        world.functions.add("orders")
        if self.aliases:
            world.functions.publish("orders")
        for alias in self.aliases:
            world.functions.alias("orders", alias, "1")
        return Production(world, self.person, scans=self.scans)

    def tell(self, faults: dict[int, Fault] | None = None) -> tuple[Production, bool]:
        """Run the story; False when it does not come to rest."""
        production = self.begin()
        production.world.gate.faults = dict(faults or {})
        return self.finish(production)

    def finish(self, production: Production) -> tuple[Production, bool]:
        """Let it come to rest, do what somebody does later, and let it come to rest again."""
        if self.on_canary is not None:
            production.on_canary(self.on_canary)
        is_quiet = production.until_quiet()
        if self.later is not None:
            self.later(production)
            is_quiet = production.until_quiet()
        return production, is_quiet


def deploys_code(production: Production) -> None:
    production.world.functions.change("orders", CodeSha256="bmV3Y29kZQ==")


def deploys_behind(production: Production) -> None:
    """A pipeline publishes other code and moves the alias to it, without a word of weights."""
    functions = production.world.functions
    functions.change("orders", CodeSha256="bmV3Y29kZQ==")
    functions.move("orders", "live", functions.publish("orders"))


def takes_it_back(production: Production) -> None:
    """A person runs `trimtab undo`, again when the shell shows an error."""
    world = production.world
    for key in list(world.raw.desk._rounds):
        for _ in range(TRIES):
            if world.call("undo", {"change_id": key[0]}).error is None:
                break


STORIES = {
    "healthy": Story(person=presses("approve"), ends="verified"),
    "healthy, with aliases": Story(
        person=presses("approve"),
        ends="verified",
        aliases=("beta", "live"),
        focus=frozenset({"scan", "apply"}),
    ),
    "regressed": Story(
        person=presses("approve"),
        ends="undone",
        mood=REGRESSED,
        focus=frozenset({"watch", "undo", "tell", "reconcile"}),
    ),
    "regressed, with aliases": Story(
        person=presses("approve"),
        ends="undone",
        aliases=("beta", "live"),
        mood=REGRESSED,
        focus=frozenset({"undo"}),
    ),
    "regressed on a share": Story(
        person=presses("approve"),
        ends="undone",
        aliases=("beta", "live"),
        mood=WORSE_WHEN_NEW,
        focus=frozenset({"watch", "undo", "tell"}),
    ),
    "deployed under a canary": Story(
        person=presses("approve"),
        ends="undo_stopped",
        aliases=("live",),
        focus=frozenset({"watch", "undo", "apply"}),
        on_canary=deploys_behind,
    ),
    "too little traffic": Story(
        person=presses("approve"), ends="unproven", mood=SILENT, focus=frozenset({"watch"})
    ),
    "rejected": Story(
        person=presses("reject"),
        ends="rejected",
        focus=frozenset({"click", "request", "decide", "reconcile"}),
    ),
    "expired": Story(
        person=says_nothing, ends="expired", focus=frozenset({"reconcile", "decide", "tell"})
    ),
    "changed since": Story(
        person=presses("approve", deploys_code), ends="stale", focus=frozenset({"apply", "tell"})
    ),
    "taken back by hand": Story(
        person=presses("approve"),
        ends="undone",
        aliases=("live",),
        focus=frozenset({"by hand", "tell"}),
        later=takes_it_back,
    ),
}

PATHS = {"notify": "ask", "approval": "click", "look": "click", "undo": "by hand"}


def path_of(process: Process) -> str:
    """Name what an invocation is for: scan, plan, ask, click, request, decide, apply, undo, watch,
    tell, reconcile, by hand.
    """
    if process.payload.get("direction") == "undo":
        return "undo"
    if process.lambda_ == "notify" and "change_id" in process.payload:
        return "tell"
    return PATHS.get(process.lambda_, process.lambda_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """A point between two calls: just before this one."""

    call: Call
    path: str

    def __str__(self) -> str:
        return f"call {self.call.index}, {self.call.what} of {self.path}"


def boundaries(processes: Iterable[Process], focus: frozenset[str]) -> list[Boundary]:
    """Return every boundary of a story, those of a pass that went like one before only once."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    found = []
    for process in processes:
        path = path_of(process)
        trace = (path, tuple(call.what for call in process.calls))
        if trace in seen or (focus and path not in focus):
            continue
        seen.add(trace)
        found += [Boundary(call=call, path=path) for call in process.calls]
    return found
