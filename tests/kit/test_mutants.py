"""The kit finds every mistake that was planted, and finds none where none was."""

import pytest

from tests.kit.mutant import Mutant
from tests.kit.roll import EVERY_MUTANT
from wfadmin.testing import Outcome, clauses, examine

BY_ID = {clause.id: clause for clause in clauses(contract=1)}


@pytest.mark.asyncio
@pytest.mark.parametrize("mutant", EVERY_MUTANT, ids=str)
async def test_the_kit_finds_the_mistake(mutant: Mutant) -> None:
    verdict = await examine(BY_ID[mutant.breaks], mutant.subject())

    assert verdict.outcome is Outcome.BROKEN, verdict


@pytest.mark.asyncio
@pytest.mark.parametrize("mutant", EVERY_MUTANT, ids=str)
async def test_without_the_mistake_the_clause_passes(mutant: Mutant) -> None:
    verdict = await examine(BY_ID[mutant.breaks], mutant.healthy())

    assert verdict.outcome is Outcome.PASSED, verdict


def test_every_clause_has_a_mistake_that_it_finds() -> None:
    assert {mutant.breaks for mutant in EVERY_MUTANT} == set(BY_ID)
