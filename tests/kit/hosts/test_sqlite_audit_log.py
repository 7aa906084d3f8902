"""The audit log in a database keeps the contract, and leaves out no clause, on both event loops."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import pytest
from typing_extensions import override

from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.ports.audit import AuditRecord
from wfadmin.testing import Clause, Outcome
from wfadmin.testing.hosts import AuditBench, audit_clauses, examine_host


class DatabaseAudit(AuditBench):
    @override
    async def __aenter__(self) -> Self:
        self._temporary = TemporaryDirectory()
        self._path = Path(self._temporary.name) / "audit.db"
        self._log = SqliteAuditLog(self._path)
        return self

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._temporary.cleanup()

    @override
    def log(self) -> SqliteAuditLog:
        return self._log

    @override
    def another(self) -> SqliteAuditLog:
        return SqliteAuditLog(self._path)

    @override
    async def records(self) -> Sequence[AuditRecord]:
        return (await self._log.newest(1_000_000)).records

    @override
    async def break_medium(self) -> None:
        self._path.unlink(missing_ok=True)
        self._path.mkdir()


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.anyio
@pytest.mark.parametrize("clause", audit_clauses(contract=1), ids=str)
async def test_a_database_keeps_the_contract(clause: Clause[AuditBench]) -> None:
    verdict = await examine_host(clause, DatabaseAudit())

    assert verdict.outcome is Outcome.PASSED, verdict
