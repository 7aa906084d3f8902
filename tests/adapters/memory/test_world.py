"""A world says in a line what is there, and refuses what no real engine can hold."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.adapters.memory.command_table import now
from tests.adapters.memory.driving import LOOPS, answer_of, on
from wfadmin.adapters.memory import KeyedService, MemoryEngine, Run, VirtualClock, World, connect
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus, ServiceKind
from wfadmin.errors import InvalidServiceUrl, InvalidWorkflowKey, UsageError
from wfadmin.ports import EngineSettings

HOUR = timedelta(hours=1)


def order(world: World) -> KeyedService:
    return world.workflow("Order")


def test_a_failed_run_is_all_that_is_said() -> None:
    world = World()
    run = order(world).key("o-1").failed("boom")
    at = world.clock.now()

    assert run.now == Invocation(
        ref=InvocationRef(WorkflowKey("Order", "o-1"), run.id, run.ref.incarnation),
        service_name="Order",
        handler_name="run",
        service_kind=ServiceKind.WORKFLOW,
        status=InvocationStatus.COMPLETED,
        engine_status="completed",
        outcome=InvocationOutcome.FAILED,
        deployment_id="dp_1",
        created_at=at,
        modified_at=at,
        completed_at=at,
        failure="boom",
        failure_at=at,
        progress=now(run).progress,
        retention=timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("place", "status", "outcome", "failure"),
    [
        (lambda key: key.running(), "running", None, None),
        (lambda key: key.suspended(), "suspended", None, None),
        (lambda key: key.backing_off(), "backing_off", None, "the attempt failed"),
        (lambda key: key.backing_off(failure="down"), "backing_off", None, "down"),
        (lambda key: key.paused(), "paused", None, None),
        (lambda key: key.paused(failure="down"), "paused", None, "down"),
        (lambda key: key.scheduled(), "scheduled", None, None),
        (lambda key: key.pending(), "pending", None, None),
        (lambda key: key.succeeded(), "completed", "succeeded", None),
        (lambda key: key.failed(), "completed", "failed", "it failed"),
        (lambda key: key.killed(), "completed", "killed", "[409] killed"),
        (lambda key: key.cancelled(), "completed", "cancelled", "[409] cancelled"),
    ],
)
def test_each_status_has_its_word(
    place: Callable[..., Run], status: str, outcome: str | None, failure: str | None
) -> None:
    found = now(place(order(World()).key("o-1")))
    assert (found.status, found.outcome, found.failure) == (status, outcome, failure)


def test_a_run_waits_since_a_while() -> None:
    world = World()
    run = now(order(world).key("o-1").suspended(since=2 * HOUR))
    pending = now(order(world).key("o-2").pending(since=3 * HOUR))
    running = now(order(world).key("o-3").running(since=4 * HOUR))

    at = world.clock.now()
    assert (run.modified_at, run.created_at) == (at - 2 * HOUR, at - 2 * HOUR)
    assert pending.created_at == at - 3 * HOUR
    assert running.created_at == at - 4 * HOUR


def test_a_run_is_due_in_an_hour_or_when_it_is_said() -> None:
    world = World()
    at = world.clock.now()
    assert now(order(world).key("o-1").scheduled()).due_at == at + HOUR
    assert now(order(world).key("o-2").scheduled(due=-HOUR)).due_at == at - HOUR


def test_a_run_that_backs_off_says_how_often_and_until_when() -> None:
    world = World()
    run = now(order(world).key("o-1").backing_off(attempts=7))

    assert run.failed_attempts == 7
    assert run.next_retry_at == world.clock.now() + timedelta(seconds=10)


def test_a_started_run_is_pinned_to_where_it_is_said_or_to_the_latest() -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    new = world.deployment("http://new:9080", serves=("Order",))
    key = order(world).key

    runs = [key("a").running(), key("b").running(on=old), key("c").failed("boom", on=old)]

    assert [now(run).deployment_id for run in runs] == [new.id, old.id, old.id]
    assert now(key("d").scheduled()).deployment_id is None
    assert now(key("e").pending()).deployment_id is None


def test_a_run_can_be_put_on_a_deployment_that_is_gone() -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    world.remove_deployment(old)

    assert now(order(world).key("o-1").suspended(on=old)).deployment_id == old.id


def test_a_service_that_is_named_again_is_the_same_one() -> None:
    world = World()
    world.workflow("Order", retention=HOUR, handler="start")
    run = now(world.workflow("Order").key("o-1").failed("boom"))

    assert (run.retention, run.handler_name) == (HOUR, "start")


def test_a_virtual_object_and_a_plain_service_have_handlers_of_their_own() -> None:
    world = World()
    cart = now(world.virtual_object("Cart", handler="add").key("c-1").running())
    mail = now(world.plain("Mailer", handler="send").running())

    assert (cart.handler_name, cart.service_kind) == ("add", ServiceKind.VIRTUAL_OBJECT)
    assert (mail.handler_name, mail.service_kind, mail.key) == ("send", ServiceKind.PLAIN, None)


def test_a_shared_call_is_of_the_same_key() -> None:
    key = order(World()).key("o-1")
    main, shared = key.running(), key.shared("watch").suspended()

    assert (now(shared).key, now(shared).handler_name) == (now(main).key, "watch")


def test_a_child_that_was_over_before_leaves_its_parent_as_it_is() -> None:
    world = World()
    parent = world.workflow("Parent").key("p-1").suspended()
    before = parent.now

    parent.child(order(world).key("o-1")).succeeded()

    assert parent.now == before


def test_state_without_a_run_is_left_over() -> None:
    world = World()
    key = order(world).key("o-1").state({"stage": b"paying"})

    assert world.store.state_of(key.workflow_key) == {"stage": b"paying"}
    assert answer_of(world.engine.invocations.for_key(key.workflow_key)) == ()


# --- what no engine can hold ---------------------------------------------------------------------


@pytest.mark.parametrize("first", ["failed", "running", "scheduled", "pending"])
@pytest.mark.parametrize("second", ["failed", "running", "scheduled", "pending"])
def test_a_workflow_key_has_one_main_run(first: str, second: str) -> None:
    key = order(World()).key("o-1")
    getattr(key, first)()

    with pytest.raises(UsageError, match="it has its main run already"):
        getattr(key, second)()


@pytest.mark.parametrize("second", ["running", "suspended", "backing_off", "paused"])
def test_one_call_holds_a_key_of_a_virtual_object(second: str) -> None:
    world = World()
    key = world.virtual_object("Cart").key("c-1")
    key.suspended()
    before = world.store.fingerprint()

    with pytest.raises(UsageError, match="another call holds it"):
        getattr(key, second)()
    assert world.store.fingerprint() == before


def test_calls_of_a_virtual_object_that_are_over_and_shared_ones_stand_beside_the_holder() -> None:
    world = World()
    key = world.virtual_object("Cart").key("c-1")
    key.suspended()

    runs = [key.failed("boom"), key.shared("items").running(), key.pending(), key.pending()]

    statuses = [now(run).status.value for run in runs]
    assert statuses == ["completed", "running", "pending", "pending"]


def test_no_call_waits_for_a_key_that_nothing_holds() -> None:
    with pytest.raises(UsageError, match="nothing holds it"):
        World().virtual_object("Cart").key("c-1").pending()


def test_no_run_starts_of_a_service_that_nothing_serves() -> None:
    world = World()
    world.deployment("http://mail:9080", serves=("Mailer",))

    with pytest.raises(UsageError, match="no deployment serves Order"):
        order(world).key("o-1").running()


def test_no_run_is_pinned_to_a_deployment_that_never_served_it() -> None:
    world = World()
    mail = world.deployment("http://mail:9080", serves=("Mailer",))
    world.deployment("http://orders:9080", serves=("Order",))

    with pytest.raises(UsageError, match="that deployment does not serve Order"):
        order(world).key("o-1").running(on=mail)


def test_a_service_has_one_kind_and_one_main_handler() -> None:
    world = World()
    world.workflow("Order")

    with pytest.raises(UsageError, match="it is a workflow already"):
        world.virtual_object("Order")
    with pytest.raises(UsageError, match="the main one is run already"):
        world.workflow("Order", handler="start")
    with pytest.raises(UsageError, match="it is the main one"):
        order(world).key("o-1").shared("run")


def test_names_and_urls_are_checked() -> None:
    world = World()
    with pytest.raises(InvalidWorkflowKey):
        world.workflow("")
    with pytest.raises(InvalidWorkflowKey):
        order(world).key("")
    with pytest.raises(InvalidServiceUrl):
        world.deployment("orders", serves=("Order",))


# --- as an engine --------------------------------------------------------------------------------


def test_connecting_gives_an_empty_healthy_engine_and_does_no_io() -> None:
    engine = connect(EngineSettings(admin_url="http://nowhere:1", ingress_url="unix:///nowhere"))

    assert isinstance(engine, MemoryEngine)
    answer_of(engine.admin.probe_ingress())
    assert answer_of(engine.deployments.list()) == ()
    assert engine.store is not connect(EngineSettings()).store  # type: ignore[attr-defined]


def test_a_clock_can_be_brought_along() -> None:
    clock = VirtualClock()
    assert World(clock=clock).store.clock is clock


@pytest.mark.parametrize("loop", LOOPS)
def test_a_story_is_the_same_on_every_loop_and_without_one(loop: str) -> None:
    async def story() -> tuple[object, ...]:
        world = World()
        run = order(world).key("o-1").state({"stage": b"paying"}).failed("boom")
        engine = world.engine
        await world.clock.sleep(HOUR)
        answers = [await engine.invocations.for_key(WorkflowKey("Order", "o-1"))]
        world.store.purge(run.id)
        order(world).key("o-1").submit()
        answers.append(await engine.invocations.for_key(WorkflowKey("Order", "o-1")))
        return (*answers, await engine.listing.survey(failures=20, unfinished=20))

    assert on(loop, story) == answer_of(story())
