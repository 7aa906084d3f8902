"""Keys: ids that come again, queues of virtual objects, and stored state."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.memory.driving import answer_of
from tests.domain.hostile import names
from wfadmin.adapters.memory import Key, Submitted, World
from wfadmin.adapters.memory.table import version_of
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import InvocationStatus, KeyedState, StateEntry
from wfadmin.errors import EngineRejected


def clear(world: World, key: Key, version: str | None = None) -> Answer:
    if version is None:
        version = version_of(world.store.state_of(key.workflow_key))
    return answer_of(world.engine.state.clear(key.workflow_key, expected_version=version))


def state(world: World, key: Key) -> Mapping[str, bytes]:
    return world.store.state_of(key.workflow_key)


def status(world: World, invocation_id: str | None) -> InvocationStatus | None:
    found = world.store.find(invocation_id or "")
    return None if found is None else found.status


# --- ids -----------------------------------------------------------------------------------------


def test_the_id_of_a_main_run_comes_again_and_the_incarnation_does_not() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    seen = []
    for _ in range(3):
        run = key.failed("boom")
        seen.append(run.ref)
        world.store.purge(run.id)

    assert len({ref.id for ref in seen}) == 1
    assert len({ref.incarnation for ref in seen}) == 3


def test_a_later_incarnation_is_created_later_even_at_the_same_moment() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    first = key.failed("boom").now
    assert first is not None
    world.store.purge(first.id)

    second = key.failed("boom").now

    assert second is not None
    assert second.created_at == world.clock.now() + timedelta(milliseconds=1)


def test_the_same_steps_give_the_same_ids_in_another_world() -> None:
    ids = [World().workflow("Order").key("o-1").running().id for _ in range(2)]
    assert ids[0] == ids[1]


def test_every_other_call_has_an_id_of_its_own() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    cart = world.virtual_object("Cart").key("c-1")
    runs = [
        key.running(),
        key.shared("watch").running(),
        key.shared("watch").running(),
        cart.failed("boom"),
        cart.failed("boom"),
        world.plain("Mailer").running(),
        world.plain("Mailer").running(),
    ]
    assert len({run.id for run in runs}) == len(runs)


@given(one=st.tuples(names, names), other=st.tuples(names, names))
def test_two_keys_share_an_id_only_if_they_are_one(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    world = World()
    first = world.workflow(one[0]).key(one[1]).running()
    if one == other:
        other = (other[0], f"{other[1]}!")

    assert first.id != world.workflow(other[0]).key(other[1]).running().id


@pytest.mark.parametrize(
    ("one", "other"), [(("a", "bc"), ("ab", "c")), (("1:a", "b"), ("1", "ab"))]
)
def test_where_the_name_ends_and_the_key_begins_matters(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    world = World()
    runs = [world.workflow(name).key(key).running() for name, key in (one, other)]
    assert runs[0].id != runs[1].id


@given(wanted=names, others=st.lists(names, max_size=4))
def test_a_key_is_found_by_equality_whatever_it_holds(wanted: str, others: list[str]) -> None:
    world = World()
    order = world.workflow("Order")
    ids = {text: order.key(text).running().id for text in {wanted, *others}}
    world.workflow("Other").key(wanted).running()

    found = answer_of(world.engine.invocations.for_key(WorkflowKey("Order", wanted)))

    assert [one.id for one in found] == [ids[wanted]]


# --- a virtual object runs one call of a key at a time -------------------------------------------


def test_a_call_waits_until_the_key_is_free() -> None:
    world = World()
    cart = world.virtual_object("Cart").key("c-1")
    holder = cart.suspended()
    first, second = cart.submit().invocation_id, cart.submit().invocation_id
    assert [status(world, one) for one in (first, second)] == [InvocationStatus.PENDING] * 2
    assert not world.store.progress(first or "")

    world.store.kill(holder.id)

    assert status(world, first) is InvocationStatus.RUNNING
    assert status(world, second) is InvocationStatus.PENDING
    world.store.succeed(first or "")
    assert status(world, second) is InvocationStatus.RUNNING


@pytest.mark.parametrize("state_of_holder", ["suspended", "backing_off", "paused", "running"])
def test_a_key_is_held_by_every_call_that_has_started(state_of_holder: str) -> None:
    world = World()
    cart = world.virtual_object("Cart").key("c-1")
    getattr(cart, state_of_holder)()

    assert status(world, cart.submit().invocation_id) is InvocationStatus.PENDING


def test_a_scheduled_call_does_not_hold_its_key_and_queues_when_it_is_due() -> None:
    world = World()
    cart = world.virtual_object("Cart").key("c-1")
    later = cart.submit(due=timedelta(hours=1)).invocation_id
    now = cart.submit().invocation_id
    assert status(world, now) is InvocationStatus.READY

    world.advance(timedelta(hours=1))

    assert status(world, later) is InvocationStatus.PENDING


def test_another_key_and_a_shared_call_do_not_wait() -> None:
    world = World()
    cart = world.virtual_object("Cart")
    cart.key("c-1").shared("items")
    cart.key("c-1").suspended()

    items = world.store.submit(WorkflowKey("Cart", "c-1"), handler="items").invocation_id
    other = cart.key("c-2").submit().invocation_id

    assert [status(world, one) for one in (items, other)] == [InvocationStatus.READY] * 2


def test_a_waiting_call_that_is_killed_is_gone_and_the_next_one_is_started() -> None:
    world = World()
    cart = world.virtual_object("Cart").key("c-1")
    holder = cart.suspended()
    first, second = cart.submit().invocation_id, cart.submit().invocation_id

    world.store.kill(first or "")
    world.store.kill(holder.id)

    assert status(world, first) is None
    assert status(world, second) is InvocationStatus.RUNNING


# --- clearing ------------------------------------------------------------------------------------


def test_the_right_version_clears_and_a_wrong_one_is_silently_ignored() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"stage": b"paying"})

    assert clear(world, key, "another") is Answer.ACCEPTED
    assert state(world, key) == {"stage": b"paying"}
    assert clear(world, key) is Answer.ACCEPTED
    assert state(world, key) == {}


def test_a_clear_of_a_service_that_nobody_knows_is_accepted() -> None:
    call = World().engine.state.clear(WorkflowKey("Nope", "k"), expected_version="any")
    assert answer_of(call) is Answer.ACCEPTED


def test_a_plain_service_has_no_state_to_clear() -> None:
    world = World()
    world.plain("Mailer")

    with pytest.raises(EngineRejected) as caught:
        answer_of(world.engine.state.clear(WorkflowKey("Mailer", "k"), expected_version="any"))

    assert caught.value.http_status == 400


def test_a_clear_wipes_the_state_of_a_live_workflow_run() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"stage": b"paying"})
    run = key.running()
    before = run.now

    clear(world, key)

    assert (state(world, key), run.now) == ({}, before)


def test_a_clear_of_a_held_virtual_object_waits_for_its_turn_and_cannot_be_recalled() -> None:
    world = World()
    cart = world.virtual_object("Cart").key("c-1").state({"count": b"1"})
    holder = cart.suspended()
    before = cart.submit().invocation_id

    assert clear(world, cart) is Answer.ACCEPTED
    after = cart.submit().invocation_id

    world.store.kill(holder.id)
    assert state(world, cart) == {"count": b"1"}
    assert status(world, before) is InvocationStatus.RUNNING
    world.store.succeed(before or "")
    assert state(world, cart) == {}
    assert status(world, after) is InvocationStatus.RUNNING


def test_a_waiting_clear_does_nothing_if_the_content_changed_in_between() -> None:
    world = World()
    cart = world.virtual_object("Cart").key("c-1").state({"count": b"1"})
    holder = cart.suspended()
    clear(world, cart)
    cart.state({"count": b"2"})

    world.store.kill(holder.id)

    assert state(world, cart) == {"count": b"2"}


def test_an_atomic_fence_compares_the_version() -> None:
    world = World(fence=Fence.ATOMIC)
    key = world.workflow("Order").key("o-1").state({"stage": b"paying"})

    assert clear(world, key, "another") is Answer.CHANGED
    assert state(world, key) == {"stage": b"paying"}
    assert clear(world, key) is Answer.ACCEPTED
    assert state(world, key) == {}


def test_without_a_fence_a_clear_takes_whatever_is_there() -> None:
    world = World(fence=Fence.NONE)
    key = world.workflow("Order").key("o-1").state({"stage": b"paying"})

    clear(world, key, "another")

    assert state(world, key) == {}


# --- reading -------------------------------------------------------------------------------------


def test_state_is_read_by_name_without_values_unless_they_are_asked_for() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"b": b"secret", "a": b""})

    without = answer_of(world.engine.state.read(key.workflow_key, values=False))
    with_values = answer_of(world.engine.state.read(key.workflow_key, values=True))

    assert without == KeyedState((StateEntry("a", 0), StateEntry("b", 6)), None)
    entries = (StateEntry("a", 0, b""), StateEntry("b", 6, b"secret"))
    assert with_values == KeyedState(entries, version_of({"a": b"", "b": b"secret"}))


def test_a_key_without_state_has_no_entries() -> None:
    world = World()
    world.workflow("Order").key("o-1").state({"a": b"1"}).state({})

    found = answer_of(world.engine.state.read(WorkflowKey("Order", "o-1"), values=False))

    assert found == KeyedState()


def test_a_version_names_content_and_not_a_run() -> None:
    versions = [version_of(dict(pairs)) for pairs in ([("a", b"1"), ("b", b"2")],) * 2]
    assert versions[0] == versions[1]
    assert version_of({"b": b"2", "a": b"1"}) == versions[0]


@given(
    one=st.dictionaries(st.text(max_size=3), st.binary(max_size=3), max_size=3),
    other=st.dictionaries(st.text(max_size=3), st.binary(max_size=3), max_size=3),
)
def test_two_contents_share_a_version_only_if_they_are_equal(
    one: dict[str, bytes], other: dict[str, bytes]
) -> None:
    assert (version_of(one) == version_of(other)) == (one == other)


def test_a_client_is_told_what_became_of_its_submission() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")

    first, second = key.submit(), key.submit()

    assert [first.answer, second.answer] == [Submitted.ACCEPTED, Submitted.PREVIOUSLY_ACCEPTED]
    assert first.invocation_id == second.invocation_id
