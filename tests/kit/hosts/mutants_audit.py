"""Mistakes of audit logs."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.lowlevel
import attrs
from typing_extensions import override

from tests.kit.hosts.mutant import mistake
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.domain.auditing import EntryKind
from wfadmin.domain.errors import AuditUnavailable, EvidenceUnavailable
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditListing, AuditRecord
from wfadmin.wire.audit_lines import entries_of, line_of

ALL = 1_000_000
START = datetime(2020, 1, 1, tzinfo=UTC)


class Log(JsonLinesAuditLog):
    """The log in a file, with a place for mistakes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.file = path
        self.buffer: list[AuditRecord] = []

    async def stored(self) -> list[AuditRecord]:
        return [*(await super().newest(ALL)).records]


def _open(record: AuditRecord) -> OpenIntent:
    return OpenIntent(record.id, record.verb, "", record.at)


@mistake("AL-01")
class StoresNoIntent(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        pass


@mistake("AL-02")
class ReportsItsOwnStartAsOpen(Log):
    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        return (*await super().open_intents(engine), OpenIntent("start", "", "", START))


@mistake("AL-03")
class ForgetsOutcomes(Log):
    @override
    async def outcome(self, record: AuditRecord) -> None:
        pass


@mistake("AL-03", "AL-07")
class EndsEveryIntentOfTheEngine(Log):
    @override
    async def outcome(self, record: AuditRecord) -> None:
        for one in await self.open_intents(record.engine):
            await super().outcome(attrs.evolve(record, id=one.id))


@mistake("AL-04")
class TakesUnknownForAnEnd(Log):
    @override
    async def outcome(self, record: AuditRecord) -> None:
        await super().outcome(attrs.evolve(record, outcome="failed"))


@mistake("AL-05")
class ShowsEveryEngineThatBeginsSo(Log):
    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        engines = {one.engine for one in await self.stored() if one.engine.startswith(engine)}
        return tuple([one for name in engines for one in await super(Log, self).open_intents(name)])


@mistake("AL-06")
class StoresANoteAsAnIntent(Log):
    @override
    async def note(self, record: AuditRecord) -> None:
        await self.intent(attrs.evolve(record, outcome=None))


@mistake("AL-07")
class FailsWhereThereIsNoIntent(Log):
    @override
    async def outcome(self, record: AuditRecord) -> None:
        if record.id not in {one.id for one in await self.stored()}:
            raise KeyError(record.id)


@mistake("AL-08")
class CountsAnIntentAsOftenAsItIsStored(Log):
    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        stored = [one.id for one in await self.stored()]
        found = await super().open_intents(engine)
        return tuple(one for one in found for _ in range(stored.count(one.id)))


@mistake("AL-09")
class WritesIntentsLater(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        self.buffer.append(record)

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        return tuple(_open(one) for one in self.buffer if one.engine == engine)


@mistake("AL-10")
class WritesOutcomesLater(Log):
    @override
    async def outcome(self, record: AuditRecord) -> None:
        self.buffer.append(record)

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        ended = {one.id for one in self.buffer}
        return tuple(one for one in await super().open_intents(engine) if one.id not in ended)


@mistake("AL-11")
class EndsOnlyItsOwnIntents(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        await super().intent(record)
        self.buffer.append(record)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        if record.id in {one.id for one in self.buffer}:
            await super().outcome(record)


@mistake("AL-12")
class LosesTheZone(Log):
    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        found = await super().open_intents(engine)
        return tuple(attrs.evolve(one, at=one.at.replace(tzinfo=None)) for one in found)


@mistake("AL-12")
class TakesEveryTimeForUtc(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        await super().intent(attrs.evolve(record, at=record.at.replace(tzinfo=UTC)))


@mistake("AL-13")
class CutsAnIdAtTheEndOfItsLine(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        await super().intent(attrs.evolve(record, id=record.id.splitlines()[0]))


@mistake("AL-13")
class RaisesWhatTheDriverRaises(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        if "\0" in record.id:
            raise ValueError
        await super().intent(record)


@mistake("AL-14")
class LosesOutcomesOfMoreThanALine(Log):
    @override
    async def outcome(self, record: AuditRecord) -> None:
        if "\n" not in (record.reason or ""):
            await super().outcome(record)


@mistake("AL-15")
class StripsText(Log):
    @override
    async def note(self, record: AuditRecord) -> None:
        await super().note(attrs.evolve(record, actor=record.actor.strip()))


@mistake("AL-15")
class StoresOnlyAPartOfTheNotes(Log):
    @override
    async def note(self, record: AuditRecord) -> None:
        if "\n" not in record.actor:
            await super().note(record)


@mistake("AL-16")
class CutsLongArguments(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        cut = tuple((name, value[:255]) for name, value in record.arguments)
        await super().intent(attrs.evolve(record, arguments=cut))


@mistake("AL-17")
class SortsByTime(Log):
    @override
    async def newest(self, limit: int = 100) -> AuditListing:
        found = await super().newest(limit)
        return AuditListing(tuple(sorted(found.records, key=lambda one: one.at)))


@mistake("AL-18")
class WritesTheWholeFileAnew(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        before = self.file.read_bytes() if self.file.exists() else b""
        await anyio.lowlevel.checkpoint()
        self.file.write_bytes(before + (line_of(EntryKind.INTENT, record) or b""))


@mistake("AL-18")
class RefusesWhileAnotherWrites(Log):
    writing = 0

    @override
    async def intent(self, record: AuditRecord) -> None:
        if RefusesWhileAnotherWrites.writing:
            raise AuditUnavailable("the database is locked")
        RefusesWhileAnotherWrites.writing += 1
        try:
            await super().intent(record)
        finally:
            RefusesWhileAnotherWrites.writing -= 1


@mistake("AL-19")
class LeavesHalfALine(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        line = line_of(EntryKind.INTENT, record) or b""
        for part in (line[:20], line[20:]):
            with self.file.open("ab") as file:
                file.write(part)
            await anyio.lowlevel.checkpoint()


@mistake("AL-19")
class CountsWhatWasNotStored(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        self.buffer.append(attrs.evolve(record, id=json.dumps(record.id)))
        await super().intent(record)
        self.buffer.pop()

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        return (*await super().open_intents(engine), *map(_open, self.buffer))


@mistake("AL-24")
class WritesOnAfterItWasCancelled(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        await asyncio.shield(asyncio.ensure_future(self._later(record)))

    async def _later(self, record: AuditRecord) -> None:
        await anyio.lowlevel.checkpoint()
        await super().intent(record)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        # An update of a row that is not there yet changes nothing.
        if record.id in {one.id for one in self.now()}:
            await super().outcome(record)

    def now(self) -> list[AuditRecord]:
        lines = self.file.read_bytes().splitlines() if self.file.exists() else []
        return [record for _, record in entries_of(lines)]


@mistake("AL-20", "AL-21", "AL-22")
class GoesOnWithoutTheRecord(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        try:
            await super().intent(record)
        except AuditUnavailable:
            self.buffer.append(record)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        try:
            await super().outcome(record)
        except AuditUnavailable:
            self.buffer.append(record)

    @override
    async def note(self, record: AuditRecord) -> None:
        try:
            await super().note(record)
        except AuditUnavailable:
            self.buffer.append(record)


@mistake("AL-20", "AL-21", "AL-22", "AL-23")
class LetsTheErrorOfTheSystemOut(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        self._look()
        await super().intent(record)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        self._look()

    @override
    async def note(self, record: AuditRecord) -> None:
        self._look()

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        self._look()
        return ()

    def _look(self) -> None:
        with self.file.open("ab"):
            pass


@mistake("AL-23")
class LooksEmptyWhereItCannotBeRead(Log):
    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        try:
            return await super().open_intents(engine)
        except AuditUnavailable:
            return ()


@mistake("AL-20")
class BlamesTheEvidence(Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        try:
            await super().intent(record)
        except AuditUnavailable as error:
            raise EvidenceUnavailable(error.problem) from error
