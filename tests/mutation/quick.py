"""
Make the test runs of a mutation run short: a plugin of pytest, named in pyproject.toml.

One failing test is enough to notice a mutant, so the laws go last, and Hypothesis does not look
for the smallest counterexample.
"""

from contextlib import suppress

import pytest
from hypothesis import Phase, is_hypothesis_test, settings
from hypothesis.errors import InvalidArgument

_NO_SHRINKING = tuple(phase for phase in Phase if phase not in {Phase.shrink, Phase.explain})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the laws last, and keep their first counterexample."""
    items.sort(key=_is_law)
    for law in filter(_is_law, items):
        # One that has settings of its own keeps them.
        with suppress(InvalidArgument):
            settings(phases=_NO_SHRINKING)(_function_of(law))


def _is_law(item: pytest.Item) -> bool:
    return bool(is_hypothesis_test(_function_of(item)))


def _function_of(item: pytest.Item) -> object:
    return getattr(item, "obj", None)
