"""Mistakes that are planted in the operations: trying every order finds each of them."""

from collections import Counter

import pytest

from tests.explore_operations.mutant import Mutant, explored, without_the_mistake
from tests.explore_operations.roll import EVERY_MUTANT


def title(mutant: Mutant) -> str:
    return f"{mutant.verb}: {mutant.title}"


@pytest.mark.parametrize("mutant", EVERY_MUTANT, ids=title)
def test_the_mistake_is_found(mutant: Mutant) -> None:
    found = explored(mutant)

    assert found.is_complete
    assert mutant.harm in found.bugs, found


@pytest.mark.parametrize("mutant", EVERY_MUTANT, ids=title)
def test_the_operation_without_the_mistake_has_no_bug_there(mutant: Mutant) -> None:
    found = without_the_mistake(mutant)

    assert found.is_complete
    assert found.bugs == frozenset(), found


def test_every_mistake_has_its_own_name() -> None:
    named = Counter((one.verb, one.name) for one in EVERY_MUTANT)

    assert [one for one, times in named.items() if times > 1] == []
