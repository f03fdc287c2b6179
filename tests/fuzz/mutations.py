"""How does a policy file break? Bytes, tokens or branches of a good one change, or all of it."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.fuzz.growing import CONDITION_WORDS, NASTY, a_policy
from tests.policy.bundles import FLEET, GUARDRAILS, OWNERS

ROOT = Path(__file__).resolve().parents[2]
RULES = {"fleet.yaml": FLEET, "guardrails.yaml": GUARDRAILS, "owners.yaml": OWNERS}
TOKEN = re.compile(rb"[A-Za-z0-9_.-]+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One bundle with one broken file."""

    seed: int
    how: str
    name: str
    files: Mapping[str, bytes]


def originals() -> list[tuple[str, bytes, bytes | None]]:
    """Return every shipped file with its name, and of tests the policy they are about."""
    found: list[tuple[str, bytes, bytes | None]] = []
    for path in sorted((ROOT / "policies").rglob("*.yaml")):
        beside = path.with_name(path.name.replace(".tests.yaml", ".yaml"))
        about = beside.read_bytes() if beside != path else None
        found.append((path.relative_to(ROOT / "policies").as_posix(), path.read_bytes(), about))
    return found


def case_of(seed: int, shipped: list[tuple[str, bytes, bytes | None]]) -> Case:
    """Return the case of a seed: the same seed gives the same case."""
    rng = random.Random(seed)
    how = rng.choices(list(WAYS), weights=(6, 6, 6, 6, 1))[0]
    name, text, about = rng.choice(shipped)
    if how == "grown":
        name, about = "cost/grown.yaml", None
    files = {name: text.encode() for name, text in RULES.items()}
    if about is not None:
        files[name.replace(".tests.yaml", ".yaml")] = about
    files[name] = WAYS[how](rng, text)
    return Case(seed=seed, how=how, name=name, files=files)


def _bytes(rng: random.Random, text: bytes) -> bytes:
    raw = bytearray(text)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at, until = sorted((rng.randrange(len(raw) + 1), rng.randrange(len(raw) + 1)))
        match rng.randrange(7):
            case 0:
                raw[at:at] = rng.randbytes(rng.choice((1, 1, 2, 9)))
            case 1:
                del raw[at : at + rng.choice((1, 1, 3, 20))]
            case 2:
                del raw[at:]
            case 3:
                raw[at:at] = raw[at:until][:2000] * rng.choice((1, 2, 20))
            case 4:
                raw[at:at] = rng.choice(NASTY).encode("utf-8", "surrogatepass")
            case 5 if at < len(raw):
                raw[at] ^= 1 << rng.randrange(8)
            case _:
                raw[at:until] = raw[at:until][::-1]
        if not raw:
            raw = bytearray(b"a")
    return bytes(raw)


def _tokens(rng: random.Random, text: bytes) -> bytes:
    tokens = TOKEN.findall(text)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
        match rng.randrange(5):
            case 0:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 1:
                del tokens[at]
            case 2:
                tokens.insert(at, tokens[other])
            case 3:
                tokens[at] = rng.choice(CONDITION_WORDS).encode()
            case _:
                tokens[at] = rng.choice(NASTY).encode("utf-8", "surrogatepass")
        if not tokens:
            tokens = [b"a"]
    return b"".join(tokens)


def _branches(rng: random.Random, text: bytes) -> bytes:
    tree = yaml.safe_load(text)
    for _ in range(rng.choice((1, 1, 2, 5))):
        tree = _changed(rng, tree)
    style = rng.choice((None, True))
    return yaml.safe_dump(tree, default_flow_style=style, sort_keys=False).encode(
        "utf-8", "surrogatepass"
    )


def _changed(rng: random.Random, tree: Any) -> Any:
    """Change one place of a tree."""
    places = list(_places(tree))
    if not places:
        return a_leaf(rng)
    parent, key = rng.choice(places)
    value = parent[key]
    match rng.randrange(8):
        case 0:
            del parent[key]
        case 1:
            parent[key] = a_leaf(rng)
        case 2:
            parent[key] = [value] * rng.choice((0, 1, 2, 30, 300))
        case 3:
            parent[key] = {rng.choice(CONDITION_WORDS): copy.deepcopy(value)}
        case 4:
            other, place = rng.choice(places)
            parent[key] = copy.deepcopy(other[place]) if place in _keys(other) else value
        case 5 if isinstance(parent, dict):
            parent[rng.choice(CONDITION_WORDS)] = parent.pop(key)
        case 6:
            for _ in range(rng.choice((3, 31, 33, 60))):
                value = rng.choice(({"all": [value]}, {"not": value}, [value], {"any": [value]}))
            parent[key] = value
        case _:
            parent[key] = str(value)[:50] + rng.choice(NASTY)
    return tree


def _keys(value: Any) -> Any:
    return value if isinstance(value, dict) else range(len(value))


def _places(tree: Any) -> Any:
    if isinstance(tree, dict | list):
        for key in _keys(tree):
            yield tree, key
            yield from _places(tree[key])


def a_leaf(rng: random.Random) -> Any:
    return rng.choice(
        (None, True, 0, -1, 10**30, 1.5, "", [], {}, rng.choice(NASTY), rng.choice(CONDITION_WORDS))
    )


def _swollen(rng: random.Random, text: bytes) -> bytes:
    """Blow one place up, to about as much as a file may hold or somewhat beyond."""
    tree = yaml.safe_load(text)
    places = list(_places(tree))
    parent, key = rng.choice(places)
    count = rng.choice((150, 450, 2_000, 9_000))
    word = rng.choice((*CONDITION_WORDS, "x", "a@example.com", "111122223333"))
    value = parent[key]
    match rng.randrange(6):
        case 0:
            parent[key] = [copy.deepcopy(value) for _ in range(count)]
        case 1:
            parent[key] = {f"{word}{n}": copy.deepcopy(value) for n in range(count)}
        case 2:
            parent[key] = [f"{word}{n}" for n in range(count)]
        case 3:
            parent[key] = f"{value}{word}" * count
        case 4:
            parent[key] = {"any": [{word: f"> {n}"} for n in range(count)]}
        case _ if isinstance(parent, dict):
            parent.update({f"{key}{n}": value for n in range(count)})
    return _dumped(tree)


def _dumped(tree: Any) -> bytes:
    """Write a tree as YAML without anchors, and much faster than the one of the library."""
    return json.dumps(tree, default=str).encode()


def _grown(rng: random.Random, text: bytes) -> bytes:
    return yaml.safe_dump(a_policy(rng), sort_keys=False).encode("utf-8", "surrogatepass")


WAYS: Mapping[str, Callable[[random.Random, bytes], bytes]] = {
    "bytes": _bytes,
    "tokens": _tokens,
    "branches": _branches,
    "grown": _grown,
    "swollen": _swollen,
}
