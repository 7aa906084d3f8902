"""Incidents of Dapr Workflow, where every write is accepted first and happens later."""

from collections.abc import Callable
from datetime import timedelta

from wfadmin.adapters.memory import World
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.commands import Kill, Resume
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import InvocationStatus
from wfadmin.testing.explore import Scenario
from wfadmin.testing.incidents.entry import Incident

__all__ = ["OF_DAPR"]

_ORDER = WorkflowKey("Order", "o-1")
_CHILD = WorkflowKey("Payment", "o-1:0001")

_HOURS = timedelta(hours=3)


def _dapr() -> World:
    return World(like="dapr")


def _is(status: InvocationStatus, key: WorkflowKey = _ORDER) -> Callable[[World], bool]:
    """Whether the run of a key stands there."""

    def stands(world: World) -> bool:
        run = world.store.find(key.service_key)
        return run is not None and run.status is status

    return stands


def _succeeds(world: World) -> None:
    world.store.succeed(_ORDER.service_key)


def _starts(world: World) -> None:
    world.store.progress(_ORDER.service_key)


# --- undrained-terminate -------------------------------------------------------------------------


def _undrained() -> World:
    world = World(like="dapr", acceptance=timedelta(hours=1))
    run = world.workflow("Order").key("o-1").running(since=_HOURS)
    world.store.perform(Kill(run.ref))
    return world


def _it_ends_by_itself(scenario: Scenario) -> None:
    scenario.happens("the run ends well", _succeeds, when=_is(InvocationStatus.RUNNING))
    scenario.client(_ORDER)


_UNDRAINED = Incident(
    id="undrained-terminate",
    origin="dapr/dapr#10154",
    story=(
        "A terminate was accepted, and the run went on as RUNNING: its inbox was not drained. Who"
        " took the 202 for the end believed that the id was free."
    ),
    lesson=(
        "Accepted is not done: read until it shows, and say so when it does not. Do not send it"
        " again, and do not use the id again, for what waits in the inbox hits whoever bears it."
    ),
    key=_ORDER,
    make=_undrained,
    happens=_it_ends_by_itself,
    instead="In the report the inbox was never drained; here it is, an hour later.",
)


# --- old-activity-completes-new-run --------------------------------------------------------------


def _terminated() -> World:
    world = _dapr()
    world.workflow("Order").key("o-1").killed()
    return world


def _the_old_result_comes(scenario: Scenario) -> None:
    scenario.client(_ORDER)
    scenario.happens("a worker starts the run", _starts, when=_is(InvocationStatus.READY))
    result = "the result of the old activity arrives"
    scenario.happens(result, _succeeds, when=_is(InvocationStatus.RUNNING))


_OLD_ACTIVITY = Incident(
    id="old-activity-completes-new-run",
    origin="seen live on Dapr 1.18.3",
    story=(
        "A run was terminated and purged, and the same id was started again. An activity of the"
        " old run was still at work. Its result was delivered to the new run, which completed with"
        " it after a tenth of its time."
    ),
    lesson=(
        "After a terminate start the work under a new id, or restart the worker before the id is"
        " used again."
    ),
    key=_ORDER,
    make=_terminated,
    happens=_the_old_result_comes,
    instead=(
        "The engine in memory has no activities, so the world shows only the terminated run, of"
        " which a plan warns. In the scenario the result arrives as what it did: the new run ends."
    ),
)


# --- needless-resume -----------------------------------------------------------------------------


def _paused() -> World:
    world = _dapr()
    world.workflow("Order").key("o-1").paused()
    return world


def _a_colleague_resumes(scenario: Scenario) -> None:
    def resumes(world: World) -> None:
        (run,) = world.store.runs
        world.store.perform(Resume(run.ref))

    paused = _is(InvocationStatus.PAUSED)
    scenario.happens("a colleague resumes it", resumes, when=paused)


_NEEDLESS_RESUME = Incident(
    id="needless-resume",
    origin="seen live on Dapr 1.18.3",
    story=(
        "A paused run was resumed twice: by two people, or by one who sent it again. The second"
        " resume met a healthy run and was accepted. 30 ms later that run had failed."
    ),
    lesson="Resume only what was just read as paused, once, and never again without reading.",
    key=_ORDER,
    make=_paused,
    happens=_a_colleague_resumes,
)


