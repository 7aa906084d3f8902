"""One key, looked at: its runs, failures, children, state, and what a recovery would do."""

import attrs

from wfadmin.domain.finding import Finding
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, KeyedState, Service
from wfadmin.domain.recovery import Allowed, Blocked

__all__ = ["Inspection"]


@attrs.frozen
class Inspection:
    """
    Everything about one key.

    Attributes:
        service: As listed; None where the engine does not list it now.
        runs: Every invocation of the key, main and shared, newest first.
        children: Those that a run of the key called and a recovery would take along: unfinished
            ones, and ended ones where a purge reaches them; None where the engine cannot say.
        state: What is stored under the key; None where the engine stores nothing by key.
        recover: What a recovery under the given policy would do, or why it would refuse.
        findings: What is wrong with its runs, with remedies mildest first.
        warnings: What could not be read beside the runs.
    """

    engine: str
    key: WorkflowKey
    service: Service | None
    runs: tuple[Invocation, ...]
    children: tuple[Invocation, ...] | None
    state: KeyedState | None
    recover: Allowed | Blocked
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[Invocation, ...]:
        """The runs that ended in a failure, or last met one."""
        return tuple(one for one in self.runs if one.failure is not None)
