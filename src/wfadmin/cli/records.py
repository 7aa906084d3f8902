"""The files of this host that a command keeps: audit log, evidence and leases."""

from collections.abc import Callable, Mapping
from pathlib import Path

import attrs
from typing_extensions import override

from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.adapters.evidence_folder import FolderEvidence
from wfadmin.adapters.lease_file import FileLease
from wfadmin.cli.output import Output
from wfadmin.cli.watch import watching
from wfadmin.domain.errors import InvalidConfig, UsageError
from wfadmin.domain.finding import OpenIntent
from wfadmin.domain.text import shown
from wfadmin.ports.audit import AuditLog, AuditRecord
from wfadmin.ports.observer import Observer
from wfadmin.wire.files import state_folder

__all__ = [
    "KeptLog",
    "Progress",
    "Records",
    "WatchedAuditLog",
    "audit_log",
    "audit_log_of_reader",
    "records",
]

#: The audit logs that a command can keep.
KeptLog = JsonLinesAuditLog | SqliteAuditLog

_LOGS: Mapping[str, Callable[[Path], KeptLog]] = {
    "jsonl": JsonLinesAuditLog,
    "sqlite": SqliteAuditLog,
}
# What a write that was stopped before its first step is recorded as.
_NOT_SENT = "interrupted"
_TARGET = ("service_url", "service_name", "service_key")


@attrs.frozen
class Records:
    """
    Where a command keeps what it did, and what keeps others away meanwhile.

    One that only reads has no more than an audit log, and that only where it finds one.
    """

    audit: AuditLog | None
    lease: FileLease | None = None
    evidence: FolderEvidence | None = None

    def watched(self) -> "Records":
        """The same, which also tell the watch of this command what is about to be sent."""
        audit = None if self.audit is None else WatchedAuditLog(self.audit)
        return attrs.evolve(self, audit=audit)


def records(audit: str | None, evidence: str | None, holder: str) -> Records:
    """
    The records of a command that writes; those that are not named are in the state folder.

    Raises:
        UsageError: A name that no file can have, or no state folder.
    """
    folder = state_folder()
    return Records(
        audit_log(audit),
        FileLease(folder / "leases", holder=holder),
        FolderEvidence(folder / "evidence" if evidence is None else evidence),
    )


def audit_log(given: str | None) -> KeptLog:
    """
    The audit log that is meant: `jsonl:PATH`, `sqlite:PATH`, or that of the state folder.

    Raises:
        UsageError: It is not of that form, or no file can have that name.
    """
    if given is None:
        return JsonLinesAuditLog(state_folder() / "audit.jsonl")
    kind, _, path = given.partition(":")
    if kind not in _LOGS or not path:
        raise InvalidConfig("--audit-log", "it is not of the form jsonl:PATH or sqlite:PATH")
    return _LOGS[kind](Path(path).expanduser())


def audit_log_of_reader(given: str | None) -> KeptLog | None:
    """The same for a command that only reads: where there is no folder, it does without."""
    try:
        return audit_log(given)
    except UsageError:
        if given is not None:
            raise
        return None


class WatchedAuditLog(AuditLog):
    """An audit log that also tells the watch of this command what is about to be sent."""

    __slots__ = ("_inner",)

    def __init__(self, inner: AuditLog) -> None:
        self._inner = inner

    @override
    async def intent(self, record: AuditRecord) -> None:
        """See `AuditLog.intent`."""
        await self._inner.intent(record)
        watch = watching()
        watch.verb = record.verb
        watch.target = " ".join(value for name, value in record.arguments if name in _TARGET)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        """See `AuditLog.outcome`."""
        if record.outcome == _NOT_SENT:
            watching().verb = None
        await self._inner.outcome(record)

    @override
    async def note(self, record: AuditRecord) -> None:
        """See `AuditLog.note`."""
        await self._inner.note(record)

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        """See `AuditLog.open_intents`."""
        return await self._inner.open_intents(engine)


@attrs.frozen
class Progress(Observer):
    """Tells a terminal what a command waits for."""

    output: Output

    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        """See `Observer.event`."""
        if name == "doctor.done":
            return  # its report follows at once
        told = ", ".join(f"{field} {value}" for field, value in fields.items())
        self.output.complain(shown(f"wfadmin: {name.replace('.', ': ', 1)} ({told})", limit=500))
