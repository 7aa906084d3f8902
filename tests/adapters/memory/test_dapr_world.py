"""Workers, reads and starts on the engine like Dapr, and what cannot be there."""

from collections.abc import Callable
from datetime import timedelta

import pytest

import wfadmin
from tests.adapters.memory.dapr_table import (
    COMMANDS,
    OK,
    STATES,
    TABLE,
    a_family,
    a_world,
    an_order,
    read,
    tell,
    word,
)
from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import Key, Submitted, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Capabilities, CommandName, Fence, Listing, Reach
from wfadmin.domain.commands import Cancel, Command, Pause, Purge, RaiseEvent, Resume, Start
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationStatus,
    Service,
    ServiceKind,
)
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    EngineRejected,
    InvalidWorkflowKey,
    NotReady,
    NotSupported,
    RetryBlocked,
    UsageError,
)

# --- workers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("pause", "ERR_PAUSE_WORKFLOW"),
        ("resume", "ERR_RESUME_WORKFLOW"),
        ("kill", "ERR_TERMINATE_WORKFLOW"),
    ],
)
def test_without_a_worker_a_command_is_an_error(command: str, code: str, state: str) -> None:
    world = a_world()
    run = STATES[state](an_order(world))
    before = word(world, run)
    world.connect_workers(0)

    with pytest.raises(EngineRejected) as caught:
        tell(world, COMMANDS[command](run.ref))

    assert (caught.value.http_status, caught.value.engine_code) == (500, code)
    assert word(world, run) == before


@pytest.mark.parametrize(
    ("state", "answer"),
    [(state, answer) for state, (answer, _) in TABLE["purge"].items() if answer is not OK],
)
def test_a_purge_that_has_nothing_to_do_needs_no_worker(state: str, answer: Answer) -> None:
    world = a_world()
    run = STATES[state](an_order(world))
    world.connect_workers(0)

    assert tell(world, Purge(run.ref)) is answer


@pytest.mark.parametrize("state", ["succeeded", "failed", "terminated"])
def test_without_a_worker_nothing_is_purged(state: str) -> None:
    world = a_world()
    run = STATES[state](an_order(world))
    world.connect_workers(0)

    with pytest.raises(EngineRejected) as caught:
        tell(world, Purge(run.ref))

    assert caught.value.engine_code == "ERR_PURGE_WORKFLOW"
    assert read(world, run) is not None


def test_without_a_worker_nothing_gets_on_until_one_is_back() -> None:
    world = a_world()
    key = an_order(world)
    run = key.running()
    world.connect_workers(0)
    before = read(world, run)

    moved = world.store.progress(run.id) or world.store.succeed(run.id)
    submitted = world.workflow("Order").key("o-2").submit()

    assert not moved
    assert read(world, run) == before
    assert submitted.answer is Submitted.NOT_FOUND
    world.connect_workers(2)
    assert world.store.succeed(run.id)
    assert word(world, run) == "COMPLETED"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_app_is_listed_with_its_workers_and_no_workflow_is(count: int) -> None:
    world = a_world()
    an_order(world)
    world.connect_workers(count)

    services = answer_of(world.engine.admin.list_services())

    assert services == (Service("app", ServiceKind.WORKFLOW, workers=count),)


def test_the_number_of_workers_belongs_to_the_state_of_the_world() -> None:
    world = a_world()
    before = world.store.fingerprint()

    world.connect_workers(0)

    assert world.store.fingerprint() != before


def test_an_engine_that_does_not_count_workers_gets_none() -> None:
    with pytest.raises(UsageError, match="restate does not say which workers are connected"):
        World().connect_workers(0)


def test_there_are_no_negative_workers() -> None:
    with pytest.raises(UsageError, match="there are no negative workers"):
        a_world().connect_workers(-1)


# --- what is read --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["planned", "just started"])
def test_of_an_instance_that_never_ran_nothing_is_known_but_its_id(state: str) -> None:
    world = a_world()
    run = STATES[state](an_order(world))
    asked = WorkflowKey("Other", "o-1")

    found = answer_of(world.engine.invocations.for_key(asked))

    expected = Invocation(
        ref=InvocationRef(asked, "o-1", None),
        service_name="Other",
        handler_name=None,
        service_kind=ServiceKind.WORKFLOW,
        status=InvocationStatus.PENDING,
        engine_status="PENDING",
    )
    assert found == (expected,)
    by_id = answer_of(world.engine.invocations.get(InvocationRef(None, run.id, None)))
    assert by_id is not None
    assert (by_id.key, by_id.service_name) == (None, "")


