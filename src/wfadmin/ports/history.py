"""The port to what happened inside one run."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

import attrs

from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.keys import InvocationRef

__all__ = ["Examination", "HistoryEntry", "InvocationHistory"]


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


@attrs.frozen
class Examination:
    """
    What a history says of its run that the status does not.

    Attributes:
        open_work: What the run began and has no result of, each in a few words. It may execute
            right now, also after the run has ended. None: nobody can say.
        harmful: Commands that would ruin the run as it is now, each with the reason, a sentence.
    """

    open_work: tuple[str, ...] | None = None
    harmful: Mapping[CommandName, str] = attrs.field(factory=dict[CommandName, str])


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

    async def examine(self, ref: InvocationRef) -> Examination:  # noqa: ARG002 - for those who can
        """
        What the history says of the run that its status does not.

        An adapter that cannot tell leaves it as it is: then nothing is known.

        Raises:
            InvocationNotFound: No run bears the id, or it is another incarnation.
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.
            NotSupported: This engine tells no history.
        """
        return Examination()
