"""What is read: single runs, and all of them at once within limits."""

from datetime import timedelta

import pytest

from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import World
from wfadmin.domain.capabilities import Capabilities, CommandName, Fence, Listing, Reach
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    InvocationStatus,
    ServiceKind,
    StatusCount,
    Survey,
    Usage,
    UsageRow,
)


def survey(world: World, *, failures: int = 20, unfinished: int = 1000) -> Survey:
    return answer_of(world.engine.listing.survey(failures=failures, unfinished=unfinished))


# --- one key, one run ----------------------------------------------------------------------------


def test_a_key_holds_its_main_run_and_its_shared_calls_completed_ones_too() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    runs = [key.failed("boom"), key.shared("watch").suspended(), key.shared("status").succeeded()]
    world.workflow("Order").key("o-2").running()

    found = answer_of(world.engine.invocations.for_key(WorkflowKey("Order", "o-1")))

    assert [one.ref for one in found] == [run.ref for run in runs]
    assert [one.handler_name for one in found] == ["run", "watch", "status"]


def test_a_run_does_not_say_which_kind_its_handler_is_so_only_a_listed_service_tells() -> None:
    world = World()
    deployment = world.deployment("http://orders:9080", serves=("Order",))
    key = world.workflow("Order").key("o-1")
    key.failed("boom")
    world.remove_deployment(deployment)

    (run,) = answer_of(world.engine.invocations.for_key(key.workflow_key))

    assert (run.handler_kind, run.service_kind) == (HandlerKind.UNKNOWN, ServiceKind.WORKFLOW)
    assert answer_of(world.engine.admin.list_services()) == ()


def test_get_gives_the_run_that_bears_the_id_now_whatever_its_incarnation() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    first = key.failed("boom")
    world.store.purge(first.id)
    second = key.suspended()

    found = answer_of(world.engine.invocations.get(first.ref))

    assert found is not None
    assert found == second.now
    assert found.ref.incarnation != first.ref.incarnation


def test_get_gives_nothing_for_an_id_that_no_run_bears() -> None:
    assert answer_of(World().engine.invocations.get(InvocationRef(None, "inv_9", None))) is None


def test_children_are_the_unfinished_runs_that_a_run_called() -> None:
    world = World()
    parent = world.workflow("Parent").key("p-1").suspended()
    child = parent.child(world.workflow("Order").key("o-1")).running()
    queued = parent.child(world.plain("Mailer")).pending()
    parent.child(world.plain("Mailer")).succeeded()
    child.child(world.plain("Mailer")).running()

    found = answer_of(world.engine.invocations.children(parent.ref))

    assert [one.ref for one in found] == [child.ref, queued.ref]
    assert {one.parent_id for one in found} == {parent.id}


def test_children_are_found_by_the_id_which_may_have_come_to_another_run() -> None:
    world = World()
    key = world.workflow("Parent").key("p-1")
    first = key.failed("boom")
    child = first.child(world.plain("Mailer")).running()
    world.store.purge(first.id)
    second = key.running()

    found = answer_of(world.engine.invocations.children(second.ref))

    assert [one.ref for one in found] == [child.ref]


# --- all of them ---------------------------------------------------------------------------------


def test_an_empty_engine_has_an_empty_survey() -> None:
    assert survey(World()) == Survey(usage=Usage())


def test_counts_are_in_the_engines_coarse_words_and_runs_in_its_fine_ones() -> None:
    world = World()
    order = world.workflow("Order")
    runs = [
        order.key("a").running(),
        order.key("b").backing_off(),
        order.key("c").suspended(),
        order.key("d").paused(),
        order.key("e").scheduled(),
        order.key("f").pending(),
        order.key("g").failed("boom"),
        order.key("h").succeeded(),
    ]
    order.key("i").submit()

    assert survey(world).counts == (
        StatusCount("completed", 2),
        StatusCount("inboxed", 1),
        StatusCount("invoked", 3),
        StatusCount("paused", 1),
        StatusCount("scheduled", 1),
        StatusCount("suspended", 1),
    )
    words = [None if run.now is None else run.now.engine_status for run in runs]
    assert words == [
        "running",
        "backing-off",
        "suspended",
        "paused",
        "scheduled",
        "pending",
        "completed",
        "completed",
    ]


