"""Incidents of keys whose ids come again, on an engine like Restate."""

from datetime import timedelta

from wfadmin.adapters.memory import World
from wfadmin.domain.keys import WorkflowKey
from wfadmin.testing.explore import Loss, Scenario
from wfadmin.testing.incidents.entry import Incident

__all__ = ["OF_KEYS"]

_ORDER = WorkflowKey("Order", "o-1")
_CART = WorkflowKey("Cart", "c-1")


# --- suspended-for-ever --------------------------------------------------------------------------


def _held() -> World:
    world = World()
    cart = world.virtual_object("Cart").key("c-1").state({"items": b"half a change"})
    cart.suspended(since=timedelta(hours=5))
    cart.pending(since=timedelta(hours=4))
    return world


def _another_call_queues(scenario: Scenario) -> None:
    def calls(world: World) -> None:
        world.store.submit(_CART)

    scenario.happens("one more call of c-1 queues", calls)
    scenario.engine()


_HELD = Incident(
    id="suspended-for-ever",
    origin="restatedev/restate#5196",
    story=(
        "A call of a virtual object was suspended in the middle of a side effect and never woken"
        " again. It held its key, so every later call of that key queued behind it, for ever."
    ),
    lesson=(
        "Ask it to stop, so that it can clean up. After a kill the next call starts at once, on"
        " data that is half changed; and a purge must never take the data of a virtual object."
    ),
    key=_CART,
    make=_held,
    happens=_another_call_queues,
    instead=(
        "The engine in memory loses no wake-up: what the call waits for does not come here. And it"
        " hears a cancel, which is not known of the one in the report."
    ),
)


# --- late-purge ----------------------------------------------------------------------------------


def _failed() -> World:
    world = World()
    world.workflow("Order").key("o-1").state({"stage": b"paying"}).failed("card was refused")
    return world


def _answers_are_lost(scenario: Scenario) -> None:
    scenario.network(Loss.LATE)
    scenario.client(_ORDER)
    scenario.engine()


_LATE_PURGE = Incident(
    id="late-purge",
    origin="seen live on Restate 1.7.12",
    story=(
        "A failed run was purged, its client submitted the key again, and the new run succeeded."
        " The id of a run follows from its key, so it was the same. A second purge by that id"
        " deleted the success."
    ),
    lesson=(
        "An id names no run: compare when it was created, right before each write. Never send a"
        " write again because its answer did not come; read."
    ),
    key=_ORDER,
    make=_failed,
    happens=_answers_are_lost,
)


# --- retention-zero-leaves-state -----------------------------------------------------------------


def _not_retained() -> World:
    world = World()
    order = world.workflow("Order", retention=timedelta(0)).key("o-1")
    order.state({"stage": b"paying"}).paused(failure="card service is down")
    return world


def _a_client_comes(scenario: Scenario) -> None:
    scenario.client(_ORDER)
    scenario.engine()


_NOT_RETAINED = Incident(
    id="retention-zero-leaves-state",
    origin="seen live on Restate 1.7.12",
    story=(
        "Runs of this workflow are not kept after their end. One was killed: no row was left to"
        " purge, and what it had stored stayed. The next run of the key read it as its own."
    ),
    lesson=(
        "Do not kill what leaves no trace: resume it. What is left over under a key without a run"
        " is cleared before the key is used again."
    ),
    key=_ORDER,
    make=_not_retained,
    happens=_a_client_comes,
)


OF_KEYS = (_HELD, _LATE_PURGE, _NOT_RETAINED)
