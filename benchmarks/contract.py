"""The contract kit over the engine in memory: what a whole run of it costs."""

from benchmarks.figures import Figure
from benchmarks.rounds import interleaved
from wfadmin.testing import CONTRACT, Bench, Clause, clauses, examine
from wfadmin.testing.memory import subject
from wfadmin.testing.report import examine_all

WHOLE = "every clause, on an engine of its own"
EMPTY = "as many clauses that look at nothing"


async def measure(rounds: int) -> list[Figure]:
    """Run the whole kit, and as many clauses that look at nothing, in the same rounds."""
    many = len(clauses(contract=CONTRACT))

    async def whole(_: int) -> object:
        report = await examine_all(subject, contract=CONTRACT)
        if not report.kept:
            message = "the engine in memory does not keep the contract"
            raise AssertionError(message)
        return report

    async def empty(_: int) -> object:
        return [await examine(NOTHING, subject()) for _ in range(many)]

    times = await interleaved({WHOLE: whole, EMPTY: empty}, rounds)
    part = f"the contract kit over memory, {many} clauses"
    ratio = f"x{times.ratio(WHOLE, EMPTY):.2f} of looking at nothing"
    return [
        Figure(part, WHOLE, times.median(WHOLE), compared=ratio),
        Figure(part, EMPTY, times.median(EMPTY)),
    ]


async def _nothing(_: Bench) -> None:
    return


NOTHING = Clause("XX-01", "Engine", "nothing", 1, _nothing)
