"""What every audit log keeps to, in memory, in a file and in a database, on both event loops."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from tests.adapters.hosts import StillClock
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.domain.errors import UsageError
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditListing, AuditRecord

pytestmark = pytest.mark.anyio

Log = JsonLinesAuditLog | MemoryAuditLog | SqliteAuditLog
MakeLog = Callable[..., Log]

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
ENGINE = "http://engine"
KEY = (("service_name", "Order"), ("service_key", "o-1"))
INTENT = AuditRecord("op_1", AT, "ada", ENGINE, "recover", KEY, "stuck since noon")
DONE = attrs.evolve(INTENT, outcome="confirmed")
UNKNOWN = attrs.evolve(INTENT, outcome="unknown", error="no answer")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock() -> StillClock:
    """Give a time at which what began at AT cannot run any more."""
    return StillClock(AT + timedelta(minutes=2))


@pytest.fixture(params=["memory", "file", "database"])
def make_log(request: pytest.FixtureRequest, tmp_path: Path) -> MakeLog:
    def make(**settings: object) -> Log:
        if request.param == "memory":
            return MemoryAuditLog(**settings)  # type: ignore[arg-type]
        if request.param == "database":
            return SqliteAuditLog(tmp_path / "audit.db", **settings)  # type: ignore[arg-type]
        return JsonLinesAuditLog(tmp_path / "audit.jsonl", **settings)  # type: ignore[arg-type]

    return make


@pytest.fixture
def log(make_log: MakeLog, clock: StillClock) -> Log:
    return make_log(clock=clock)


async def open_ids(log: Log, engine: str = ENGINE) -> list[str]:
    return [one.id for one in await log.open_intents(engine)]


async def test_a_log_begins_empty(log: Log) -> None:
    assert await log.open_intents(ENGINE) == ()
    assert await log.newest() == AuditListing(())


async def test_an_intent_without_an_outcome_is_open(log: Log) -> None:
    await log.intent(INTENT)

    assert await log.open_intents(ENGINE) == (OpenIntent("op_1", "recover", "Order/o-1", AT),)


async def test_an_intent_that_may_still_run_is_not_open(log: Log, clock: StillClock) -> None:
    await log.intent(INTENT)

    clock.time -= timedelta(microseconds=1)

    assert await open_ids(log) == []


async def test_how_long_an_operation_runs_can_be_said(make_log: MakeLog, clock: StillClock) -> None:
    log = make_log(clock=clock, running_for=timedelta(minutes=3))
    await log.intent(INTENT)
    before = await open_ids(log)

    clock.time += timedelta(minutes=1)

    assert (before, await open_ids(log)) == ([], ["op_1"])


async def test_without_a_clock_the_time_is_that_of_this_machine(make_log: MakeLog) -> None:
    log = make_log()
    await log.intent(INTENT)
    await log.intent(attrs.evolve(INTENT, id="op_2", at=datetime.now(UTC)))

    assert await open_ids(log) == ["op_1"]


async def test_an_intent_whose_outcome_is_unknown_stays_open(log: Log, clock: StillClock) -> None:
    clock.time = AT
    await log.intent(INTENT)

    await log.outcome(UNKNOWN)

    assert await open_ids(log) == ["op_1"]


async def test_a_finished_operation_on_the_same_target_settles_what_came_before_it(
    log: Log,
) -> None:
    await log.intent(INTENT)
    await log.outcome(UNKNOWN)
    await log.intent(attrs.evolve(INTENT, id="op_2", verb="cancel"))
    await log.outcome(attrs.evolve(DONE, id="op_2", verb="cancel"))

    assert await open_ids(log) == []


async def test_an_attempt_that_found_nothing_to_do_settles_only_what_came_before_it(
    log: Log,
) -> None:
    await log.intent(INTENT)
    await log.note(attrs.evolve(INTENT, id="op_2", outcome="no_change"))
    await log.intent(attrs.evolve(INTENT, id="op_3"))

    assert await open_ids(log) == ["op_3"]


async def test_the_note_of_a_doctor_settles_nothing(log: Log) -> None:
    await log.intent(INTENT)

    await log.note(attrs.evolve(INTENT, id="op_2", verb="doctor", outcome="ok"))

    assert await open_ids(log) == ["op_1"]


async def test_an_open_intent_is_closed_by_hand(log: Log) -> None:
    await log.intent(INTENT)
    await log.outcome(UNKNOWN)

    closed = await log.close("op_1", reason="the key is free", actor="bob")

    expected = attrs.evolve(
        INTENT,
        at=AT + timedelta(minutes=2),
        actor="bob",
        reason="the key is free",
        outcome="closed",
    )
    assert closed == expected
    assert await open_ids(log) == []
    assert (await log.newest()).records == (INTENT, UNKNOWN, expected)


async def test_only_a_write_that_is_on_record_and_has_not_ended_can_be_closed(log: Log) -> None:
    await log.note(attrs.evolve(INTENT, id="op_2", outcome="ok"))
    await log.intent(INTENT)
    await log.close("op_1", reason="seen", actor="bob")

    for intent_id in ("op_1", "op_2", "op_3\n"):
        with pytest.raises(UsageError, match="intent id is not usable"):
            await log.close(intent_id, reason="seen", actor="bob")


@pytest.mark.parametrize("reason", ["", " \n"])
async def test_nothing_is_closed_without_a_reason(log: Log, reason: str) -> None:
    await log.intent(INTENT)

    with pytest.raises(UsageError) as caught:
        await log.close("op_1", reason=reason, actor="bob")

    assert caught.value.message == "reason is not usable: it is empty."
    assert await open_ids(log) == ["op_1"]


async def test_the_newest_records_come_oldest_first(log: Log) -> None:
    note = attrs.evolve(INTENT, id="op_2", verb="doctor", outcome="ok")
    await log.intent(INTENT)
    await log.note(note)
    await log.outcome(DONE)

    assert await log.newest() == AuditListing((INTENT, note, DONE))
    assert await log.newest(2) == AuditListing((note, DONE))


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_listing_of_nothing_is_not_asked_for(log: Log, limit: int) -> None:
    with pytest.raises(UsageError) as caught:
        await log.newest(limit)

    assert caught.value.message == "limit is not usable: it is not above zero."


async def test_secrets_that_slipped_through_are_masked(log: Log) -> None:
    url = (("service_url", "http://ada:s3cret@svc"),)
    record = attrs.evolve(INTENT, arguments=url, reason="Bearer s3cret", error="token=s3cret")

    await log.intent(record)

    (kept,) = (await log.newest()).records
    assert kept == attrs.evolve(
        record,
        arguments=(("service_url", "http://***@svc"),),
        reason="Bearer ***",
        error="token=***",
    )


async def test_hostile_text_comes_back_as_it_was(log: Log) -> None:
    text = 'a\nb\r\x85\u2028\0\x1b[2J鍵🔑\ud800"\\'
    record = attrs.evolve(INTENT, id=text, arguments=(("service_key", text),), reason=text)

    await log.intent(record)

    assert await log.newest() == AuditListing((record,))
    assert await log.open_intents(ENGINE) == (OpenIntent(text, "recover", text, AT),)
