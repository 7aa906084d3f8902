"""Benches over the adapters that come with wfadmin, and over two that only tests have."""
# ruff: noqa: ASYNC240 - these files are small, and nobody else waits for the event loop

import base64
import json
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.credentials import EnvironmentToken, FileToken, StaticToken
from wfadmin.adapters.evidence_folder import FolderEvidence
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.guard import CallableGuard
from wfadmin.adapters.lease_file import FileLease
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory.clock import VirtualClock
from wfadmin.adapters.runtime import RandomIds
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.recovery import PriorEffect
from wfadmin.ports.audit import AuditLog, AuditRecord
from wfadmin.ports.auth import Authenticator, Principal
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.evidence import EvidenceStore
from wfadmin.ports.guard import RetryGuard
from wfadmin.ports.ids import Ids
from wfadmin.ports.lease import OperatorLease
from wfadmin.ports.observer import Observer
from wfadmin.testing import NotExercised
from wfadmin.testing.hosts import (
    AuditBench,
    AuthenticatorBench,
    ClockBench,
    CredentialsBench,
    EvidenceBench,
    GuardBench,
    HostBench,
    IdsBench,
    LeaseBench,
    ObserverBench,
    SavedEvidence,
)

EFFECTS = {
    PriorEffect.HAPPENED: True,
    PriorEffect.DID_NOT_HAPPEN: False,
    PriorEffect.UNKNOWN: None,
}
KEY = "k3y-0f-Ada-5f3a9c"
ADA = Principal("ada", frozenset({"system:read"}))


class _InAFolder(HostBench):
    """A bench with a folder of its own."""

    folder: Path

    @override
    async def __aenter__(self) -> Self:
        self._temporary = TemporaryDirectory()
        self.folder = Path(self._temporary.name)
        return self

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._temporary.cleanup()


class FileAudit(_InAFolder, AuditBench):
    def __init__(self, make: Callable[[Path], JsonLinesAuditLog] = JsonLinesAuditLog) -> None:
        self._make = make
        self._log: JsonLinesAuditLog | None = None

    @property
    def path(self) -> Path:
        return self.folder / "audit.jsonl"

    @override
    def log(self) -> JsonLinesAuditLog:
        self._log = self._log or self._make(self.path)
        return self._log

    @override
    def another(self) -> AuditLog:
        return self._make(self.path)

    @override
    async def records(self) -> Sequence[AuditRecord]:
        return (await self.log().newest(1_000_000)).records

    @override
    async def break_medium(self) -> None:
        self.path.unlink(missing_ok=True)
        self.path.mkdir()


class MemoryAudit(AuditBench):
    def __init__(self) -> None:
        self._log = MemoryAuditLog()

    @override
    def log(self) -> AuditLog:
        return self._log

    @override
    async def records(self) -> Sequence[AuditRecord]:
        return self._log.records


class FolderLease(_InAFolder, LeaseBench):
    def __init__(self, make: Callable[[Path], OperatorLease] = FileLease) -> None:
        self._make = make
        self._lease: OperatorLease | None = None

    @override
    def lease(self) -> OperatorLease:
        self._lease = self._lease or self._make(self.folder / "leases")
        return self._lease

    @override
    def another(self) -> OperatorLease:
        return self._make(self.folder / "leases")

    @override
    async def break_medium(self) -> None:
        (self.folder / "leases").write_text("no folder")


class ProcessLease(LeaseBench):
    def __init__(self) -> None:
        self._lease = MemoryLease()

    @override
    def lease(self) -> OperatorLease:
        return self._lease


def evidence_of(document: Mapping[str, Any], *, is_private: bool | None) -> SavedEvidence:
    reading, state = document["reading"], document["state"]
    return SavedEvidence(
        key=WorkflowKey(reading["key"]["serviceName"], reading["key"]["serviceKey"]),
        operation_id=document["operationId"],
        failures={run["ref"]["id"]: run["failure"] for run in reading["invocations"]},
        state=state and {one["name"]: base64.b64decode(one["value"]) for one in state["entries"]},
        is_private=is_private,
    )


class FolderOfEvidence(_InAFolder, EvidenceBench):
    def __init__(self, make: Callable[[Path], EvidenceStore] = FolderEvidence) -> None:
        self._make = make

    @override
    def store(self) -> EvidenceStore:
        return self._make(self.folder / "evidence")

    @override
    async def read(self, where: str) -> SavedEvidence:
        path = Path(where)
        try:
            document = json.loads(path.read_bytes())
        except OSError as error:
            raise LookupError(where) from error
        return evidence_of(document, is_private=not stat.S_IMODE(path.stat().st_mode) & 0o077)

    @override
    async def break_medium(self) -> None:
        (self.folder / "evidence").write_text("no folder")


