"""
Every order of operators, clients, the engine and faults, as an ordinary unit test.

::

    scenario = Scenario(a_paused_order)
    scenario.code(my_recovery)
    scenario.client(KEY)
    scenario.engine()
    explore(scenario).assert_safe()

Calls of the engine are the moments at which somebody else may come in between. Every order of
these is played, up to a bound, and what must never happen is looked for after every step:

- a success is purged, or a run that is not the one that was looked at is written to
- a run that got on is killed, or one that the policy does not list
- the state of a live run is cleared, a shared call is stranded
- a deployment is removed that serves, or that a run needs
- a write is sent twice, without its intent on record, without the lease, or by what only looks
- an intent is left without an outcome, a run is left paused in silence
- a result says what the engine contradicts, or confirms what nobody read again
- code ends with an error that nobody expects, or waits for what never comes
"""

from wfadmin.testing.explore.harm import DECLARED, Harm, Window
from wfadmin.testing.explore.playing import explore, replay
from wfadmin.testing.explore.report import Explored
from wfadmin.testing.explore.scenario import Loss, Scenario
from wfadmin.testing.explore.turns import NotRepeatable

__all__ = [
    "DECLARED",
    "Explored",
    "Harm",
    "Loss",
    "NotRepeatable",
    "Scenario",
    "Window",
    "explore",
    "replay",
]
