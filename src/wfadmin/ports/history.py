"""The port to what happened inside one run."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

import attrs

from wfadmin.domain.keys import InvocationRef

__all__ = ["HistoryEntry", "InvocationHistory"]


@attrs.frozen
class HistoryEntry:
    """
    One step, event or log line of a run.

    Attributes:
        index: Its place in the run, from 0.
        kind: The engine's own word for what it is.
        detail: What it says, without payloads.
    """

    index: int
    kind: str
    name: str | None = None
    at: datetime | None = None
    detail: str = ""


class InvocationHistory(Protocol):
    """Reads what happened inside one run. It reads only."""

    __slots__ = ()

    @abstractmethod
    def entries(self, ref: InvocationRef) -> AsyncIterator[HistoryEntry]:
        """
        The steps, events and log lines of the run, oldest first; pages are hidden.

        Raises:
            InvocationNotFound: No run bears the id, or it is another incarnation.
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.

        Clauses: IH-01, IH-02, IH-03, IH-04, IH-05, IH-06, IH-07, IH-08, IH-09, IH-10, IH-11,
            IH-12, IH-13, IH-14, IH-15.
        """
