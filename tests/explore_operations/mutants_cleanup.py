"""Mistakes in a cleanup."""

from collections.abc import Callable, Collection
from datetime import timedelta

from typing_extensions import override

from tests.explore_operations.mutant import Mutant, repairing
from tests.explore_operations.worlds import (
    NEW,
    Act,
    cleanup,
    pin_a_run,
    remove_the_old_place,
    roll_back,
    two_places,
)
from wfadmin.adapters.memory import Point
from wfadmin.domain.drain import Draining, DrainVerdict
from wfadmin.domain.errors import OutcomeUnknown
from wfadmin.domain.model import Deployment
from wfadmin.operations.cleanup import Cleanup
from wfadmin.operations.local import LocalOperator
from wfadmin.operations.places import Places, read_places, registry_of
from wfadmin.operations.writing import Writing
from wfadmin.testing import PortCall, Proceed, wrapped
from wfadmin.testing.explore import Loss, Scenario


class RemovesFromAnOldList(Cleanup):
    @override
    async def _remove(
        self,
        writing: Writing,
        deployment_id: str,
        planned: Collection[str],
        deadline: timedelta,
    ) -> bool:
        return await self._send(writing, deployment_id)


class RemovesWhatARunIsPinnedTo(Cleanup):
    @override
    def _reason(self, one: Deployment, verdict: DrainVerdict) -> str | None:
        return None if isinstance(verdict, Draining) else super()._reason(one, verdict)


class RemovesWhatServesByNow(Cleanup):
    @override
    def _stays(
        self,
        now: Deployment,
        before: Deployment,
        places: Places,
        planned: Collection[str],
    ) -> str | None:
        return None


class CountsARemovalThatItDidNotSend(Cleanup):
    @override
    async def _remove(
        self,
        writing: Writing,
        deployment_id: str,
        planned: Collection[str],
        deadline: timedelta,
    ) -> bool:
        await super()._remove(writing, deployment_id, planned, deadline)
        places = await read_places(self.engine, self.host)
        return places.find(deployment_id) is None


class SaysRemovedWithoutReading(Cleanup):
    @override
    async def _send(self, writing: Writing, deployment_id: str) -> bool:
        await writing.send(lambda: registry_of(self.engine).remove(deployment_id))
        return True


async def _again(call: PortCall, proceed: Proceed) -> object:
    try:
        return await proceed()
    except OutcomeUnknown:
        if call.point is not Point.REMOVE:
            raise
        return await proceed()


async def retries_a_removal_whose_answer_was_lost(operator: LocalOperator) -> object:
    insistent = LocalOperator(wrapped(operator.engine, _again), operator.host)
    return await insistent.cleanup_stale_deployments(NEW)


def _rolled_back(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.happens("deploys the old version again", roll_back)


def _pinned(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.happens("pins a run to the old deployment", pin_a_run)


def _removed_by_another(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.happens("removes the old deployment", remove_the_old_place)


def _lost_write(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.network(Loss.WRITE)


def _lost_answer(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.network(Loss.ANSWER)


def _mutant(
    kind: type[Cleanup],
    wrong: str,
    harm: str,
    act: Callable[[Scenario, Act], object],
) -> Mutant:
    broken = repairing(lambda own: kind(own.engine, own.host, NEW))
    return Mutant("cleanup", kind.__name__, wrong, harm, two_places, act, broken, cleanup)


CLEANUP_MUTANTS = (
    _mutant(
        RemovesFromAnOldList,
        "It removes what was stale when it was planned.",
        "removes a deployment that serves",
        _rolled_back,
    ),
    _mutant(
        RemovesWhatServesByNow,
        "It looks again, and asks only whether the deployment is still there.",
        "removes a deployment that serves",
        _rolled_back,
    ),
    _mutant(
        RemovesWhatARunIsPinnedTo,
        "It takes a deployment without new work for one that nothing needs.",
        "orphans a run",
        _pinned,
    ),
    _mutant(
        CountsARemovalThatItDidNotSend,
        "It counts what is gone, whoever removed it.",
        "counts a removal that it did not send",
        _removed_by_another,
    ),
    _mutant(
        SaysRemovedWithoutReading,
        "It says what it has sent, as if that had happened.",
        "says that a deployment is removed, and it is there",
        _lost_write,
    ),
    Mutant(
        "cleanup",
        "RetriesARemovalWhoseAnswerWasLost",
        "It takes a lost answer for a write that was not done.",
        "sends the same write twice",
        two_places,
        _lost_answer,
        retries_a_removal_whose_answer_was_lost,
        cleanup,
    ),
)
