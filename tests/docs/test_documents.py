"""
The Python in the README and in docs/ runs as it is printed.

One test per document: its blocks share one namespace, from top to bottom, and the tests that a
block defines are run too. A comment `<!--- skip: next -->` leaves a block out.
"""

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def is_of_the_kit(test: Callable[..., object]) -> bool:
    """Whether it takes a clause: tests/kit/test_guide.py gives it each of them."""
    return set(inspect.signature(test).parameters) == {"clause"}


def run_tests_of(namespace: dict[str, object]) -> None:
    """Run the functions that a reader would let pytest find."""
    for name, found in list(namespace.items()):
        if name.startswith("test_") and inspect.isfunction(found) and not is_of_the_kit(found):
            answer = found()
            if inspect.iscoroutine(answer):
                asyncio.run(answer)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_the_python_of_a_document_runs(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parsed = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()]).parse(document)
    for example in parsed.examples():
        example.evaluate()
    run_tests_of(parsed.namespace)
