"""The audit log in a database: what is too old goes, and what nobody knows the end of stays."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters.hosts import StillClock
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.domain.auditing import EntryKind, open_intents
from wfadmin.domain.errors import UsageError
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditRecord
from wfadmin.wire import audit_tables
from wfadmin.wire.audit_lines import entries_of

pytestmark = pytest.mark.anyio

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
ENGINE = "http://engine"
KEY = (("service_name", "Order"), ("service_key", "o-1"))
OTHER_KEY = (("service_name", "Order"), ("service_key", "o-2"))
INTENT = AuditRecord("op_1", AT, "ada", ENGINE, "recover", KEY, "stuck since noon")
DONE = attrs.evolve(INTENT, outcome="confirmed")
UNKNOWN = attrs.evolve(INTENT, outcome="unknown")
NOTE = AuditRecord("op_n", AT, "ada", ENGINE, "doctor", outcome="ok")
DAY = timedelta(days=1)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock() -> StillClock:
    return StillClock(AT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
def log(path: Path, clock: StillClock) -> SqliteAuditLog:
    return SqliteAuditLog(path, clock=clock, keep=DAY)


def insert(connection: sqlite3.Connection, kind: EntryKind, record: AuditRecord) -> None:
    row = audit_tables.row_of(kind, record)
    assert row is not None
    audit_tables.insert(connection, row)


def open_now(connection: sqlite3.Connection, engine: str) -> tuple[OpenIntent, ...]:
    entries = entries_of(audit_tables.lines_that_matter(connection, engine))
    return open_intents(entries, engine=engine, now=AT + 2 * DAY, running_for=timedelta(0))


async def kept(log: SqliteAuditLog) -> list[tuple[str, str | None]]:
    return [(one.id, one.outcome) for one in (await log.newest(1000)).records]


async def sweep(log: SqliteAuditLog, clock: StillClock, *, days: int = 2) -> None:
    """Let time pass, and store something that concerns no other record."""
    clock.time = AT + days * DAY
    await log.intent(AuditRecord("op_s", clock.time, "ada", "http://other", "pause"))
    await log.outcome(AuditRecord("op_s", clock.time, "ada", "http://other", "pause", outcome="x"))


SWEPT = [("op_s", None), ("op_s", "x")]


async def test_without_a_limit_everything_is_kept(path: Path, clock: StillClock) -> None:
    log = SqliteAuditLog(path, clock=clock)
    await log.note(NOTE)
    await log.intent(INTENT)
    await log.outcome(DONE)

    await sweep(log, clock, days=10_000)

    assert await kept(log) == [("op_n", "ok"), ("op_1", None), ("op_1", "confirmed"), *SWEPT]


@pytest.mark.parametrize("keep", [timedelta(0), -DAY])
def test_a_log_that_keeps_nothing_is_not_made(path: Path, keep: timedelta) -> None:
    with pytest.raises(UsageError) as caught:
        SqliteAuditLog(path, keep=keep)

    assert caught.value.message == "keep is not usable: it is not above zero."


async def test_notes_and_writes_that_ended_go_when_they_are_too_old(
    log: SqliteAuditLog, clock: StillClock, path: Path
) -> None:
    await log.note(NOTE)
    await log.note(attrs.evolve(NOTE, id="op_m", outcome="no_change"))
    await log.intent(INTENT)
    await log.outcome(DONE)
    await log.intent(attrs.evolve(INTENT, id="op_2", arguments=OTHER_KEY))
    await log.close("op_2", reason="seen", actor="bob")

    await sweep(log, clock)

    assert await kept(log) == SWEPT
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT * FROM argument").fetchall() == []


async def test_what_is_as_old_as_the_limit_is_kept(log: SqliteAuditLog, clock: StillClock) -> None:
    older = attrs.evolve(INTENT, id="op_0", at=AT - timedelta(microseconds=1))
    await log.intent(older)
    await log.outcome(attrs.evolve(older, outcome="refused"))
    await log.note(NOTE)
    await log.intent(INTENT)
    await log.outcome(DONE)

    await sweep(log, clock, days=1)
    as_old = await kept(log)
    clock.time += timedelta(microseconds=1)
    await log.outcome(attrs.evolve(DONE, id="op_s", engine="x", at=clock.time, arguments=()))

    assert as_old == [("op_n", "ok"), ("op_1", None), ("op_1", "confirmed"), *SWEPT]
    assert await kept(log) == [*SWEPT, ("op_s", "confirmed")]


@pytest.mark.parametrize("after", [(), (UNKNOWN,)])
async def test_a_write_that_nobody_knows_the_end_of_never_goes(
    log: SqliteAuditLog, clock: StillClock, after: tuple[AuditRecord, ...]
) -> None:
    await log.intent(INTENT)
    for record in after:
        await log.outcome(record)
    before = await log.open_intents(ENGINE)

    await sweep(log, clock, days=10_000)

    assert await kept(log) == [("op_1", None), *[("op_1", "unknown")] * len(after), *SWEPT]
    clock.time = AT + DAY
    assert [one.id for one in await log.open_intents(ENGINE)] == ["op_1"]
    assert len(before) == len(after)


async def test_a_closing_makes_it_go_in_its_time(log: SqliteAuditLog, clock: StillClock) -> None:
    await log.intent(INTENT)
    clock.time = AT + 2 * DAY
    await log.close("op_1", reason="seen", actor="bob")
    at_once = await kept(log)

    await sweep(log, clock, days=4)

    assert at_once == [("op_1", None), ("op_1", "closed")]
    assert await kept(log) == SWEPT


async def test_what_settled_a_write_that_is_kept_is_kept_too(
    log: SqliteAuditLog, clock: StillClock
) -> None:
    # The clock went backwards in between, so the later of the two writes is the older one.
    young = attrs.evolve(INTENT, at=AT + 2 * DAY)
    await log.intent(young)
    await log.intent(attrs.evolve(INTENT, id="op_2"))
    await log.outcome(attrs.evolve(DONE, id="op_2"))
    await log.intent(attrs.evolve(INTENT, id="op_3"))
    await log.outcome(attrs.evolve(DONE, id="op_3", outcome="refused"))

    await sweep(log, clock)

    assert await kept(log) == [("op_1", None), ("op_2", None), ("op_2", "confirmed"), *SWEPT]
    assert await log.open_intents(ENGINE) == ()


async def test_notes_make_room_for_notes_little_by_little(
    log: SqliteAuditLog, clock: StillClock, path: Path
) -> None:
    await log.intent(INTENT)
    with closing(sqlite3.connect(path)) as other, other:
        for number in range(103):
            insert(other, EntryKind.NOTE, attrs.evolve(NOTE, id=f"old_{number}"))
    await SqliteAuditLog(path).outcome(DONE)

    clock.time = AT + 2 * DAY
    await log.note(attrs.evolve(NOTE, id="new_1", at=clock.time))
    first = [one for one, _ in await kept(log)]
    await log.note(attrs.evolve(NOTE, id="new_2", at=clock.time))

    assert first == ["op_1", "old_100", "old_101", "old_102", "op_1", "new_1"]
    # Writes wait for the end of the next one: a doctor does not wait for their sorting out.
    assert [one for one, _ in await kept(log)] == ["op_1", "op_1", "new_1", "new_2"]


async def test_removal_needs_no_trust_by_default(
    path: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def wary(place: str, **settings: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(place, **settings)  # type: ignore[call-overload]
        connection.execute("PRAGMA trusted_schema = OFF")
        return connection

    log = SqliteAuditLog(path, clock=clock, keep=DAY)
    monkeypatch.setattr(sqlite3, "connect", wary)
    await log.note(NOTE)

    await sweep(log, clock)

    assert await kept(log) == SWEPT


async def test_nothing_goes_before_an_intent_is_sent(
    log: SqliteAuditLog, clock: StillClock
) -> None:
    await log.note(NOTE)
    clock.time = AT + 2 * DAY

    await log.intent(INTENT)

    assert await kept(log) == [("op_n", "ok"), ("op_1", None)]


async def test_what_cannot_go_now_goes_later(
    log: SqliteAuditLog, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.note(NOTE)

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError

    with monkeypatch.context() as patch:
        patch.setattr("wfadmin.wire.audit_tables.remove_old_notes", refuse)
        await sweep(log, clock)
    first = await kept(log)
    await log.outcome(attrs.evolve(DONE, id="op_s", engine="x", at=clock.time))

    assert first == [("op_n", "ok"), *SWEPT]
    assert await kept(log) == [*SWEPT, ("op_s", "confirmed")]


async def test_a_row_that_is_no_record_stays(
    log: SqliteAuditLog, clock: StillClock, path: Path
) -> None:
    await log.intent(INTENT)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(
            "INSERT INTO record (id, at, kind, matters, outcome, verb, actor, engine, line)"
            " SELECT id, at, kind, matters, outcome, verb, actor, engine, '{}' FROM record"
        )
    await log.outcome(DONE)

    await sweep(log, clock)

    assert ((await log.newest()).malformed, await kept(log)) == (1, SWEPT)


Written = tuple[EntryKind, str, tuple[tuple[str, str], ...], str | None, datetime, str]
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(EntryKind),
        st.sampled_from(["op_1", "op_2", "op_3"]),
        st.sampled_from([KEY, OTHER_KEY, ()]),
        st.sampled_from([None, "unknown", "confirmed", "refused", "no_change"]),
        st.sampled_from([AT, AT + DAY, AT + 2 * DAY]),
        st.sampled_from([ENGINE, "http://other"]),
    ),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(ENTRIES)
def test_whatever_goes_the_same_writes_stay_open(entries: list[Written]) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        audit_tables.prepare(connection)
        for kind, one_id, arguments, outcome, at, engine in entries:
            ended = None if kind is EntryKind.INTENT else outcome
            record = AuditRecord(one_id, at, "ada", engine, "recover", arguments, outcome=ended)
            insert(connection, kind, record)
        before = [open_now(connection, engine) for engine in (ENGINE, "http://other")]

        audit_tables.allow_removal(connection)
        audit_tables.remove_old_notes(connection, AT + DAY)
        audit_tables.remove_old_writes(connection, AT + DAY)

        after = [open_now(connection, engine) for engine in (ENGINE, "http://other")]
    assert after == before
