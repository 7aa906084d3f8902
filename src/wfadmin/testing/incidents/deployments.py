"""Incidents of deployments: what still needs them, and what their removal does."""

from datetime import timedelta

from wfadmin.adapters.memory import World
from wfadmin.domain.keys import WorkflowKey
from wfadmin.testing.explore import Scenario
from wfadmin.testing.incidents.entry import Incident

__all__ = ["OF_DEPLOYMENTS"]

_OLD = "http://orders-v1:9080"
_NEW = "http://orders-v2:9080"
_NEWEST = "http://orders-v3:9080"

_ORDER = WorkflowKey("Order", "o-1")
_NEXT = WorkflowKey("Order", "o-2")
_INVOICE = WorkflowKey("Invoice", "i-1")

_HOURS = timedelta(hours=3)


# --- ghost-deployment-spiral ---------------------------------------------------------------------


def _ghost() -> World:
    world = World()
    old = world.deployment(_OLD, serves=("Order",))
    order = world.workflow("Order")
    order.key("o-1").paused(failure="[404] Not Found", on=old)
    order.key("o-2").backing_off(attempts=60, failure="[404] Not Found", on=old)
    world.stop(_OLD)
    world.deployment(_NEW, serves=("Order",))
    return world


def _the_next_gives_up(scenario: Scenario) -> None:
    def gives_up(world: World) -> None:
        for run in world.store.runs:
            world.store.give_up(run.id)

    def backs_off(world: World) -> bool:
        return any(run.is_backing_off for run in world.store.runs)

    scenario.happens("o-2 gives up as well", gives_up, when=backs_off)
    scenario.client(WorkflowKey("Order", "o-3"))


_GHOST = Incident(
    id="ghost-deployment-spiral",
    origin="restatedev/restate-operator#137",
    story=(
        "The old version was scaled to zero and stayed registered. Its runs met 404, gave up and"
        " were paused. A paused run is unfinished, so the old version counted as in use and never"
        " drained."
    ),
    lesson=(
        "Move the runs to the new version, then clean up. Waiting helps nobody, and a forced"
        " removal leaves the runs without any version."
    ),
    key=_ORDER,
    make=_ghost,
    happens=_the_next_gives_up,
    instead=(
        "The engine in memory calls no code: a run that is resumed on the old version seems to go"
        " on there."
    ),
)


# --- unpinned-work-at-drain ----------------------------------------------------------------------


def _unpinned() -> World:
    world = World()
    world.deployment(_OLD, serves=("Order", "Invoice"))
    invoice = world.workflow("Invoice")
    invoice.key("i-1").scheduled(due=_HOURS)
    invoice.key("i-2").pending()
    world.workflow("Order")
    world.deployment(_NEW, serves=("Order",))
    return world


def _the_timer_fires(scenario: Scenario) -> None:
    scenario.happens("three hours pass", lambda world: world.advance(_HOURS))
    scenario.client(_NEXT)


_UNPINNED = Incident(
    id="unpinned-work-at-drain",
    origin="restatedev/restate-operator#176",
    story=(
        "Only runs that were pinned to the old version were counted. Scheduled and queued work is"
        " pinned to nothing yet, so the count was zero and the version was removed. Nothing was"
        " left that could run that work."
    ),
    lesson=(
        "A version that still serves any service is needed, whatever its pinned count says. Serve"
        " the service elsewhere first."
    ),
    key=_INVOICE,
    make=_unpinned,
    happens=_the_timer_fires,
)


# --- re-register-changes-nothing -----------------------------------------------------------------


def _bad_release() -> World:
    world = World()
    world.deployment(_OLD, serves=("Order",))
    bad = world.deployment(_NEW, serves=("Order",))
    order = world.workflow("Order").key("o-1").state({"stage": b"paying"})
    order.backing_off(attempts=12, failure="KeyError: 'total'", on=bad)
    return world


def _one_more_attempt_fails(scenario: Scenario) -> None:
    def fails(world: World) -> None:
        for run in world.store.runs:
            world.store.back_off(run.id, "KeyError: 'total'")

    scenario.happens("one more attempt fails", fails)
    scenario.client(_NEXT)


_RE_REGISTER = Incident(
    id="re-register-changes-nothing",
    origin="restatedev/restate#5157",
    story=(
        "A release was bad, and the old version was registered again to go back to it. The engine"
        " knew that URL, answered 200 and changed nothing. New work kept going to the bad version."
    ),
    lesson=(
        "Believe the routes and not the answer: register with force, and see that every service"
        " goes to the version that was meant."
    ),
    key=_ORDER,
    make=_bad_release,
    happens=_one_more_attempt_fails,
)


