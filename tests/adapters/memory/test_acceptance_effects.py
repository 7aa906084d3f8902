"""What a late write finds when it happens: another run, another status, nothing at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.adapters.memory.calls import KEY, STATE
from tests.adapters.memory.command_table import COMMANDS, an_order, now, tell
from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import Run, World
from wfadmin.adapters.memory.table import version_of
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.commands import Kill, Purge, Resume
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import InvocationOutcome, ServiceRevision

WAIT = timedelta(seconds=2)
V1, V2 = "http://v1:9080", "http://v2:9080"


def slow(fence: Fence = Fence.CHECKED) -> World:
    return World(acceptance=WAIT, fence=fence)


def submitted(world: World) -> InvocationRef:
    submission = world.workflow("Order").key("o-1").submit()
    run = world.store.find(submission.invocation_id or "")
    assert run is not None
    return run.ref


def registered(world: World) -> dict[str, tuple[ServiceRevision, ...]]:
    return {one.id: one.services for one in answer_of(world.engine.deployments.list())}


def register(world: World, url: str, *, force: bool = True) -> str:
    call = world.engine.deployments.register(url, force=force, dry_run=False)
    return answer_of(call).deployment_id


# --- commands ------------------------------------------------------------------------------------


def test_a_purge_that_comes_late_hits_the_success_that_has_the_id_by_then() -> None:
    world = slow()
    run = an_order(world).failed("boom")
    tell(world, Purge(run.ref))
    world.store.forget(now(run))
    again = submitted(world)
    world.store.progress(again.id)
    world.store.succeed(again.id)

    world.settle()

    assert again.id == run.id
    assert again.incarnation != run.ref.incarnation
    assert world.store.find(again.id) is None


@pytest.mark.parametrize("fence", [Fence.CHECKED, Fence.NONE])
def test_a_kill_that_comes_late_hits_the_run_that_has_the_id_by_then(fence: Fence) -> None:
    world = slow(fence)
    run = an_order(world).running()
    tell(world, Kill(run.ref))
    replace(world, run)

    world.settle()

    assert now(run).outcome is InvocationOutcome.KILLED


def test_an_atomic_fence_compares_again_and_then_nothing_happens() -> None:
    world = slow(Fence.ATOMIC)
    run = an_order(world).running()
    assert tell(world, Kill(run.ref)) is Answer.ACCEPTED
    replace(world, run)
    before = now(run)

    world.settle()

    assert now(run) == before
    assert tell(world, Kill(run.ref)) is Answer.CHANGED


def replace(world: World, run: Run) -> None:
    """End the run and start another one under its id, while something is accepted for it."""
    world.store.succeed(run.id)
    world.store.forget(now(run))
    world.store.progress(submitted(world).id)


@pytest.mark.parametrize(
    ("command", "meanwhile"),
    [
        ("kill", lambda world, run: world.store.succeed(run.id)),
        ("pause", lambda world, run: world.store.fail(run.id, "boom")),
        ("cancel", lambda world, run: world.store.succeed(run.id)),
        ("resume", lambda world, run: world.store.succeed(run.id)),
        ("kill", lambda world, run: world.store.end(now(run), InvocationOutcome.KILLED)),
    ],
)
def test_what_the_status_does_not_allow_any_more_does_nothing_and_nobody_is_told(
    command: str, meanwhile: Callable[[World, Run], object]
) -> None:
    world = slow()
    run = an_order(world).running()
    assert tell(world, COMMANDS[command](run.ref)) is Answer.ACCEPTED
    meanwhile(world, run)
    before = run.now

    world.settle()

    assert run.now == before


def test_a_run_that_is_gone_by_then_is_no_error() -> None:
    world = slow()
    run = an_order(world).failed("boom")

    assert [tell(world, Purge(run.ref)), tell(world, Purge(run.ref))] == [Answer.ACCEPTED] * 2
    world.settle()

    assert world.store.runs == ()
    assert tell(world, Purge(run.ref)) is Answer.NOT_FOUND


def test_a_resume_on_a_deployment_that_is_gone_by_then_does_nothing() -> None:
    world = slow()
    old = world.deployment(V1, serves=("Order",))
    world.deployment(V2, serves=("Order",))
    run = an_order(world).paused()
    assert tell(world, Resume(run.ref, old.id)) is Answer.ACCEPTED
    world.remove_deployment(old)
    before = run.now

    world.settle()

    assert run.now == before


def test_a_kill_without_retention_leaves_no_row_and_the_state_once_it_happens() -> None:
    world = slow()
    key = world.workflow("Brief", retention=timedelta(0)).key("b-1").state(STATE)
    run = key.running()
    tell(world, Kill(run.ref))
    assert run.now is not None

    world.settle()

    assert run.now is None
    assert world.store.state_of(key.workflow_key) == STATE


# --- state ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fence", "left"),
    [(Fence.CHECKED, True), (Fence.ATOMIC, True), (Fence.NONE, False)],
)
def test_a_clear_compares_when_it_happens(fence: Fence, *, left: bool) -> None:
    world = slow(fence)
    key = an_order(world)
    version = version_of(world.store.state_of(KEY))
    call = world.engine.state.clear(KEY, expected_version=version)
    assert answer_of(call) is Answer.ACCEPTED
    key.state({"stage": b"shipped"})

    world.settle()

    assert world.store.state_of(KEY) == ({"stage": b"shipped"} if left else {})


def test_a_clear_that_happens_while_the_key_is_held_waits_for_its_turn() -> None:
    world = slow()
    key = world.virtual_object("Cart").key("c-1").state(STATE)
    version = version_of(STATE)
    answer_of(world.engine.state.clear(key.workflow_key, expected_version=version))
    holder = key.running()

    world.settle()
    held = world.store.state_of(key.workflow_key)
    world.store.succeed(holder.id)

    assert (held, world.store.state_of(key.workflow_key)) == (STATE, {})


# --- deployments ---------------------------------------------------------------------------------


def test_a_registration_is_seen_later_under_the_id_that_was_promised() -> None:
    world = slow()
    world.place(V1, serves=("Order",))
    world.place(V2, serves=("Order",))

    ids = [register(world, V1), register(world, V2), register(world, V1 + "/")]
    assert registered(world) == {}
    world.settle()

    assert ids == ["dp_1", "dp_2", "dp_1"]
    assert registered(world) == {
        "dp_1": (ServiceRevision("Order", 3),),
        "dp_2": (ServiceRevision("Order", 2),),
    }


def test_a_promised_id_is_given_to_no_other_deployment() -> None:
    world = slow()
    world.place(V1, serves=("Order",))
    promised = register(world, V1)

    other = world.deployment(V2, serves=("Order",))
    world.settle()

    assert (promised, other.id) == ("dp_1", "dp_2")
    assert set(registered(world)) == {"dp_1", "dp_2"}


def test_a_url_that_became_known_meanwhile_keeps_the_id_that_it_got() -> None:
    world = slow()
    world.place(V1, serves=("Order",))
    register(world, V1)

    other = world.deployment(V1, serves=("Order",))
    world.settle()

    assert registered(world) == {other.id: (ServiceRevision("Order", 2),)}


def test_a_place_that_is_gone_by_then_is_not_registered_and_nobody_is_told() -> None:
    world = slow()
    world.place(V1, serves=("Order",))
    register(world, V1)
    world.stop(V1)

    world.settle()

    assert registered(world) == {}


def test_a_removal_is_seen_later_and_twice_is_no_error() -> None:
    world = slow()
    old = world.deployment(V1, serves=("Order",))

    answers = [answer_of(world.engine.deployments.remove(old.id)) for _ in range(2)]
    assert set(registered(world)) == {old.id}
    world.settle()

    assert answers == [Answer.ACCEPTED] * 2
    assert registered(world) == {}


def test_a_removal_hits_what_was_registered_again_meanwhile() -> None:
    world = slow()
    old = world.deployment(V1, serves=("Order",))
    answer_of(world.engine.deployments.remove(old.id))
    world.deployment(V1, serves=("Order", "Cart"))

    world.settle()

    assert registered(world) == {}
