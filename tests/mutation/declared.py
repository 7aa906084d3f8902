"""
Run the tests on every variant of what is declared, and keep what came of it.

    python -m tests.mutation.declared [NAME ...]    (patterns of modules; all, if none)

Each variant has a process of its own, which is forked before anything of wfadmin is imported.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from types import CodeType

import pytest

from tests.mutation.mutants import DECLARED, FOLDER
from tests.mutation.variants import variants_of

# From inside outwards.
ROOMS = ("domain", "operations")
_PRELOADED = ("anyio", "attrs", "cattrs", "httpx", "hypothesis.strategies", "trio")
_CPU_SECONDS = 180
_CRASHED = 70
# What is loaded before the fork is no test, so that it cannot be rewritten does no harm.
_CALM = "ignore::pytest.PytestAssertRewriteWarning"
# Where wfadmin is a plugin of pytest, pytest would load its modules by itself: the variant too.
_PLAIN = "--assert=plain"
_ARGUMENTS = [
    "-x",
    "-q",
    _PLAIN,
    "-p",
    "no:cacheprovider",
    "-p",
    "tests.mutation.quick",
    "-W",
    _CALM,
]
_SEED = "--hypothesis-seed=0"


class _Loader(SourceFileLoader):
    """Loads a source that is in no file."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        """Compile the variant, whatever is cached of the file."""
        return compile(self.source, self.get_filename(fullname), "exec", dont_inherit=True)


class _Finder:
    """Finds the variant of one module."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Say where the module is, if it is the one."""
        if name != self.name:
            return None
        loader = _Loader(name, str(self.path), self.source)
        return spec_from_file_location(name, self.path, loader=loader)


def modules() -> Iterator[tuple[str, Path]]:
    """Name the modules of the rooms."""
    package = find_spec("wfadmin")
    places = None if package is None else package.submodule_search_locations
    for room in ROOMS:
        for path in sorted((Path((places or [""])[0]) / room).glob("*.py")):
            yield f"wfadmin.{room}.{path.stem}", path


def fate_of(name: str, path: Path, source: str) -> int:
    """Give the exit code of pytest, or what ended it; 0 if no test noticed."""
    finder = _Finder(name, path, source)
    for tests in _stages(name):
        code = _tested(finder, tests)
        if code:
            return code
    return 0


def _stages(name: str) -> Iterator[list[str]]:
    """The tests that name the module, which notice most; its room; and the rooms further out."""
    files = [one for room in ROOMS for one in sorted(Path("tests", room).glob("test_*.py"))]
    if near := [str(one) for one in files if name in one.read_text(encoding="utf-8")]:
        yield near
    yield from ([f"tests/{room}"] for room in ROOMS[ROOMS.index(name.split(".")[1]) :])


def _tested(finder: _Finder | None, tests: Sequence[str]) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    # What happens from here on is seen by its exit code alone.
    code = _CRASHED
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        if finder is not None:
            sys.meta_path.insert(0, finder)
        code = int(pytest.main([*_ARGUMENTS, _SEED, *tests]))
    finally:
        os._exit(code)


def main(names: Sequence[str], folder: Path = FOLDER) -> int:
    """Run the modules that are named; what came of the others stays."""
    for each in _PRELOADED:
        import_module(each)
    if _tested(None, [f"tests/{room}" for room in ROOMS]):
        sys.exit("the tests fail on the source as it is")
    folder.mkdir(exist_ok=True)
    results = folder / DECLARED
    found = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    for name, path in modules():
        # The patterns of mutmut name functions in a module: with a full stop after it.
        if not names or any(fnmatchcase(each, p) for p in names for each in (name, f"{name}.")):
            found[name] = _tried(name, path)
            results.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


def _tried(name: str, path: Path) -> list[tuple[str, str, str, int]]:
    tried = [
        (one.where, one.change.was, one.change.now, fate_of(name, path, one.source))
        for one in variants_of(path.read_text(encoding="utf-8"))
    ]
    survived = sum(1 for *_, code in tried if code == 0)
    sys.stdout.write(f"{name}: {len(tried)} variants, {survived} survived\n")
    sys.stdout.flush()
    return tried


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
