"""Mistakes of evidence stores."""

import json
from hashlib import sha256
from pathlib import Path

import anyio.lowlevel
import attrs
from typing_extensions import override

from tests.kit.hosts.mutant import mistake
from wfadmin.adapters.evidence_folder import FolderEvidence
from wfadmin.domain.errors import EvidenceUnavailable
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import KeyedState
from wfadmin.domain.recovery import KeyReading
from wfadmin.ports.evidence import EvidenceStore
from wfadmin.wire.evidence import evidence_document, evidence_name


class Files(EvidenceStore):
    """Files in a folder, with a place for each mistake."""

    mode = "x"
    permissions = 0o600

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def name(self, key: WorkflowKey, operation_id: str) -> str:
        return evidence_name(key, operation_id)

    def reading(self, reading: KeyReading) -> KeyReading:
        return reading

    def state(self, state: KeyedState) -> KeyedState:
        return state

    def write(self, path: Path, text: str) -> None:
        try:
            self.folder.mkdir(exist_ok=True)
            with path.open(self.mode) as file:
                file.write(text)
            path.chmod(self.permissions)
        except OSError as error:
            raise EvidenceUnavailable(str(error)) from error

    @override
    async def save(
        self, reading: KeyReading, state: KeyedState | None, *, operation_id: str
    ) -> str:
        path = self.folder / self.name(reading.key, operation_id)
        kept = None if state is None else self.state(state)
        document = evidence_document(self.reading(reading), kept, operation_id=operation_id)
        self.write(path, json.dumps(document))
        return str(path)


@mistake("ES-01", "ES-10")
class NamesAPlaceBeforeAnythingIsThere(Files):
    @override
    def write(self, path: Path, text: str) -> None:
        pass


@mistake("ES-02")
class KeepsTheFirstLineOfAFailure(Files):
    @override
    def reading(self, reading: KeyReading) -> KeyReading:
        runs = [
            attrs.evolve(one, failure=one.failure and one.failure.split("\n")[0])
            for one in reading.invocations
        ]
        return attrs.evolve(reading, invocations=tuple(runs))


@mistake("ES-02")
class KeepsOneRun(Files):
    @override
    def reading(self, reading: KeyReading) -> KeyReading:
        return attrs.evolve(reading, invocations=reading.invocations[:1])


@mistake("ES-03")
class KeepsValuesAsText(Files):
    @override
    def state(self, state: KeyedState) -> KeyedState:
        kept = [
            attrs.evolve(one, value=(one.value or b"").decode(errors="replace").encode())
            for one in state.entries
        ]
        return attrs.evolve(state, entries=tuple(kept))


@mistake("ES-04")
class CutsLargeValues(Files):
    @override
    def state(self, state: KeyedState) -> KeyedState:
        kept = [attrs.evolve(one, value=(one.value or b"")[:65_536]) for one in state.entries]
        return attrs.evolve(state, entries=tuple(kept))


@mistake("ES-05")
class JoinsServiceAndKey(Files):
    mode = "w"

    @override
    def name(self, key: WorkflowKey, operation_id: str) -> str:
        joined = f"{key.service_name}{key.service_key}{operation_id}"
        return sha256(joined.encode()).hexdigest()


@mistake("ES-05")
class MakesAFileNameOfTheKey(Files):
    @override
    def name(self, key: WorkflowKey, operation_id: str) -> str:
        return f"{key.service_key}-{operation_id}.json"


@mistake("ES-06")
class NamesNoOperation(Files):
    mode = "w"

    @override
    def name(self, key: WorkflowKey, operation_id: str) -> str:
        return evidence_name(key, "")


@mistake("ES-07")
class ReplacesWhatItSaved(Files):
    mode = "w"


@mistake("ES-08")
class WritesThroughOneTemporaryFile(Files):
    @override
    async def save(
        self, reading: KeyReading, state: KeyedState | None, *, operation_id: str
    ) -> str:
        self.folder.mkdir(exist_ok=True)
        path, temporary = self.folder / self.name(reading.key, operation_id), self.folder / "tmp"
        document = evidence_document(reading, state, operation_id=operation_id)
        temporary.write_text(json.dumps(document))
        await anyio.lowlevel.checkpoint()
        path.write_bytes(temporary.read_bytes())
        return str(path)


@mistake("ES-08")
class RefusesWhileItSaves(Files):
    is_saving = False

    @override
    async def save(
        self, reading: KeyReading, state: KeyedState | None, *, operation_id: str
    ) -> str:
        if RefusesWhileItSaves.is_saving:
            raise EvidenceUnavailable("the database is locked")
        RefusesWhileItSaves.is_saving = True
        await anyio.lowlevel.checkpoint()
        RefusesWhileItSaves.is_saving = False
        return await super().save(reading, state, operation_id=operation_id)


@mistake("ES-09")
class LetsEverybodyRead(Files):
    permissions = 0o644


@mistake("ES-10")
class GoesOnWithoutEvidence(FolderEvidence):
    @override
    async def save(
        self, reading: KeyReading, state: KeyedState | None, *, operation_id: str
    ) -> str:
        try:
            return await super().save(reading, state, operation_id=operation_id)
        except EvidenceUnavailable:
            return ""


@mistake("ES-10")
class LetsTheErrorOfTheSystemOut(Files):
    @override
    def write(self, path: Path, text: str) -> None:
        path.write_text(text)
