"""What a command does beside its answer: to the run, to its state, to others."""

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from tests.adapters.memory.command_table import NO, OK, STATES, an_order, now, tell
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.commands import Cancel, Command, Kill, Pause, Purge, RaiseEvent, Resume, Start
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import InvocationOutcome, InvocationStatus
from wfadmin.errors import EngineRejected, NotSupported

# --- kill ----------------------------------------------------------------------------------------


def test_a_killed_run_is_a_retained_failure_and_its_state_stays() -> None:
    world = World()
    key = an_order(world)
    run = key.suspended()
    world.clock.advance(timedelta(minutes=1))

    tell(world, Kill(run.ref))

    killed = now(run)
    assert (killed.outcome, killed.failure) == (InvocationOutcome.KILLED, "[409] killed")
    assert killed.engine_status == "completed"
    assert killed.completed_at == killed.failure_at == killed.modified_at == world.clock.now()
    assert killed.ref == run.ref
    assert world.store.state_of(key.workflow_key) == {"stage": b"paying"}


def test_a_killed_run_has_no_attempts_to_come() -> None:
    world = World()
    run = an_order(world).backing_off(attempts=7)

    tell(world, Kill(run.ref))

    assert (now(run).failed_attempts, now(run).next_retry_at) == (0, None)
    assert not now(run).is_backing_off


def test_a_kill_takes_unfinished_children_along_and_theirs() -> None:
    world = World()
    order = world.workflow("Order")
    parent = world.workflow("Parent").key("p-1").suspended()
    child = parent.child(order.key("child")).suspended()
    grandchild = child.child(world.plain("Mailer")).backing_off()
    waiting = parent.child(order.key("waiting")).pending()
    done = parent.child(order.key("done")).succeeded()
    stranger = order.key("stranger").running()

    tell(world, Kill(parent.ref))

    killed = (parent, child, grandchild)
    assert {now(one).outcome for one in killed} == {InvocationOutcome.KILLED}
    assert waiting.now is None
    assert now(done).outcome is InvocationOutcome.SUCCEEDED
    assert now(stranger).status is InvocationStatus.RUNNING


def test_a_kill_of_children_that_queue_for_one_key_leaves_none_of_them() -> None:
    world = World()
    cart = world.virtual_object("Cart").key("c-1")
    parent = world.workflow("Order").key("o-1").suspended()
    holder = parent.child(cart).suspended()
    queued = parent.child(cart).pending()

    tell(world, Kill(parent.ref))

    assert now(holder).outcome is InvocationOutcome.KILLED
    assert now(queued).outcome is InvocationOutcome.KILLED  # it was started by the end of the first
    assert world.store.children_of(parent.id) == ()


def test_a_call_of_a_plain_service_that_has_not_started_is_gone_when_it_is_killed() -> None:
    world = World()
    run = world.plain("Mailer").pending()

    assert tell(world, Kill(run.ref)) is OK

    assert run.now is None


def test_an_unfinished_shared_call_survives_kill_and_purge_of_the_main_run() -> None:
    world = World()
    key = an_order(world)
    run = key.suspended()
    watcher = key.shared("watch").suspended()
    before = watcher.now

    tell(world, Kill(run.ref))
    tell(world, Purge(run.ref))

    assert watcher.now == before
    assert world.store.state_of(key.workflow_key) == {}


def test_a_parent_goes_on_when_its_child_is_killed() -> None:
    world = World()
    parent = world.workflow("Parent").key("p-1").suspended()
    child = parent.child(an_order(world)).suspended()
    before = now(parent)

    tell(world, Kill(child.ref))

    assert now(parent).status is InvocationStatus.RUNNING
    assert now(parent).progress != before.progress


def test_a_parent_that_does_not_wait_is_left_alone_when_its_child_ends() -> None:
    world = World()
    parent = world.workflow("Parent").key("p-1").paused()
    child = parent.child(an_order(world)).suspended()
    before = parent.now

    tell(world, Kill(child.ref))

    assert parent.now == before


# --- purge ---------------------------------------------------------------------------------------


def test_a_purge_of_a_main_run_takes_the_state_of_its_key_along() -> None:
    world = World()
    key = an_order(world)
    other = world.workflow("Order").key("o-2").state({"stage": b"other"})
    run = key.failed("boom")

    tell(world, Purge(run.ref))

    assert world.store.state_of(key.workflow_key) == {}
    assert world.store.state_of(other.workflow_key) == {"stage": b"other"}