# --- silent-rollback -----------------------------------------------------------------------------


def _idle_latest() -> World:
    world = World()
    old = world.deployment(_OLD, serves=("Order",))
    world.workflow("Order").key("o-1").running(since=_HOURS, on=old)
    world.deployment(_NEW, serves=("Order",))
    return world


def _a_client_comes(scenario: Scenario) -> None:
    scenario.client(_NEXT)
    scenario.engine()


_ROLLBACK = Incident(
    id="silent-rollback",
    origin="seen live on Restate 1.6 and 1.7",
    story=(
        "No run was on the newest version yet, so it looked idle and was deleted. The engine"
        " accepted that without a word, and its service fell back to the version before. New work"
        " ran old code."
    ),
    lesson=(
        "Never remove what is latest for a service, however idle it is. To go back on purpose,"
        " register the older version with force."
    ),
    key=_ORDER,
    make=_idle_latest,
    happens=_a_client_comes,
)


# --- version-zombie ------------------------------------------------------------------------------


def _zombie() -> World:
    world = World()
    old = world.deployment(_OLD, serves=("Order",))
    order = world.workflow("Order").key("o-1").state({"stage": b"paid"})
    run = order.suspended(since=_HOURS, on=old)
    world.deployment(_NEW, serves=("Order",))
    world.remove_deployment(old)
    for _ in range(40):
        world.store.progress(run.id)
    return world


def _one_more_retry(scenario: Scenario) -> None:
    def retries(world: World) -> None:
        for run in world.store.runs:
            if run.is_backing_off:
                world.store.progress(run.id)

    scenario.happens("it tries once more", retries)
    scenario.client(_ORDER)


_ZOMBIE = Incident(
    id="version-zombie",
    origin="seen live on Restate 1.6 and 1.7 (RT0011); czpython/druks#619 tells the same of DBOS",
    story=(
        "A version was removed while a run waited on it. The run stays pinned to it and retries"
        " for ever against nothing. Some status pages call that healthy."
    ),
    lesson=(
        "Move it to the version that serves its service now: it goes on where it was. A kill"
        " throws away work that is not lost."
    ),
    key=_ORDER,
    make=_zombie,
    happens=_one_more_retry,
)


# --- completed-counted-as-draining ---------------------------------------------------------------


def _retained() -> World:
    world = World()
    oldest = world.deployment(_OLD, serves=("Order",))
    order = world.workflow("Order")
    for number in range(2, 7):
        order.key(f"o-{number}").succeeded(on=oldest)
    old = world.deployment(_NEW, serves=("Order",))
    order.key("o-1").suspended(since=timedelta(minutes=5), on=old)
    world.deployment(_NEWEST, serves=("Order",))
    return world


def _what_ended_expires(scenario: Scenario) -> None:
    scenario.retention()
    scenario.client(WorkflowKey("Order", "o-7"))


_RETAINED = Incident(
    id="completed-counted-as-draining",
    origin="restatedev/restate#4123",
    story=(
        "Completed runs that are only kept for their results were counted as if they held their"
        " version: 5317 of them at one user. Every old version seemed in use, and the only way on"
        " was to force the removal."
    ),
    lesson=(
        "Only unfinished runs hold a version. Whoever forces because the count is wrong also"
        " removes the one version that a live run needs."
    ),
    key=_ORDER,
    make=_retained,
    happens=_what_ended_expires,
)


# --- unspecified-drain ---------------------------------------------------------------------------


def _not_all_listed() -> World:
    world = World(listing_limit=1)
    old = world.deployment(_OLD, serves=("Order",))
    order = world.workflow("Order")
    order.key("o-1").suspended(since=_HOURS, on=old)
    world.deployment(_NEW, serves=("Order",))
    order.key("o-2").running()
    return world


_UNSPECIFIED = Incident(
    id="unspecified-drain",
    origin="temporalio/temporal-worker-controller#573",
    story=(
        "The engine could not say whether an old version was drained, and answered 'unspecified'."
        " The controller took that for 'inactive' and scaled the version to zero. Its runs could"
        " never end after that."
    ),
    lesson="What is not known is not drained: remove nothing, and ask again.",
    key=_ORDER,
    make=_not_all_listed,
    happens=_a_client_comes,
    instead=(
        "There is no such engine in memory. This one lists only its newest runs, so what holds a"
        " version is not known either."
    ),
)


OF_DEPLOYMENTS = (_GHOST, _UNPINNED, _RE_REGISTER, _ROLLBACK, _ZOMBIE, _RETAINED, _UNSPECIFIED)
