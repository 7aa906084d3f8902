"""Scenarios of one recovery, which others disturb."""

from collections.abc import Callable

from tests.explore.plays import (
    KEY,
    NO_PAUSE,
    SHARED,
    failed,
    paused,
)
from wfadmin.adapters.memory import Key, World
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.operations.local import LocalOperator
from wfadmin.testing.explore import Scenario

LOOKS = "operator 1: invocations.for_key Order/o-1"
READS = "operator 1: state.read Order/o-1"
PURGES = "operator 1: control.purge Order/o-1"
#: The story of a recovery that nobody disturbs.
RECOVERS = (LOOKS, READS, LOOKS, PURGES, READS, LOOKS)
OTHER = WorkflowKey("Order", "o-2")


def on(place: Callable[[Key], object], *, pauses: bool = False) -> Scenario:
    def make() -> World:
        world = World(commands=None if pauses else NO_PAUSE)
        key = world.workflow("Order").key("o-1")
        key.shared(SHARED)
        place(key)
        return world

    return Scenario(make)


async def recover(operator: LocalOperator) -> object:
    return await operator.recover_stuck_workflow(KEY)


async def nothing(_: object) -> None:
    """Ends at once."""


def recovering(policy: RecoveryPolicy | None = None) -> Scenario:
    scenario = on(failed if policy is None else paused)
    scenario.operator(recover, policy=policy)
    return scenario
