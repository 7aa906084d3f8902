"""An engine that can do no write now: every verb says so before anything is sent."""

from collections.abc import Awaitable, Callable

import pytest

import wfadmin
from tests.operations.engines import declaring
from tests.operations.repairs import KEY, PAUSED, watch, writes
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.memory import World
from wfadmin.domain.doctor import Verdict
from wfadmin.domain.plan import Verb
from wfadmin.domain.recovery import Allowed
from wfadmin.errors import NotReady, Sent

pytestmark = pytest.mark.asyncio

V1, V2 = "http://v1:9080", "http://v2:9080"
NO_WORKER = "No worker is connected. Start one."

Call = Callable[[wfadmin.LocalOperator], Awaitable[object]]

CALLS: dict[str, Call] = {
    "recover": lambda one: one.recover_stuck_workflow(KEY, policy=PAUSED),
    "plan recover": lambda one: one.plan_recover(KEY, policy=PAUSED),
    "recover of nothing": lambda one: one.recover_stuck_workflow(wfadmin.WorkflowKey("Order", "2")),
    "pause": lambda one: one.pause(KEY),
    "resume": lambda one: one.resume(KEY),
    "cancel": lambda one: one.cancel(KEY),
    "plan resume": lambda one: one.plan_steering(Verb.RESUME, KEY),
    "redeploy": lambda one: one.force_redeploy(V2),
    "plan redeploy": lambda one: one.plan_redeploy(V2),
    "cleanup": lambda one: one.cleanup_stale_deployments(V2),
    "plan cleanup": lambda one: one.plan_cleanup(V2),
}


def stuck() -> World:
    world = World()
    world.deployment(V1, serves=("Order",))
    world.deployment(V2, serves=("Order",))
    world.workflow("Order").key("o-1").paused()
    return world


@pytest.mark.parametrize("name", CALLS)
async def test_every_verb_that_writes_says_what_keeps_it_from_that(name: str) -> None:
    world, audit, evidence = stuck(), MemoryAuditLog(), MemoryEvidence()
    engine = declaring(world, obstacle=NO_WORKER)
    operator = wfadmin.connect(engine, clock=world.clock, audit=audit, evidence=evidence)
    before, points = world.store.fingerprint(), watch(world)

    with pytest.raises(NotReady) as caught:
        await CALLS[name](operator)

    assert (caught.value.obstacle, caught.value.sent) == (NO_WORKER, Sent.NO)
    assert (world.store.fingerprint(), writes(points)) == (before, [])
    assert [one.outcome for one in audit.records] == ["engine_not_ready"]
    assert evidence.saved == {}


async def test_who_only_looks_is_told_all_the_same() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    engine = declaring(world, obstacle=NO_WORKER)

    async with wfadmin.connect(engine, clock=world.clock) as operator:
        report, found = await operator.doctor(), await operator.inspect(KEY)

    assert report.verdict is Verdict.INFO
    assert found.recover == Allowed(to_purge=(run.id,))
