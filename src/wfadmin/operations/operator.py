"""The verbs, whoever offers them: over an engine here, or over HTTP elsewhere."""

from abc import abstractmethod
from types import TracebackType
from typing import Protocol, Self

from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey

__all__ = ["Operator"]


class Operator(Protocol):
    """
    Whoever offers the verbs. Use it with ``async with``, or close it.

    Start with `doctor`, choose one repair, then run `doctor` again.
    """

    __slots__ = ()

    @abstractmethod
    async def doctor(self) -> DoctorReport:
        """
        Say what is wrong with the engine, with evidence, and what to do.

        Asks all components at the same time, each within the timeout; an ill engine is a report,
        never an error. Reads only.

        Returns:
            The report. Its `verdict` is the worst of its findings.
        """

    @abstractmethod
    async def inspect(self, key: WorkflowKey, *, show_state: bool = False) -> Inspection:
        """
        Look at one key: its runs, failures, children and state, and what a recovery would do.

        Reads only. A key without any run is a report without runs.

        Args:
            key: The service name and the service key.
            show_state: Also read what the entries of the state hold. They may hold secrets.

        Raises:
            ServiceNotFound: The engine does not know the service, and nothing of it is left.
                Check the name.
            EngineUnreachable: No answer. Run doctor.
            EngineRejected: An error status. Run doctor.
            UnexpectedAnswer: An answer that was not understood. Run doctor.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of what was opened. May be called twice."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
