"""The page of the attacks names those that are there, and all of them."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PAGE = (ROOT / "docs" / "laws-attacked.md").read_text(encoding="utf-8")


def attacks_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {one.name for one in tree.body if isinstance(one, kinds) and one.name.startswith("test")}


def rows() -> list[list[str]]:
    """The cells of each row that is not the head of a table."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [one for one in cells if one[0] != "clause"]


def test_every_row_has_an_attack_that_is_there_and_what_it_catches() -> None:
    there = set().union(*(attacks_in(one) for one in HERE.glob("test_*.py")))

    for clause, attacks, caught in rows():
        named = re.findall(r"`(\w+)`", attacks)
        assert (clause, bool(named), set(named) - there) == (clause, True, set())
        assert caught


def test_every_attack_is_named_under_its_file() -> None:
    sections = PAGE.split("\n## ")
    for file in sorted(HERE.glob("test_*.py")):
        if file != Path(__file__):
            assert [part for part in sections if f"`{file.name}`" in part.splitlines()[0]]
            missing = [one for one in sorted(attacks_in(file)) if f"`{one}`" not in PAGE]
            assert (file.name, missing) == (file.name, [])


def test_what_is_attacked_elsewhere_is_there() -> None:
    elsewhere = re.findall(r"`(tests/[\w/]+\.py)`", PAGE)
    assert len(elsewhere) == 4
    assert [one for one in elsewhere if not attacks_in(ROOT / one)] == []
