"""The audit log that lives as long as the process."""

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.ports.audit import AuditRecord

pytestmark = pytest.mark.asyncio

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
INTENT = AuditRecord("op_1", AT, "ada", "http://engine", "recover", (("service_key", "o-1"),))
NOTE = attrs.evolve(INTENT, id="op_2", verb="doctor", outcome="ok")


async def test_only_notes_are_dropped_when_there_are_too_many() -> None:
    log = MemoryAuditLog(keep=1)
    newer = attrs.evolve(NOTE, id="op_3")
    await log.intent(INTENT)

    await log.note(NOTE)
    await log.note(newer)

    assert log.records == (INTENT, newer)


async def test_no_note_need_be_kept() -> None:
    log = MemoryAuditLog(keep=0)

    await log.note(NOTE)

    assert log.records == ()


async def test_records_are_in_the_order_in_which_they_came_whatever_their_clocks_said() -> None:
    log = MemoryAuditLog()
    earlier = attrs.evolve(INTENT, id="op_3", at=AT - timedelta(1))

    await log.intent(INTENT)
    await log.note(NOTE)
    await log.intent(earlier)

    assert log.records == (INTENT, NOTE, earlier)
