"""
Real incidents, to run your own recovery code, doctor rules and policies against.

::

    @pytest.mark.parametrize("incident", INCIDENTS, ids=str)
    def test_my_recovery_does_no_harm(incident):
        scenario = incident.scenario()
        scenario.code(lambda engine: my_recovery(engine, incident.key))
        explore(scenario).assert_safe()

Each one says where it comes from, what happened, and what a careful operator does. Where the
engine in memory cannot show all of it, the incident says that too.
"""

from wfadmin.testing.incidents.catalogue import INCIDENTS, incident
from wfadmin.testing.incidents.entry import Incident

__all__ = ["INCIDENTS", "Incident", "incident"]
