"""Evidence that lives as long as the process: for tests, and where no folder is given."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from typing_extensions import override

from wfadmin.domain.errors import EvidenceUnavailable
from wfadmin.domain.model import KeyedState
from wfadmin.domain.recovery import KeyReading
from wfadmin.ports.evidence import EvidenceStore
from wfadmin.wire.evidence import evidence_document, evidence_name

__all__ = ["MemoryEvidence"]


class MemoryEvidence(EvidenceStore):
    """Keeps everything that is saved, in the form that a folder would hold it in."""

    __slots__ = ("_saved",)

    def __init__(self) -> None:
        self._saved: dict[str, dict[str, Any]] = {}

    @property
    def saved(self) -> Mapping[str, dict[str, Any]]:
        """What was saved, by what `save` returned, oldest first."""
        return MappingProxyType(self._saved)

    @override
    async def save(
        self,
        reading: KeyReading,
        state: KeyedState | None,
        *,
        operation_id: str,
    ) -> str:
        """See `EvidenceStore.save`."""
        where = f"memory:{evidence_name(reading.key, operation_id)}"
        if where in self._saved:
            raise EvidenceUnavailable(f"{where}: File exists")
        self._saved[where] = evidence_document(reading, state, operation_id=operation_id)
        return where
