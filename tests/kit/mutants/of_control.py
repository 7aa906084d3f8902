"""Mistakes of an adapter that changes runs: in what the commands do."""

import attrs

from tests.kit.mutant import broken_engine, mutant
from tests.kit.mutants.tools import (
    answers,
    at,
    command_of,
    declares,
    does_and_answers,
    on_error,
    sends,
)
from wfadmin.adapters.memory import MemoryEngine, Point, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import CommandName, Reach
from wfadmin.domain.commands import Cancel, Command, Resume
from wfadmin.domain.errors import EngineRejected, NotSupported, UsageError
from wfadmin.domain.model import InvocationOutcome, InvocationStatus
from wfadmin.ports.engine import Engine, EngineFactory, EngineSettings
from wfadmin.testing import Around, PortCall, Proceed, wrapped
from wfadmin.testing.memory import MemoryDriver

# --- what is declared ----------------------------------------------------------------------------

UNDECLARED = (Point.PAUSE, Point.CANCEL, Point.KILL, Point.PURGE)


def only_resume() -> World:
    return World(commands=frozenset({CommandName.RESUME}))


class _WithoutControl(MemoryEngine):
    control = None


@broken_engine("IC-01")
def declares_commands_and_has_no_control(driver: MemoryDriver) -> EngineFactory:
    def connect(_: EngineSettings) -> Engine:
        parts = (getattr(driver.engine, one.name) for one in attrs.fields(MemoryEngine))
        return wrapped(_WithoutControl(*parts), driver.network.around)

    return connect


@mutant("IC-02", world=only_resume)
def sends_what_it_does_not_declare(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, _: Proceed) -> object:
        return driver.world.store.perform(command_of(call))

    return at(*UNDECLARED, instead=instead)


