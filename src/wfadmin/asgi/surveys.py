"""Doctors who are asked at the same time share one survey of the engine."""

import anyio
import attrs

from wfadmin.domain.doctor import DoctorReport
from wfadmin.operations.auditing import Attempt, note
from wfadmin.operations.local import LocalOperator

__all__ = ["Surveys"]


@attrs.define(eq=False)
class _Round:
    """Those who came before a survey began; it answers them all."""

    report: DoctorReport | None = None


class Surveys:
    """
    Asks one engine for one report at a time.

    Nobody gets one that began before they came: a doctor after a repair sees the repair.
    """

    __slots__ = ("_next", "_one_at_a_time")

    def __init__(self) -> None:
        self._one_at_a_time = anyio.Lock()
        self._next: _Round | None = None

    async def report(self, operator: LocalOperator) -> DoctorReport:
        """A report, which is on record as asked for by this operator."""
        ours = self._next = self._next or _Round()
        async with self._one_at_a_time:
            if ours.report is None:
                # Who comes from now on gets a later one.
                self._next = None if self._next is ours else self._next
                ours.report = await operator.doctor()
                return ours.report
        attempt = Attempt("doctor", ours.report.verdict.value)
        problem = await note(operator.engine, operator.host, attempt)
        return attrs.evolve(ours.report, warnings=() if problem is None else (problem,))
