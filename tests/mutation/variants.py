"""
Mutants of what is declared: tables, fields with their defaults, and decorated functions.

mutmut leaves these alone, because it changes what is called and never what is imported. Here
every mutant is a whole source.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import Any, TypeVar

import attrs

from tests.mutation.mutants import Change

__all__ = ["Variant", "variants_of"]

_N = TypeVar("_N")
_WORDS = re.compile(r"\w \w")
_NOT_BEHAVIOUR = {"__all__", "__slots__"}
_LEFT_TO_MUTMUT = {"staticmethod", "classmethod"}
# Arguments of a field that do something when it is left out; and those whose value is a form.
_CAN_GO = {"validator", "converter", "repr", "eq"}
_FORM = {"init", "factory", "kw_only"}
_OTHER_WAY: dict[type[ast.AST], Any] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,  # codespell:ignore notin
    ast.NotIn: ast.In,  # codespell:ignore notin
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


@attrs.frozen
class Variant:
    """A source with one change; `where` names the table, the field or the function."""

    where: str
    change: Change
    source: str


def variants_of(source: str) -> Iterator[Variant]:
    """Every variant of a module."""
    tree = ast.parse(source)
    for where, region in _declared(tree.body):
        for root in region:
            rows = _without_a_row(root) if isinstance(root, ast.expr) else ()
            others = ((node, each) for node in list(_walk(root)) for each in _others(node))
            for node, (other, change) in chain(((root, row) for row in rows), others):
                yield Variant(where, change, _with(tree, node, other))


def _declared(body: Iterable[ast.stmt], prefix: str = "") -> Iterator[tuple[str, list[ast.AST]]]:
    for one in body:
        match one:
            case ast.ClassDef():
                yield from _declared(one.body, f"{prefix}{one.name}.")
            case ast.FunctionDef() | ast.AsyncFunctionDef() if _is_ours(one):
                yield f"{prefix}{one.name}", list(one.body)
            case (
                ast.Assign(targets=[ast.Name(name)], value=value)
                | ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value)
            ):
                if name not in _NOT_BEHAVIOUR and not _is_word(value):
                    yield f"{prefix}{name}", [value]
            case _:
                pass


def _is_word(value: ast.expr) -> bool:
    """Whether it is a word, of an enumeration or an error: what is written and read tests them."""
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _is_ours(one: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = {ast.unparse(each) for each in one.decorator_list}
    return bool(names) and not (len(names) == 1 and names <= _LEFT_TO_MUTMUT)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below that does something: no types, no docstrings, no parts of an f-string."""
    match node:
        case ast.Subscript(slice=ast.Tuple() | ast.Name()) | ast.Call(ast.Name("TypeVar")):
            return  # a type
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr():
            return
        case ast.keyword(arg=name) if name in _FORM:
            return
        case ast.AnnAssign(value=ast.expr() as value):
            yield from _walk(value)
        case _:
            yield node
            for child in ast.iter_child_nodes(node):
                yield from _walk(child)


def _others(node: ast.AST) -> Iterator[tuple[ast.AST, Change]]:
    if isinstance(node, ast.If) and not isinstance(node.test, (ast.Compare, ast.UnaryOp)):
        test = ast.UnaryOp(ast.Not(), node.test)
        change = Change(f"if {ast.unparse(node.test)}", f"if {ast.unparse(test)}")
        yield ast.If(test, node.body, node.orelse), change
    for other in _other_expressions(node):
        yield other, Change(ast.unparse(node), ast.unparse(other))


def _other_expressions(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value):
            yield from (ast.Constant(other) for other in _other_values(value))
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.Lambda(arguments):
            yield ast.Lambda(arguments, ast.Constant(None))
        case ast.Call(function, positional, named):
            for each in named:
                if each.arg in _CAN_GO:
                    yield ast.Call(function, positional, _but(named, each))
        case _:
            yield from _other_way(node)


def _other_way(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, [operator], comparators) if other := _OTHER_WAY.get(type(operator)):
            yield ast.Compare(left, [other()], comparators)
        case ast.BoolOp(operator, values) if other := _OTHER_WAY.get(type(operator)):
            yield ast.BoolOp(other(), values)
        case ast.BinOp(left, operator, right) if other := _OTHER_WAY.get(type(operator)):
            yield ast.BinOp(left, other(), right)
        case _:
            pass


def _without_a_row(table: ast.expr) -> Iterator[tuple[ast.expr, Change]]:
    """A table without one of its rows, and one in which two rows have changed places."""
    match table:
        case ast.Call(function, [ast.Tuple() | ast.Set() | ast.Dict() as inner], named):
            for other, change in _without_a_row(inner):
                yield ast.Call(function, [other], named), change
        case ast.Tuple(rows) | ast.List(rows) | ast.Set(rows):
            for row in rows:
                yield type(table)(_but(rows, row)), Change(ast.unparse(row), "")
            for one, other in () if isinstance(table, ast.Set) else pairwise(rows):
                rest = [{id(one): other, id(other): one}.get(id(each), each) for each in rows]
                names = ast.unparse(one), ast.unparse(other)
                yield type(table)(rest), Change(", ".join(names), ", ".join(reversed(names)))
        case ast.Dict(keys, values):
            for key, value in zip(keys, values, strict=True):
                entry = f"{'**' if key is None else ast.unparse(key)}: {ast.unparse(value)}"
                yield ast.Dict(_but(keys, key), _but(values, value)), Change(entry, "")
        case _:
            pass


def _but(all_of_them: list[_N], one: _N) -> list[_N]:
    return [each for each in all_of_them if each is not one]


def _other_values(value: object) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
        case str() if value and not _WORDS.search(value):
            yield f"XX{value}"
        case _:
            pass


def _with(tree: ast.Module, old: ast.AST, new: ast.AST) -> str:
    """The source in which one node is another."""
    _Swap(old, new).visit(tree)
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    finally:
        _Swap(new, old).visit(tree)


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        super().__init__()
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.old:
            return self.new
        self.generic_visit(node)
        return node
