"""Which small faults could be in a module? Every mutant of its source, each with its place.

Most come from Cosmic Ray's operators, so that it is not us who choose what our tests have to
find. Five operators of our own add what those never touch: statements, answers, filters,
membership and words. What is left out by rule is said in docs/mutants.md.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

SPARED = {
    "Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt",
    "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Div Mod_Mul Pow_Mul",
    "BitOr_BitAnd BitAnd_BitOr BitXor_BitOr LShift_RShift RShift_LShift",
    "Delete_Not USub_UAdd",
}
"""Of Cosmic Ray's replacements of one operator by each other one: the neighbour and the opposite.

The rest (`is` by `<`, `+` by `**`) fails on the first run of the line and would flatter the figure.
"""
CHOSEN = {pair for line in SPARED for pair in line.split()}
FAMILIES = ("ReplaceComparisonOperator_", "ReplaceBinaryOperator_", "ReplaceUnaryOperator_")

Span = tuple[int, int]
"""From and to, counted in characters of the source, the end excluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One module with one fault."""

    path: str
    operator: str
    line: int
    span: Span
    before: str
    after: str
    source: str
    """The whole module with the fault in it."""

    @property
    def key(self) -> str:
        """Name the mutant by its content, so that results outlive edits elsewhere."""
        return hashlib.sha256(f"{self.path}\0{self.source}".encode()).hexdigest()[:20]


class Source:
    """The text of a module, its tree, and the parts that are not mutated."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text, self.tree = path, text, ast.parse(text)
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self.left_out = tuple(self._left_out())
        sums = (node for node in ast.walk(self.tree) if isinstance(node, ast.BinOp | ast.AugAssign))
        self._sums = tuple(self.span(node) for node in sums)

    def offset(self, line: int, column: int) -> int:
        """Turn a line and a column counted in characters into an offset."""
        return self._starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return where a node stands; ast counts columns in bytes."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None

        def at(line: int, column: int) -> int:
            start = self._starts[line - 1]
            row = self.text[start : self._starts[line]].encode()
            return start + len(row[:column].decode())

        return at(node.lineno, node.col_offset), at(node.end_lineno, node.end_col_offset)

    def line_of(self, offset: int) -> int:
        """Return the line of an offset."""
        return self.text.count("\n", 0, offset) + 1

    def is_left_out(self, span: Span) -> bool:
        """Tell whether a rule says that this part is not mutated."""
        return any(start <= span[0] and span[1] <= end for start, end in self.left_out)

    def is_sum(self, span: Span) -> bool:
        """Tell whether this part is inside a sum; the bare `*` of a signature is in none."""
        return any(start <= span[0] and span[1] <= end for start, end in self._sums)

    def _left_out(self) -> Iterator[Span]:
        for node in ast.walk(self.tree):
            for name in ("annotation", "returns"):
                if isinstance(part := getattr(node, name, None), ast.expr):
                    yield self.span(part)
            if isinstance(node, ast.ClassDef):
                yield from (self.span(d) for d in node.decorator_list if isinstance(d, ast.Call))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                yield self.span(node)
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield self.span(node)


def mutants_of(path: str, text: str, work: Path) -> list[Mutant]:
    """Return every mutant of a module, from the last time if neither it nor this file changed."""
    parts = f"{path}\0{text}\0{Path(__file__).read_text()}"
    kept = work / "chosen" / f"{hashlib.sha256(parts.encode()).hexdigest()[:20]}.json"
    if kept.exists():
        rows = json.loads(kept.read_text())
        return [Mutant(**{**row, "span": tuple(row["span"])}) for row in rows]
    chosen = _choose(path, text)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps([asdict(mutant) for mutant in chosen]))
    return chosen


def _choose(path: str, text: str) -> list[Mutant]:
    """Return every mutant that is a program of its own, each once."""
    source = Source(path, text)
    seen = {ast.dump(source.tree)}
    kept: list[Mutant] = []
    for operator, span, mutated in (*_from_cosmic_ray(source), *_our_own(source)):
        if mutated is None or source.is_left_out(span):
            continue
        try:
            shape = ast.dump(ast.parse(mutated))
        except SyntaxError:
            continue
        if shape in seen:
            continue
        seen.add(shape)
        kept.append(_mutant(source, operator, span, mutated))
    return sorted(kept, key=lambda m: (m.span, m.operator, m.after))


def _mutant(source: Source, operator: str, span: Span, mutated: str) -> Mutant:
    line = source.line_of(span[0])
    was, now = source.text.splitlines(), mutated.splitlines()
    first = next((n for n, (a, b) in enumerate(zip(was, now)) if a != b), line - 1)  # noqa: B905
    tail = 1
    while tail < min(len(was), len(now)) - first and was[-tail] == now[-tail]:
        tail += 1
    return Mutant(
        path=source.path,
        operator=operator,
        line=first + 1,
        span=span,
        before="\n".join(was[first : len(was) - tail + 1]),
        after="\n".join(now[first : len(now) - tail + 1]),
        source=mutated,
    )


def _from_cosmic_ray(source: Source) -> Iterator[tuple[str, Span, str | None]]:
    tree = get_ast(source.text)
    nodes = list(ast_nodes(tree))
    for name in operator_names():
        kind, short = get_operator(name), name.rpartition("/")[2]
        family = next((f for f in FAMILIES if short.startswith(f)), None)
        if kind.arguments() or (family and short.removeprefix(family) not in CHOSEN):
            continue
        operator = kind()
        places = [p for node in nodes for p in operator.mutation_positions(node)]
        for occurrence, (start, end) in enumerate(places):
            span = source.offset(*start), source.offset(*end)
            if source.is_left_out(span):
                continue
            if family == "ReplaceBinaryOperator_" and not source.is_sum(span):
                continue
            try:
                mutated = mutate_code(source.text, kind(), occurrence)
            except AttributeError:  # Cosmic Ray 8.7.0 cannot replace a dotted exception
                continue
            yield short, span, mutated


def _our_own(source: Source) -> Iterator[tuple[str, Span, str | None]]:
    in_f_string = {
        id(part)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
    }
    for node in ast.walk(source.tree):
        for operator, at, new in _replacements(node, in_f_string=id(node) in in_f_string):
            start, end = source.span(at)
            yield operator, (start, end), source.text[:start] + new + source.text[end:]


def _replacements(
    node: ast.AST, *, in_f_string: bool
) -> Iterator[tuple[str, ast.expr | ast.stmt, str]]:
    """Yield the operator, the node to replace and its new text."""
    match node:
        case ast.Raise() | ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield "DropStatement", node, "pass"
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) not in ("None", "False"):
            yield "ReturnNone", node, "return None"
        case ast.Compare(ops=[ast.In()], left=left, comparators=[right]):
            yield "SwapIn", node, f"({ast.unparse(left)} not in {ast.unparse(right)})"
        case ast.Compare(ops=[ast.NotIn()], left=left, comparators=[right]):
            yield "SwapIn", node, f"({ast.unparse(left)} in {ast.unparse(right)})"
        case ast.comprehension(ifs=conditions):
            for condition in conditions:
                yield "NegateFilter", condition, f"(not ({ast.unparse(condition)}))"
        case ast.Constant(value=str(text)) if " " not in text and not in_f_string:
            yield "OtherWord", node, repr(f"{text}~")
