"""
What tests need: the contract that adapters keep, and faults by script.

An adapter of an engine keeps `clauses`, that of a host port what `wfadmin.testing.hosts` has::

    import pytest
    from wfadmin.testing import clauses, run

    @pytest.mark.parametrize("clause", clauses(contract=1), ids=str)
    async def test_my_adapter_keeps_the_contract(clause):
        await run(clause, my_adapter.connect, MyDriver())

Recovery code is tested on `wfadmin.adapters.memory`, with what goes wrong on the way::

    faults = Faults(clock=world.clock)
    faults.on(Point.PURGE).lose_answer()
    operator = wfadmin.connect(faults.over(world.engine), clock=world.clock)

Nothing here imports pytest.
"""

from wfadmin.ports.wrapping import Around, PortCall, Proceed, wrapped
from wfadmin.testing.asserting import assert_audited, assert_untouched, untouched
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.catalogue import CONTRACT, clauses
from wfadmin.testing.clause import Clause
from wfadmin.testing.driver import Driver, Situation
from wfadmin.testing.faults import Faults, Kind, Struck
from wfadmin.testing.network import Garbage, Network
from wfadmin.testing.running import Subject, examine, run
from wfadmin.testing.snapshots import Snapshot, snapshot
from wfadmin.testing.verdicts import Broken, NotExercised, NotSupportedHere, Outcome, Verdict

__all__ = [
    "CONTRACT",
    "Around",
    "Bench",
    "Broken",
    "Clause",
    "Driver",
    "Faults",
    "Garbage",
    "Kind",
    "Network",
    "NotExercised",
    "NotSupportedHere",
    "Outcome",
    "PortCall",
    "Proceed",
    "Situation",
    "Snapshot",
    "Struck",
    "Subject",
    "Verdict",
    "assert_audited",
    "assert_untouched",
    "clauses",
    "examine",
    "expect",
    "run",
    "snapshot",
    "untouched",
    "wrapped",
]
