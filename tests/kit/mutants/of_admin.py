"""Mistakes of an adapter that asks an engine as a whole."""

from collections.abc import Callable
from datetime import timedelta

import anyio
import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import instead_of, raising, remembered, swallowing
from wfadmin.adapters.memory import Point
from wfadmin.domain.error import Sent
from wfadmin.domain.errors import (
    EngineError,
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    UnexpectedAnswer,
)
from wfadmin.domain.model import Handler, HandlerKind, Service
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

PROBES = (Point.PROBE_INGRESS, Point.PROBE_ADMIN)


@mutant("AD-01")
def asks_the_ingress_for_a_page_that_it_does_not_have(_: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.PROBE_INGRESS:
            raise EngineRejected("memory", 404)
        return await proceed()

    return around


@mutant("AD-02")
def gives_an_empty_version_where_the_engine_says_none(_: MemoryDriver) -> Around:
    return instead_of(Point.PROBE_ADMIN, lambda _: "")


@mutant("AD-02")
def gives_the_whole_answer_for_the_version(_: MemoryDriver) -> Around:
    return instead_of(Point.PROBE_ADMIN, lambda version: {"version": version})


@mutant("AD-03")
def lists_no_services(_: MemoryDriver) -> Around:
    return instead_of(Point.LIST_SERVICES, lambda _: ())


@mutant("AD-03")
def lists_a_service_once_for_each_page(_: MemoryDriver) -> Around:
    def twice(services: object) -> object:
        assert isinstance(services, tuple)
        return (*services, *services)

    return instead_of(Point.LIST_SERVICES, twice)


def each_service(change: Callable[[Service], Service]) -> Around:
    def changed(services: object) -> object:
        assert isinstance(services, tuple)
        return tuple(change(one) for one in services)

    return instead_of(Point.LIST_SERVICES, changed)


@mutant("AD-04")
def gives_the_number_of_the_revision_before(_: MemoryDriver) -> Around:
    return each_service(lambda one: attrs.evolve(one, revision=one.revision - 1))


@mutant("AD-04")
def gives_an_id_of_its_own_for_the_deployment(_: MemoryDriver) -> Around:
    return each_service(lambda one: attrs.evolve(one, deployment_id=f"{one.deployment_id}/"))


@mutant("AD-05")
def remembers_the_list_of_services(_: MemoryDriver) -> Around:
    return remembered(Point.LIST_SERVICES)


@mutant("AD-06")
def takes_every_handler_for_a_main_one(_: MemoryDriver) -> Around:
    return all_handlers_as(HandlerKind.MAIN)


@mutant("AD-06")
def takes_every_handler_for_a_shared_one(_: MemoryDriver) -> Around:
    return all_handlers_as(HandlerKind.SHARED)


def all_handlers_as(kind: HandlerKind) -> Around:
    def changed(service: Service) -> Service:
        handlers = tuple(Handler(one.name, kind) for one in service.handlers)
        return attrs.evolve(service, handlers=handlers)

    return each_service(changed)


@mutant("AD-07")
def registers_its_own_place_while_it_looks(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.LIST_SERVICES:
            registry = driver.connect(driver.settings).deployments
            assert registry is not None
            await registry.register(await driver.a_place(), force=True, dry_run=False)
        return await proceed()

    return around


@mutant("AD-08")
def takes_an_engine_that_is_gone_for_one_without_services(_: MemoryDriver) -> Around:
    return swallowing(EngineUnreachable, (), Point.LIST_SERVICES)


@mutant("AD-08")
def remembers_that_the_admin_side_was_well(_: MemoryDriver) -> Around:
    return remembered(Point.PROBE_ADMIN)


@mutant("AD-08")
def takes_every_ingress_for_a_healthy_one(_: MemoryDriver) -> Around:
    return swallowing(EngineUnreachable, None, Point.PROBE_INGRESS)


@mutant("AD-08")
def reports_a_refused_connection_as_an_unknown_outcome(_: MemoryDriver) -> Around:
    def unknown() -> Exception:
        return OutcomeUnknown("list services", "memory", "Connection refused")

    return raising(EngineUnreachable, unknown, *PROBES, Point.LIST_SERVICES)


@mutant("AD-08")
def says_that_a_question_without_an_answer_was_a_write(_: MemoryDriver) -> Around:
    def sent() -> Exception:
        return EngineUnreachable("memory", "Connection refused", sent=Sent.UNKNOWN)

    return raising(EngineUnreachable, sent, Point.LIST_SERVICES)


@mutant("AD-09")
def has_no_time_limit_for_its_probes(driver: MemoryDriver) -> Around:
    driver.settings_timeout = timedelta(milliseconds=5)

    async def around(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineUnreachable:
            await anyio.sleep_forever()

    return around


@mutant("AD-09")
def takes_silence_for_an_empty_list(_: MemoryDriver) -> Around:
    return swallowing(EngineUnreachable, (), Point.LIST_SERVICES)


@mutant("AD-09")
def lets_the_error_of_its_time_limit_out(_: MemoryDriver) -> Around:
    return raising(EngineUnreachable, TimeoutError, Point.PROBE_ADMIN)


@mutant("AD-10")
def takes_every_answer_of_the_ingress_for_health(_: MemoryDriver) -> Around:
    return swallowing(EngineRejected, None, Point.PROBE_INGRESS)


@mutant("AD-10")
def does_not_look_at_the_status_of_the_admin_side(_: MemoryDriver) -> Around:
    return swallowing(EngineRejected, None, Point.PROBE_ADMIN)


@mutant("AD-10")
def does_not_look_at_the_status_of_the_list(_: MemoryDriver) -> Around:
    return swallowing(EngineRejected, (), Point.LIST_SERVICES)


@mutant("AD-11")
def takes_a_web_page_for_a_healthy_ingress(_: MemoryDriver) -> Around:
    return swallowing(UnexpectedAnswer, None, Point.PROBE_INGRESS)


@mutant("AD-11")
def takes_an_open_port_for_a_healthy_admin_side(_: MemoryDriver) -> Around:
    return swallowing(UnexpectedAnswer, None, Point.PROBE_ADMIN)


@mutant("AD-11")
def lets_the_error_of_its_parser_out(_: MemoryDriver) -> Around:
    return raising(UnexpectedAnswer, lambda: ValueError("line 1"), Point.PROBE_ADMIN)


@mutant("AD-12")
def reads_what_it_does_not_understand_as_no_services(_: MemoryDriver) -> Around:
    return swallowing(EngineError, (), Point.LIST_SERVICES)
