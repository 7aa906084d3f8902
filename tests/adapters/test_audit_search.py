"""What is on record is found again, in a file, in a database and in memory alike."""
# ruff: noqa: ASYNC240 - these files are small, and nobody else waits for the event loop

from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.domain.audit_filters import AuditFilter
from wfadmin.ports.audit import AuditListing, AuditRecord

pytestmark = pytest.mark.anyio

Log = JsonLinesAuditLog | SqliteAuditLog | MemoryAuditLog

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
KEY = (("service_name", "Order"), ("service_key", "o-1"))
INTENT = AuditRecord("op_1", AT, "ada", "http://engine", "recover", KEY, "stuck since noon")
DONE = attrs.evolve(INTENT, outcome="confirmed", at=AT + timedelta(seconds=1))
NOTE = AuditRecord("op_2", AT, "ben", "http://engine", "doctor", outcome="ok")
URL = (("service_url", "http://svc"),)
LATER = AuditRecord("op_3", AT + timedelta(days=1), "ada", "http://other", "redeploy", URL)
HOSTILE = 'a\'b"\n\0\ud800%_*鍵\\u0041" OR 1=1; DROP TABLE record; --'
LONG = "k" * 100_000


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["file", "database", "memory"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Log:
    if request.param == "memory":
        return MemoryAuditLog()
    make = JsonLinesAuditLog if request.param == "file" else SqliteAuditLog
    return make(tmp_path / "audit")


async def store(log: Log) -> None:
    await log.intent(INTENT)
    await log.outcome(DONE)
    await log.note(NOTE)
    await log.intent(LATER)


@pytest.mark.parametrize(
    ("matching", "expected"),
    [
        (AuditFilter(), (INTENT, DONE, NOTE, LATER)),
        (AuditFilter(verb="recover"), (INTENT, DONE)),
        (AuditFilter(verb="recove_"), ()),
        (AuditFilter(key="o-1"), (INTENT, DONE)),
        (AuditFilter(key="Order"), ()),
        (AuditFilter(target="Order"), (INTENT, DONE)),
        (AuditFilter(target="http://svc"), (LATER,)),
        (AuditFilter(actor="ada"), (INTENT, DONE, LATER)),
        (AuditFilter(engine="http://other"), (LATER,)),
        (AuditFilter(outcome="confirmed"), (DONE,)),
        (AuditFilter(outcome="intent"), (INTENT, LATER)),
        (AuditFilter(since=DONE.at), (DONE, LATER)),
        (AuditFilter(until=DONE.at), (INTENT, NOTE)),
        (AuditFilter(since=AT, until=DONE.at, actor="ben"), (NOTE,)),
        (AuditFilter(actor="ada", outcome="intent", verb="redeploy"), (LATER,)),
    ],
)
async def test_what_matches_is_found_in_the_order_in_which_it_came(
    log: Log, matching: AuditFilter, expected: tuple[AuditRecord, ...]
) -> None:
    await store(log)

    assert await log.newest(100, matching) == AuditListing(expected)


async def test_the_limit_counts_what_matches(log: Log) -> None:
    await store(log)

    assert await log.newest(1, AuditFilter(actor="ada", engine="http://engine")) == AuditListing(
        (DONE,)
    )


async def test_a_limit_may_be_larger_than_any_log(log: Log) -> None:
    await store(log)

    assert len((await log.newest(10**30)).records) == 4
    assert len((await log.newest(10**30, AuditFilter(actor="ada"))).records) == 3


@pytest.mark.parametrize("text", [HOSTILE, LONG, ""])
async def test_any_text_can_be_looked_for(log: Log, text: str) -> None:
    await store(log)
    words = (("service_key", text), ("also", text), ("also", text))
    odd = AuditRecord(text, AT, text, text, text, words, outcome=text)
    await log.note(odd)

    for name in ("verb", "key", "target", "actor", "engine", "outcome"):
        matching = AuditFilter(**{name: text})  # type: ignore[arg-type]
        assert await log.newest(100, matching) == AuditListing((odd,)), name
    assert await log.get(text) == AuditListing((odd,))


async def test_one_attempt_is_found_with_all_that_is_on_record_of_it(log: Log) -> None:
    await store(log)
    closed = await log.close("op_3", reason="it is there", actor="eve")

    assert await log.get("op_1") == AuditListing((INTENT, DONE))
    assert await log.get("op_3") == AuditListing((LATER, closed))
    assert await log.get("op_2") == AuditListing((NOTE,))
    assert await log.get("op_") == AuditListing(())


async def test_what_is_missing_is_not_found_and_not_made(log: Log, tmp_path: Path) -> None:
    assert await log.newest(5, AuditFilter(actor="ada")) == AuditListing(())
    assert await log.get("op_1") == AuditListing(())
    assert list(tmp_path.iterdir()) == []


async def test_secrets_cannot_be_looked_for(log: Log) -> None:
    url = (("service_url", "http://ada:s3cret@svc"),)
    await log.note(attrs.evolve(NOTE, arguments=url))

    assert await log.newest(5, AuditFilter(target="http://ada:s3cret@svc")) == AuditListing(())
    assert len((await log.newest(5, AuditFilter(target="http://***@svc"))).records) == 1


async def test_lines_of_a_file_that_cannot_be_read_are_counted_in_a_search(
    tmp_path: Path,
) -> None:
    log = JsonLinesAuditLog(tmp_path / "audit")
    await store(log)
    with (tmp_path / "audit").open("ab") as file:
        file.write(b"\n{}\n")

    assert await log.newest(1, AuditFilter(verb="doctor")) == AuditListing((NOTE,), malformed=2)
    assert await log.get("op_2") == AuditListing((NOTE,), malformed=2)