def test_of_one_that_ran_no_parent_and_no_retention_is_known() -> None:
    world = a_world()
    world.workflow("Payment", retention=timedelta(days=1))
    _, child = a_family(world)

    found = read(world, child)

    assert found is not None
    assert (found.parent_id, found.retention, found.handler_name) == (None, None, None)
    assert found.handler_kind is HandlerKind.MAIN
    assert found.key == WorkflowKey("Payment", "child")
    assert found.ref.incarnation is not None


def test_of_one_that_was_planned_nobody_knows_when_it_has_begun() -> None:
    world = a_world()
    run = an_order(world).scheduled()
    tell(world, Pause(run.ref))

    found = read(world, run)

    assert found is not None
    assert (found.engine_status, found.due_at) == ("RUNNING", None)


def test_a_pause_and_a_resume_show_as_progress() -> None:
    world = a_world()
    run = an_order(world).running()
    seen = [read(world, run)]

    for kind in (Pause, Resume):
        tell(world, kind(run.ref))
        seen.append(read(world, run))

    assert len({one.progress for one in seen if one is not None}) == 3


def test_an_instance_of_another_workflow_is_refused_with_both_names() -> None:
    world = a_world()
    an_order(world).running()

    with pytest.raises(InvalidWorkflowKey, match=r"o-1 belongs to the workflow Order, not to Bill"):
        answer_of(world.engine.invocations.for_key(WorkflowKey("Bill", "o-1")))


def test_a_key_without_an_instance_reads_empty() -> None:
    assert answer_of(a_world().engine.invocations.for_key(WorkflowKey("Order", "o-1"))) == ()


def test_two_workflows_share_the_ids_of_their_instances() -> None:
    world = a_world()
    an_order(world).running()

    with pytest.raises(UsageError, match="it has its main run already"):
        world.workflow("Bill").key("o-1").running()


def test_children_can_not_be_listed() -> None:
    world = a_world()
    parent, _ = a_family(world)

    with pytest.raises(NotSupported, match="children"):
        answer_of(world.engine.invocations.children(parent.ref))


def test_it_has_neither_deployments_nor_listing_nor_state_nor_history() -> None:
    engine = a_world().engine

    assert (engine.deployments, engine.listing, engine.state, engine.history) == (None,) * 4


def test_it_declares_what_it_can_do() -> None:
    facts = answer_of(a_world().engine.facts())

    assert facts.version == "1.18.3"
    assert facts.capabilities == Capabilities(
        commands=frozenset(
            {CommandName.PAUSE, CommandName.RESUME, CommandName.KILL, CommandName.PURGE}
        ),
        fence=Fence.CHECKED,
        purge_clears_state=frozenset({ServiceKind.WORKFLOW}),
        kill_is_immediate=False,
        kill_reach=Reach.WITH_CHILDREN,
        purge_reach=Reach.WITH_CHILDREN,
        late_results=True,
        repeatable=frozenset({CommandName.KILL, CommandName.PURGE}),
        pause_keeps_progress=False,
        unkillable=frozenset({InvocationStatus.PENDING, InvocationStatus.STALLED}),
        listing=Listing.NONE,
        pausable=frozenset({InvocationStatus.RUNNING}),
        write_floor=timedelta(seconds=8),
    )


@pytest.mark.parametrize(
    "command",
    [
        Cancel,
        lambda ref: Resume(ref, "latest"),
        Start,
        lambda ref: RaiseEvent(ref, "go"),
    ],
    ids=["cancel", "resume elsewhere", "start", "event"],
)
def test_what_dapr_has_no_route_for_or_only_its_sidecar_is_not_supported(
    command: Callable[[InvocationRef], Command],
) -> None:
    world = a_world()
    run = an_order(world).running()

    with pytest.raises(NotSupported):
        world.store.perform(command(run.ref))

    assert word(world, run) == "RUNNING"


