"""What every `AuditLog` keeps."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta, timezone

import anyio
import anyio.lowlevel
import attrs

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.errors import AuditUnavailable
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditLog, AuditRecord
from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import HOSTILE_TEXTS, AuditBench, answer_of, refusal_of
from wfadmin.testing.verdicts import NotExercised

__all__ = ["RULES"]

RULES: Rules[AuditBench] = Rules("AuditLog", "AL")

# Old enough for every log to report it: a young intent may still be running.
_AT = datetime(2020, 2, 29, 12, 30, 15, 250_000, tzinfo=UTC)
_WRITERS = 10
_LONG = 100_000


@RULES.clause(1, "an intent without an outcome is open, with its id, verb and time")
async def _(bench: AuditBench) -> None:
    record = _intent(bench)
    await answer_of(bench.log().intent(record), "intent")
    (found,) = await _open(bench.log(), record.engine, [record.id])
    expect(
        (found.verb, found.at) == (record.verb, record.at),
        f"a {record.verb} of {record.at} is open as a {found.verb} of {found.at}",
    )


@RULES.clause(2, "an engine of which nothing is stored has no open intents")
async def _(bench: AuditBench) -> None:
    await _open(bench.log(), _intent(bench).engine, [])


@RULES.clause(3, "an outcome ends the intent of its id, and no other")
async def _(bench: AuditBench) -> None:
    ended, other = _intents(bench, 2)
    await answer_of(bench.log().intent(ended), "intent")
    await answer_of(bench.log().intent(other), "intent")
    await answer_of(bench.log().outcome(_done(ended)), "outcome")
    await _open(bench.log(), ended.engine, [other.id])


@RULES.clause(4, "an intent whose outcome is unknown stays open")
async def _(bench: AuditBench) -> None:
    record = _intent(bench)
    await answer_of(bench.log().intent(record), "intent")
    unknown = attrs.evolve(record, outcome="unknown", error="no answer came")
    await answer_of(bench.log().outcome(unknown), "outcome")
    await _open(bench.log(), record.engine, [record.id])


@RULES.clause(5, "only the intents of the engine that is asked about are shown")
async def _(bench: AuditBench) -> None:
    record = _intent(bench)
    engine = record.engine
    await answer_of(bench.log().intent(record), "intent")
    for other in (engine[:-1], f"{engine}1", f"{engine}/", engine.upper(), "%", "*", ""):
        await _open(bench.log(), other, [], among=[record.id])


@RULES.clause(6, "a note is never open")
async def _(bench: AuditBench) -> None:
    for outcome in ("ok", "refused", "failed", "unknown", None):
        note = attrs.evolve(_intent(bench), outcome=outcome)
        await answer_of(bench.log().note(note), "note")
        await _open(bench.log(), note.engine, [])


@RULES.clause(7, "an outcome without an intent hides no other intent, and is not open itself")
async def _(bench: AuditBench) -> None:
    missing, other = _intents(bench, 2)
    await answer_of(bench.log().intent(other), "intent")
    await _stored(bench.log().outcome(_done(missing)), "an outcome without an intent")
    await _open(bench.log(), other.engine, [other.id])


@RULES.clause(8, "an intent that is stored twice is open once, and one outcome ends it")
async def _(bench: AuditBench) -> None:
    record = _intent(bench)
    await answer_of(bench.log().intent(record), "intent")
    await _stored(bench.log().intent(record), "the same intent again")
    await _open(bench.log(), record.engine, [record.id])
    await answer_of(bench.log().outcome(_done(record)), "outcome")
    await _open(bench.log(), record.engine, [])


@RULES.clause(9, "an intent is safe when the call returned: who opens the log anew finds it")
async def _(bench: AuditBench) -> None:
    record = _intent(bench)
    await answer_of(bench.log().intent(record), "intent")
    await _open(bench.another(), record.engine, [record.id])


@RULES.clause(10, "an outcome is safe when the call returned")
async def _(bench: AuditBench) -> None:
    ended, other = _intents(bench, 2)
    for record in (ended, other):
        await answer_of(bench.log().intent(record), "intent")
    await answer_of(bench.log().outcome(_done(ended)), "outcome")
    await _open(bench.another(), ended.engine, [other.id])


@RULES.clause(11, "the outcome of an intent may be stored through another object")
async def _(bench: AuditBench) -> None:
    record = _intent(bench)
    await answer_of(bench.log().intent(record), "intent")
    await answer_of(bench.another().outcome(_done(record)), "outcome")
    await _open(bench.log(), record.engine, [])


@RULES.clause(12, "the time of an open intent keeps its moment, and has a zone")
async def _(bench: AuditBench) -> None:
    at = _AT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    record = attrs.evolve(_intent(bench), at=at)
    await answer_of(bench.log().intent(record), "intent")
    (found,) = await _open(bench.log(), record.engine, [record.id])
    expect(found.at.utcoffset() is not None, f"its time {found.at} has no zone")
    expect(found.at == at, f"stored at {at}, it is told to be of {found.at}")


@RULES.clause(13, "any text in an intent is kept as it is or refused, and hides no other intent")
async def _(bench: AuditBench) -> None:
    engine, stored = _intent(bench).engine, list[str]()
    for text in HOSTILE_TEXTS:
        for record in (_hostile(bench, text, engine), _plain(bench, engine)):
            if await _stored(bench.log().intent(record), f"an intent with {text!r}"):
                stored.append(record.id)
    await _open(bench.log(), engine, stored)


@RULES.clause(14, "an outcome with any text ends its intent or is refused")
async def _(bench: AuditBench) -> None:
    engine, still_open = _intent(bench).engine, list[str]()
    for text in HOSTILE_TEXTS:
        record = _plain(bench, engine)
        await answer_of(bench.log().intent(record), "intent")
        done = attrs.evolve(_done(record), actor=text, reason=text, error=text)
        if not await _stored(bench.log().outcome(done), f"an outcome with {text!r}"):
            still_open.append(record.id)
    await _open(bench.log(), engine, still_open)


@RULES.clause(15, "whole records are kept as they are, with any text in any field")
async def _(bench: AuditBench) -> None:
    engine, stored = _intent(bench).engine, list[AuditRecord]()
    for text in HOSTILE_TEXTS:
        record = attrs.evolve(_hostile(bench, text, engine), outcome=text, error=text)
        if await _stored(bench.log().note(record), f"a note with {text!r}"):
            stored.append(record)
    found = [one for one in await bench.records() if one.engine == engine]
    changed = [one for one in stored if one not in found]
    expect(not changed, f"a record is not read as it was stored: {changed[:1]}")
    expect(len(found) == len(stored), f"{len(stored)} records are read as {len(found)}")


@RULES.clause(16, "an intent with a very long argument is kept or refused, never cut")
async def _(bench: AuditBench) -> None:
    long = (("service_key", "k" * _LONG + "end"),)
    record = attrs.evolve(_intent(bench), arguments=long)
    if await _stored(bench.log().intent(record), "an intent with a long argument"):
        found = [one for one in await bench.records() if one.id == record.id]
        expect([one.arguments for one in found] == [long], "a long argument was cut or lost")


@RULES.clause(17, "records are read in the order in which they were stored")
async def _(bench: AuditBench) -> None:
    records = _intents(bench, 3)
    # Clocks jump: the time of a record says nothing about when it came.
    early = [attrs.evolve(one, at=_AT - timedelta(n)) for n, one in enumerate(records)]
    for record in early:
        await answer_of(bench.log().intent(record), "intent")
    ids = [one.id for one in early]
    found = [one.id for one in await bench.records() if one.id in ids]
    expect(found == ids, f"stored as {ids}, they are read as {found}")


@RULES.clause(18, "those who write at once lose nothing")
async def _(bench: AuditBench) -> None:
    engine = _intent(bench).engine
    records = [_plain(bench, engine) for _ in range(_WRITERS)]
    logs = [bench.log(), _another_or_the_same(bench)]

    def writer(place: int) -> Awaitable[None]:
        return logs[place % 2].intent(records[place])

    calls = [lambda place=place: writer(place) for place in range(_WRITERS)]
    answers = await AnyioTasks().gather(calls, timeout=bench.patience)
    refused = [answer for answer in answers if answer is not None]
    expect(not refused, f"an intent among others ends with {refused[:1]}")
    await _open(bench.log(), engine, [one.id for one in records])


@RULES.clause(19, "an intent that is cancelled is stored whole or not at all, and hides no other")
async def _(bench: AuditBench) -> None:
    before, cancelled, after = _intents(bench, 3)
    await answer_of(bench.log().intent(before), "intent")
    async with anyio.create_task_group() as group:
        group.start_soon(bench.log().intent, cancelled)
        await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    await answer_of(bench.log().intent(after), "the intent after one that was cancelled")
    found = {one.id for one in await answer_of(bench.log().open_intents(before.engine), "open")}
    expect({before.id, after.id} <= found, "an intent beside a cancelled one is not open")
    strange = found - {before.id, after.id, cancelled.id}
    expect(not strange, f"what nobody stored is open: {strange}")


@RULES.clause(20, "an intent that cannot be stored is refused")
async def _(bench: AuditBench) -> None:
    log = bench.log()
    await bench.break_medium()
    await refusal_of(log.intent(_intent(bench)), AuditUnavailable, "intent, the medium broken")


@RULES.clause(21, "an outcome that cannot be stored is refused")
async def _(bench: AuditBench) -> None:
    record = _intent(bench)
    await answer_of(bench.log().intent(record), "intent")
    await bench.break_medium()
    call = bench.log().outcome(_done(record))
    await refusal_of(call, AuditUnavailable, "outcome, the medium broken")


@RULES.clause(22, "a note that cannot be stored is refused")
async def _(bench: AuditBench) -> None:
    log = bench.log()
    await bench.break_medium()
    note = attrs.evolve(_intent(bench), outcome="ok")
    await refusal_of(log.note(note), AuditUnavailable, "note, the medium broken")


@RULES.clause(23, "a log that cannot be read says so: it never looks empty")
async def _(bench: AuditBench) -> None:
    record = _intent(bench)
    await answer_of(bench.log().intent(record), "intent")
    await bench.break_medium()
    call = bench.log().open_intents(record.engine)
    await refusal_of(call, AuditUnavailable, "open_intents, the medium broken")


@RULES.clause(24, "an intent that was cancelled and has its outcome is not open, soon or later")
async def _(bench: AuditBench) -> None:
    record = _intent(bench)
    async with anyio.create_task_group() as group:
        group.start_soon(bench.log().intent, record)
        await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    await answer_of(bench.log().outcome(_done(record)), "the outcome of a cancelled intent")
    await _open(bench.log(), record.engine, [])
    # What goes on in another thread or task may come through after the outcome.
    await anyio.sleep(bench.moment.total_seconds())
    await _open(bench.log(), record.engine, [])


def _plain(bench: AuditBench, engine: str) -> AuditRecord:
    # Each on a target of its own: a later success on the same target may settle an earlier write.
    target = (("service_name", "Order"), ("service_key", bench.fresh()))
    return AuditRecord(bench.fresh(), _AT, "ada", engine, "recover", target, "stuck since noon")


def _intent(bench: AuditBench) -> AuditRecord:
    return _plain(bench, f"http://{bench.fresh()}")


def _intents(bench: AuditBench, many: int) -> list[AuditRecord]:
    engine = _intent(bench).engine
    return [_plain(bench, engine) for _ in range(many)]


def _hostile(bench: AuditBench, text: str, engine: str) -> AuditRecord:
    record = _plain(bench, engine)
    return attrs.evolve(
        record,
        id=f"{record.id}{text}",
        actor=text,
        verb=text,
        arguments=(*record.arguments, ("also", text), (text, "also")),
        reason=text,
    )


def _done(record: AuditRecord) -> AuditRecord:
    return attrs.evolve(record, outcome="confirmed")


def _another_or_the_same(bench: AuditBench) -> AuditLog:
    try:
        return bench.another()
    except NotExercised:
        return bench.log()


async def _stored(call: Awaitable[None], what: str) -> bool:
    """Whether it was stored; a refusal with the error of the port is an answer too."""
    try:
        await answer_of(call, what)
    except AuditUnavailable:
        return False
    return True


async def _open(
    log: AuditLog,
    engine: str,
    ids: list[str],
    *,
    among: list[str] | None = None,
) -> tuple[OpenIntent, ...]:
    """The open intents of an engine, which must be these: of `among`, or of all of them."""
    found = await answer_of(log.open_intents(engine), "open_intents")
    looked_at = tuple(one for one in found if among is None or one.id in among)
    seen = sorted(one.id for one in looked_at)
    expect(seen == sorted(ids), f"for {engine!r}, {sorted(ids)} should be open, and are: {seen}")
    return looked_at
