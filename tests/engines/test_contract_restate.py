"""The Restate adapter keeps the contract, over each pinned version of the real server."""

import pytest

from tests.engines.conftest import name_of
from tests.engines.restate_driver import RestateDriver
from tests.engines.restate_lab import RestateLab
from tests.kit.results import assert_as_recorded
from wfadmin.testing import Bench, Clause, Subject, clauses, examine

pytestmark = pytest.mark.engine


@pytest.mark.asyncio
@pytest.mark.parametrize("clause", clauses(contract=1), ids=str)
async def test_restate_ends_a_clause_as_the_docs_say(
    restate: RestateLab, restate_version: str, clause: Clause[Bench]
) -> None:
    driver = RestateDriver(restate)
    verdict = await examine(clause, Subject(driver.connect, driver))

    assert not verdict.outcome.fails, str(verdict)
    assert_as_recorded(name_of(restate_version), verdict)