# --- starting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["succeeded", "failed", "terminated"])
def test_a_start_takes_the_place_of_what_has_ended(state: str) -> None:
    world = a_world()
    key = an_order(world)
    before = STATES[state](key).ref.incarnation

    submission = key.submit()

    run = world.store.find("o-1")
    assert (submission.answer, submission.invocation_id) == (Submitted.ACCEPTED, "o-1")
    assert run is not None
    assert run.ref.incarnation != before
    assert run.engine_status == "PENDING"
    assert world.store.state_of(key.workflow_key) == {}


@pytest.mark.parametrize("state", ["planned", "just started", "running", "paused", "stalled"])
def test_a_start_does_not_replace_what_has_not_ended(state: str) -> None:
    world = a_world()
    key = an_order(world)
    run = STATES[state](key)

    assert key.submit().answer is Submitted.PREVIOUSLY_ACCEPTED
    assert run.now is not None
    assert run.now.ref == run.ref


def test_a_purge_takes_input_and_output_along() -> None:
    world = a_world()
    key = an_order(world)
    run = key.succeeded()

    tell(world, Purge(run.ref))

    assert world.store.state_of(key.workflow_key) == {}


# --- what cannot be there ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (lambda key: key.suspended(), "in dapr no run is suspended"),
        (lambda key: key.backing_off(), "in dapr no run is backing_off"),
        (lambda key: key.paused(failure="boom"), "in dapr no run is backing_off"),
        (lambda key: key.cancelled(), "in dapr no run ends cancelled"),
        (lambda key: key.shared("watch"), "dapr has no shared handlers"),
    ],
    ids=["suspended", "backing off", "gave up", "cancelled", "shared"],
)
def test_a_state_that_it_does_not_have_is_refused(
    place: Callable[[Key], object], said: str
) -> None:
    world = a_world()

    with pytest.raises(UsageError, match=said):
        place(an_order(world))

    assert world.store.runs == ()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda world: world.virtual_object("Cart"), "dapr has no virtual objects"),
        (lambda world: world.plain("Mailer"), "dapr has no plain services"),
        (
            lambda world: world.deployment("http://v1:9080", serves=("Order",)),
            "dapr has no deployments",
        ),
    ],
    ids=["virtual object", "plain", "deployment"],
)
def test_a_service_that_it_does_not_have_is_refused(
    make: Callable[[World], object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        make(a_world())


def test_a_run_that_waits_or_fails_an_attempt_goes_on_running() -> None:
    world = a_world()
    run = an_order(world).running()

    assert not world.store.suspend(run.id)
    assert not world.store.back_off(run.id, "boom")
    assert word(world, run) == "RUNNING"


def test_no_run_of_restate_is_stalled() -> None:
    with pytest.raises(UsageError, match="in restate no run is stalled"):
        an_order(World()).stalled()


# --- as a whole ----------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_failed_instance_recovers() -> None:
    world = a_world()
    key = an_order(world)
    key.failed("ValueError: boom")
    policy = RecoveryPolicy(with_children=True)
    async with wfadmin.connect(world.engine, clock=world.clock, policy=policy) as operator:
        result = await operator.recover_stuck_workflow(key.workflow_key)

    assert (result.effect, result.killed, result.purged) == (Effect.CONFIRMED, (), ("o-1",))
    assert world.store.runs == ()


@pytest.mark.asyncio
async def test_a_failed_instance_whose_children_nobody_knows_is_refused() -> None:
    world = a_world()
    key = an_order(world)
    key.failed("ValueError: boom")
    before = world.store.fingerprint()

    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        with pytest.raises(RetryBlocked) as caught:
            await operator.recover_stuck_workflow(key.workflow_key)

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", ("o-1",))
    assert world.store.fingerprint() == before


@pytest.mark.asyncio
async def test_without_a_worker_nothing_is_sent() -> None:
    world = a_world()
    key = an_order(world)
    key.failed("ValueError: boom")
    world.connect_workers(0)
    before = world.store.fingerprint()
    policy = RecoveryPolicy(with_children=True)

    async with wfadmin.connect(world.engine, clock=world.clock, policy=policy) as operator:
        with pytest.raises(NotReady) as caught:
            await operator.recover_stuck_workflow(key.workflow_key)

    assert caught.value.why.startswith("No worker of the app is connected.")
    assert world.store.fingerprint() == before
