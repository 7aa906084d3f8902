"""What is public is said in `__all__`, and `__all__` says nothing else."""

import ast
import importlib
from collections.abc import Iterator

import pytest

import wfadmin
from tests.architecture.source import file_of, module_names

MOST_NAMES_AT_THE_FRONT_DOOR = 40
PUBLIC_PACKAGES = ("wfadmin.commands", "wfadmin.errors", "wfadmin.ports", "wfadmin.testing")
ROOMS_THAT_SAY = ("wfadmin.domain", "wfadmin.ports", "wfadmin.operations", "wfadmin.testing")


def public_modules() -> list[str]:
    """Name the modules that have to say what is public in them."""
    return [
        name
        for name in module_names()
        if name == "wfadmin" or name in PUBLIC_PACKAGES or name.startswith(ROOMS_THAT_SAY)
    ]


def defined_names(tree: ast.Module) -> Iterator[str]:
    """Give the names without a leading underscore that a module defines at its top."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                names = [name]
            case ast.AsyncFunctionDef(name=name):
                names = [name]
            case ast.Assign(targets=targets):
                names = [each.id for each in targets if isinstance(each, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if not name.startswith("_"))


def handed_on_names(tree: ast.Module) -> Iterator[str]:
    """Give the names that a package imports from its own rooms at its top."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wfadmin"):
            for each in node.names:
                if each.name == "*":
                    yield from importlib.import_module(str(node.module)).__all__
                elif each.name != "__all__":
                    yield each.asname or each.name


@pytest.mark.parametrize("name", public_modules())
def test_a_public_module_says_what_is_public(name: str) -> None:
    assert isinstance(getattr(importlib.import_module(name), "__all__", None), list | tuple)


@pytest.mark.parametrize("name", module_names())
def test_every_name_in_all_is_there_and_once(name: str) -> None:
    module = importlib.import_module(name)
    said = list(getattr(module, "__all__", []))
    assert [each for each in said if not hasattr(module, each)] == []
    assert sorted(set(said)) == sorted(said)


@pytest.mark.parametrize("name", public_modules())
def test_every_public_definition_is_in_all(name: str) -> None:
    tree = ast.parse(file_of(name).read_text(encoding="utf-8"))
    said = set(importlib.import_module(name).__all__)
    assert set(defined_names(tree)) - said == set()


@pytest.mark.parametrize("name", [each for each in PUBLIC_PACKAGES if each in module_names()])
def test_a_public_package_hands_on_what_it_says_and_no_more(name: str) -> None:
    tree = ast.parse(file_of(name).read_text(encoding="utf-8"))
    offered = {*handed_on_names(tree), *defined_names(tree)}
    assert offered == set(importlib.import_module(name).__all__)


def test_the_front_door_stays_small() -> None:
    assert len(wfadmin.__all__) <= MOST_NAMES_AT_THE_FRONT_DOOR


def test_the_front_door_lists_what_it_offers() -> None:
    assert set(wfadmin.__all__) <= set(dir(wfadmin))
