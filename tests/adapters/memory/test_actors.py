"""What others do to the engine: clients, the engine itself and the code that it runs, and time."""

from datetime import timedelta

import pytest

from tests.adapters.memory.command_table import now
from wfadmin.adapters.memory import Run, Submission, Submitted, World
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus

KEY = WorkflowKey("Order", "o-1")
DAY = timedelta(days=1)


def submitted(world: World, *, due: timedelta | None = None) -> Invocation:
    submission = world.store.submit(KEY, due=due)
    assert submission.answer is Submitted.ACCEPTED
    run = world.store.find(submission.invocation_id or "")
    assert run is not None
    return run


def a_world() -> World:
    world = World()
    world.workflow("Order").key("o-1").shared("watch")
    return world


# --- a client ------------------------------------------------------------------------------------


def test_a_submitted_run_is_ready_and_not_pinned() -> None:
    run = submitted(a_world())
    assert (run.status, run.deployment_id) == (InvocationStatus.READY, None)


def test_a_delayed_run_is_scheduled() -> None:
    world = a_world()
    run = submitted(world, due=timedelta(hours=1))

    assert run.status is InvocationStatus.SCHEDULED
    assert run.due_at == world.clock.now() + timedelta(hours=1)


@pytest.mark.parametrize(
    "place", ["scheduled", "pending", "running", "suspended", "paused", "failed", "succeeded"]
)
def test_a_key_is_held_while_its_run_is_unfinished_or_retained(place: str) -> None:
    world = a_world()
    run: Run = getattr(world.workflow("Order").key("o-1"), place)()
    before = world.store.fingerprint()

    assert world.store.submit(KEY) == Submission(Submitted.PREVIOUSLY_ACCEPTED, run.id)
    assert world.store.fingerprint() == before


def test_a_key_can_be_submitted_again_after_a_purge_and_runs_from_blank() -> None:
    world = a_world()
    run = world.workflow("Order").key("o-1").state({"stage": b"paying"}).failed("boom")
    world.store.purge(run.id)

    assert world.store.submit(KEY) == Submission(Submitted.ACCEPTED, run.id)
    assert world.store.state_of(KEY) == {}


def test_a_shared_handler_is_called_beside_the_run_and_without_one() -> None:
    world = a_world()

    first = world.store.submit(KEY, handler="watch")
    main = world.store.submit(KEY)
    second = world.store.submit(KEY, handler="watch")

    answers = {first.answer, main.answer, second.answer}
    assert answers == {Submitted.ACCEPTED}
    assert len({first.invocation_id, main.invocation_id, second.invocation_id}) == 3


def test_nobody_can_call_what_is_not_served() -> None:
    world = World()
    deployment = world.deployment("http://orders:9080", serves=("Order",))
    nothing = Submission(Submitted.NOT_FOUND)

    assert world.store.submit(WorkflowKey("Other", "k")) == nothing
    assert world.store.submit(KEY, handler="misspelt") == nothing
    world.remove_deployment(deployment)
    assert world.store.submit(KEY) == nothing


# --- the engine, and the code that it runs -------------------------------------------------------


def test_a_run_gets_on_step_by_step() -> None:
    world = a_world()
    run = submitted(world, due=timedelta(hours=1))
    store, seen = world.store, []

    def look() -> None:
        found = store.find(run.id)
        assert found is not None
        seen.append((found.status.value, found.deployment_id))

    assert not store.progress(run.id)  # it is not due yet
    world.clock.advance(timedelta(hours=1))
    for step in (store.progress, store.progress, store.suspend, store.progress, store.succeed):
        assert step(run.id)
        look()

    assert seen == [
        ("ready", None),
        ("running", "dp_1"),
        ("suspended", "dp_1"),
        ("running", "dp_1"),
        ("completed", "dp_1"),
    ]
    assert not store.progress(run.id)


def test_only_a_run_that_moves_on_makes_progress() -> None:
    world = a_world()
    run = world.workflow("Order").key("o-1").running()
    store = world.store
    tokens = [now(run).progress]

    store.back_off(run.id, "down")
    store.back_off(run.id, "down")
    store.progress(run.id)  # another attempt begins
    store.back_off(run.id, "down")
    assert now(run).progress == tokens[0]

    store.progress(run.id)
    for step in (store.progress, store.suspend, store.progress, store.succeed):
        step(run.id)
        tokens.append(now(run).progress)
    assert len(set(tokens)) == 5


def test_a_run_that_moves_on_has_no_failed_attempts_any_more() -> None:
    world = a_world()
    run = world.workflow("Order").key("o-1").backing_off(attempts=3, failure="down")
    world.store.progress(run.id)
    assert (now(run).is_backing_off, now(run).failed_attempts) == (True, 3)

    world.store.progress(run.id)

    assert (now(run).is_backing_off, now(run).failed_attempts) == (False, 0)
    assert (now(run).failure, now(run).failure_at) == (None, None)


def test_attempts_are_counted_and_the_next_one_has_a_time() -> None:
    world = a_world()
    run = world.workflow("Order").key("o-1").running()
    world.clock.advance(timedelta(minutes=1))

    world.store.back_off(run.id, "down")
    world.store.back_off(run.id, "still down")

    found = now(run)
    assert (found.status, found.failed_attempts) == (InvocationStatus.BACKING_OFF, 2)
    assert (found.failure, found.failure_at) == ("still down", world.clock.now())
    assert found.next_retry_at == world.clock.now() + timedelta(seconds=10)
    assert found.modified_at == found.created_at


