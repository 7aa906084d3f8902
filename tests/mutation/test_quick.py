"""In a mutation run the laws go last, and keep the first counterexample that they find."""

from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.mutation.quick import pytest_collection_modifyitems


def item(function: object) -> pytest.Item:
    """Give what pytest collects for a function."""
    return cast("pytest.Item", SimpleNamespace(obj=function))


def plain() -> None:
    """Do nothing."""


@given(st.integers())
def law(_: int) -> None:
    """Hold for every number."""


@settings(max_examples=7)
@given(st.integers())
def law_with_settings(_: int) -> None:
    """Hold for some."""


def settings_of(function: object) -> settings:
    """Give what the function runs with."""
    return cast("settings", vars(function)["_hypothesis_internal_use_settings"])


def test_laws_go_last_and_are_not_shrunk() -> None:
    items = [item(law), item(plain), item(law_with_settings)]

    pytest_collection_modifyitems(items)

    assert [vars(one)["obj"] for one in items] == [plain, law, law_with_settings]
    assert Phase.generate in settings_of(law).phases
    assert Phase.shrink not in settings_of(law).phases


def test_a_law_with_settings_of_its_own_keeps_them() -> None:
    pytest_collection_modifyitems([item(law_with_settings)])

    assert settings_of(law_with_settings).max_examples == 7
