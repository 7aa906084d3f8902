"""
What we ask: one Protocol per file, no bodies.

An adapter inherits from the Protocols that its engine can serve, and puts them into an `Engine`.
Every method is abstract: a class that forgets one fails when it is made. Only `WfadminError`
may leave a port. Values in and out are frozen. Making an adapter does no I/O.
"""

from wfadmin.ports.admin import AdminApi
from wfadmin.ports.audit import AuditListing, AuditLog, AuditRecord
from wfadmin.ports.auth import Authenticator, Principal
from wfadmin.ports.clock import Clock
from wfadmin.ports.control import InvocationControl
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.deployments import DeploymentRegistry
from wfadmin.ports.engine import Engine, EngineFactory, EngineSettings
from wfadmin.ports.evidence import EvidenceStore
from wfadmin.ports.guard import RetryGuard
from wfadmin.ports.history import InvocationHistory
from wfadmin.ports.ids import Ids
from wfadmin.ports.invocations import InvocationStore
from wfadmin.ports.lease import OperatorLease
from wfadmin.ports.listing import InvocationListing
from wfadmin.ports.observer import Observer
from wfadmin.ports.state import StateStore
from wfadmin.ports.tasks import TaskRunner

__all__ = [
    "AdminApi",
    "AuditListing",
    "AuditLog",
    "AuditRecord",
    "Authenticator",
    "Clock",
    "Credentials",
    "DeploymentRegistry",
    "Engine",
    "EngineFactory",
    "EngineSettings",
    "EvidenceStore",
    "Ids",
    "InvocationControl",
    "InvocationHistory",
    "InvocationListing",
    "InvocationStore",
    "Observer",
    "OperatorLease",
    "Principal",
    "RetryGuard",
    "StateStore",
    "TaskRunner",
]
