"""The forced purge as the port has it, and what the engine of both APIs does with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

import wfadmin
from tests.adapters.dapr.fake import (
    CREATED,
    GET,
    KEY,
    METADATA,
    NO_INSTANCE,
    FakeSidecar,
    instance,
    metadata,
    never_ran,
    ref,
)
from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, Asked, GrpcServer, replaying
from tests.adapters.dapr_grpc.test_events import event
from tests.adapters.dapr_grpc.test_force_purge import DELETED, look, purge
from wfadmin.adapters.dapr.control import NO_FORCE
from wfadmin.adapters.dapr.engine import DaprEngine
from wfadmin.adapters.dapr.grpc.forcing import DaprForcing
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.commands import ForcePurge
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.policy import Pending, RecoveryPolicy, Stalled
from wfadmin.domain.results import Effect, RecoverResult
from wfadmin.errors import EngineUnreachable, NotReady, NotSupported, RetryBlocked

pytestmark = pytest.mark.asyncio

ZERO = "0001-01-01T00:00:00Z"
NOWHERE = "127.0.0.1:50001"
FORCED = RecoveryPolicy((Stalled(), Pending()), force_purge=True)
THERE = oracle.instance("o-1", createdTimestamp=CREATED)
WAITING = oracle.instance("o-1", status="PENDING", createdTimestamp=ZERO, name=None)
NEWER = oracle.instance("o-1", createdTimestamp="2026-11-21T00:00:00Z")
NEVER_RAN = InvocationRef(KEY, "o-1", None)
NO_WORKERS = metadata(workflows=None)


def purged(asked: list[str]) -> list[str]:
    return [one for one in asked if one == "PurgeInstances"]


# --- the one run that was read -------------------------------------------------------------------


async def test_a_run_is_forced_with_its_children() -> None:
    calls = (look("o-1", THERE),) * 2
    async with replaying(*calls, purge("o-1", DELETED, recursive=True)) as (_, sidecar):
        assert await DaprForcing(sidecar, "here").purge(ref()) is Answer.ACCEPTED


async def test_what_never_ran_is_forced_by_itself() -> None:
    calls = (look("o-1", WAITING),) * 2
    async with replaying(*calls, purge("o-1", DELETED)) as (_, sidecar):
        assert await DaprForcing(sidecar, "here").purge(NEVER_RAN) is Answer.ACCEPTED


async def test_what_is_gone_is_not_found() -> None:
    async with replaying(look("o-1", b"")) as (_, sidecar):
        assert await DaprForcing(sidecar, "here").purge(ref()) is Answer.NOT_FOUND


@pytest.mark.parametrize(("there", "asked"), [(NEWER, ref()), (THERE, NEVER_RAN), (WAITING, ref())])
async def test_another_run_of_the_id_is_changed_and_not_forced(
    there: bytes, asked: InvocationRef
) -> None:
    async with replaying(look("o-1", there)) as (_, sidecar):
        assert await DaprForcing(sidecar, "here").purge(asked) is Answer.CHANGED


async def test_a_run_that_takes_over_the_id_in_the_last_moment_is_changed() -> None:
    async with replaying(look("o-1", THERE), look("o-1", NEWER)) as (_, sidecar):
        assert await DaprForcing(sidecar, "here").purge(ref()) is Answer.CHANGED


@pytest.mark.parametrize(
    "answered",
    [Answered(code="INTERNAL", details="it is broken"), Answered(b"\xff\xff")],
    ids=["an error", "nonsense"],
)
async def test_a_look_that_fails_is_no_answer_to_a_write_that_was_not_sent(
    answered: Answered,
) -> None:
    method, request, _ = look("o-1", b"")
    async with replaying((method, request, answered)) as (_, sidecar):
        with pytest.raises(EngineUnreachable, match="The look before it failed") as caught:
            await DaprForcing(sidecar, "127.0.0.1:50001").purge(ref())

    assert caught.value.where == "127.0.0.1:50001"


async def test_an_instance_that_is_said_not_to_be_there_is_not_found() -> None:
    method, request, _ = look("o-1", b"")
    gone = Answered(code="NOT_FOUND", details="no such instance exists")
    async with replaying((method, request, gone)) as (_, sidecar):
        assert await DaprForcing(sidecar, "here").purge(ref()) is Answer.NOT_FOUND


# --- the engine of both APIs ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "url"), [("1.18.3", None), ("1.17.4", NOWHERE), ("edge", NOWHERE)]
)
async def test_without_its_api_or_with_an_old_sidecar_nothing_is_forced(
    version: str, url: str | None
) -> None:
    fake = FakeSidecar({METADATA: metadata(version)}, is_met=False)
    engine = fake.engine(grpc_url=url)

    assert CommandName.FORCE_PURGE not in (await engine.facts()).capabilities.commands
    with pytest.raises(NotSupported, match="command force_purge") as caught:
        await engine.control.perform(ForcePurge(ref()))
    assert caught.value.advice == NO_FORCE


async def test_a_missing_worker_hinders_everything_but_force() -> None:
    facts = await FakeSidecar({METADATA: NO_WORKERS}).engine(grpc_url=NOWHERE).facts()

    assert facts.obstacle is not None
    assert facts.obstacle.startswith("No worker of the app is connected.")
    assert facts.unhindered == {CommandName.FORCE_PURGE}


async def test_a_lost_placement_hinders_everything() -> None:
    lost = {"runtimeStatus": "RUNNING", "hostReady": False, "placement": "placement: disconnected"}
    told = metadata(actorRuntime=lost)
    facts = await FakeSidecar({METADATA: told}).engine(grpc_url=NOWHERE).facts()

    assert facts.obstacle is not None
    assert facts.unhindered == frozenset()


@asynccontextmanager
async def both(
    fake: FakeSidecar, there: bytes, *events: dict[str, object]
) -> AsyncIterator[tuple[DaprEngine, GrpcServer]]:
    """An engine whose one instance is told by both APIs, until it is purged by force."""
    history = oracle.history(*events)

    async def answers(asked: Asked) -> Answered:
        if asked.method == "GetInstanceHistory":
            return Answered(history)
        if asked.method == "PurgeInstances":
            fake.routes[GET] = NO_INSTANCE
            return DELETED
        return Answered(there)

    server = GrpcServer(answers)
    await server.start()
    try:
        yield fake.engine(grpc_url=server.address), server
    finally:
        await server.stop()


STARTED = event("executionStarted", name="Order") | {"timestamp": CREATED}
STALLED = event("executionStalled", reason="VERSION_NOT_AVAILABLE", description="no worker has v1")


async def recovered(
    engine: DaprEngine, policy: RecoveryPolicy
) -> RecoverResult | RetryBlocked | NotReady:
    async with wfadmin.connect(engine, policy=policy) as operator:
        try:
            return await operator.recover_stuck_workflow(KEY)
        except (RetryBlocked, NotReady) as refused:
            return refused


async def test_a_stalled_run_is_forgotten_by_force_and_read_as_gone() -> None:
    fake = FakeSidecar({METADATA: metadata(), GET: instance("UNKNOWN")})
    async with both(fake, THERE, STARTED, STALLED) as (engine, server):
        result = await recovered(engine, FORCED)

    assert isinstance(result, RecoverResult)
    assert (result.effect, result.purged) == (Effect.CONFIRMED, ("o-1",))
    assert purged(server.methods) == ["PurgeInstances"]
    assert [one for one in fake.asked if one.startswith("POST")] == []


async def test_without_force_a_stalled_run_is_refused_before_anything_is_sent() -> None:
    fake = FakeSidecar({METADATA: metadata(), GET: instance("UNKNOWN")})
    async with both(fake, THERE, STARTED, STALLED) as (engine, server):
        refused = await recovered(engine, RecoveryPolicy((Stalled(),)))

    assert isinstance(refused, RetryBlocked)
    assert refused.reason == "not_killable"
    assert purged(server.methods) == []
    assert [one for one in fake.asked if one.startswith("POST")] == []


async def test_a_planned_start_is_forgotten_without_being_run() -> None:
    fake = FakeSidecar({METADATA: metadata(), GET: never_ran()})
    async with both(fake, WAITING) as (engine, server):
        result = await recovered(engine, FORCED)

    assert isinstance(result, RecoverResult)
    assert (result.effect, result.purged) == (Effect.CONFIRMED, ("o-1",))
    sent = next(one for one in server.asked if one.method == "PurgeInstances")
    told = oracle.message("PurgeInstancesRequest").FromString(sent.request)
    assert (told.instanceId, told.force, told.recursive) == ("o-1", True, False)


async def test_without_a_worker_a_poisoned_run_is_forgotten_by_force() -> None:
    fake = FakeSidecar({METADATA: NO_WORKERS, GET: instance("UNKNOWN")})
    async with both(fake, THERE, STARTED) as (engine, _):
        refused = await recovered(engine, RecoveryPolicy((Stalled(),)))
        assert isinstance(refused, NotReady)
        result = await recovered(engine, FORCED)

    assert isinstance(result, RecoverResult)
    assert result.purged == ("o-1",)


# --- what a history adds -------------------------------------------------------------------------


async def test_what_a_stalled_run_wants_is_told_with_it() -> None:
    fake = FakeSidecar({METADATA: metadata(), GET: instance("UNKNOWN")})
    async with both(fake, THERE, STARTED, STALLED) as (engine, _):
        (found,) = await engine.invocations.for_key(KEY)

    assert found.failure == "VERSION_NOT_AVAILABLE: no worker has v1"


async def test_a_stalled_run_is_told_although_its_history_cannot_be_read() -> None:
    fake = FakeSidecar({METADATA: metadata(), GET: instance("UNKNOWN")})

    async def answers(_: Asked) -> Answered:
        return Answered(code="INTERNAL", details="it is broken")

    server = GrpcServer(answers)
    await server.start()
    (found,) = await fake.engine(grpc_url=server.address).invocations.for_key(KEY)
    await server.stop()

    assert (found.id, found.failure) == ("o-1", None)