# --- pause-pause-resume --------------------------------------------------------------------------


def _a_colleague_looks(scenario: Scenario) -> None:
    scenario.happens("an hour passes", lambda world: world.advance(timedelta(hours=1)))


_POISON = Incident(
    id="pause-pause-resume",
    origin="seen live on Dapr 1.18.3",
    story=(
        "A paused run was paused again, which did nothing that anybody saw. The resume after that"
        " sent its worker into an endless loop: one core, 8.6 GB after three minutes, and no"
        " command to that run was answered any more."
    ),
    lesson="Never pause what is paused.",
    key=_ORDER,
    make=_paused,
    happens=_a_colleague_looks,
    instead="The engine in memory eats no memory: the run is one that answers nothing any more.",
)


# --- planned-start-runs --------------------------------------------------------------------------


def _planned() -> World:
    world = _dapr()
    world.workflow("Order").key("o-1").scheduled(due=timedelta(days=1))
    return world


def _the_day_comes(scenario: Scenario) -> None:
    planned = _is(InvocationStatus.SCHEDULED)
    scenario.happens("the day comes", lambda world: world.advance(timedelta(days=1)), when=planned)
    scenario.happens("a worker starts the run", _starts, when=_is(InvocationStatus.READY))


_PLANNED = Incident(
    id="planned-start-runs",
    origin="seen live on Dapr 1.18.3",
    story=(
        "A run was planned for tomorrow, and somebody wanted to hold it back. A pause, a resume or"
        " a terminate of a planned run wakes it: it ran at once, and the terminate came too late."
    ),
    lesson=(
        "Send nothing to a planned run over HTTP. Only a forced purge over gRPC takes it away"
        " before it runs."
    ),
    key=_ORDER,
    make=_planned,
    happens=_the_day_comes,
)


# --- child-ended-alone ---------------------------------------------------------------------------


def _slow_child() -> World:
    world = _dapr()
    parent = world.workflow("Order").key("o-1").running(since=_HOURS)
    parent.child(world.workflow("Payment").key("o-1:0001")).running(since=_HOURS)
    return world


def _the_child_ends(scenario: Scenario) -> None:
    def ends(world: World) -> None:
        world.store.succeed(_CHILD.service_key)

    running = _is(InvocationStatus.RUNNING, _CHILD)
    scenario.happens("the child ends well", ends, when=running)


_CHILD_ALONE = Incident(
    id="child-ended-alone",
    origin="seen live on Dapr 1.18.3",
    story=(
        "A child workflow took long, and was terminated to be started again. Its parent waited for"
        " it, heard that it had not succeeded, and failed."
    ),
    lesson=(
        "A run with a parent is not ended by itself. Decide about the parent: to end that takes"
        " its children along."
    ),
    key=_CHILD,
    make=_slow_child,
    happens=_the_child_ends,
    instead=(
        "As over HTTP, nobody can see that the run has a parent: its id says so, by the custom of"
        " the engine."
    ),
)


# --- stalled-ghost -------------------------------------------------------------------------------


def _stalled() -> World:
    commands = {*World(like="dapr").engine.commands, CommandName.FORCE_PURGE}
    world = World(like="dapr", commands=frozenset(commands))
    world.workflow("Order").key("o-1").stalled(since=_HOURS)
    return world


def _a_client_and_a_restart(scenario: Scenario) -> None:
    def restarts(world: World) -> None:
        world.connect_workers(0)
        world.connect_workers(1)

    scenario.client(_ORDER)
    scenario.happens("the worker is restarted", restarts)


_STALLED_GHOST = Incident(
    id="stalled-ghost",
    origin="seen live on Dapr 1.18.3",
    story=(
        "A run was stalled, because its worker no longer had the code that it had started with. It"
        " was purged by force over gRPC, and was gone. Every start of its id was still refused as"
        " stalled, 45 seconds later too."
    ),
    lesson=(
        "Bring the old code back, and the run goes on. After a forced purge let the worker connect"
        " anew before the id is used again."
    ),
    key=_ORDER,
    make=_stalled,
    happens=_a_client_and_a_restart,
)


OF_DAPR = (
    _UNDRAINED,
    _OLD_ACTIVITY,
    _NEEDLESS_RESUME,
    _POISON,
    _PLANNED,
    _CHILD_ALONE,
    _STALLED_GHOST,
)