def test_a_purge_of_a_completed_shared_call_leaves_run_and_state_alone() -> None:
    world = World()
    key = an_order(world)
    run = key.suspended()
    before = run.now

    tell(world, Purge(key.shared("status").succeeded().ref))

    assert run.now == before
    assert world.store.state_of(key.workflow_key) == {"stage": b"paying"}


def test_a_purge_of_a_virtual_object_call_leaves_its_state() -> None:
    world = World()
    key = world.virtual_object("Cart").key("c-1").state({"count": b"1"})

    tell(world, Purge(key.failed("boom").ref))

    assert world.store.state_of(key.workflow_key) == {"count": b"1"}


def test_a_late_purge_takes_the_success_of_the_next_run() -> None:
    world = World()
    key = an_order(world)
    first = key.failed("boom").ref
    tell(world, Purge(first))
    second = key.succeeded().ref
    assert (second.id, second.incarnation == first.incarnation) == (first.id, False)

    assert tell(world, Purge(first)) is OK

    assert world.store.find(second.id) is None


# --- pause and resume ----------------------------------------------------------------------------


def test_a_pause_keeps_the_failed_attempts_and_ends_the_wait_for_the_next() -> None:
    world = World()
    run = an_order(world).backing_off(attempts=3, failure="down")
    before = now(run)
    world.clock.advance(timedelta(minutes=1))

    tell(world, Pause(run.ref))

    expected = attrs.evolve(
        before,
        status=InvocationStatus.PAUSED,
        engine_status="paused",
        modified_at=world.clock.now(),
        next_retry_at=None,
    )
    assert run.now == expected


def test_a_suspended_run_that_was_paused_goes_on_when_what_it_waits_for_comes() -> None:
    world = World()
    run = an_order(world).suspended()

    assert tell(world, Pause(run.ref)) is OK
    assert world.store.progress(run.id)

    assert now(run).status is InvocationStatus.RUNNING


def test_a_resume_does_not_start_a_run_that_is_ready() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    invocation_id = key.submit().invocation_id
    assert invocation_id is not None
    before = world.store.find(invocation_id)

    assert tell(world, Resume(InvocationRef(key.workflow_key, invocation_id, None))) is OK

    assert world.store.find(invocation_id) == before


def test_a_resume_is_no_progress() -> None:
    world = World()
    run = an_order(world).paused(failure="down")
    before = now(run)

    tell(world, Resume(run.ref))

    after = now(run)
    assert (after.progress, after.failed_attempts, after.failure) == (before.progress, 1, "down")


def test_a_zombie_that_is_resumed_finds_nothing_and_backs_off() -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    world.deployment("http://new:9080", serves=("Order",))
    key = world.workflow("Order").key
    runs = [key("a").suspended(on=old), key("b").paused(on=old), key("c").backing_off(on=old)]
    world.remove_deployment(old)

    assert [tell(world, Resume(run.ref)) for run in runs] == [OK, OK, OK]

    assert [now(run).status for run in runs] == [InvocationStatus.BACKING_OFF] * 3
    assert [now(run).failed_attempts for run in runs] == [1, 1, 2]
    failure = "[RT0011] the deployment that it is pinned to is not registered"
    assert {now(run).failure for run in runs} == {failure}


def test_a_paused_zombie_goes_on_where_the_latest_deployment_is() -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    new = world.deployment("http://new:9080", serves=("Order",))
    run = world.workflow("Order").key("o-1").backing_off(attempts=9, on=old)
    world.remove_deployment(old)
    before = now(run)

    assert tell(world, Resume(run.ref, "latest")) is NO
    assert tell(world, Pause(run.ref)) is OK
    assert tell(world, Resume(run.ref, "latest")) is OK

    after = now(run)
    assert (after.status, after.deployment_id) == (InvocationStatus.RUNNING, new.id)
    assert (after.ref, after.progress) == (before.ref, before.progress)


def test_a_run_can_be_resumed_on_a_deployment_that_is_not_the_latest() -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    world.deployment("http://new:9080", serves=("Order",))
    run = world.workflow("Order").key("o-1").suspended()

    tell(world, Resume(run.ref, old.id))

    after = now(run)
    assert (after.status, after.deployment_id) == (InvocationStatus.SUSPENDED, old.id)


def test_a_run_is_moved_to_a_deployment_that_does_not_serve_it_and_backs_off_there() -> None:
    world = World()
    world.deployment("http://orders:9080", serves=("Order",))
    mail = world.deployment("http://mail:9080", serves=("Mailer",))
    run = world.workflow("Order").key("o-1").paused()

    assert tell(world, Resume(run.ref, mail.id)) is OK

    after = now(run)
    assert (after.status, after.deployment_id) == (InvocationStatus.BACKING_OFF, mail.id)
    assert after.failure == "[RT0012] the deployment that it is pinned to does not serve it"