def test_failures_are_listed_newest_first_and_counted_in_full() -> None:
    world = World()
    order = world.workflow("Order")
    runs = []
    for number in range(5):
        runs.append(order.key(f"o-{number}").failed(f"boom {number}"))
        world.clock.advance(timedelta(seconds=number % 2))
    order.key("fine").succeeded()

    found = survey(world, failures=3)

    assert [one.id for one in found.failures] == [runs[4].id, runs[3].id, runs[2].id]
    assert found.failed == 5
    assert found.truncated is None


def test_newest_is_by_the_end_and_not_by_the_start() -> None:
    world = World()
    order = world.workflow("Order")
    early, late = order.key("early").running(), order.key("late").running()
    world.store.fail(late.id, "first")
    world.clock.advance(timedelta(seconds=1))
    world.store.fail(early.id, "last")

    assert [one.failure for one in survey(world).failures] == ["last", "first"]


def test_killed_and_cancelled_runs_are_failures() -> None:
    world = World()
    order = world.workflow("Order")
    killed, cancelled = order.key("a").killed(), order.key("b").cancelled()

    assert {one.id for one in survey(world).failures} == {killed.id, cancelled.id}


def test_unfinished_runs_beyond_the_limit_are_counted_and_said_to_be_missing() -> None:
    world = World()
    order = world.workflow("Order")
    runs = [order.key(f"o-{number}").suspended() for number in range(4)]

    found = survey(world, unfinished=3)

    assert [one.id for one in found.unfinished] == [run.id for run in runs[:3]]
    assert found.unfinished_total == 4
    assert found.counts == (StatusCount("suspended", 4),)
    assert found.usage == Usage((UsageRow("Order", "dp_1", 4),))
    assert found.truncated == "3 of 4 unfinished invocations were listed"


@pytest.mark.parametrize("unfinished", [2, 3])
def test_a_listing_that_fits_is_not_truncated(unfinished: int) -> None:
    world = World()
    order = world.workflow("Order")
    order.key("a").running()
    order.key("b").running()

    assert survey(world, unfinished=unfinished).truncated is None


def test_nothing_is_listed_where_nothing_is_wanted() -> None:
    world = World()
    world.workflow("Order").key("a").failed("boom")
    world.workflow("Order").key("b").running()

    found = survey(world, failures=0, unfinished=0)

    assert (found.failures, found.unfinished) == ((), ())
    assert (found.failed, found.unfinished_total) == (1, 1)


# --- what it says about itself -------------------------------------------------------------------


def test_what_is_declared_is_what_restate_can_do() -> None:
    facts = answer_of(World().engine.facts())

    assert facts.version == answer_of(World().engine.admin.probe_admin())
    assert facts.capabilities == Capabilities(
        commands=frozenset(
            {
                CommandName.PAUSE,
                CommandName.RESUME,
                CommandName.CANCEL,
                CommandName.KILL,
                CommandName.PURGE,
            }
        ),
        fence=Fence.CHECKED,
        purge_clears_state=frozenset({ServiceKind.WORKFLOW}),
        kill_is_immediate=True,
        kill_reach=Reach.WITH_CHILDREN,
        purge_reach=Reach.ALONE,
        late_results=False,
        listing=Listing.COMPLETE,
        services_cover_names=True,
        repeatable=frozenset(
            {
                CommandName.PAUSE,
                CommandName.RESUME,
                CommandName.CANCEL,
                CommandName.KILL,
                CommandName.PURGE,
            }
        ),
        pausable=frozenset(
            {InvocationStatus.READY, InvocationStatus.RUNNING, InvocationStatus.BACKING_OFF}
        ),
    )
