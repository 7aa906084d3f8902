"""The one place where a name becomes an adapter, and an adapter becomes an operator."""

from datetime import timedelta
from importlib import import_module
from importlib.metadata import entry_points

from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.runtime import AnyioTasks, RandomIds, SilentObserver, SystemClock
from wfadmin.domain.errors import UnknownAdapter, UsageError
from wfadmin.domain.finding import Thresholds
from wfadmin.domain.policy import Protection, RecoveryPolicy
from wfadmin.domain.text import shown
from wfadmin.operations.host import Host
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.audit import AuditLog
from wfadmin.ports.clock import Clock
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.engine import OPERATOR_API, Engine, EngineFactory, EngineSettings
from wfadmin.ports.evidence import EvidenceStore
from wfadmin.ports.guard import RetryGuard
from wfadmin.ports.lease import OperatorLease
from wfadmin.ports.observer import Observer
from wfadmin.ports.tasks import TaskRunner

__all__ = ["adapter_names", "connect", "open_engine"]

_GROUP = "wfadmin.adapters"
_BUILT_IN = {
    "dapr": "wfadmin.adapters.dapr",
    "memory": "wfadmin.adapters.memory",
    "restate": "wfadmin.adapters.restate",
}


def adapter_names() -> tuple[str, ...]:
    """The names of the adapters that are installed, in order."""
    found = {point.name for point in entry_points(group=_GROUP)}
    return tuple(sorted(found | _BUILT_IN.keys()))


def _factory(name: str) -> EngineFactory:
    if name == OPERATOR_API:
        raise UsageError("engine", "an operator API is none: use wfadmin.RemoteOperator")
    # Built-in names come first: an installed package must not take their place.
    if name in _BUILT_IN:
        factory: EngineFactory = import_module(_BUILT_IN[name]).connect
        return factory
    for point in entry_points(group=_GROUP, name=name):
        loaded: EngineFactory = point.load()
        return loaded
    raise UnknownAdapter("engine", f"no adapter is named {shown(name)}", name, adapter_names())


def open_engine(name: str, settings: EngineSettings) -> Engine:
    """
    The engine of the adapter `name`. Does no I/O.

    Raises:
        UnknownAdapter: No adapter of that name is installed.
        UsageError: The settings are not usable for it.
    """
    return _factory(name)(settings)


def connect(  # noqa: PLR0913 - each is a port or rule of the host, by name, with a default
    engine: str | Engine = "restate",
    *,
    admin_url: str | None = None,
    ingress_url: str | None = None,
    grpc_url: str | None = None,
    credentials: Credentials | None = None,
    client: object | None = None,
    timeout: float = 5.0,
    actor: str = "wfadmin",
    audit: AuditLog | None = None,
    lease: OperatorLease | None = None,
    evidence: EvidenceStore | None = None,
    guard: RetryGuard | None = None,
    policy: RecoveryPolicy | None = None,
    protection: Protection | None = None,
    thresholds: Thresholds | None = None,
    clock: Clock | None = None,
    tasks: TaskRunner | None = None,
    observer: Observer | None = None,
) -> LocalOperator:
    """
    An operator over one engine. Does no I/O: use it with ``async with``, or close it.

    Args:
        engine: The name of an adapter, or an engine that is already made (then no URL,
            credentials or client may be given).
        admin_url: Where operators ask: http, https, or unix:///path.
        ingress_url: Where new work comes in. Without it the adapter asks the engine.
        grpc_url: Where the engine's gRPC API answers: HOST:PORT. Without it that is not used.
        credentials: Where the token for the admin side comes from.
        client: An `httpx.AsyncClient` or `httpx2.AsyncClient` to use. It stays open.
        timeout: Seconds that bound every single request.
        actor: Who acts, for the audit record.
        audit: Where attempts are kept; in memory, unless given.
        lease: Keeps other operators away; only those of this process, unless given.
        evidence: Where is kept what a purge destroys; in memory, unless given.
        guard: Asked whether the effect of a key already happened; unless given, nobody is.
        policy: Which unfinished runs are stuck; unless given, none.
        protection: What no repair may touch; unless given, nothing is protected.
        thresholds: From when on doctor notices something.
        clock: Time; this machine's, unless given.
        tasks: Concurrency; the running event loop's, unless given.
        observer: Is told what happens, for logs and traces.

    Raises:
        UnknownAdapter: No adapter of that name is installed.
        UsageError: Another argument is not usable; the message names it.
    """
    if isinstance(timeout, bool) or not 0 < timeout < float("inf"):
        raise UsageError("timeout", "it is not a number of seconds above zero")
    limit = timedelta(seconds=timeout)
    settings = EngineSettings(admin_url, ingress_url, credentials, client, limit, grpc_url)
    if isinstance(engine, str):
        engine = open_engine(engine, settings)
    elif settings != EngineSettings(timeout=limit):
        raise UsageError("engine", "it is made already, so no URL, credentials or client fit")
    host = Host(
        clock=clock or SystemClock(),
        tasks=tasks or AnyioTasks(),
        ids=RandomIds(),
        audit=audit or MemoryAuditLog(clock=clock),
        lease=lease or MemoryLease(),
        evidence=evidence or MemoryEvidence(),
        observer=observer or SilentObserver(),
        timeout=limit,
        actor=actor,
        guard=guard,
        policy=policy or RecoveryPolicy(),
        protection=protection or Protection(),
        thresholds=thresholds or Thresholds(),
    )
    return LocalOperator(engine, host)
