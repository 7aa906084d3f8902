"""
What a finding is: something doctor noticed, with its evidence, and remedies mildest first.

`error` makes doctor a closed gate (exit 3); `warning` asks for a look; `info` is what one wants
to know. A failed run that is merely retained is `info`, or else one failure would keep the gate
closed for a day.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import attrs

from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.model import Deployment, Invocation, InvocationStatus, Service, Survey
from wfadmin.domain.remedies import Remedy
from wfadmin.domain.text import first_line, shown

__all__ = [
    "MAX_SAMPLES",
    "ComponentFact",
    "DoctorFacts",
    "Finding",
    "FindingCode",
    "OpenIntent",
    "Sample",
    "Severity",
    "Thresholds",
    "sample_of",
]

#: How many samples a finding shows at most.
MAX_SAMPLES = 5


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class FindingCode(StrEnum):
    """What was noticed, as a stable word."""

    COMPONENT_UNREACHABLE = "component_unreachable"
    COMPONENT_DEGRADED = "component_degraded"
    OPEN_INTENT = "open_intent"
    SERVICE_WITHOUT_DEPLOYMENT = "service_without_deployment"
    NO_WORKER = "no_worker"
    ZOMBIE = "zombie"
    PAUSED = "paused"
    BACKING_OFF = "backing_off"
    STALLED = "stalled"
    SUSPENDED_LONG = "suspended_long"
    QUIET_LONG = "quiet_long"
    PENDING_LONG = "pending_long"
    PENDING_UNDATED = "pending_undated"
    TIMER_OVERDUE = "timer_overdue"
    LISTING_TRUNCATED = "listing_truncated"
    DRAIN_UNKNOWN = "drain_unknown"
    DRAINING = "draining"
    DRAINED = "drained"
    FAILED_RETAINED = "failed_retained"


@attrs.frozen
class Sample:
    """
    One piece of evidence.

    Attributes:
        id: The id of the invocation, deployment or audit record; empty where there is none.
        detail: What was seen, in one line.
    """

    id: str
    service_name: str | None = None
    service_key: str | None = None
    detail: str = ""


@attrs.frozen
class Finding:
    """
    Something that doctor noticed.

    Attributes:
        component: Where it was noticed.
        service_name: The service that it is about, or None.
        count: How many there are; more than `samples` shows.
        samples: At most five.
        remedies: Mildest first. Those with a command are for the first sample.
    """

    code: FindingCode
    severity: Severity
    component: Component
    message: str
    service_name: str | None = None
    count: int = 1
    samples: tuple[Sample, ...] = ()
    remedies: tuple[Remedy, ...] = ()


@attrs.frozen
class ComponentFact:
    """How one component is doing, and what went wrong with it."""

    component: Component
    status: ComponentStatus
    problem: str | None = None
    fix: str | None = None


@attrs.frozen
class OpenIntent:
    """A write that the audit log holds without a known outcome."""

    id: str
    verb: str
    target: str
    at: datetime


@attrs.frozen
class Thresholds:
    """
    From when on something is noticed.

    Attributes:
        backing_off_attempts: From so many failed attempts on, backing off is an error.
        suspended_long: A run that waited longer than this.
        quiet_long: A run that runs, and whose last event is older than this.
        pending_long: A run that should have started longer ago than this.
        timer_overdue: A scheduled run whose time passed longer ago than this.
    """

    backing_off_attempts: int = 5
    suspended_long: timedelta = timedelta(hours=1)
    quiet_long: timedelta = timedelta(hours=1)
    pending_long: timedelta = timedelta(hours=1)
    timer_overdue: timedelta = timedelta(minutes=5)


@attrs.frozen
class DoctorFacts:
    """
    All that findings are made from. None: the component did not answer, or has no such thing.

    Attributes:
        takes_children: Whether a recovery takes along what a run called, or may do so.
        ruined: The ids of runs that a resume would ruin, as their histories say.
        unkillable: The statuses in which only a forced purge ends a run, where the engine has one.
    """

    now: datetime
    components: tuple[ComponentFact, ...] = ()
    deployments: tuple[Deployment, ...] | None = None
    services: tuple[Service, ...] | None = None
    survey: Survey | None = None
    open_intents: tuple[OpenIntent, ...] = ()
    thresholds: Thresholds = attrs.field(factory=Thresholds)
    takes_children: bool = False
    ruined: frozenset[str] = frozenset()
    unkillable: frozenset[InvocationStatus] = frozenset()


def sample_of(one: Invocation) -> Sample:
    """An invocation as evidence: its id, its key, and the first line of its last failure."""
    return Sample(
        id=one.id,
        service_name=one.service_name,
        service_key=None if one.key is None else one.key.service_key,
        detail=first_line(one.failure or "") or shown(one.engine_status),
    )
