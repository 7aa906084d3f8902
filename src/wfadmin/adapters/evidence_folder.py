"""Evidence as files in a folder, for nobody but their owner."""

import json
import os
from contextlib import suppress

from anyio import to_thread
from typing_extensions import override

from wfadmin.domain.errors import EvidenceUnavailable
from wfadmin.domain.model import KeyedState
from wfadmin.domain.recovery import KeyReading
from wfadmin.ports.evidence import EvidenceStore
from wfadmin.wire.evidence import evidence_document, evidence_name
from wfadmin.wire.files import named_path, opened_file, opened_folder, problem_of, write_whole

__all__ = ["FolderEvidence"]


class FolderEvidence(EvidenceStore):
    """
    Writes one file of JSON for each save, which is safe on the medium when the call returns.

    A file is never written twice: a second save for the same key and operation is refused. The
    evidence of state is the state itself: whoever may read these files may read the data.

    Args:
        folder: Made private if it is missing; refused if anybody else may enter it.

    Raises:
        UsageError: No folder can have that name.
    """

    __slots__ = ("_folder",)

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = named_path(folder, argument="evidence folder")

    @override
    async def save(
        self,
        reading: KeyReading,
        state: KeyedState | None,
        *,
        operation_id: str,
    ) -> str:
        """See `EvidenceStore.save`."""

        def store() -> str:
            document = evidence_document(reading, state, operation_id=operation_id)
            name = evidence_name(reading.key, operation_id)
            self._store(name, json.dumps(document, indent=1).encode("ascii") + b"\n")
            return str(self._folder / name)

        return await to_thread.run_sync(store, abandon_on_cancel=True)

    def _store(self, name: str, content: bytes) -> None:
        try:
            with opened_folder(self._folder) as folder:
                _write(folder, name, content)
        except OSError as error:
            raise EvidenceUnavailable(problem_of(self._folder / name, error)) from error


def _write(folder: int, name: str, content: bytes) -> None:
    with opened_file(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, folder=folder) as file:
        try:
            write_whole(file, content)
            os.fsync(folder)
        except OSError:
            # A part of the evidence must not be taken for all of it.
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
            raise