@pytest.mark.parametrize("wanted", ["latest", "dp_99"])
def test_a_resume_on_a_deployment_that_is_not_there_is_rejected(wanted: str) -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    run = world.workflow("Order").key("o-1").paused(on=old)
    world.remove_deployment(old)
    before = run.now

    with pytest.raises(EngineRejected) as caught:
        tell(world, Resume(run.ref, wanted))

    assert caught.value.http_status == 400
    assert run.now == before


def test_a_paused_run_that_never_started_starts_when_it_is_resumed() -> None:
    world = World()
    deployment = world.deployment("http://orders:9080", serves=("Order",))
    key = world.workflow("Order").key("o-1")
    invocation_id = key.submit().invocation_id
    assert invocation_id is not None
    ref = InvocationRef(key.workflow_key, invocation_id, None)
    tell(world, Pause(ref))

    tell(world, Resume(ref))

    started = world.store.find(invocation_id)
    assert started is not None
    assert started.deployment_id == deployment.id
    assert started.status is InvocationStatus.RUNNING


# --- cancel --------------------------------------------------------------------------------------


def test_a_cancelled_run_is_a_retained_failure() -> None:
    world = World()
    run = an_order(world).suspended()

    tell(world, Cancel(run.ref))

    after = now(run)
    assert (after.outcome, after.failure) == (InvocationOutcome.CANCELLED, "[409] cancelled")


@pytest.mark.parametrize("state", ["backing_off", "gave_up"])
def test_a_run_whose_attempts_fail_does_not_hear_that_it_is_cancelled(state: str) -> None:
    world = World()
    run = STATES[state](an_order(world))
    before = now(run)

    assert tell(world, Cancel(run.ref)) is OK

    after = now(run)
    assert (after.outcome, after.failed_attempts) == (None, before.failed_attempts)
    assert after.progress != before.progress  # the wish stands in its journal


def test_a_cancelled_zombie_wakes_up_and_finds_nothing() -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    run = world.workflow("Order").key("o-1").suspended(on=old)
    world.remove_deployment(old)

    tell(world, Cancel(run.ref))

    assert now(run).status is InvocationStatus.BACKING_OFF


def test_a_cancel_reaches_the_children() -> None:
    world = World()
    parent = world.workflow("Parent").key("p-1").suspended()
    child = parent.child(an_order(world)).suspended()

    tell(world, Cancel(parent.ref))

    outcomes = [now(one).outcome for one in (parent, child)]
    assert outcomes == [InvocationOutcome.CANCELLED, InvocationOutcome.CANCELLED]


def test_a_cancelled_run_waits_for_a_child_that_does_not_hear() -> None:
    world = World()
    parent = world.workflow("Parent").key("p-1").suspended()
    child = parent.child(an_order(world)).backing_off()

    tell(world, Cancel(parent.ref))

    statuses = [now(one).status for one in (parent, child)]
    assert statuses == [InvocationStatus.SUSPENDED, InvocationStatus.BACKING_OFF]


def test_a_call_that_nothing_serves_yet_does_not_hear_that_it_is_cancelled() -> None:
    world = World()
    deployment = world.deployment("http://orders:9080", serves=("Order",))
    invocation_id = world.workflow("Order").key("o-1").submit().invocation_id
    assert invocation_id is not None
    world.remove_deployment(deployment)

    assert tell(world, Cancel(InvocationRef(None, invocation_id, None))) is OK

    ready = world.store.find(invocation_id)
    assert ready is not None
    assert ready.status is InvocationStatus.READY


@pytest.mark.parametrize("command", [Start, lambda ref: RaiseEvent(ref, "paid")])
@pytest.mark.parametrize("declared", [None, frozenset(CommandName)])
def test_what_this_engine_is_never_told_is_refused_before_its_point(
    command: Callable[[InvocationRef], Command], declared: frozenset[CommandName] | None
) -> None:
    world = World(commands=declared)
    run = an_order(world).running()
    points: list[Point] = []

    async def note(point: Point) -> None:
        points.append(point)

    world.engine.points.hook = note
    with pytest.raises(NotSupported):
        tell(world, command(run.ref))
    with pytest.raises(NotSupported):
        world.store.perform(command(run.ref))

    assert points == []
    assert now(run).status is InvocationStatus.RUNNING