@mutant("IC-02", world=only_resume)
def sends_first_and_then_finds_it_not_supported(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        await driver.network.around(call, proceed)

    return at(*UNDECLARED, instead=instead)


@mutant("IC-02", world=only_resume)
def does_what_it_says_is_not_supported(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, _: Proceed) -> object:
        driver.world.store.perform(command_of(call))
        raise NotSupported("memory", call.point.value)

    return at(*UNDECLARED, instead=instead)


@mutant("IC-02", world=only_resume)
def answers_that_the_status_is_wrong_where_nothing_is_supported(_: MemoryDriver) -> Around:
    return at(*UNDECLARED, instead=answers(Answer.WRONG_STATUS))


@mutant("IC-02", world=only_resume)
def takes_what_it_cannot_do_for_a_mistake_of_the_caller(_: MemoryDriver) -> Around:
    return at(*UNDECLARED, instead=on_error(NotSupported, UsageError("command", "it is unknown")))


# --- kill ----------------------------------------------------------------------------------------


def refuses(
    driver: MemoryDriver,
    point: Point,
    status: InvocationStatus,
    answer: Answer = Answer.WRONG_STATUS,
) -> Around:
    """A command that is refused in one status, without being sent."""

    async def instead(call: PortCall, proceed: Proceed) -> object:
        run = driver.world.store.find(command_of(call).ref.id)
        return answer if run is not None and run.status is status else await proceed()

    return at(point, instead=instead)


@mutant("IC-03")
def says_that_it_killed_and_sends_nothing(_: MemoryDriver) -> Around:
    return at(Point.KILL, instead=answers(Answer.ACCEPTED))


@mutant("IC-03")
def a_kill_that_worked_is_not_found(_: MemoryDriver) -> Around:
    return at(Point.KILL, instead=does_and_answers(Answer.NOT_FOUND))


@mutant("IC-04")
def kills_only_what_runs(driver: MemoryDriver) -> Around:
    return refuses(driver, Point.KILL, InvocationStatus.SUSPENDED)


@mutant("IC-05")
def cancels_in_place_of_a_kill(driver: MemoryDriver) -> Around:
    return at(Point.KILL, instead=sends(driver, lambda command: Cancel(command.ref)))


@mutant("IC-06")
def does_not_know_what_has_not_started(driver: MemoryDriver) -> Around:
    return refuses(driver, Point.KILL, InvocationStatus.SCHEDULED, Answer.NOT_FOUND)


@mutant("IC-07")
def takes_a_paused_run_for_one_that_ended(driver: MemoryDriver) -> Around:
    return refuses(driver, Point.KILL, InvocationStatus.PAUSED)


@mutant("IC-08")
def kills_a_moment_after_the_answer(driver: MemoryDriver) -> Around:
    waiting: list[Command] = []

    async def settle() -> None:
        while waiting:
            driver.world.store.perform(waiting.pop())

    async def instead(call: PortCall, _: Proceed) -> Answer:
        waiting.append(command_of(call))
        return Answer.ACCEPTED

    driver.settle = settle
    return at(Point.KILL, instead=instead)


@mutant("IC-09")
def kills_the_parent_alone_and_declares_its_children_too(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, _: Proceed) -> Answer:
        store = driver.world.store
        store.end(store.find(command_of(call).ref.id), InvocationOutcome.KILLED, "killed")
        return Answer.ACCEPTED

    return at(Point.KILL, instead=instead)


@mutant("IC-09")
def declares_that_a_kill_spares_the_children(_: MemoryDriver) -> Around:
    return declares(kill_reach=Reach.ALONE)


# --- pause and resume ----------------------------------------------------------------------------


@mutant("IC-10")
def says_that_it_pauses_and_sends_nothing(_: MemoryDriver) -> Around:
    return at(Point.PAUSE, instead=answers(Answer.ACCEPTED))


@mutant("IC-10")
def declares_that_a_pause_lands_in_a_suspended_run(_: MemoryDriver) -> Around:
    return declares(pausable=frozenset({InvocationStatus.SUSPENDED}))


@mutant("IC-10")
def declares_a_pause_that_lands_nowhere(_: MemoryDriver) -> Around:
    return declares(pausable=frozenset())


@mutant("IC-11")
def declares_fewer_statuses_than_a_pause_lands_in(_: MemoryDriver) -> Around:
    return declares(pausable=frozenset({InvocationStatus.BACKING_OFF}))


@mutant("IC-11")
def does_not_know_what_it_cannot_pause(driver: MemoryDriver) -> Around:
    return refuses(driver, Point.PAUSE, InvocationStatus.SUSPENDED, Answer.NOT_FOUND)


@mutant("IC-12")
def says_that_it_resumes_and_sends_nothing(_: MemoryDriver) -> Around:
    return at(Point.RESUME, instead=answers(Answer.ACCEPTED))


@mutant("IC-12")
def kills_what_it_is_to_resume(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, _: Proceed) -> Answer:
        return driver.world.store.kill(command_of(call).ref.id)

    return at(Point.RESUME, instead=instead)


@mutant("IC-13")
def every_resume_goes_to_the_latest_deployment(driver: MemoryDriver) -> Around:
    latest = sends(driver, lambda command: Resume(command.ref, "latest"))
    return at(Point.RESUME, instead=latest)


@mutant("IC-14")
@mutant("IC-15")
def forgets_the_deployment_to_resume_on(driver: MemoryDriver) -> Around:
    return at(Point.RESUME, instead=sends(driver, lambda command: Resume(command.ref)))


@mutant("IC-14")
@mutant("IC-15")
def refuses_every_move(_: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        moves = command_of(call).deployment is not None
        return Answer.WRONG_STATUS if moves else await proceed()

    return at(Point.RESUME, instead=instead)


@mutant("IC-15")
def takes_every_deployment_for_the_latest(driver: MemoryDriver) -> Around:
    return every_resume_goes_to_the_latest_deployment(driver)


@mutant("IC-16")
def resumes_where_it_was_if_the_deployment_is_unknown(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineRejected:
            return await driver.engine.control.perform(Resume(command_of(call).ref))

    return at(Point.RESUME, instead=instead)


@mutant("IC-16")
def takes_the_rejection_of_a_deployment_for_success(_: MemoryDriver) -> Around:
    return at(Point.RESUME, instead=on_error(EngineRejected, Answer.ACCEPTED))


@mutant("IC-16")
def resumes_elsewhere_and_reports_the_rejection(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineRejected:
            await driver.engine.control.perform(Resume(command_of(call).ref))
            raise

    return at(Point.RESUME, instead=instead)


# --- cancel --------------------------------------------------------------------------------------


@mutant("IC-17")
def says_that_it_cancels_and_sends_nothing(_: MemoryDriver) -> Around:
    return at(Point.CANCEL, instead=answers(Answer.ACCEPTED))


@mutant("IC-17")
def declares_a_cancel_that_nothing_takes(_: MemoryDriver) -> Around:
    return at(Point.CANCEL, instead=answers(Answer.WRONG_STATUS))


@mutant("IC-17")
def cancels_and_says_that_the_status_is_wrong(_: MemoryDriver) -> Around:
    return at(Point.CANCEL, instead=does_and_answers(Answer.WRONG_STATUS))


@mutant("IC-17")
def does_not_know_a_running_run_that_it_is_to_cancel(driver: MemoryDriver) -> Around:
    return refuses(driver, Point.CANCEL, InvocationStatus.RUNNING, Answer.NOT_FOUND)
