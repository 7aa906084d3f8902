"""Mistakes in what every repair goes through, and in what only looks."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import attrs
from typing_extensions import override

from tests.explore_operations.mutant import Mutant
from tests.explore_operations.worlds import KEY, Act, doctor, failed, plan_all, recover
from wfadmin.domain.commands import Purge
from wfadmin.domain.errors import Sent, WfadminError
from wfadmin.domain.finding import OpenIntent
from wfadmin.operations.host import Host
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.audit import AuditLog, AuditRecord
from wfadmin.ports.lease import OperatorLease
from wfadmin.testing.explore import Loss, Scenario


@attrs.frozen(eq=False)
class DropsTheLease(OperatorLease):
    """Lets the lease go as soon as it has it."""

    kept: OperatorLease

    @override
    def hold(self, scope: str) -> AbstractAsyncContextManager[None]:
        return self._hold(scope)

    @asynccontextmanager
    async def _hold(self, scope: str) -> AsyncIterator[None]:
        async with self.kept.hold(scope):
            pass
        yield


@attrs.frozen(eq=False)
class _Log(AuditLog):
    kept: AuditLog

    @override
    async def intent(self, record: AuditRecord) -> None:
        await self.kept.intent(record)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        await self.kept.outcome(record)

    @override
    async def note(self, record: AuditRecord) -> None:
        await self.kept.note(record)

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        return await self.kept.open_intents(engine)


class DoesNotStoreTheIntent(_Log):
    @override
    async def intent(self, record: AuditRecord) -> None:
        """Forget it."""


class StoresNoOutcome(_Log):
    @override
    async def outcome(self, record: AuditRecord) -> None:
        """Forget it."""


class StoresOnlyGoodOutcomes(_Log):
    @override
    async def outcome(self, record: AuditRecord) -> None:
        if record.error is None:
            await super().outcome(record)


async def says_that_nothing_was_sent(operator: LocalOperator) -> object:
    try:
        return await operator.recover_stuck_workflow(KEY)
    except WfadminError as error:
        error.sent = Sent.NO
        raise


async def writes_in_doctor(operator: LocalOperator) -> object:
    report = await operator.doctor()
    control = operator.engine.control
    assert control is not None
    for run in report.invocations.recent_failures:
        await control.perform(Purge(run.ref))
    return report


async def plans_by_doing_it(operator: LocalOperator) -> object:
    return await operator.recover_stuck_workflow(KEY)


def _client(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.client(KEY)


def _interrupted(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.interrupt()


def _lost_write(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.network(Loss.WRITE)


def _looking(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate, reads_only=True)


def _hosted(change: Callable[[Host], Host]) -> Act:
    async def act(operator: LocalOperator) -> object:
        own = LocalOperator(operator.engine, change(operator.host))
        return await own.recover_stuck_workflow(KEY)

    return act


def _logged(kind: type[_Log]) -> Act:
    return _hosted(lambda host: attrs.evolve(host, audit=kind(host.audit)))


RECORDS_MUTANTS = (
    Mutant(
        "every repair",
        DropsTheLease.__name__,
        "It lets the lease go before it writes.",
        "sends without the lease",
        failed,
        _client,
        _hosted(lambda host: attrs.evolve(host, lease=DropsTheLease(host.lease))),
        recover,
    ),
    Mutant(
        "every repair",
        DoesNotStoreTheIntent.__name__,
        "It writes, and nothing on record says so.",
        "sends without a stored intent",
        failed,
        _client,
        _logged(DoesNotStoreTheIntent),
        recover,
    ),
    Mutant(
        "every repair",
        StoresNoOutcome.__name__,
        "Its write stands on record as one of which nobody knows the end.",
        "leaves an intent without an outcome",
        failed,
        _client,
        _logged(StoresNoOutcome),
        recover,
    ),
    Mutant(
        "every repair",
        StoresOnlyGoodOutcomes.__name__,
        "It stores no outcome when it is cancelled.",
        "leaves an intent without an outcome",
        failed,
        _interrupted,
        _logged(StoresOnlyGoodOutcomes),
        recover,
    ),
    Mutant(
        "every repair",
        "SaysThatNothingWasSent",
        "It says of every error that nothing was sent.",
        "says that nothing was sent",
        failed,
        _lost_write,
        says_that_nothing_was_sent,
        recover,
    ),
    Mutant(
        "doctor",
        "WritesInDoctor",
        "It purges the failures that it finds.",
        "writes although it only looks",
        failed,
        _looking,
        writes_in_doctor,
        doctor,
    ),
    Mutant(
        "plan",
        "PlansByDoingIt",
        "It does what it was only to plan.",
        "writes although it only looks",
        failed,
        _looking,
        plans_by_doing_it,
        plan_all,
    ),
)
