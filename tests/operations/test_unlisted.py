"""What can be found where runs are not listed: services, and the runs of one key."""

from typing import Any

import attrs
import pytest

import wfadmin
from tests.operations.engines import BareEngine
from tests.operations.repairs import KEY
from wfadmin.adapters.memory import World
from wfadmin.adapters.memory.reading import MemoryAdmin, MemoryInvocations
from wfadmin.domain.model import InvocationStatus

pytestmark = pytest.mark.asyncio


async def test_a_service_without_workers_is_found_where_only_services_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.workflow("Order")
    listed = MemoryAdmin.list_services

    async def idle(self: MemoryAdmin) -> tuple[wfadmin.Service, ...]:
        return tuple(attrs.evolve(one, workers=0) for one in await listed(self))

    monkeypatch.setattr(MemoryAdmin, "list_services", idle)
    async with wfadmin.connect(BareEngine(world.engine)) as operator:
        report = await operator.doctor()

    assert [(one.code.value, one.service_name) for one in report.findings] == [
        ("no_worker", "Order")
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": InvocationStatus.STALLED}, "stalled"),
        ({"status": InvocationStatus.PAUSED}, "paused"),
        ({"status": InvocationStatus.PENDING, "created_at": None}, "pending_undated"),
    ],
)
async def test_the_runs_of_one_key_are_judged_where_nothing_is_listed(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], code: str
) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").running()
    read = MemoryInvocations.for_key

    async def changed(
        self: MemoryInvocations, key: wfadmin.WorkflowKey
    ) -> tuple[wfadmin.Invocation, ...]:
        return tuple(attrs.evolve(one, **changes) for one in await read(self, key))

    monkeypatch.setattr(MemoryInvocations, "for_key", changed)
    async with wfadmin.connect(BareEngine(world.engine), clock=world.clock) as operator:
        found = await operator.inspect(KEY)

    assert [(one.code.value, [s.id for s in one.samples]) for one in found.findings] == [
        (code, [run.id])
    ]
