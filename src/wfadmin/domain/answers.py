"""What an engine says to a write, and to the registration of a deployment."""

from enum import StrEnum

import attrs

from wfadmin.domain.model import ServiceRevision

__all__ = ["Answer", "Registration"]


class Answer(StrEnum):
    """What an engine can say to a write. Anything else is an error."""

    #: It will do it, or did it. Not a proof: read again.
    ACCEPTED = "accepted"
    #: It knows no such thing.
    NOT_FOUND = "not_found"
    #: It knows it, and its status does not allow this.
    WRONG_STATUS = "wrong_status"
    #: It compared and found something else than was named. Only from an atomic fence.
    CHANGED = "changed"


@attrs.frozen
class Registration:
    """
    What a registration found, or would find in a dry run.

    Attributes:
        deployment_id: Kept when a known URL is registered again.
        services: What the deployment serves, with the revisions that it gets.
    """

    deployment_id: str
    services: tuple[ServiceRevision, ...]
