"""What a mutation run left behind: every mutant, what became of it, and what it had changed."""

import ast
import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import attrs

__all__ = ["DECLARED", "FOLDER", "Change", "Fate", "Mutant", "change_between", "mutants_in"]

#: Where a run leaves what came of it.
FOLDER = Path("mutants")
#: Where the variants of what is declared are, in the folder of the run.
DECLARED = "declared.json"

_KILLED = {1, 3}
_TIMED_OUT = {24, -24, 36, 152, 255}
_NO_TESTS = {5, 33}
_TYPES = 37


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TYPES = "refused by mypy"
    TIMED_OUT = "never ended"
    SURVIVED = "survived"
    NO_TESTS = "ran in no test"
    NOT_RUN = "not run"
    BROKEN = "broke the run"


@attrs.frozen
class Change:
    """The smallest expression or statement that differs, before and after."""

    was: str
    now: str


@attrs.frozen
class Mutant:
    """
    One mutant.

    Attributes:
        name: What mutmut calls it, so that `mutmut show` and `mutmut run` take it; where it is
            declared, if it is none of mutmut's.
        module: Where it is, as Python imports it.
        function: `name` or `Class.name`.
    """

    name: str
    module: str
    function: str
    fate: Fate
    change: Change


def mutants_in(folder: Path) -> Iterator[Mutant]:
    """Every mutant of a run; `folder` is the one that mutmut calls `mutants`."""
    for meta in sorted(folder.rglob("*.py.meta")):
        codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes:
            functions = _functions(meta.with_suffix("").read_text(encoding="utf-8"))
            yield from (_mutant(name, code, functions) for name, code in codes.items())
    declared = folder / DECLARED
    if declared.exists():
        for module, found in json.loads(declared.read_text(encoding="utf-8")).items():
            for where, was, now, code in found:
                name = f"{module}.{where}"
                yield Mutant(name, module, where, _fate(code), Change(was, now))


def change_between(was: ast.AST, now: ast.AST) -> Change:
    """What differs between two trees of which the second is a mutant of the first."""
    first, second = was, now
    while (narrower := _the_one_pair(was, now)) is not None:
        was, now = narrower
        if isinstance(was, (ast.expr, ast.stmt)):
            first, second = was, now
    if isinstance(was, ast.Match) and isinstance(now, ast.Match):
        return _case_dropped(was, now)
    return Change(ast.unparse(first), ast.unparse(second))


def _mutant(name: str, code: int | None, functions: dict[str, ast.AST]) -> Mutant:
    module, _, mangled = name.rpartition(".")
    origin = mangled.rpartition("__mutmut_")[0]
    function = ".".join(origin.removeprefix("x").removeprefix("_").strip("ǁ").split("ǁ"))
    change = change_between(functions[f"{origin}__mutmut_orig"], functions[mangled])
    return Mutant(name, module, function, _fate(code), change)


def _fate(code: int | None) -> Fate:
    if code in _KILLED:
        return Fate.KILLED
    if code in _TIMED_OUT:
        return Fate.TIMED_OUT
    if code in _NO_TESTS:
        return Fate.NO_TESTS
    named = {0: Fate.SURVIVED, _TYPES: Fate.TYPES, None: Fate.NOT_RUN}
    return named.get(code, Fate.BROKEN)


def _functions(source: str) -> dict[str, ast.AST]:
    """The original and the mutants of every function, by their mangled names."""
    found: dict[str, ast.AST] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "__mutmut_" in node.name:
            found[node.name] = node
            node.name = ""  # it is no difference
    return found


def _the_one_pair(was: ast.AST, now: ast.AST) -> tuple[ast.AST, ast.AST] | None:
    """The only pair of children that differs; None where it is more than a pair, or no node."""
    if type(was) is not type(now) or isinstance(was, ast.JoinedStr):
        return None
    pairs: list[tuple[ast.AST, ast.AST]] = []
    for field in was._fields:
        old, new = _nodes(was, field), _nodes(now, field)
        if len(old) != len(new):
            return None
        pairs += [(a, b) for a, b in zip(old, new, strict=True) if ast.dump(a) != ast.dump(b)]
    return pairs[0] if len(pairs) == 1 else None


def _nodes(of: ast.AST, field: str) -> list[ast.AST]:
    value = getattr(of, field, None)
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, ast.AST)]


def _case_dropped(was: ast.Match, now: ast.Match) -> Change:
    kept = {ast.dump(each) for each in now.cases}
    (dropped,) = (each for each in was.cases if ast.dump(each) not in kept)
    guard = f" if {ast.unparse(dropped.guard)}" if dropped.guard else ""
    return Change(f"case {ast.unparse(dropped.pattern)}{guard}", "")
