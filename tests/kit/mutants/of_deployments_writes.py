"""Mistakes of an adapter that registers and removes deployments."""

from collections.abc import Callable

import anyio
import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import instead_of, raising
from wfadmin.adapters.memory import Point
from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.errors import (
    EngineError,
    EngineRejected,
    EngineUnreachable,
)
from wfadmin.domain.urls import same_url
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

QUESTIONS = (Point.LIST_DEPLOYMENTS, Point.USAGE)


# --- registering ---------------------------------------------------------------------------------


@mutant("DR-10")
def forgets_to_send_that_it_is_a_dry_run(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is not Point.DRY_RUN:
            return await proceed()
        url = str(call.arguments[0])
        return await driver.engine.deployments.register(url, force=True, dry_run=False)

    return around


@mutant("DR-10")
def answers_a_dry_run_without_asking(_: MemoryDriver) -> Around:
    return instead_of(Point.DRY_RUN, lambda _: Registration("dp_dry_run", ()))


@mutant("DR-11")
def always_sends_a_dry_run(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is not Point.REGISTER:
            return await proceed()
        url = str(call.arguments[0])
        return await driver.engine.deployments.register(url, force=True, dry_run=True)

    return around


@mutant("DR-11")
def asks_in_a_dry_run_first_and_gives_its_id(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is not Point.REGISTER:
            return await proceed()
        url = str(call.arguments[0])
        found = await driver.engine.deployments.register(url, force=True, dry_run=True)
        await proceed()
        return found

    return around


@mutant("DR-11")
def leaves_the_services_out_of_its_answer(_: MemoryDriver) -> Around:
    return registration_with(services=())


@mutant("DR-11")
def answers_with_the_revision_before(_: MemoryDriver) -> Around:
    def older(made: object) -> object:
        assert isinstance(made, Registration)
        services = tuple(attrs.evolve(one, revision=one.revision - 1) for one in made.services)
        return attrs.evolve(made, services=services)

    return instead_of(Point.REGISTER, older)


def registration_with(**changes: object) -> Around:
    def changed(made: object) -> object:
        assert isinstance(made, Registration)
        return attrs.evolve(made, **changes)

    return instead_of(Point.REGISTER, changed)


@mutant("DR-12")
def removes_what_it_registers_again(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.REGISTER:
            known = driver.world.store.registry.deployments
            for one in known:
                if same_url(one.service_url, str(call.arguments[0])):
                    await driver.engine.deployments.remove(one.id)
        return await proceed()

    return around


@mutant("DR-12")
def gives_each_registration_an_id_of_its_own(_: MemoryDriver) -> Around:
    made: list[Registration] = []

    def another(one: object) -> object:
        assert isinstance(one, Registration)
        made.append(one)
        return one if len(made) == 1 else attrs.evolve(one, deployment_id=f"dp_{len(made) + 100}")

    return instead_of(Point.REGISTER, another)


@mutant("DR-13")
def registers_what_does_not_answer(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.REGISTER:
            driver.world.place(str(call.arguments[0]), serves=(driver.service_name,))
        return await proceed()

    return around


@mutant("DR-13")
def keeps_what_does_not_answer_for_later(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineRejected:
            if call.point is Point.REGISTER:
                url = str(call.arguments[0])
                driver.world.deployment(url, serves=(driver.service_name,))
            raise

    return around


@mutant("DR-13")
def takes_a_dead_place_for_a_dead_engine(_: MemoryDriver) -> Around:
    return raising(
        EngineRejected, lambda: EngineUnreachable("place", "It is not there"), Point.REGISTER
    )


@mutant("DR-14")
def keeps_what_it_registers_in_the_adapter(_: MemoryDriver) -> Around:
    last: list[object] = []

    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is not Point.REGISTER:
            return await proceed()
        last.append(await proceed())
        await anyio.lowlevel.checkpoint()
        return last[-1]

    return around


@mutant("DR-14")
def can_do_one_registration_at_a_time(_: MemoryDriver) -> Around:
    return one_at_a_time(RuntimeError)


@mutant("DR-15")
def refuses_both_of_two_at_once(_: MemoryDriver) -> Around:
    return one_at_a_time(lambda _: EngineError())


@mutant("DR-15")
def registers_one_place_under_two_ids(_: MemoryDriver) -> Around:
    seen: list[object] = []

    async def around(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        seen.extend([call.point] if call.point is Point.REGISTER else [])
        if call.point is Point.LIST_DEPLOYMENTS and len(seen) > 1:
            return (*answer, attrs.evolve(answer[-1], id="dp_second"))
        return answer

    return around


def one_at_a_time(error: Callable[[str], Exception]) -> Around:
    busy: list[PortCall] = []

    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is not Point.REGISTER:
            return await proceed()
        busy.append(call)
        await anyio.lowlevel.checkpoint()
        if len(busy) > 1:
            raise error("busy")
        return await proceed()

    return around


# --- removing ------------------------------------------------------------------------------------


@mutant("DR-16")
def says_that_it_removed_and_sends_nothing(_: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        return Answer.ACCEPTED if call.point is Point.REMOVE else await proceed()

    return around


@mutant("DR-16")
def removes_every_deployment_of_the_service(driver: MemoryDriver) -> Around:
    return removing_too(driver, lambda _, __: True)


@mutant("DR-16")
def reports_a_removal_as_not_found(_: MemoryDriver) -> Around:
    return instead_of(Point.REMOVE, lambda _: Answer.NOT_FOUND)


def removing_too(driver: MemoryDriver, matches: Callable[[str, str], bool]) -> Around:
    """A removal of all whose id `matches` what was given."""

    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is not Point.REMOVE:
            return await proceed()
        answer = await proceed()
        registry = driver.world.store.registry
        for one in registry.deployments:
            if matches(one.id, str(call.arguments[0])):
                registry.remove(one.id)
        return answer

    return around


@mutant("DR-17")
def takes_every_removal_for_a_success(_: MemoryDriver) -> Around:
    return instead_of(Point.REMOVE, lambda _: Answer.ACCEPTED)


@mutant("DR-17")
def reports_one_that_is_not_there_as_in_use(_: MemoryDriver) -> Around:
    return instead_of(Point.REMOVE, lambda _: Answer.WRONG_STATUS)


@mutant("DR-17")
def removes_the_newest_where_it_finds_none(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        if call.point is Point.REMOVE and answer is Answer.NOT_FOUND:
            registry = driver.world.store.registry
            registry.remove(registry.deployments[-1].id)
        return answer

    return around


@mutant("DR-18")
def cleans_ids_up_before_it_uses_them(driver: MemoryDriver) -> Around:
    return removing_too(driver, lambda real, given: given.strip() == real)


@mutant("DR-18")
def puts_ids_into_a_path_as_they_are(driver: MemoryDriver) -> Around:
    return removing_too(driver, lambda real, given: given.partition("?")[0] == real)


@mutant("DR-18")
def removes_by_prefix(driver: MemoryDriver) -> Around:
    return removing_too(driver, lambda real, given: real.startswith(given))


@mutant("DR-18")
def takes_an_empty_id_for_done(_: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.REMOVE and call.arguments == ("",):
            return Answer.ACCEPTED
        return await proceed()

    return around