def test_a_run_gives_up_by_pausing() -> None:
    world = a_world()
    run = world.workflow("Order").key("o-1").backing_off(attempts=70)

    assert world.store.give_up(run.id)
    assert not world.store.progress(run.id)

    assert (now(run).status, now(run).failed_attempts) == (InvocationStatus.PAUSED, 70)


def test_a_run_fails_and_keeps_what_it_stored() -> None:
    world = a_world()
    run = world.workflow("Order").key("o-1").state({"stage": b"paying"}).running()

    assert world.store.fail(run.id, "boom")

    assert (now(run).outcome, now(run).failure) == (InvocationOutcome.FAILED, "boom")
    assert world.store.state_of(KEY) == {"stage": b"paying"}


def test_a_step_that_the_status_does_not_allow_does_nothing() -> None:
    world = a_world()
    run = world.workflow("Order").key("o-1").suspended()
    store, before = world.store, world.store.fingerprint()

    done = [
        store.suspend(run.id),
        store.back_off(run.id, "down"),
        store.give_up(run.id),
        store.succeed(run.id),
        store.fail(run.id, "boom"),
        store.progress("inv_99"),
        store.succeed("inv_99"),
    ]

    assert not any(done)
    assert store.fingerprint() == before


@pytest.mark.parametrize("place", ["running", "suspended", "backing_off"])
def test_a_zombie_never_gets_on(place: str) -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    run: Run = getattr(world.workflow("Order").key("o-1"), place)()
    world.remove_deployment(old)
    before = now(run)

    assert world.store.progress(run.id)
    assert world.store.progress(run.id)

    assert now(run).status is InvocationStatus.BACKING_OFF
    assert now(run).failed_attempts == before.failed_attempts + 2
    assert now(run).progress == before.progress


def test_a_run_that_nothing_serves_stays_ready() -> None:
    world = a_world()
    run = submitted(world)
    world.store.registry.remove("dp_1")

    assert not world.store.progress(run.id)

    found = world.store.find(run.id)
    assert found is not None
    assert (found.status, found.deployment_id) == (InvocationStatus.READY, None)


def test_a_pending_run_of_a_workflow_starts() -> None:
    world = a_world()
    run = world.workflow("Order").key("o-1").pending()

    assert world.store.progress(run.id)

    assert (now(run).status, now(run).deployment_id) == (InvocationStatus.RUNNING, "dp_1")


# --- time ----------------------------------------------------------------------------------------


def test_a_completed_run_expires_and_takes_the_state_of_its_workflow_key_along() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").state({"stage": b"paying"}).failed("boom")

    world.advance(DAY - timedelta(microseconds=1))
    assert run.now is not None
    world.advance(timedelta(microseconds=1))

    assert run.id not in {one.id for one in world.store.runs}
    assert world.store.state_of(KEY) == {}


def test_expiry_of_a_virtual_object_call_leaves_its_state() -> None:
    world = World()
    cart = world.virtual_object("Cart").key("c-1").state({"count": b"1"})
    run = cart.failed("boom")

    world.advance(DAY)

    assert (run.now, world.store.state_of(cart.workflow_key)) == (None, {"count": b"1"})


def test_expiry_of_a_shared_call_leaves_the_run_and_its_state() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"stage": b"paying"})
    run, call = key.suspended(), key.shared("status").succeeded()

    world.advance(DAY)

    assert (run.now is not None, call.now) == (True, None)
    assert world.store.state_of(KEY) == {"stage": b"paying"}


def test_an_unfinished_run_never_expires() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").suspended()

    world.advance(DAY * 400)

    assert run.now is not None


def test_what_expired_is_said() -> None:
    world = World()
    short = world.workflow("Short", retention=timedelta(minutes=1)).key("s").failed("boom")
    world.workflow("Order").key("o-1").failed("boom")
    world.clock.advance(timedelta(minutes=1))

    assert world.store.expire() == (short.id,)
    assert world.store.expire() == ()


@pytest.mark.parametrize("end", ["failed", "killed", "cancelled", "succeeded"])
def test_with_retention_zero_no_row_is_left_and_the_state_is(end: str) -> None:
    world = World()
    key = world.workflow("Order", retention=timedelta(0)).key("o-1").state({"stage": b"paying"})

    run: Run = getattr(key, end)()

    assert run.now is None
    assert world.store.state_of(KEY) == {"stage": b"paying"}
    assert key.submit().answer is Submitted.ACCEPTED


def test_with_retention_zero_a_killed_run_leaves_its_state_to_the_next() -> None:
    world = World()
    key = world.workflow("Order", retention=timedelta(0)).key("o-1").state({"stage": b"paying"})
    run = key.suspended()

    world.store.kill(run.id)
    world.advance(DAY * 400)

    assert (run.now, world.store.state_of(KEY)) == (None, {"stage": b"paying"})


def test_a_timer_fires_when_time_has_passed() -> None:
    world = World()
    soon = world.workflow("Order").key("soon").scheduled(due=timedelta(minutes=1))
    late = world.workflow("Order").key("late").scheduled(due=timedelta(minutes=2))

    world.advance(timedelta(minutes=1))

    statuses = [now(run).status for run in (soon, late)]
    assert statuses == [InvocationStatus.READY, InvocationStatus.SCHEDULED]
    assert world.store.fire_timers() == ()
