"""Every incident, by its id."""

from wfadmin.domain.errors import UsageError
from wfadmin.testing.incidents.dapr import OF_DAPR
from wfadmin.testing.incidents.deployments import OF_DEPLOYMENTS
from wfadmin.testing.incidents.entry import Incident
from wfadmin.testing.incidents.keys import OF_KEYS

__all__ = ["INCIDENTS", "incident"]

#: All of them: those of deployments, of keys, and of Dapr Workflow.
INCIDENTS: tuple[Incident, ...] = (*OF_DEPLOYMENTS, *OF_KEYS, *OF_DAPR)


def incident(id: str) -> Incident:  # noqa: A002 - it is its id
    """
    The incident of that id.

    Raises:
        UsageError: There is none of that id.
    """
    found = next((one for one in INCIDENTS if one.id == id), None)
    if found is None:
        raise UsageError("incident", "there is none of that id: see INCIDENTS")
    return found
