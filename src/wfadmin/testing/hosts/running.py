"""Examines an adapter of a host port: one clause at a time, each on a bench of its own."""

from typing import TypeVar

from wfadmin.testing.clause import Clause
from wfadmin.testing.hosts.bench import HostBench
from wfadmin.testing.running import as_test, judged
from wfadmin.testing.verdicts import Verdict

__all__ = ["examine_host", "run_host"]

_Bench = TypeVar("_Bench", bound=HostBench)


async def examine_host(clause: Clause[_Bench], bench: _Bench) -> Verdict:
    """Say how `clause` ends on `bench`, which serves this clause alone."""

    async def check() -> None:
        async with bench:
            await clause.check(bench)

    return await judged(clause.id, check)


async def run_host(clause: Clause[_Bench], bench: _Bench) -> None:
    """
    Examine one clause as a test: pytest and unittest understand how it ends.

    Args:
        bench: Of the port that the clause is about. It serves this clause alone.

    Returns:
        When the rule holds.

    Raises:
        AssertionError: It does not, or nothing is known because the bench or the kit failed.
        unittest.SkipTest: Not exercised, with the reason. Where pytest is imported, what
            pytest.skip raises.
    """
    as_test(await examine_host(clause, bench), clause.rule)
