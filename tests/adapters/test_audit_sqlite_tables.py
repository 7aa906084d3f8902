"""The audit log in a database: what stands in its tables, what they refuse, and what goes."""
# ruff: noqa: ASYNC240 - these files are small, and nobody else waits for the event loop

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from tests.adapters.hosts import StillClock
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.domain.audit_filters import AuditFilter
from wfadmin.ports.audit import AuditListing, AuditRecord

pytestmark = pytest.mark.anyio

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
ENGINE = "http://engine"
KEY = (("service_name", "Order"), ("service_key", "o-1"))
INTENT = AuditRecord("op_1", AT, "ada", ENGINE, "recover", KEY, "stuck since noon")
DONE = attrs.evolve(INTENT, outcome="confirmed")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
def log(path: Path) -> SqliteAuditLog:
    return SqliteAuditLog(path, clock=StillClock(AT + timedelta(hours=1)))


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database as any other program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


async def test_a_record_of_a_megabyte_is_kept(path: Path, log: SqliteAuditLog) -> None:
    large = attrs.evolve(INTENT, arguments=(("service_key", "k" * (2**20 - 500)),))

    await log.intent(large)

    assert await log.newest() == AuditListing((large,))
    # No index holds it once more.
    assert path.stat().st_size < 2**20 + 2**18


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM record",
        "DELETE FROM record WHERE id = 'op_1'",
        "DELETE FROM argument",
        "UPDATE record SET line = ''",
        "UPDATE OR REPLACE record SET place = 2 WHERE place = 1",
        "UPDATE argument SET value = 'o-2'",
        "INSERT OR REPLACE INTO record SELECT * FROM record",
        "REPLACE INTO record SELECT * FROM record WHERE place = 2",
    ],
)
async def test_the_database_itself_refuses_what_is_no_appending(
    path: Path, log: SqliteAuditLog, statement: str
) -> None:
    await log.intent(INTENT)
    await log.outcome(DONE)

    with (
        opened(path) as other,
        pytest.raises(
            sqlite3.Error,
            match=r"an audit log is only appended to|only_wfadmin_removes_old_audit_records",
        ),
    ):
        other.execute(statement)

    assert await log.newest(9, AuditFilter(key="o-1")) == AuditListing((INTENT, DONE))


@pytest.mark.parametrize("line", ["''", "'{}'", "x'ff'", "7", "'[' || hex(zeroblob(9000))"])
async def test_a_row_that_is_no_record_is_counted(
    path: Path, log: SqliteAuditLog, line: str
) -> None:
    await log.intent(INTENT)
    with opened(path) as other:
        other.execute(
            "INSERT INTO record (id, at, kind, matters, outcome, verb, actor, engine, line)"
            f" SELECT id, at, kind, matters, outcome, verb, actor, engine, {line} FROM record"
        )
    await log.intent(attrs.evolve(INTENT, id="op_2"))

    listing = await log.newest()
    assert ([one.id for one in listing.records], listing.malformed) == (["op_1", "op_2"], 1)
    assert [one.id for one in await log.open_intents(ENGINE)] == ["op_1", "op_2"]
    assert (await log.close("op_1", reason="seen", actor="bob")).outcome == "closed"


OF_A_KEY = """
SELECT line FROM record WHERE 1 AND place IN
    (SELECT record FROM argument WHERE name = 'service_key' AND value = 'o-1')
ORDER BY place DESC LIMIT 5
"""
OF_AN_ENGINE = "SELECT line FROM record WHERE engine = 'e' AND matters = 1 ORDER BY place"


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("SELECT line FROM record WHERE id = 'op_1' ORDER BY place", "record_by_id"),
        (OF_AN_ENGINE, "record_that_matters"),
        (OF_A_KEY, "argument_by_value"),
        ("SELECT place FROM record WHERE matters = 0 AND at < 'x' LIMIT 5", "record_by_time"),
    ],
)
async def test_a_question_is_answered_by_an_index(
    path: Path, log: SqliteAuditLog, question: str, index: str
) -> None:
    await log.intent(INTENT)

    with opened(path) as other:
        plan = other.execute(f"EXPLAIN QUERY PLAN {question}").fetchall()

    assert index in str(plan)