class EvidenceInMemory(EvidenceBench):
    def __init__(self) -> None:
        self._store = MemoryEvidence()

    @override
    def store(self) -> EvidenceStore:
        return self._store

    @override
    async def read(self, where: str) -> SavedEvidence:
        return evidence_of(self._store.saved[where], is_private=None)


class VirtualTime(ClockBench):
    def __init__(self) -> None:
        self._virtual = VirtualClock()
        super().__init__(self._virtual)

    @override
    async def pass_time(self, duration: timedelta) -> None:
        self._virtual.advance(duration)


class FreshIds(IdsBench):
    def __init__(self, make: Callable[[], Ids] = RandomIds) -> None:
        self._make = make

    @override
    def ids(self) -> Ids:
        return self._make()


class TokenInAFile(_InAFolder, CredentialsBench):
    def __init__(self, make: Callable[[str], Credentials] = FileToken) -> None:
        self._make = make
        self._credentials: Credentials | None = None

    @property
    def path(self) -> Path:
        return self.folder / "token"

    @override
    async def put(self, token: str) -> None:
        self.path.write_text(token, encoding="utf-8")

    @override
    def credentials(self) -> Credentials:
        self._credentials = self._credentials or self._make(str(self.path))
        return self._credentials

    @override
    async def take_away(self) -> None:
        self.path.unlink()


class TokenInAVariable(CredentialsBench):
    def __init__(self) -> None:
        self._name = f"WFADMIN_{self.fresh()}"
        self._credentials = EnvironmentToken(self._name)

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.environ.pop(self._name, None)

    @override
    async def put(self, token: str) -> None:
        os.environ[self._name] = token

    @override
    def credentials(self) -> Credentials:
        return self._credentials

    @override
    async def take_away(self) -> None:
        del os.environ[self._name]


class GivenToken(CredentialsBench):
    def __init__(self) -> None:
        self._token: str | None = None

    @override
    async def put(self, token: str) -> None:
        if self._token is not None:
            raise NotExercised("a token that is given once never changes")
        self._token = token

    @override
    def credentials(self) -> Credentials:
        return StaticToken(self._token or "")


class Answers(dict[WorkflowKey, bool | None]):
    """What the host knows; it can be out of order."""

    is_broken = False

    def of(self, key: WorkflowKey) -> bool | None:
        if self.is_broken:
            raise ConnectionError
        return self.get(key)


class HostKnows(GuardBench):
    def __init__(
        self,
        make: Callable[[Answers], RetryGuard] = lambda answers: CallableGuard(answers.of),
    ) -> None:
        self._answers = Answers()
        self._guard = make(self._answers)

    @override
    def guard(self) -> RetryGuard:
        return self._guard

    @override
    async def make_so(self, key: WorkflowKey, effect: PriorEffect) -> None:
        self._answers[key] = EFFECTS[effect]

    @override
    async def break_medium(self) -> None:
        self._answers.is_broken = True


class HashedKeys(Authenticator):
    """Knows ada by the hash of her key, as a host may."""

    def __init__(self, key: str) -> None:
        self._hash = sha256(key.encode()).digest()

    @override
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        key = headers.get("authorization", "").removeprefix("Bearer ")
        given = sha256(key.encode("utf-8", "surrogatepass")).digest()
        return ADA if compare_digest(given, self._hash) else None


class KnowsAda(AuthenticatorBench):
    def __init__(self, make: Callable[[str], Authenticator] = HashedKeys) -> None:
        self._authenticator = make(KEY)

    @override
    def authenticator(self) -> Authenticator:
        return self._authenticator

    @property
    @override
    def known(self) -> Principal:
        return ADA

    @property
    @override
    def proof(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {KEY}"}

    @property
    @override
    def secrets(self) -> tuple[str, ...]:
        return (KEY,)


class Journal(Observer):
    """Writes the names of events down, until nothing can be written any more."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.is_broken = False

    def write(self, line: str) -> None:
        if self.is_broken:
            raise OSError
        self.lines.append(line)

    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        with suppress(OSError):
            self.write(f"{name}: {', '.join(fields)}")


class Watched(ObserverBench):
    def __init__(self, make: Callable[[], Journal] = Journal) -> None:
        self._journal = make()
        super().__init__(self._journal)

    @override
    async def break_medium(self) -> None:
        self._journal.is_broken = True
