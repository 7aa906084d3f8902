"""The core asks its ports: it reads no clock, no environment, no file, and prints nothing."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import file_of, module_names

CORE = ("wfadmin.domain", "wfadmin.ports", "wfadmin.operations")
BUILTINS = frozenset({"__import__", "breakpoint", "eval", "exec", "input", "open", "print"})
AMBIENT = (
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "importlib",
    "io.open",
    "os",
    "pathlib.Path",
    "random",
    "secrets",
    "sys.argv",
    "sys.stderr",
    "sys.stdin",
    "sys.stdout",
    "time",
    "uuid",
)


def ambient_uses(source: str) -> list[str]:
    """Name each ambient thing that a source uses, called or handed on, with its line."""
    tree = ast.parse(source)
    aliases = dict(imported_names(tree))
    uses = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = dotted(node, aliases)
            if is_ambient(name):
                uses.append(f"line {node.lineno}: {name}")
    return uses


def imported_names(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Give each imported name with the full name of what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                top = each.name.partition(".")[0]
                yield (each.asname, each.name) if each.asname else (top, top)
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                yield each.asname or each.name, f"{node.module}.{each.name}"


def dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    """Write a chain of attributes in full; empty if it does not begin with a name."""
    match node:
        case ast.Name(id=name):
            return aliases.get(name, name if name in BUILTINS else "")
        case ast.Attribute(value=value, attr=attr):
            owner = dotted(value, aliases)
            return f"{owner}.{attr}" if owner else ""
        case _:
            return ""


def is_ambient(name: str) -> bool:
    """Say whether a full name is one of the ambient things, or lies in one."""
    return name in BUILTINS or any(name == each or name.startswith(f"{each}.") for each in AMBIENT)


@pytest.mark.parametrize("name", [name for name in module_names() if name.startswith(CORE)])
def test_a_module_of_the_core_uses_nothing_ambient(name: str) -> None:
    assert ambient_uses(file_of(name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import datetime\nx = datetime.datetime.now()",
        "from datetime import datetime\nx = datetime.now(tz)",
        "from datetime import datetime as dt\nfactory = dt.utcnow",
        "from datetime import date\nx = date.today()",
        "import time\nx = time.monotonic()",
        "from time import sleep as rest\nrest(1)",
        "import uuid\nx = uuid.uuid4()",
        "from uuid import uuid4\nx = uuid4()",
        "from importlib import import_module\nimport_module('httpx')",
        "import importlib.metadata\nimportlib.metadata.entry_points()",
        "__import__('httpx')",
        "open('file')",
        "print('hello')",
        "input()",
        "import os\nos.environ['HOME']",
        "from os import environ\nenviron['HOME']",
        "import sys\nsys.stdout.write('hello')",
        "from pathlib import Path\nPath('file').read_text()",
    ],
)
def test_a_planted_ambient_use_is_found(planted: str) -> None:
    assert len(set(ambient_uses(planted))) >= 1


@pytest.mark.parametrize(
    "innocent",
    [
        "async def f(clock):\n    return clock.now()",
        "from datetime import datetime\nx = datetime.fromisoformat('2026-01-01')",
        "async def f(self):\n    self.time = 1\n    return self.open()",
        "def f(time):\n    return time",
    ],
)
def test_an_innocent_use_is_not_reported(innocent: str) -> None:
    assert ambient_uses(innocent) == []
